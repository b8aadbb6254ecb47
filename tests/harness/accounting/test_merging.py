"""The rules of merging, on hand-made shards."""

from __future__ import annotations

import msgspec
import pytest

from ringproof import exit_codes
from ringproof.accounting.merging import MergeError, Part, in_order, merge
from ringproof.baseline import BaselineEntry, BaselineResult, EntryState, EntryStatus, FailureFields
from ringproof.results import (
    ClauseVerdict,
    Counts,
    Fault,
    FirstFailure,
    LeftOut,
    RunFinished,
    Shard,
    SutInfo,
    describe_left_out,
)
from ringproof.verdict import Owner, Verdict
from ringproof_scenarios.model import Answer, Caller, Scenario
from tests.harness.report import runs

COUNTS = Counts(run=4, generated=3, catalogue=1, calls=5)
SHORT = Scenario(callers=(Caller(),))
LONG = Scenario(callers=(Caller(),), actions=(Answer(),))


def clause(exercised: int = 0, failed: int = 0, **other: object) -> ClauseVerdict:
    red = Verdict.FAIL if failed else Verdict.PASS
    known: dict = {
        "id": "a/b",
        "level": "M",
        "statement": "so it is",
        "verdict": red if exercised else Verdict.NOT_EXERCISED,
        "exercised": exercised,
        "failed": failed,
        "reason": "" if exercised else "no scenario of this shard brought it about",
    }
    return ClauseVerdict(**{**known, **other})


def failing(scenario: Scenario, mode: str = "network", **other: object) -> ClauseVerdict:
    first = FirstFailure(
        scenario=scenario, failure=runs.FIRST.failure, trace=runs.trace(), label="x", mode=mode
    )
    return clause(1, 1, first_failure=first, reason=runs.FIRST.failure.message, **other)


def part(number: int, of: int, *verdicts: ClauseVerdict, **other: object) -> Part:
    known: dict = {
        "status": "complete",
        "sut": runs.SUT,
        "mode": "network",
        "seed": 7,
        "counts": COUNTS,
        "parts": {"network": COUNTS},
        "verdicts": verdicts,
        "faults": (),
        "duration_s": float(number),
        "exit_code": 0,
        "fingerprint": "f",
        "shard": Shard(number=number, of=of, complete=True),
    }
    finished = RunFinished(**{**known, **other})
    return Part(where=f"dir{number}", ringproof="1", option="reference", finished=finished)


def merged(*parts: Part) -> RunFinished:
    return merge(in_order(parts))


def both(one: ClauseVerdict, other: ClauseVerdict) -> RunFinished:
    return merged(part(1, 2, one), part(2, 2, other))


class TestVerdicts:
    def test_counts_are_added(self):
        one = clause(3, simulated_exercised=2)
        found = both(one, clause(4, simulated_exercised=1))
        assert found.verdicts == (clause(7, simulated_exercised=3),)
        assert found.counts == COUNTS + COUNTS
        assert found.parts == {"network": COUNTS + COUNTS}
        assert found.duration_s == 2.0
        assert found.shard is None

    def test_what_one_shard_exercised_is_judged(self):
        found = both(clause(), clause(2))
        assert found.verdicts[0].verdict is Verdict.PASS
        assert found.verdicts[0].reason == ""
        assert found.exit_code == exit_codes.AS_EXPECTED

    def test_what_no_shard_exercised_is_not_and_the_whole_says_so(self):
        found = merged(part(1, 2, clause(), clause(1)), part(2, 2, clause(), clause(1)))
        assert found.verdicts[0].verdict is Verdict.NOT_EXERCISED
        assert found.verdicts[0].reason == "no scenario of this run brought it about"
        assert found.exit_code == exit_codes.NOTHING_JUDGED

    def test_a_selection_of_scenarios_need_not_exercise_everything(self):
        shards = [
            part(number, 2, clause(), clause(1), shard=Shard(number=number, of=2, complete=False))
            for number in (1, 2)
        ]
        assert merged(*shards).exit_code == exit_codes.AS_EXPECTED

    def test_a_failure_in_one_shard_fails_the_whole(self):
        found = both(clause(5), failing(SHORT))
        assert found.verdicts[0].verdict is Verdict.FAIL
        assert (found.verdicts[0].exercised, found.verdicts[0].failed) == (6, 1)
        assert found.verdicts[0].reason == runs.FIRST.failure.message
        assert found.exit_code == exit_codes.SUT_FAILS

    @pytest.mark.parametrize(("strict", "code"), [(False, 0), (True, 1)])
    def test_a_should_that_fails_is_red_when_the_shards_were_strict(self, strict: bool, code: int):
        shares = [part(1, 2, clause(5, level="S")), part(2, 2, failing(SHORT, level="S"))]
        shares = [
            msgspec.structs.replace(
                one, finished=msgspec.structs.replace(one.finished, strict=strict)
            )
            for one in shares
        ]
        found = merged(*shares)
        assert found.verdicts[0].verdict is Verdict.WARN
        assert found.exit_code == code

    def test_verdicts_of_a_baseline_are_decided_anew(self):
        known = failing(SHORT, verdict=Verdict.KNOWN)
        assert both(clause(5), known).verdicts[0].verdict is Verdict.FAIL

    def test_what_does_not_apply_does_not_apply_to_the_whole(self):
        absent = clause(verdict=Verdict.NOT_APPLICABLE, reason="the SUT does not declare rtp")
        found = merged(part(1, 2, absent, clause(1)), part(2, 2, absent, clause(1)))
        assert found.verdicts[0] == absent
        assert found.exit_code == exit_codes.AS_EXPECTED


