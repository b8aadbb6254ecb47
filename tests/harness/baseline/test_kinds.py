"""Kinds of failure: what failures of one identity agree in."""

from __future__ import annotations

from ringproof.baseline import FailureKinds
from ringproof.baseline.kinds import KINDS_MAX, kind_of
from ringproof.verdict import Failure


def kinds_of(*failures: Failure) -> FailureKinds:
    kinds = FailureKinds()
    for failure in failures:
        kinds.note(failure)
    return kinds


def made_up(name: str) -> Failure:
    return Failure(kind="made-up-name", seen=("something else",), args={"shown": name})


def test_ids_and_numbers_are_left_out_and_texts_are_not():
    args = {"stream_id": "audio", "calls": 2, "error": "request 7f3 timed out"}
    assert kind_of(Failure(kind="x", args=args)).args == {"error": "request * timed out"}


def test_texts_that_differ_are_left_out():
    (kind,) = kinds_of(made_up("Al"), made_up("Bo"))
    assert (kind.args, kind.count) == ({}, 2)
    assert kind.message.endswith("saw '…'")


def test_texts_that_are_the_same_are_kept():
    (kind,) = kinds_of(made_up("Unknown"), made_up("Unknown"))
    assert (kind.args, kind.count) == ({"shown": "Unknown"}, 2)


def test_what_was_expected_and_seen_makes_another_kind():
    one = Failure(kind="x", expected=("a",), seen=("b",))
    others = [Failure(kind="x"), Failure(kind="x", expected=("a",)), Failure(kind="x", seen=("b",))]
    assert len(list(kinds_of(one, one, *others))) == 4


def test_only_so_many_are_counted():
    kinds = kinds_of(*(Failure(kind=letter) for letter in "abcdefghijkl"))
    assert (len(list(kinds)), kinds.more) == (KINDS_MAX, 12 - KINDS_MAX)


def test_merged_from_two_machines_they_are_the_same():
    failures = [made_up(name) for name in ("Al", "Al", "Bo")] + [Failure(kind="x")] * 3
    whole, left, right = kinds_of(*failures), kinds_of(*failures[::2]), kinds_of(*failures[1::2])
    right.merge(left, left.more)
    assert {kind.kind: kind for kind in whole} == {kind.kind: kind for kind in right}
