from __future__ import annotations

import msgspec
import pytest

from ringproof import exit_codes
from ringproof.accounting.clause_stats import EXAMPLES_KEPT
from ringproof.accounting.selection import Selection
from ringproof.accounting.tally import FAULTS_KEPT, Tally
from ringproof.accounting.variants import variants_to_try
from ringproof.accounting.verdicts import exit_code
from ringproof.results import ClauseVerdict, Fault, FirstFailure, Planned, ScenarioFinished
from ringproof.verdict import Failure, Outcome, Owner, Verdict
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Answer, Caller, Scenario
from tests.harness.report import runs

ORDER = "status/answer-order"
HANG_UP = "status/hangup-order"
BROKEN = Outcome(1, (Failure(kind="wrong"),))
PASSED = Outcome(2)
USUAL = Platform()


@pytest.fixture
def tally() -> Tally:
    known = ledger.load()
    return Tally(
        known, Selection(planned=(), clauses=frozenset(r.id for r in known), complete=True)
    )


def finished(
    outcomes: dict[str, Outcome], platform: Platform = USUAL, callers: int = 1, source="given"
) -> ScenarioFinished:
    scenario = Scenario(callers=(Caller(),) * callers, platform=platform)
    planned = Planned(scenario=scenario, source=source, real_media=False)
    return ScenarioFinished(
        planned=planned, trace=runs.trace(), outcomes=outcomes, duration_ms=1, fault=None
    )


def verdict(tally: Tally, clause: str, features: frozenset[str] = frozenset()) -> ClauseVerdict:
    return next(one for one in tally.decide(features, whole=True).verdicts if one.id == clause)


class TestVerdicts:
    def test_every_row_of_the_ledger_has_one(self, tally: Tally):
        assert [one.id for one in tally.decide((), whole=True).verdicts] == [
            row.id for row in ledger.load()
        ]

    def test_clause_without_failures_passes_with_its_count(self, tally: Tally):
        tally.add(finished({ORDER: PASSED}))
        tally.add(finished({ORDER: PASSED}))
        found = verdict(tally, ORDER)
        assert (found.verdict, found.exercised, found.failed) == (Verdict.PASS, 4, 0)

    def test_one_failure_makes_a_must_fail(self, tally: Tally):
        tally.add(finished({ORDER: PASSED}))
        tally.add(finished({ORDER: BROKEN}))
        found = verdict(tally, ORDER)
        assert (found.verdict, found.exercised, found.failed) == (Verdict.FAIL, 3, 1)
        assert found.reason == "wrong"

    def test_should_only_warns(self, tally: Tally):
        tally.add(finished({"list/snapshot": BROKEN}))
        assert verdict(tally, "list/snapshot").verdict is Verdict.WARN

    def test_clause_that_was_not_exercised_never_passes(self, tally: Tally):
        assert verdict(tally, ORDER).verdict is Verdict.NOT_EXERCISED

    def test_missing_capability_does_not_apply_and_says_so(self, tally: Tally):
        found = verdict(tally, "caller/display-fallback")
        assert found.verdict is Verdict.NOT_APPLICABLE
        assert "display_name" in found.reason
        declared = verdict(tally, "caller/display-fallback", frozenset({"display_name"}))
        assert declared.verdict is Verdict.NOT_EXERCISED

    def test_excluded_row_gives_its_reason(self, tally: Tally):
        found = verdict(tally, "advice/react-to-status")
        assert found.verdict is Verdict.NOT_APPLICABLE
        assert found.reason == ledger.load().row("advice/react-to-status").excluded

    def test_clauses_that_were_not_selected_have_no_verdict(self):
        selection = Selection(planned=(), clauses=frozenset({ORDER}), complete=True)
        tally = Tally(ledger.load(), selection)
        tally.add(finished({HANG_UP: BROKEN}))
        assert [one.id for one in tally.decide((), whole=True).verdicts] == [ORDER]
        assert tally.failing() == []


class TestFaults:
    def test_failure_of_somebody_else_is_a_fault_not_a_red_clause(self, tally: Tally):
        theirs = Outcome(1, (Failure(kind="n has gaps", owner=Owner.ADAPTER),))
        tally.add(finished({ORDER: theirs}))
        assert verdict(tally, ORDER).verdict is Verdict.PASS
        assert [fault.owner for fault in tally.faults] == [Owner.ADAPTER]
        assert ORDER in tally.faults[0].text

    def test_dead_scenario_is_not_counted_as_run(self, tally: Tally):
        tally.add(msgspec.structs.replace(finished({}), fault=runs.FAULT))
        assert tally.counts.run == 0
        assert tally.faults == [runs.FAULT]

    def test_faults_are_bounded(self, tally: Tally):
        for _ in range(FAULTS_KEPT + 5):
            tally.add_fault(runs.FAULT)
        assert len(tally.faults) == FAULTS_KEPT


