"""The rules of a comparison, one by one, on hand-made reports."""

from __future__ import annotations

import pytest

from ringproof import exit_codes
from ringproof.comparison.rules import Comparison, Kind, Rule, compare, fewer
from ringproof.comparison.wording import describe
from ringproof.report.document import Document
from tests.harness.comparison.reports import clause, counts, failure, report

FAULT = {"owner": "adapter", "text": "it crashed"}


def changes(comparison: Comparison) -> list[tuple[Kind, Rule, str]]:
    """Return the changes without explanations."""
    return [
        (one.kind, one.rule, one.clause)
        for one in comparison.changes
        if one.rule is not Rule.EXPLANATION
    ]


def other_seed(*clauses: dict, **other) -> Document:
    return report(*clauses, seed=8, fingerprint="beef", **other)


def test_equal_reports_differ_in_nothing():
    comparison = compare(report(), report())
    assert comparison.changes == ()
    assert comparison.same_plan
    assert comparison.exit_code == exit_codes.AS_EXPECTED


class TestVerdicts:
    @pytest.mark.parametrize(
        ("before", "after", "kind"),
        [
            ("PASS", "FAIL", Kind.WORSE),
            ("PASS", "WARN", Kind.WORSE),
            ("PASS", "KNOWN", Kind.WORSE),
            ("WARN", "FAIL", Kind.WORSE),
            ("KNOWN", "FAIL", Kind.WORSE),
            ("KNOWN", "WARN", Kind.WORSE),
            ("FIXED", "FAIL", Kind.WORSE),
            ("NOT_EXERCISED", "FAIL", Kind.WORSE),
            ("NOT_APPLICABLE", "WARN", Kind.WORSE),
            ("FAIL", "PASS", Kind.BETTER),
            ("WARN", "PASS", Kind.BETTER),
            ("KNOWN", "FIXED", Kind.BETTER),
            ("NOT_EXERCISED", "PASS", Kind.BETTER),
            ("NOT_APPLICABLE", "PASS", Kind.BETTER),
            ("FAIL", "KNOWN", Kind.NOTE),
            ("FAIL", "WARN", Kind.NOTE),
        ],
    )
    def test_a_change_is_named(self, before: str, after: str, kind: Kind):
        comparison = compare(report(clause("a/b", before)), report(clause("a/b", after)))
        assert changes(comparison) == [(kind, Rule.VERDICT, "a/b")]
        assert comparison.exit_code == int(kind is Kind.WORSE)

    @pytest.mark.parametrize("verdict", ["PASS", "FAIL", "WARN", "KNOWN", "FIXED", "NOT_EXERCISED"])
    def test_what_stays_as_it_is_says_nothing(self, verdict: str):
        comparison = compare(report(clause("a/b", verdict)), report(clause("a/b", verdict)))
        assert changes(comparison) == []

    def test_a_new_failure_can_be_played_again(self):
        first = failure("no", "ringproof replay x")
        bad = clause("a/b", "FAIL", first_failure=first, reason="no")
        change = compare(report(), report(bad, clause("a/c"))).of(Kind.WORSE)[0]
        assert change.replay == "ringproof replay x"
        assert describe(change) == "was PASS; is FAIL now (1 of 1100 failed): no"

    def test_a_clause_that_is_new_and_fails_is_red(self):
        rows = [clause("a/b"), clause("a/c"), clause("n/ew", "FAIL")]
        assert changes(compare(report(), report(*rows))) == [(Kind.WORSE, Rule.NEW_CLAUSE, "n/ew")]

    @pytest.mark.parametrize(("verdict", "kind"), [("PASS", "better"), ("NOT_EXERCISED", "note")])
    def test_a_clause_that_is_new_and_does_not_fail_is_not(self, verdict: str, kind: str):
        rows = [clause("a/b"), clause("a/c"), clause("n/ew", verdict)]
        assert changes(compare(report(), report(*rows))) == [(kind, Rule.NEW_CLAUSE, "n/ew")]

    def test_a_must_that_became_a_should_is_noted(self):
        softer = report(clause("a/b", level="S"), clause("a/c"))
        assert changes(compare(report(), softer)) == [(Kind.NOTE, Rule.LEVEL, "a/b")]