class TestFirstFailure:
    def test_is_the_smallest_of_all_shards(self):
        assert both(failing(LONG), failing(SHORT)).verdicts[0].first_failure.scenario == SHORT
        assert both(failing(SHORT), failing(LONG)).verdicts[0].first_failure.scenario == SHORT

    def test_is_rather_one_of_virtual_time_which_fails_again_for_certain(self):
        found = both(failing(SHORT), failing(LONG, "simulated"))
        assert found.verdicts[0].first_failure.scenario == LONG

    def test_brings_its_variants_along(self):
        found = both(failing(LONG, variants=("of long",)), failing(SHORT, variants=("of short",)))
        assert found.verdicts[0].variants == ("of short",)

    def test_variants_are_decided_by_the_counts_of_all_shards(self):
        one = failing(SHORT, played_under={"bye_echo=False": (2, 2), "msid=True": (2, 2)})
        other = clause(3, played_under={"bye_echo=True": (3, 0), "msid=True": (3, 0)})
        said = ("fails with bye_echo=False, passes with bye_echo=True",)
        assert both(one, other).verdicts[0].variants == said
        other = clause(3, played_under={"bye_echo=True": (3, 0), "bye_echo=False": (1, 0)})
        assert both(one, other).verdicts[0].variants == ()


class TestWhole:
    def test_is_incomplete_when_a_shard_is(self):
        found = merged(part(1, 2, clause(1)), part(2, 2, clause(1), status="incomplete"))
        assert found.status == "incomplete"
        assert found.exit_code == exit_codes.INTERRUPTED

    def test_names_every_machine_it_ran_on(self):
        here, there = ({"python": "3.11", "machine": name} for name in ("here", "there"))
        found = merged(
            part(1, 3, clause(1), environment=here),
            part(2, 3, clause(1), environment=there),
            part(3, 3, clause(1), environment=here),
        )
        assert found.environment == {"python": "3.11", "machine": "here; there"}

    def test_says_what_was_left_out_of_all_shards(self):
        left_out = (LeftOut("observe", 2), LeftOut("devices", 1)), (LeftOut("devices", 3),), ()
        shards = [
            part(number, 3, clause(), clause(1), left_out=one)
            for number, one in enumerate(left_out, start=1)
        ]
        found = merged(*shards)
        assert found.left_out == (LeftOut("observe", 2), LeftOut("devices", 4))
        reason = "no scenario of this run brought it about"
        assert found.verdicts[0].reason == f"{reason}; {describe_left_out(found.left_out)}"

    def test_has_the_faults_of_all_shards_and_their_exit_status(self):
        fault = Fault(owner=Owner.ADAPTER, text="it crashed", scenario="x")
        found = merged(part(1, 2, clause(1)), part(2, 2, clause(1), faults=(fault,)))
        assert found.faults == (msgspec.structs.replace(fault, text="shard 2/2: it crashed"),)
        assert found.exit_code == exit_codes.ADAPTER_FAULT

    def test_survives_a_shard_whose_client_never_said_hello(self):
        fault = Fault(owner=Owner.ADAPTER, text="no hello")
        mute = clause(verdict=Verdict.NOT_APPLICABLE)
        found = merged(
            part(1, 2, mute, sut=None, faults=(fault,), counts=Counts()), part(2, 2, clause(1))
        )
        assert found.sut == runs.SUT
        assert found.verdicts[0].verdict is Verdict.PASS
        assert found.exit_code == exit_codes.ADAPTER_FAULT


ENTRY = BaselineEntry(
    sut="reference",
    clause="a/b",
    reason="so it is",
    failure=FailureFields(kind="x"),
    file="f",
    number=1,
)


