"""Baselines in whole runs: what is known, what is not, and which failure is shown."""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Callable

import pytest

from ringproof import baseline, checks, exit_codes
from ringproof.accounting.merging import known_in_all
from ringproof.accounting.selection import Selection, select
from ringproof.accounting.tally import Tally
from ringproof.accounting.verdicts import exit_code
from ringproof.baseline import Baseline, BaselineEntry, BaselineResult, EntryState, FailureFields
from ringproof.baseline.entries import parse
from ringproof.results import (
    AnyRunEvent,
    ClauseVerdict,
    FirstFailure,
    Planned,
    Reducing,
    RunFinished,
    ScenarioFinished,
)
from ringproof.suts import registry as sut
from ringproof.trace import Trace
from ringproof.triage import replay
from ringproof.triage.block import Block, play_block
from ringproof.verdict import Failure, Outcome, Verdict
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario
from tests.harness.conftest import PlayRun
from tests.harness.report import runs

CLAUSE = "status/answer-order"
MUTANT = "mutant:status-skips-connecting"
TODAY = datetime.date(2026, 11, 22)
TALKED = ("connected", "disconnected", "destroyed")
HUNG_UP = ("connected", "disconnecting", "disconnected", "destroyed")
ANSWERED = Scenario(name="a/answered", callers=(Caller(talk_ms=10),), actions=(Answer(),))
CUT_OFF = Scenario(
    name="a/cut-off", callers=(Caller(),), actions=(Answer(), HangUp(on="connected"))
)
DECLINED = Scenario(name="a/declined", callers=(Caller(),), actions=(Reject(),))


def known(
    seen: tuple[str, ...] | None, kind: str = "wrong-answer-order", **more: object
) -> BaselineEntry:
    usual = {"sut": "mutant:*", "clause": CLAUSE, "reason": "skips connecting", "file": "f.toml"}
    failure = FailureFields(kind=kind, seen=seen)
    return BaselineEntry(**{**usual, "failure": failure, "number": 1, **more})


def baseline_of(*entries: BaselineEntry) -> Baseline:
    return Baseline(("f.toml",), entries)


Play = Callable[..., Awaitable[RunFinished]]


@pytest.fixture
def play(play_run: PlayRun) -> Play:
    """Return what plays a client by its name with baseline entries."""

    async def played(
        name: str,
        *entries: BaselineEntry,
        scenarios: tuple[Scenario, ...] = (ANSWERED, CUT_OFF, DECLINED),
        sweep: range = range(0),
        modes: tuple[str, ...] = ("simulated",),
        only: tuple[str, ...] = (CLAUSE,),
        events: list[AnyRunEvent] | None = None,
        **more: object,
    ) -> RunFinished:
        selection = select(
            catalogue=scenarios,
            generated=(),
            ledger=ledger.load(),
            sut=sut.find(name),
            only=only,
            modes=modes,
            sweep=sweep,
        )
        more = {"baseline": baseline_of(*entries), "today": TODAY, **more}
        finished, emitted = await play_run(name, selection=selection, **more)
        if events is not None:
            events += emitted
        return finished

    return played


def the(finished: RunFinished) -> ClauseVerdict:
    (found,) = finished.verdicts
    return found


def states(finished: RunFinished) -> list[EntryState]:
    assert finished.baseline is not None
    return [one.state for one in finished.baseline.entry_statuses]


