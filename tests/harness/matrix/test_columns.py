"""The matrix as data: who differs from whom, and how it all ends."""

from __future__ import annotations

import msgspec
import pytest

from ringproof import exit_codes
from ringproof.matrix.columns import exit_code, play_of, rows
from ringproof.matrix.document import MatrixDocument
from ringproof.results import ClauseVerdict
from ringproof.verdict import Failure, Outcome, Owner
from tests.harness.matrix.columns import SHORT, column, first, matrix, unfinished, verdict
from tests.harness.report import runs


def first_difference(played: MatrixDocument, number: int) -> tuple[str, int]:
    client = played.suts[number]
    return client.first_difference, client.differences


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ([0, 0], 0),
        ([0, 5], 5),
        ([5, 2], 2),
        ([2, 1], 1),
        ([1, 3], 3),
        ([3, 4], 4),
        ([4, 130], 130),
    ],
)
def test_the_client_that_fares_worst_decides(codes: list[int], worst: int):
    columns = [column(str(number), exit_code=code) for number, code in enumerate(codes)]
    assert exit_code(columns, "complete") == worst
    assert exit_code(columns[::-1], "complete") == worst


def test_a_matrix_that_did_not_end_is_never_green():
    assert exit_code([column("a"), column("b")], "incomplete") == exit_codes.INTERRUPTED


def test_a_row_holds_what_every_client_made_of_a_clause():
    columns = [column("x", verdict("a/b")), unfinished("y"), column("z", verdict("a/c"))]
    clients = {row.id: list(row.cells) for row in rows(columns)}
    assert clients == {"a/b": ["x"], "a/c": ["z"]}


def differs(*verdicts: ClauseVerdict | None) -> bool:
    """Return whether clients with these verdicts differ; None is a client without any."""
    columns = [
        unfinished(str(number)) if one is None else column(str(number), one)
        for number, one in enumerate(verdicts)
    ]
    (row,) = rows(columns)
    return row.differs


def test_clients_without_a_verdict_differ_from_nobody():
    assert not differs(verdict("a/b"), None)
    assert not differs(verdict("a/b"), verdict("a/b"))
    assert differs(verdict("a/b"), None, verdict("a/b", "NOT_EXERCISED"))


def test_a_clause_that_does_not_apply_to_a_client_is_no_difference():
    absent = verdict("a/b", "NOT_APPLICABLE")
    assert not differs(verdict("a/b"), absent)
    assert differs(verdict("a/b"), absent, verdict("a/b", "FAIL", first(SHORT)))
    played = matrix(column("x", verdict("a/b")), column("y", absent))
    assert first_difference(played, 1) == ("", 0)


def test_a_client_is_compared_by_the_first_clause_on_which_it_is_not_like_the_first():
    good = column("good", verdict("a/a"), verdict("a/b"), verdict("a/c"))
    bad = column(
        "bad",
        verdict("a/a"),
        verdict("a/b", "FAIL", first(SHORT)),
        verdict("a/c", "NOT_EXERCISED"),
    )
    played = matrix(good, bad, unfinished("none"))
    assert first_difference(played, 0) == ("", 0)
    assert first_difference(played, 1) == ("a/b", 2)
    assert first_difference(played, 2) == ("", 0)


def test_what_a_run_that_broke_down_did_not_come_to_is_no_difference():
    good = column("good", verdict("a/b"), verdict("a/c"))
    half = column("half", verdict("a/b", "FAIL", first(SHORT)), verdict("a/c", "NOT_EXERCISED"))
    broken = msgspec.structs.replace(half, error="fault of the adapter: no ping")
    assert first_difference(matrix(good, half), 1) == ("a/b", 2)
    assert first_difference(matrix(good, broken), 1) == ("a/b", 1)


class TestPlay:
    def test_a_clause_was_kept_or_broken_or_did_not_occur(self):
        finished = runs.SCENARIO_FINISHED
        play = play_of(finished)
        assert play is not None
        assert play.failed == {"status/answer-order"}
        assert play.passed == {"list/whole-list"}

    def test_what_others_are_to_blame_for_is_neither(self):
        failure = Failure(kind="x", owner=Owner.HARNESS)
        finished = msgspec.structs.replace(
            runs.SCENARIO_FINISHED, outcomes={"a/b": Outcome(1, (failure,)), "a/c": Outcome(0)}
        )
        play = play_of(finished)
        assert play is not None
        assert not play.failed
        assert not play.passed

    def test_a_scenario_that_could_not_be_judged_showed_nothing(self):
        assert play_of(runs.SCENARIO_DIED) is None