class TestSilence:
    """What is checked no longer looks like what passes: it is red."""

    @pytest.mark.parametrize("before", ["PASS", "FAIL", "WARN", "KNOWN", "FIXED"])
    @pytest.mark.parametrize("after", ["NOT_EXERCISED", "NOT_APPLICABLE"])
    def test_a_clause_is_not_judged_any_more(self, before: str, after: str):
        comparison = compare(report(clause("a/b", before)), report(clause("a/b", after)))
        assert changes(comparison) == [(Kind.STOPPED, Rule.NOT_JUDGED, "a/b")]
        assert comparison.exit_code == 1

    def test_a_clause_has_vanished(self):
        comparison = compare(report(), report(clause("a/c")))
        assert changes(comparison) == [(Kind.STOPPED, Rule.VANISHED, "a/b")]
        assert comparison.exit_code == 1

    def test_a_clause_passes_but_occurs_less_in_virtual_time(self):
        """One time less of a thousand: the same seed has to bring about the same."""
        fell = report(clause("a/b", simulated=999), clause("a/c"))
        comparison = compare(report(), fell)
        assert changes(comparison) == [(Kind.STOPPED, Rule.FEWER_EXERCISED, "a/b")]
        assert "999 times in virtual time, 1000 times before" in describe(comparison.changes[0])
        assert comparison.exit_code == 1

    def test_a_clause_passes_but_occurs_far_less_over_the_network(self):
        fell = report(clause("a/b", network=20), clause("a/c"))
        assert changes(compare(report(), fell)) == [(Kind.STOPPED, Rule.FEWER_EXERCISED, "a/b")]

    def test_sockets_may_deliver_in_another_order(self):
        fell = report(clause("a/b", network=70), clause("a/c"))
        assert changes(compare(report(), fell)) == []

    def test_another_seed_may_bring_about_less_but_not_far_less(self):
        fell = [other_seed(clause("a/b", simulated=number), clause("a/c")) for number in (600, 300)]
        assert changes(compare(report(), fell[0])) == []
        assert changes(compare(report(), fell[1])) == [(Kind.STOPPED, Rule.FEWER_EXERCISED, "a/b")]

    def test_another_ringproof_may_bring_about_less_with_the_same_seed(self):
        fell = report(clause("a/b", simulated=990), clause("a/c"), ringproof="1.1")
        comparison = compare(report(), fell)
        assert changes(comparison) == []
        assert not comparison.same_plan

    def test_more_is_nothing_to_speak_of(self):
        rows = [clause("a/b", simulated=5_000, network=5_000), clause("a/c")]
        assert changes(compare(report(), report(*rows))) == []


class TestWhole:
    @pytest.mark.parametrize("part", ["simulated", "network"])
    def test_a_part_is_not_played_any_more(self, part: str):
        """Only that is shown, and not every clause of it: they are judged in the other part."""
        left = ({"simulated", "network"} - {part}).pop()
        rows = [clause(id, **{part: 0}) for id in ("a/b", "a/c")]
        now = report(*rows, parts={left: counts()}, mode=left, fingerprint="other")
        comparison = compare(report(), now)
        assert changes(comparison) == [(Kind.STOPPED, Rule.PART, "")]
        assert comparison.exit_code == 1

    @pytest.mark.parametrize("sort", ["catalogue", "generated"])
    def test_fewer_scenarios_are_red_whatever_the_seed(self, sort: str):
        parts = {"simulated": counts(), "network": counts(**{sort: 99})}
        comparison = compare(report(), other_seed(parts=parts))
        assert changes(comparison) == [(Kind.STOPPED, Rule.FEWER_SCENARIOS, "")]
        assert f"{sort} scenarios over the network: 99 instead of" in describe(
            comparison.changes[0]
        )

    @pytest.mark.parametrize(("media", "red"), [(25, False), (16, False), (3, True), (0, True)])
    def test_scenarios_with_real_media_may_vary_with_the_seed(self, media: int, red: bool):
        parts = {"simulated": counts(), "network": counts(real_media=media)}
        assert compare(report(), other_seed(parts=parts)).exit_code == red

    def test_a_run_that_did_not_end_is_red(self):
        comparison = compare(report(), report(status="incomplete"))
        assert changes(comparison) == [(Kind.STOPPED, Rule.INCOMPLETE, "")]

    def test_a_fault_of_somebody_who_had_none_is_red(self):
        assert changes(compare(report(), report(faults=[FAULT]))) == [(Kind.WORSE, Rule.FAULTS, "")]
        both = compare(report(faults=[FAULT]), report(faults=[FAULT, FAULT]))
        assert changes(both) == [(Kind.NOTE, Rule.FAULTS, "")]
        assert both.exit_code == 0


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"seed": 8}, "seed: 7 before, 8 now"),
        ({"ringproof": "1.1"}, "ringproof: 1.0 before, 1.1 now"),
        ({"strict": True}, "--strict: False before, True now"),
        (
            {"baseline": {"files": ["known.toml"], "entries": []}},
            "baseline: none before, known.toml with 0 entries now",
        ),
    ],
)
def test_what_differs_between_the_runs_is_shown(change: dict, shown: str):
    comparison = compare(report(), report(**change))
    assert [describe(one) for one in comparison.changes] == [shown]
    assert comparison.exit_code == 0


def test_another_client_is_shown():
    sut = {"name": "sdk", "version": "4.1", "carrier": "ws", "option": "node", "features": ["rtp"]}
    assert [describe(one) for one in compare(report(), report(sut=sut)).changes] == [
        "client: sdk 4.0 before, sdk 4.1 now",
        "--sut: chromium before, node now",
        "features: none before, rtp now",
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0, 0, False),
        (1, 0, False),
        (9, 0, False),
        (10, 0, True),
        (10, 4, False),
        (40, 20, False),
        (40, 15, True),
        (1_000, 499, True),
        (1_000, 501, False),
        (5, 50, False),
    ],
)
def test_a_fall_beyond_chance_is_to_less_than_half_and_more_than_three_deviations(
    before: int, after: int, expected: bool
):
    assert fewer(before, after) is expected


def test_where_nothing_is_left_to_chance_one_less_is_a_fall():
    assert fewer(1_000, 999, exact=True)
    assert not fewer(1_000, 1_000, exact=True)