class TestRun:
    async def test_known_failures_leave_the_run_as_expected(self, play: Play):
        finished = await play(MUTANT, known(TALKED), known(HUNG_UP, number=2), strict=True)
        found = the(finished)
        assert (found.verdict, found.failed, found.excused) == (Verdict.KNOWN, 2, 2)
        assert found.reason == "skips connecting; skips connecting"
        assert states(finished) == [EntryState.KNOWN, EntryState.KNOWN]
        assert finished.exit_code == exit_codes.AS_EXPECTED

    async def test_known_failure_is_shown_as_it_was_played(self, play: Play):
        finished = await play(MUTANT, known(None))
        first = the(finished).first_failure
        assert first is not None
        assert first.scenario.steps in (ANSWERED.steps, CUT_OFF.steps)

    async def test_failure_that_is_not_known_is_shown_and_counted(self, play: Play):
        finished = await play(MUTANT, known(TALKED))
        found = the(finished)
        assert (found.verdict, found.failed, found.excused) == (Verdict.FAIL, 2, 1)
        assert found.reason.endswith("saw connected, disconnecting, disconnected, destroyed")
        assert [kind.count for kind in found.kinds] == [1]
        assert finished.exit_code == exit_codes.SUT_FAILS

    async def test_reduction_does_not_end_at_a_known_failure(self, play: Play):
        """Without the caller's script nobody hangs up, which is another failure, and known."""
        entry = known(("connected",))
        finished = await play(MUTANT, entry, scenarios=(ANSWERED,))
        first = the(finished).first_failure
        assert first is not None
        assert first.failure.seen == TALKED
        assert not baseline.KnownFailures((entry,)).covers(CLAUSE, first.failure, first.scenario)

    @pytest.mark.parametrize(("strict", "code"), [(False, 0), (True, 5)])
    async def test_fixed_is_red_only_when_strict(self, play: Play, strict: bool, code: int):
        finished = await play("reference", known(TALKED, sut="reference"), strict=strict)
        assert the(finished).verdict is Verdict.FIXED
        assert the(finished).reason == (
            "in the baseline, and passed all 2 times: remove f.toml: entry 1"
        )
        assert finished.exit_code == code

    async def test_expired_entry_is_red_by_itself_when_strict(self, play: Play):
        old = known(TALKED, sut="reference", expires=TODAY - datetime.timedelta(days=1))
        finished = await play("reference", old, strict=True)
        assert states(finished) == [EntryState.EXPIRED]
        assert finished.exit_code == exit_codes.STALE_BASELINE

    async def test_expired_entry_that_met_nothing_is_red_by_itself_when_strict(self, play: Play):
        """Here the verdict of the clause does not show it."""
        yesterday = TODAY - datetime.timedelta(days=1)
        old = known(TALKED, sut="reference", shape={"callers": 7}, expires=yesterday)
        finished = await play("reference", old, strict=True)
        assert the(finished).verdict is Verdict.PASS
        assert states(finished) == [EntryState.EXPIRED]
        assert finished.exit_code == exit_codes.STALE_BASELINE

    @pytest.mark.parametrize(
        ("strict", "code"),
        [(False, exit_codes.AS_EXPECTED), (True, exit_codes.STALE_BASELINE)],
    )
    async def test_stale_entry_is_red_by_itself_when_strict(
        self, play: Play, strict: bool, code: int
    ):
        """Every failure is known from another entry; this one describes none of them."""
        finished = await play(MUTANT, known(None), known(("trying",)), strict=strict)
        assert the(finished).verdict is Verdict.KNOWN
        assert states(finished) == [EntryState.KNOWN, EntryState.STALE]
        assert finished.exit_code == code

    async def test_part_of_the_scenarios_shows_nothing_fixed(self, play: Play):
        entry = known(TALKED, sut="reference")
        finished = await play("reference", entry, only=(CLAUSE, "a/answered"), strict=True)
        assert the(finished).verdict is Verdict.PASS
        assert states(finished) == [EntryState.NOT_SEEN]
        assert finished.exit_code == exit_codes.AS_EXPECTED

    async def test_entry_for_another_client_is_counted(self, play: Play):
        finished = await play(MUTANT, known(None, sut="node:*"), known(None))
        assert finished.baseline is not None
        assert finished.baseline.other_suts == 1
        assert states(finished) == [EntryState.KNOWN]

    async def test_entry_for_another_clause_is_counted(self, play: Play):
        finished = await play(MUTANT, known(None), known(None, "x", clause="status/hangup-order"))
        assert finished.baseline is not None
        assert finished.baseline.other_clauses == 1

    async def test_sometimes_is_not_every_time(self, play: Play):
        race = known(None, sometimes=True, expires=datetime.date(2099, 1, 1))
        finished = await play(MUTANT, race, sweep=range(40))
        found = the(finished)
        assert found.verdict is Verdict.FAIL
        assert found.reason.startswith("said to happen sometimes (f.toml: entry 1), and failed")
        assert states(finished) == [EntryState.ALWAYS]
        assert finished.exit_code == exit_codes.SUT_FAILS

    @pytest.mark.parametrize("strict", [False, True])
    async def test_expired_entry_hides_nothing(self, play: Play, strict: bool):
        old = known(None, expires=TODAY - datetime.timedelta(days=1))
        finished = await play(MUTANT, old, strict=strict)
        assert the(finished).verdict is Verdict.FAIL
        assert states(finished) == [EntryState.EXPIRED]
        assert finished.exit_code == exit_codes.SUT_FAILS


