"""Where clients differ: whose failures are played on whom, and which scenario is shown."""

from __future__ import annotations

import msgspec

from ringproof.matrix import markdown, page
from ringproof.matrix.columns import Column, Play
from ringproof.matrix.differences import Difference, Pair, Probe, differences, probes
from ringproof.report.wording import UNCERTAIN
from ringproof.results import Certainty
from tests.harness.matrix.columns import LONG, SHORT, column, first, matrix, shown, verdict

GOOD = column("good", verdict("a/b"), verdict("a/c"))
BAD = column("bad", verdict("a/b", "FAIL", first(LONG)), verdict("a/c"))
NOW_AND_THEN = UNCERTAIN[Certainty.NOW_AND_THEN]
PASSED = shown(LONG, "", passed="a/b")
FAILED = shown(LONG, "", failed="a/b")
PROBE = Probe(LONG, False)


def only(columns: list[Column], results: dict | None = None) -> Difference:
    """Return the one difference there is."""
    (difference,) = differences(columns, results or {})
    return difference


def after(*plays: Play | None) -> list:
    """Return what distinguishes two clients after plays of the failure of one on the other."""
    difference = only([GOOD, BAD], {"good": {PROBE: list(plays)}})
    return [(one.steps, one.fails, one.passes, one.replayed) for one in difference.scenarios]


class TestProbes:
    def test_failures_are_played_on_those_that_did_not_fail(self):
        assert probes([GOOD, BAD]) == {"good": [PROBE], "bad": []}

    def test_clauses_on_which_all_agree_need_none(self):
        both = [column(name, verdict("a/b", "FAIL", first(LONG))) for name in ("x", "y")]
        assert probes([*both]) == {"x": [], "y": []}

    def test_a_scenario_that_breaks_two_clauses_is_played_once(self):
        bad = column("bad", *(verdict(id, "FAIL", first(LONG)) for id in ("a/b", "a/c")))
        assert probes([GOOD, bad])["good"] == [PROBE]

    def test_a_catalogue_name_makes_no_other_scenario(self):
        named = msgspec.structs.replace(LONG, name="x/y")
        bad = column("bad", verdict("a/b", "FAIL", first(named)), verdict("a/c"))
        assert probes([GOOD, BAD, bad])["good"] == [PROBE]

    def test_client_that_was_not_judged_plays_none(self):
        mute = column("mute", verdict("a/b", "NOT_APPLICABLE"))
        assert probes([mute, BAD]) == {"mute": [], "bad": []}

    def test_media_are_as_they_were(self):
        bad = column("bad", verdict("a/b", "FAIL", first(LONG, real_media=True)))
        assert probes([GOOD, bad])["good"] == [Probe(LONG, True)]


class TestDifferences:
    def test_a_failure_that_others_do_not_show_distinguishes_them(self):
        assert after(PASSED, PASSED) == [(len(LONG.steps), ("bad",), ("good",), True)]

    def test_a_scenario_that_is_kept_now_and_then_shows_nothing(self):
        assert after(PASSED, FAILED) == []

    def test_a_scenario_in_which_the_clause_does_not_occur_shows_nothing(self):
        silent = shown(LONG, "", passed="a/c")
        assert after(silent, silent) == []

    def test_a_scenario_that_could_not_be_judged_shows_nothing(self):
        assert after(PASSED, None) == []

    def test_a_failure_that_comes_and_goes_is_shown_as_that(self):
        race = msgspec.structs.replace(first(LONG), certainty=Certainty.NOW_AND_THEN)
        races = verdict("a/b", "FAIL", race)
        result = matrix(
            GOOD,
            column("bad", races, verdict("a/c")),
            results={"good": {PROBE: [PASSED, PASSED]}},
        )
        assert result.differences[0].scenarios[0].certainty is Certainty.NOW_AND_THEN
        assert NOW_AND_THEN in page.render(result).decode()
        assert NOW_AND_THEN in markdown.render(result).decode()

    def test_else_the_smallest_scenario_of_both_runs_does(self):
        good = {
            "x/long": shown(LONG, "x/long", passed="a/b"),
            "x/short": shown(SHORT, "x/short", passed="a/b"),
            "x/other": shown(SHORT, "x/other", passed="a/c"),
        }
        bad = {
            "x/long": shown(LONG, "x/long", failed="a/b"),
            "x/short": shown(SHORT, "x/short", failed="a/b"),
            "x/other": shown(SHORT, "x/other", failed="a/b"),
        }
        columns = [
            msgspec.structs.replace(one, played=played)
            for one, played in ((GOOD, good), (BAD, bad))
        ]
        (result,) = only(columns).scenarios
        assert result.name == "x/short"
        assert not result.replayed

    def test_else_none_does_and_the_pair_is_named(self):
        difference = only([GOOD, BAD])
        assert difference.scenarios == ()
        assert difference.unexplained == (Pair(fails="bad", passes="good"),)

    def test_one_scenario_may_distinguish_many_clients(self):
        good = [column(name, verdict("a/b")) for name in ("g1", "g2")]
        bad = [column(name, verdict("a/b", "FAIL", first(LONG))) for name in ("b1", "b2")]
        results = {name: {PROBE: [PASSED, PASSED]} for name in ("g1", "g2")}
        difference = only([*good, *bad], results)
        (result,) = difference.scenarios
        assert (result.fails, result.passes) == (("b1", "b2"), ("g1", "g2"))
        assert difference.unexplained == ()

    def test_the_smallest_scenario_comes_first(self):
        bad = [
            column(name, verdict("a/b", "FAIL", first(scenario)))
            for name, scenario in (("b1", LONG), ("b2", SHORT))
        ]
        passed = shown(SHORT, "", passed="a/b")
        results = {"good": {PROBE: [PASSED], Probe(SHORT, False): [passed]}}
        difference = only([GOOD, *bad], results)
        assert [one.fails for one in difference.scenarios] == [("b2",), ("b1",)]

    def test_differences_are_in_the_order_of_the_ledger(self):
        bad = column("bad", *(verdict(id, "FAIL", first(LONG)) for id in ("a/b", "a/c")))
        assert [one.id for one in differences([GOOD, bad], {})] == ["a/b", "a/c"]

    def test_what_one_client_never_met_is_a_difference_without_a_scenario(self):
        mute = column("mute", verdict("a/b", "NOT_EXERCISED"), verdict("a/c"))
        difference = only([GOOD, mute])
        assert (difference.id, difference.scenarios, difference.unexplained) == ("a/b", (), ())