class TestCandidates:
    def test_smallest_failing_scenario_is_shown(self, tally: Tally):
        for callers in (3, 1, 2):
            tally.add(finished({ORDER: BROKEN}, callers=callers))
        sizes = [len(one.planned.scenario.callers) for one in tally.candidates(ORDER)]
        assert sizes == [1, 2, 3]
        first = verdict(tally, ORDER).first_failure
        assert first is not None
        assert len(first.scenario.callers) == 1

    def test_hand_written_goes_before_generated_of_the_same_size(self, tally: Tally):
        tally.add(finished({ORDER: BROKEN}, source="generated"))
        tally.add(finished({ORDER: BROKEN}, source="catalogue"))
        assert tally.candidates(ORDER)[0].planned.source == "catalogue"

    def test_candidates_are_bounded(self, tally: Tally):
        for _ in range(EXAMPLES_KEPT + 3):
            tally.add(finished({ORDER: BROKEN}))
        assert len(tally.candidates(ORDER)) == EXAMPLES_KEPT

    def test_reduced_failure_takes_the_first_place(self, tally: Tally):
        tally.add(finished({ORDER: BROKEN}))
        smaller = FirstFailure(
            scenario=Scenario(callers=(Caller(),)),
            failure=Failure(kind="smaller"),
            trace=runs.trace(),
            label="x",
        )
        tally.reduced(ORDER, smaller, ["passes on Sundays"])
        found = verdict(tally, ORDER)
        assert found.first_failure == smaller
        assert found.reason == "smaller"
        assert found.variants == ("passes on Sundays",)


class TestVariants:
    def test_variant_that_separates_failing_from_passing_is_named(self, tally: Tally):
        tally.add(finished({HANG_UP: BROKEN}))
        tally.add(finished({HANG_UP: PASSED}, Platform(bye_echo=True)))
        assert "fails with bye_echo=False, passes with bye_echo=True" in (
            verdict(tally, HANG_UP).variants
        )

    def test_variant_that_explains_nothing_is_not_named(self, tally: Tally):
        tally.add(finished({HANG_UP: BROKEN}))
        tally.add(finished({HANG_UP: PASSED}))
        tally.add(finished({HANG_UP: PASSED}, Platform(bye_echo=True)))
        assert verdict(tally, HANG_UP).variants == ()

    def test_passing_clause_names_none(self, tally: Tally):
        tally.add(finished({HANG_UP: PASSED}))
        assert verdict(tally, HANG_UP).variants == ()

    def test_other_values_are_tried_for_the_fields_that_the_row_names(self):
        row = ledger.load().row(HANG_UP)
        scenario = Scenario(callers=(Caller(),), actions=(Answer(),))
        ((word, other),) = variants_to_try(row, scenario)
        assert word == "bye_echo=True"
        assert other.platform == Platform(bye_echo=True)
        ((back, default),) = variants_to_try(row, other)
        assert back == "bye_echo=False"
        assert default == scenario


def _row(verdict: Verdict, level: str = "M") -> ClauseVerdict:
    return ClauseVerdict(id="a/b", level=level, statement="", verdict=verdict)


PASS, FAIL, WARN = _row(Verdict.PASS), _row(Verdict.FAIL), _row(Verdict.WARN, "S")
NOT_EXERCISED, SHOULD_NOT_EXERCISED = _row(Verdict.NOT_EXERCISED), _row(Verdict.NOT_EXERCISED, "S")


class TestExitCode:
    @pytest.mark.parametrize(
        ("verdicts", "owners", "expected"),
        [
            ([PASS], [], exit_codes.AS_EXPECTED),
            ([PASS, WARN], [], exit_codes.AS_EXPECTED),
            ([PASS, SHOULD_NOT_EXERCISED], [], exit_codes.AS_EXPECTED),
            ([PASS, FAIL, NOT_EXERCISED], [], exit_codes.SUT_FAILS),
            ([PASS, NOT_EXERCISED], [], exit_codes.NOTHING_JUDGED),
            ([SHOULD_NOT_EXERCISED], [], exit_codes.NOTHING_JUDGED),
            ([FAIL], [Owner.ADAPTER], exit_codes.ADAPTER_FAULT),
            ([FAIL], [Owner.ADAPTER, Owner.HARNESS], exit_codes.HARNESS_FAULT),
            ([PASS], [Owner.ENVIRONMENT], exit_codes.HARNESS_FAULT),
        ],
    )
    def test_worst_thing_decides(self, verdicts: list, owners: list, expected: int):
        faults = [Fault(owner=owner, text="") for owner in owners]
        assert exit_code(verdicts, faults, judged=1, complete=True) == expected

    def test_nothing_played_is_never_green(self):
        assert exit_code([PASS], [], judged=0, complete=True) == exit_codes.NOTHING_JUDGED

    def test_part_of_the_catalogue_need_not_exercise_everything(self):
        found = exit_code([PASS, NOT_EXERCISED], [], judged=1, complete=False)
        assert found == exit_codes.AS_EXPECTED

    @pytest.mark.parametrize("verdicts", [[PASS, NOT_EXERCISED], [NOT_EXERCISED]])
    def test_one_shard_need_not_exercise_anything(self, verdicts: list):
        found = exit_code(verdicts, [], judged=1, complete=False, sharded=True)
        assert found == exit_codes.AS_EXPECTED

    def test_one_shard_is_red_for_everything_else(self):
        fault = [Fault(owner=Owner.ADAPTER, text="")]
        found = [
            exit_code([FAIL, NOT_EXERCISED], [], judged=1, complete=False, sharded=True),
            exit_code([PASS], [], judged=0, complete=False, sharded=True),
            exit_code([PASS], fault, judged=1, complete=False, sharded=True),
        ]
        assert found == [
            exit_codes.SUT_FAILS,
            exit_codes.NOTHING_JUDGED,
            exit_codes.ADAPTER_FAULT,
        ]

    def test_strict_takes_a_should_for_a_must(self):
        found = exit_code([PASS, WARN], [], judged=1, complete=True, strict=True)
        assert found == exit_codes.SUT_FAILS