class TestSweep:
    async def test_every_failure_of_a_sweep_is_compared_with_the_baseline(self, play: Play):
        whole = await play(MUTANT, known(None), scenarios=(), sweep=range(40))
        found = the(whole)
        assert found.verdict is Verdict.KNOWN
        assert found.excused == found.failed > 10
        part = await play(MUTANT, known(TALKED), scenarios=(), sweep=range(40))
        found = the(part)
        assert found.verdict is Verdict.FAIL
        assert 0 < found.excused < found.failed
        assert sum(kind.count for kind in found.kinds) == found.failed - found.excused

    async def test_unknown_failure_of_the_sweep_is_shown_before_a_known_one_of_the_catalogue(
        self, play: Play
    ):
        finished = await play(MUTANT, known(TALKED), scenarios=(ANSWERED,), sweep=range(40))
        first = the(finished).first_failure
        assert first is not None
        assert first.failure.seen != TALKED

    async def test_entries_that_a_run_writes_are_a_baseline_for_the_next_one(self, play: Play):
        """The entries of ``baseline.toml``, pasted as they are."""
        failed = await play(MUTANT, sweep=range(40))
        assert failed.exit_code == exit_codes.SUT_FAILS
        text = baseline.document(failed.verdicts, MUTANT, failed.sut)
        again = await play(MUTANT, *parse(text, "f.toml"), sweep=range(40), strict=True)
        assert the(again).verdict is Verdict.KNOWN
        assert set(states(again)) == {EntryState.KNOWN}
        assert again.exit_code == exit_codes.AS_EXPECTED

    def test_block_counts_alike_whoever_plays_it(self):
        known_failures = baseline.KnownFailures(
            (known(TALKED), known(HUNG_UP, shape={"callers": 1}))
        )
        whole = play_block(Block(sut=MUTANT, start=0, stop=60, known_failures=known_failures))
        parts = [
            play_block(
                Block(sut=MUTANT, start=start, stop=start + 20, known_failures=known_failures)
            )
            for start in (0, 20, 40)
        ]
        for index, met in enumerate(whole.met):
            assert met.exercised == sum(part.met[index].exercised for part in parts)
            assert met.matched == sum(part.met[index].matched for part in parts) > 0
        assert whole.clauses[CLAUSE].known == {
            "simulated": sum(part.clauses[CLAUSE].known["simulated"] for part in parts)
        }
        assert whole.met[1].exercised < whole.met[0].exercised


class TestNetwork:
    async def test_failure_that_is_not_known_is_reduced(self, play: Play):
        finished = await play(MUTANT, known(TALKED), modes=("network",), jobs=2)
        first = the(finished).first_failure
        assert first is not None
        assert first.failure.seen != TALKED

    async def test_known_failures_are_not_reduced(self, play: Play):
        events: list[AnyRunEvent] = []
        finished = await play(MUTANT, known(None), modes=("network",), events=events, jobs=2)
        assert the(finished).verdict is Verdict.KNOWN
        assert the(finished).first_failure is not None
        assert finished.exit_code == exit_codes.AS_EXPECTED
        assert not any(isinstance(one, Reducing) for one in events)

    def test_attempt_that_fails_in_a_known_way_shows_nothing(self):
        known_failures = baseline.KnownFailures((known(None, "known"),))
        for messages, shows in ((["known"], False), (["known", "new"], True), ([], True)):
            finished = broken(*messages)
            shown = replay.attempt(ANSWERED, finished.trace, finished.outcomes, known_failures)
            assert (CLAUSE in shown.exercised) is shows
            new = {CLAUSE: (Failure(kind="new"),)}
            assert shown.failures == (new if messages[1:] else {})

    async def test_run_with_a_fault_shows_nothing_fixed(
        self, play: Play, monkeypatch: pytest.MonkeyPatch
    ):
        judge = checks.judge

        def failing_once(trace: Trace) -> dict[str, Outcome]:
            monkeypatch.setattr(checks, "judge", judge)
            raise RuntimeError("ours")

        monkeypatch.setattr(checks, "judge", failing_once)
        finished = await play("reference", known(TALKED, sut="reference"), strict=True)
        assert the(finished).verdict is Verdict.PASS
        assert states(finished) == [EntryState.NOT_SEEN]
        assert finished.exit_code == exit_codes.HARNESS_FAULT


