"""Which failures an entry describes: those that have every field that it gives."""

from __future__ import annotations

import pytest

from ringproof.baseline import FailureFields
from ringproof.baseline.matching import fits, fits_text
from ringproof.verdict import Failure

FAILURE = Failure(
    kind="wrong-end-after-hangup",
    expected=("disconnected", "destroyed"),
    seen=("destroyed",),
    args={"error": "request 7f timed out after 5000 ms", "calls": 2},
)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"seen": ("destroyed",)},
        {"expected": ("disconnected", "destroyed"), "seen": ("destroyed",)},
        {"args": {"calls": 2}},
        {"args": {"error": "request * timed out after * ms"}},
        {"args": {"error": "*"}},
    ],
)
def test_entry_describes_a_failure_that_has_all_its_fields(fields: dict):
    assert fits(FailureFields(kind=FAILURE.kind, **fields), FAILURE)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "wrong-end-after-reject"},
        {"seen": ()},
        {"seen": ("disconnected", "destroyed")},
        {"expected": ("destroyed",)},
        {"args": {"calls": 3}},
        {"args": {"calls": "2"}},
        {"args": {"error": "request * timed out"}},
        {"args": {"reason": "*"}},
    ],
)
def test_one_other_field_is_enough(fields: dict):
    assert not fits(FailureFields(**{"kind": FAILURE.kind, **fields}), FAILURE)


def test_entry_without_a_failure_describes_all():
    assert fits(None, FAILURE)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("the same", "the same"),
        ("", ""),
        ("*", ""),
        ("saw * calls", "saw two more calls"),
        ("** was rejected", "the promise\nof hangup() was rejected"),
        ("a*b*c", "axbxbc"),
        ("*.*", "a.b"),
    ],
)
def test_a_star_matches_any_text(pattern: str, text: str):
    assert fits_text(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("the same", "the same, and more"),
        ("the same", "not the same"),
        ("a*a", "a"),
        ("ab*bc", "abc"),
        ("*a.b", "axb"),
        ("*first*second*", "second, then first"),
        ("", "a"),
    ],
)
def test_other_characters_match_themselves(pattern: str, text: str):
    assert not fits_text(pattern, text)


def test_hostile_text_costs_no_time():
    assert not fits_text("*a*a*a*a*a*a*a*ab", "a" * 1_000_000)
