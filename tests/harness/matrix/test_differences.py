"""What tells clients apart: whose failures are played on whom, and which scenario is shown."""

from __future__ import annotations

import msgspec

from ringproof.matrix import documents, page
from ringproof.matrix.differences import Question, questions, told
from ringproof.matrix.table import Matrix
from ringproof.triage.clause_reduction import NOW_AND_THEN
from tests.harness.matrix.columns import LONG, SHORT, column, first, matrix, shown, verdict

GOOD = column("good", verdict("a/b"), verdict("a/c"))
BAD = column("bad", verdict("a/b", "FAIL", first(LONG)), verdict("a/c"))
HELD = shown(LONG, "", held="a/b")
FAILED = shown(LONG, "", failed="a/b")
ASKED = Question(LONG, False)


def answered(found: Matrix, *plays: object) -> list:
    (difference,) = told(found, {"good": {ASKED: list(plays)}})
    return [(one.scenario, one.fails, one.holds, one.replayed) for one in difference.tellings]


class TestQuestions:
    def test_failures_are_played_on_those_that_did_not_fail(self):
        assert questions(matrix(GOOD, BAD)) == {"good": [ASKED], "bad": []}

    def test_clauses_on_which_all_agree_are_not_asked_about(self):
        both = [column(name, verdict("a/b", "FAIL", first(LONG))) for name in ("x", "y")]
        assert questions(matrix(*both)) == {"x": [], "y": []}

    def test_a_scenario_that_breaks_two_clauses_is_played_once(self):
        bad = column("bad", *(verdict(id, "FAIL", first(LONG)) for id in ("a/b", "a/c")))
        assert questions(matrix(GOOD, bad))["good"] == [ASKED]

    def test_a_catalogue_name_makes_no_other_scenario(self):
        named = msgspec.structs.replace(LONG, name="x/y")
        bad = column("bad", verdict("a/b", "FAIL", first(named)), verdict("a/c"))
        assert questions(matrix(GOOD, BAD, bad))["good"] == [ASKED]

    def test_who_was_not_judged_is_not_asked(self):
        mute = column("mute", verdict("a/b", "NOT_APPLICABLE"))
        assert questions(matrix(mute, BAD)) == {"mute": [], "bad": []}

    def test_media_are_as_they_were(self):
        bad = column("bad", verdict("a/b", "FAIL", first(LONG, real_media=True)))
        assert questions(matrix(GOOD, bad))["good"] == [Question(LONG, True)]


class TestTold:
    def test_a_failure_that_others_do_not_show_tells_them_apart(self):
        assert answered(matrix(GOOD, BAD), HELD, HELD) == [(LONG, ("bad",), ("good",), True)]

    def test_a_scenario_that_is_kept_now_and_then_tells_nothing(self):
        assert answered(matrix(GOOD, BAD), HELD, FAILED) == []

    def test_a_scenario_in_which_the_clause_does_not_occur_tells_nothing(self):
        silent = shown(LONG, "", held="a/c")
        assert answered(matrix(GOOD, BAD), silent, silent) == []

    def test_a_scenario_that_could_not_be_judged_tells_nothing(self):
        assert answered(matrix(GOOD, BAD), HELD, None) == []

    def test_a_failure_that_comes_and_goes_is_told_as_that(self):
        races = msgspec.structs.replace(
            verdict("a/b", "FAIL", first(LONG)), variants=(NOW_AND_THEN, "fails with msid=True")
        )
        found = matrix(GOOD, column("bad", races, verdict("a/c")))
        (difference,) = told(found, {"good": {ASKED: [HELD, HELD]}})
        assert difference.tellings[0].caveat == NOW_AND_THEN
        assert (
            NOW_AND_THEN
            in page.render(msgspec.structs.replace(found, differences=(difference,))).decode()
        )
        assert NOW_AND_THEN in documents.markdown(
            msgspec.structs.replace(found, differences=(difference,))
        )

    def test_else_the_smallest_scenario_of_both_runs_does(self):
        good = {
            "x/long": shown(LONG, "x/long", held="a/b"),
            "x/short": shown(SHORT, "x/short", held="a/b"),
            "x/other": shown(SHORT, "x/other", held="a/c"),
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
        (found,) = told(matrix(*columns), {})[0].tellings
        assert found.scenario.name == "x/short"
        assert not found.replayed

    def test_else_nothing_does_and_that_is_said(self):
        (difference,) = told(matrix(GOOD, BAD), {})
        assert difference.tellings == ()
        assert difference.untold == (("bad", "good"),)

    def test_clients_are_gathered_that_one_scenario_tells_apart(self):
        good = [column(name, verdict("a/b")) for name in ("g1", "g2")]
        bad = [column(name, verdict("a/b", "FAIL", first(LONG))) for name in ("b1", "b2")]
        answers = {name: {ASKED: [HELD, HELD]} for name in ("g1", "g2")}
        (difference,) = told(matrix(*good, *bad), answers)
        (found,) = difference.tellings
        assert (found.fails, found.holds) == (("b1", "b2"), ("g1", "g2"))
        assert difference.untold == ()

    def test_the_smallest_scenario_comes_first(self):
        bad = [
            column(name, verdict("a/b", "FAIL", first(scenario)))
            for name, scenario in (("b1", LONG), ("b2", SHORT))
        ]
        held = shown(SHORT, "", held="a/b")
        answers = {"good": {ASKED: [HELD], Question(SHORT, False): [held]}}
        (difference,) = told(matrix(GOOD, *bad), answers)
        assert [one.fails for one in difference.tellings] == [("b2",), ("b1",)]

    def test_differences_are_in_the_order_of_the_ledger(self):
        bad = column("bad", *(verdict(id, "FAIL", first(LONG)) for id in ("a/b", "a/c")))
        assert [one.id for one in told(matrix(GOOD, bad), {})] == ["a/b", "a/c"]

    def test_what_one_client_never_met_is_a_difference_without_a_scenario(self):
        mute = column("mute", verdict("a/b", "NOT_EXERCISED"), verdict("a/c"))
        (difference,) = told(matrix(GOOD, mute), {})
        assert (difference.id, difference.tellings, difference.untold) == ("a/b", (), ())