class TestBaseline:
    """Shards that were played with a baseline."""

    @staticmethod
    def shard(
        number: int, found: ClauseVerdict, *entry_statuses: EntryStatus, **other: object
    ) -> Part:
        result = BaselineResult(
            files=("f",), entry_statuses=entry_statuses, other_suts=2, other_clauses=1
        )
        found = msgspec.structs.replace(found, entry_statuses=entry_statuses)
        return part(number, 2, found, **{"baseline": result, "strict": True, **other})

    @pytest.mark.parametrize("exercised", [1, 0])
    @pytest.mark.parametrize(
        ("strict", "code"),
        [(False, exit_codes.AS_EXPECTED), (True, exit_codes.STALE_BASELINE)],
    )
    def test_expired_entry_alone_is_red_when_strict(self, strict: bool, code: int, exercised: int):
        old = EntryStatus(entry=ENTRY, state=EntryState.EXPIRED, exercised=exercised)
        found = merged(*(self.shard(number, clause(1), old, strict=strict) for number in (1, 2)))
        assert [one.state for one in found.baseline.entry_statuses] == [EntryState.EXPIRED]
        assert found.exit_code == code

    @pytest.mark.parametrize(
        ("strict", "code"),
        [(False, exit_codes.AS_EXPECTED), (True, exit_codes.STALE_BASELINE)],
    )
    def test_stale_entry_alone_is_red_when_strict(self, strict: bool, code: int):
        """No shard can say it by itself: each has seen a part."""
        other = msgspec.structs.replace(ENTRY, failure=FailureFields(kind="another"), number=2)
        entry_statuses = (
            EntryStatus(entry=ENTRY, state=EntryState.KNOWN, exercised=1, matched=1),
            EntryStatus(entry=other, state=EntryState.NOT_SEEN, exercised=1),
        )
        known = failing(SHORT, verdict=Verdict.KNOWN, excused=1)
        found = merged(
            *(self.shard(number, known, *entry_statuses, strict=strict) for number in (1, 2))
        )
        assert found.verdicts[0].verdict is Verdict.KNOWN
        assert [one.state for one in found.baseline.entry_statuses] == [
            EntryState.KNOWN,
            EntryState.STALE,
        ]
        assert found.exit_code == code

    def test_fixed_is_red_when_strict(self):
        unseen = EntryStatus(entry=ENTRY, state=EntryState.NOT_SEEN, exercised=1)
        found = merged(*(self.shard(number, clause(1), unseen) for number in (1, 2)))
        assert found.verdicts[0].verdict is Verdict.FIXED
        assert found.exit_code == exit_codes.STALE_BASELINE

    def test_fixed_is_not_claimed_when_a_shard_had_a_fault(self):
        """What could not be played there may be what shows the failure."""
        unseen = EntryStatus(entry=ENTRY, state=EntryState.NOT_SEEN, exercised=1)
        fault = Fault(owner=Owner.ADAPTER, text="it crashed")
        found = merged(
            self.shard(1, clause(1), unseen), self.shard(2, clause(1), unseen, faults=(fault,))
        )
        assert found.verdicts[0].verdict is Verdict.PASS
        assert [one.state for one in found.baseline.entry_statuses] == [EntryState.NOT_SEEN]
        assert found.exit_code == exit_codes.ADAPTER_FAULT

    def test_entries_that_were_passed_over_are_counted_once(self):
        unseen = EntryStatus(entry=ENTRY, state=EntryState.NOT_SEEN, exercised=1)
        found = merged(*(self.shard(number, clause(1), unseen) for number in (1, 2)))
        assert (found.baseline.other_suts, found.baseline.other_clauses) == (2, 1)


class TestRefused:
    def test_nothing(self):
        with pytest.raises(MergeError, match="nothing to merge"):
            in_order([])

    def test_missing_shards_are_named_with_what_runs_them(self):
        with pytest.raises(MergeError, match=r"of 4 shards .* missing: 1, 3; .*--shard 1/4"):
            in_order([part(2, 4), part(4, 4)])

    def test_a_shard_named_twice(self):
        with pytest.raises(MergeError, match="dir1 and dir1 are both shard 1/2"):
            in_order([part(1, 2), part(1, 2), part(2, 2)])

    def test_the_report_of_a_whole_run(self):
        with pytest.raises(MergeError, match="dir1 is the report of a whole run"):
            in_order([part(1, 1, shard=None)])

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"seed": 8}, "the --seed differs: 7 and 8"),
            ({"mode": "simulated"}, "the mode differs: network and simulated"),
            ({"strict": True}, "the --strict differs: False and True"),
            ({"fingerprint": "g"}, r"the plan \(--examples, --only, own scenarios\) differs"),
            ({"verdicts": (clause(1), clause(1, id="a/c"))}, "1 clauses and 2 others"),
            ({"sut": SutInfo(name="reference", version="8", carrier="python")}, "the SUT differs"),
            ({"sut": msgspec.structs.replace(runs.SUT, features=("rtp",))}, "the SUT differs"),
            ({"shard": Shard(number=2, of=3, complete=True)}, "number of shards differs: 2 and 3"),
        ],
    )
    def test_a_shard_of_another_run(self, change: dict, message: str):
        other = part(2, 2, clause(1))
        other = msgspec.structs.replace(
            other, finished=msgspec.structs.replace(other.finished, **change)
        )
        with pytest.raises(MergeError, match=f"dir1 and dir2 are not shards of one run.*{message}"):
            in_order([part(1, 2, clause(1)), other])

    @pytest.mark.parametrize("change", [{"ringproof": "2"}, {"option": "chromium"}])
    def test_a_shard_of_another_version_or_client(self, change: dict):
        other = msgspec.structs.replace(part(2, 2), **change)
        with pytest.raises(MergeError, match="not shards of one run"):
            in_order([part(1, 2), other])