def tally(*entries: BaselineEntry) -> Tally:
    rows = ledger.load()
    selection = Selection(planned=(), clauses=frozenset({CLAUSE}), complete=True)
    found = Tally(rows, selection)
    found.expect(baseline_of(*entries), ["mutant:x"], TODAY)
    return found


def broken(*messages: str, steps: int = 1, mode: str = "network") -> ScenarioFinished:
    scenario = Scenario(callers=(Caller(),) * steps)
    return ScenarioFinished(
        planned=Planned(scenario=scenario, source="given", real_media=False, mode=mode),
        trace=runs.trace(),
        outcomes={CLAUSE: Outcome(1, tuple(Failure(kind=text) for text in messages))},
        duration_ms=1,
    )


class TestShown:
    def test_larger_unknown_failure_is_shown_before_a_smaller_known_one(self):
        seen = tally(known(None, "known"))
        seen.add(broken("known"))
        seen.add(broken("known", "new", steps=3))
        (found,) = seen.decide((), whole=True).verdicts
        assert found.reason == "new"
        assert [one.failure.message for one in seen.candidates(CLAUSE)] == ["new"]

    def test_unknown_failure_of_the_network_is_not_hidden_by_a_known_one_of_virtual_time(self):
        seen = tally(known(None, "known"))
        seen.add(broken("known", mode="simulated"))
        shown = FirstFailure(
            scenario=ANSWERED, failure=Failure(kind="known"), trace=runs.trace(), label="a"
        )
        seen.reduced(CLAUSE, shown, ())
        (found,) = seen.decide((), whole=True).verdicts
        assert (found.verdict, found.first_failure) == (Verdict.KNOWN, shown)
        seen.add(broken("new", steps=3))
        assert seen.failing("network") == [CLAUSE]
        (found,) = seen.decide((), whole=True).verdicts
        assert (found.verdict, found.reason) == (Verdict.FAIL, "new")

    def test_issue_is_named_beside_the_reason(self):
        seen = tally(known(None, "known", issue="https://example.com/7"))
        seen.add(broken("known"))
        (found,) = seen.decide((), whole=True).verdicts
        assert found.reason == "skips connecting (https://example.com/7)"


class TestExitCode:
    def test_outdated_is_red_only_when_strict(self):
        rest = {"faults": (), "judged": 1, "complete": True}
        assert exit_code([runs.PASSED], outdated=True, **rest) == exit_codes.AS_EXPECTED
        strict = exit_code([runs.PASSED], outdated=True, strict=True, **rest)
        assert strict == exit_codes.STALE_BASELINE

    def test_everything_else_outranks_it(self):
        rest = {"judged": 1, "complete": True, "strict": True, "outdated": True}
        assert exit_code([runs.FAILED], (), **rest) == exit_codes.SUT_FAILS
        assert exit_code([runs.PASSED, runs.NOT_EXERCISED], (), **rest) == exit_codes.NOTHING_JUDGED
        assert exit_code([runs.PASSED], (runs.FAULT,), **rest) == exit_codes.ADAPTER_FAULT

    def test_known_and_fixed_count_as_judged(self):
        for verdict in (runs.KNOWN, runs.FIXED):
            assert exit_code([verdict], (), judged=1, complete=True) == exit_codes.AS_EXPECTED


class TestShards:
    async def test_shards_add_up(self, play: Play):
        results = []
        for sweep in (range(20), range(20, 40)):
            finished = await play(MUTANT, known(TALKED), known(("trying",)), sweep=sweep)
            assert finished.baseline is not None
            results.append(finished.baseline)
        known_failures, met = known_in_all(results)
        assert [entry.failure.seen for entry in known_failures.entries] == [TALKED, ("trying",)]
        for index in range(2):
            assert met[index].exercised == sum(
                one.entry_statuses[index].exercised for one in results
            )
            assert met[index].matched == sum(one.entry_statuses[index].matched for one in results)
        assert known_in_all([BaselineResult()]) == (baseline.KnownFailures(), [])
