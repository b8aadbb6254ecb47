"""Every rule of a baseline, on verdicts made by hand."""

from __future__ import annotations

import datetime

import pytest

from ringproof.baseline import (
    Baseline,
    BaselineEntry,
    ClauseCounts,
    EntryState,
    EntryStatus,
    FailureFields,
    KnownFailureMatcher,
    KnownFailures,
    judge,
    select,
)
from ringproof.baseline.status import ALWAYS_FROM
from ringproof.verdict import Failure, Verdict
from ringproof_scenarios.model import Caller, HangUp, Scenario

CLAUSE = "status/hangup-order"
TODAY = datetime.date(2026, 11, 22)
ONE_CALLER = Scenario(callers=(Caller(),), actions=(HangUp(),))
TWO_CALLERS = Scenario(callers=(Caller(), Caller()))

Played = tuple[int, list[str]]
"""How often the clause was exercised, and the kinds of its failures."""


def known(**fields: object) -> BaselineEntry:
    usual = {
        "sut": "mine@1",
        "clause": CLAUSE,
        "reason": "why",
        "failure": FailureFields(kind="skipped"),
    }
    return BaselineEntry(**{**usual, **fields})


def of_kinds(kinds: list[str]) -> list[Failure]:
    return [Failure(kind=kind, args={"number": number}) for number, kind in enumerate(kinds)]


def after(
    entries: list[BaselineEntry],
    *played: Played | tuple[int, list[str], Scenario],
    level: str = "M",
    complete: bool = True,
    applies: bool = True,
) -> tuple[Verdict, list[EntryState]]:
    """Return the verdict and the states of the entries after some scenarios."""
    known_failures = select(Baseline((), tuple(entries)), ["mine@1"], [CLAUSE], TODAY)
    matcher = KnownFailureMatcher(known_failures)
    exercised = failed = excused = 0
    for often, kinds, *scenario in played:
        exercised += often
        failed += len(kinds)
        excused += sum(matcher.note(CLAUSE, (scenario or [ONE_CALLER])[0], often, of_kinds(kinds)))
    plain = Verdict.PASS if exercised else Verdict.NOT_EXERCISED
    if failed:
        plain = Verdict.FAIL if level == "M" else Verdict.WARN
    if not applies:
        plain = Verdict.NOT_APPLICABLE
    seen = ClauseCounts(verdict=plain, failed=failed, excused=excused, complete=complete)
    verdict, entry_statuses = judge(seen, known_failures, matcher.met, CLAUSE)
    return verdict, [entry_status.state for entry_status in entry_statuses]


class TestKnown:
    @pytest.mark.parametrize("level", ["M", "S"])
    def test_clause_is_known_when_every_failure_is_described(self, level: str):
        result = after([known()], (1, ["skipped"]), (2, ["skipped"]), level=level)
        assert result == (Verdict.KNOWN, [EntryState.KNOWN])

    @pytest.mark.parametrize(("level", "verdict"), [("M", Verdict.FAIL), ("S", Verdict.WARN)])
    def test_one_other_failure_leaves_the_clause_failed(self, level: str, verdict: Verdict):
        result = after([known()], (3, ["skipped", "skipped", "rang on"]), level=level)
        assert result == (verdict, [EntryState.KNOWN])

    def test_several_entries_share_the_failures_of_a_clause(self):
        entries = [known(), known(failure=FailureFields(kind="rang on"))]
        result = after(entries, (2, ["skipped", "rang on"]))
        assert result == (Verdict.KNOWN, [EntryState.KNOWN, EntryState.KNOWN])

    def test_entry_applies_to_no_other_clause(self):
        entries = [known(clause="status/gave-up-order")]
        known_failures = select(Baseline((), tuple(entries)), ["mine@1"], [CLAUSE], TODAY)
        assert not known_failures

    def test_entry_with_a_shape_applies_to_its_scenarios_only(self):
        entries = [known(failure=None, shape={"callers": 1})]
        assert after(entries, (1, ["rang on"]))[0] is Verdict.KNOWN
        result = after(entries, (1, ["rang on"]), (1, ["rang on"], TWO_CALLERS))
        assert result == (Verdict.FAIL, [EntryState.KNOWN])

    def test_failure_and_shape_have_to_fit_both(self):
        entries = [known(shape={"callers": 1})]
        assert after(entries, (1, ["rang on"]))[0] is Verdict.FAIL
        assert after(entries, (1, ["skipped"], TWO_CALLERS))[0] is Verdict.FAIL
        assert after(entries, (1, ["skipped"]))[0] is Verdict.KNOWN

    def test_it_is_known_in_a_part_of_a_run_too(self):
        result = after([known()], (1, ["skipped"]), complete=False)
        assert result == (Verdict.KNOWN, [EntryState.KNOWN])

    def test_without_an_entry_nothing_changes(self):
        assert after([], (1, ["skipped"])) == (Verdict.FAIL, [])
        assert after([], (1, [])) == (Verdict.PASS, [])


class TestFixed:
    def test_clause_that_holds_is_fixed(self):
        assert after([known()], (3, [])) == (Verdict.FIXED, [EntryState.FIXED])

    def test_clause_that_was_not_exercised_is_not_fixed(self):
        assert after([known()]) == (Verdict.NOT_EXERCISED, [EntryState.NOT_EXERCISED])

    def test_clause_that_does_not_apply_is_not_fixed(self):
        result = after([known()], applies=False)
        assert result == (Verdict.NOT_APPLICABLE, [EntryState.NOT_APPLICABLE])

    def test_clause_whose_shape_did_not_occur_is_not_fixed(self):
        entries = [known(shape={"callers": 2})]
        assert after(entries, (3, [])) == (Verdict.PASS, [EntryState.NOT_EXERCISED])

    def test_part_of_a_run_shows_nothing_fixed(self):
        assert after([known()], (3, []), complete=False) == (Verdict.PASS, [EntryState.NOT_SEEN])


class TestStale:
    def test_entry_is_stale_when_the_clause_fails_otherwise(self):
        assert after([known()], (1, ["rang on"])) == (Verdict.FAIL, [EntryState.STALE])

    def test_entry_is_stale_beside_another_that_is_met(self):
        entries = [known(), known(failure=FailureFields(kind="rang on"))]
        result = after(entries, (2, ["rang on"]))
        assert result == (Verdict.KNOWN, [EntryState.STALE, EntryState.KNOWN])

    def test_part_of_a_run_shows_nothing_stale(self):
        result = after([known()], (1, ["rang on"]), complete=False)
        assert result == (Verdict.FAIL, [EntryState.NOT_SEEN])

    def test_entry_whose_shape_did_not_occur_is_not_stale(self):
        entries = [known(shape={"callers": 2})]
        assert after(entries, (1, ["rang on"])) == (Verdict.FAIL, [EntryState.NOT_EXERCISED])


class TestExpired:
    def test_the_last_day_counts(self):
        assert after([known(expires=TODAY)], (1, ["skipped"]))[0] is Verdict.KNOWN

    def test_a_day_later_it_does_not_apply(self):
        entries = [known(expires=TODAY - datetime.timedelta(days=1))]
        assert after(entries, (1, ["skipped"])) == (Verdict.FAIL, [EntryState.EXPIRED])

    def test_another_entry_may_still_apply(self):
        entries = [
            known(expires=datetime.date(2020, 1, 1)),
            known(failure=FailureFields(kind="skipped", args={})),
        ]
        result = after(entries, (1, ["skipped"]))
        assert result == (Verdict.KNOWN, [EntryState.EXPIRED, EntryState.KNOWN])

    def test_it_is_fixed_as_well(self):
        entries = [known(expires=datetime.date(2020, 1, 1))]
        assert after(entries, (1, [])) == (Verdict.FIXED, [EntryState.EXPIRED])
        assert after(entries) == (Verdict.NOT_EXERCISED, [EntryState.EXPIRED])
        assert after(entries, (1, []), complete=False) == (Verdict.PASS, [EntryState.EXPIRED])


class TestSometimes:
    RACE = known(sometimes=True, expires=datetime.date(2099, 1, 1))

    def test_it_is_known_when_it_is_met(self):
        assert after([self.RACE], (9, ["skipped"])) == (Verdict.KNOWN, [EntryState.KNOWN])

    def test_it_is_not_fixed_when_it_is_not_met(self):
        assert after([self.RACE], (99, [])) == (Verdict.PASS, [EntryState.NOT_SEEN])

    def test_it_does_not_apply_to_a_failure_of_every_time(self):
        every_time = (ALWAYS_FROM, ["skipped"] * ALWAYS_FROM)
        assert after([self.RACE], every_time) == (Verdict.FAIL, [EntryState.ALWAYS])
        assert after([self.RACE], every_time, (1, [])) == (Verdict.KNOWN, [EntryState.KNOWN])

    def test_a_few_failures_are_not_every_time(self):
        few = (3, ["skipped", "skipped", "skipped"])
        assert after([self.RACE], few) == (Verdict.KNOWN, [EntryState.KNOWN])

    def test_beside_an_entry_that_is_met_every_time_it_is_not_stale(self):
        entries = [self.RACE, known(failure=FailureFields(kind="rang on"))]
        result = after(entries, (2, ["rang on", "rang on"]))
        assert result == (Verdict.KNOWN, [EntryState.NOT_SEEN, EntryState.KNOWN])

    def test_it_expires_like_any_other(self):
        entries = [known(sometimes=True, expires=datetime.date(2020, 1, 1))]
        assert after(entries, (9, ["skipped"])) == (Verdict.FAIL, [EntryState.EXPIRED])


class TestSelection:
    def test_entries_for_others_and_for_other_clauses_are_left_out(self):
        entries = known(), known(sut="other@*"), known(clause="list/snapshot")
        known_failures = select(Baseline((), entries), ["mine@1"], [CLAUSE], TODAY)
        assert known_failures.entries == (known(),)

    @pytest.mark.parametrize("state", list(EntryState))
    def test_what_has_to_be_rewritten_is_outdated(self, state: EntryState):
        expected = state in (
            EntryState.FIXED,
            EntryState.STALE,
            EntryState.EXPIRED,
            EntryState.ALWAYS,
        )
        assert EntryStatus(entry=known(), state=state).outdated is expected


class TestCover:
    def test_text_shape_clause_and_date_count(self):
        entries = known(shape={"callers": 1}), known(failure=FailureFields(kind="rang on"))
        known_failures = KnownFailures(entries, expired=frozenset({1}))
        assert known_failures.covers(CLAUSE, Failure(kind="skipped"), ONE_CALLER)
        assert not known_failures.covers(CLAUSE, Failure(kind="skipped"), TWO_CALLERS)
        assert not known_failures.covers(CLAUSE, Failure(kind="slipped"), ONE_CALLER)
        assert not known_failures.covers(
            "status/gave-up-order", Failure(kind="skipped"), ONE_CALLER
        )
        assert not known_failures.covers(CLAUSE, Failure(kind="rang on"), ONE_CALLER)


class TestMatcher:
    def test_counts_of_several_machines_add_up(self):
        known_failures = KnownFailures((known(), known(failure=FailureFields(kind="rang on"))))
        whole, left, right = (
            KnownFailureMatcher(known_failures),
            KnownFailureMatcher(known_failures),
            KnownFailureMatcher(known_failures),
        )
        for number, kinds in enumerate([["skipped"], [], ["rang on", "skipped"], ["else"]]):
            for matcher in (whole, left if number % 2 else right):
                matcher.note(CLAUSE, ONE_CALLER, 2, of_kinds(kinds))
        right.merge(left.met)
        assert right.met == whole.met
        assert [(met.exercised, met.matched) for met in whole.met] == [(8, 2), (8, 1)]
