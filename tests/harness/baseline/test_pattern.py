from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringproof.baseline import pattern
from ringproof.baseline.kinds import KINDS_MAX, FailureKind, FailureKinds, kind_of
from ringproof.verdict import Failure


class TestFits:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("the same", "the same"),
            ("saw * calls", "saw 2 calls"),
            ("stream * was emitted again", "stream stream-12 was emitted again"),
            ("expected '**'; saw nothing", "expected 'Alice Smith'; saw nothing"),
            ("expected ''; saw **", "expected ''; saw "),
            ("** was rejected", "the promise\nof hangup() was rejected"),
            ("a*b*c", "axbxc"),
            ("* of *", "1 of 2"),
            ("/hung up$/", "the far side hung up"),
            ("/^saw (1|2)/", "saw 2 calls"),
            ("a.b", "a.b"),
        ],
    )
    def test_pattern_fits_what_it_means(self, text: str, message: str):
        assert pattern.fits(text, message)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("the same", "the same, and more"),
            ("the same", "not the same"),
            ("saw * calls", "saw two more calls"),
            ("saw *", "saw "),
            ("expected '**'; saw nothing", "expected nothing; saw nothing"),
            ("a.b", "axb"),
            ("/hung up$/", "the far side hung up at last"),
            ("**first**second**", "second, then first"),
        ],
    )
    def test_pattern_fits_nothing_else(self, text: str, message: str):
        assert not pattern.fits(text, message)

    def test_hostile_message_costs_no_time(self):
        started_s = time.monotonic()
        assert not pattern.fits("**a*b*c**d*e*f**g*h*x", "abcdefgh" * 1_000)
        assert not pattern.fits("*a*a*a*a*a*a*a*ab", "a" * 10_000)
        assert time.monotonic() - started_s < 2


class TestCheck:
    @pytest.mark.parametrize("text", ["**", "*", "* **", "/.*/", "/./", "/a?/"])
    def test_pattern_that_leaves_nothing_out_is_refused(self, text: str):
        with pytest.raises(pattern.PatternError, match="fits every failure"):
            pattern.check(text)

    @pytest.mark.parametrize("text", ["/(/", "/[/", "/(?P<a>/"])
    def test_what_is_no_regular_expression_is_refused(self, text: str):
        with pytest.raises(pattern.PatternError, match="no regular expression"):
            pattern.check(text)

    @pytest.mark.parametrize("text", ["saw *", "/saw/", "/", "//"])
    def test_other_patterns_are_taken(self, text: str):
        pattern.check(text)

    def test_overlong_pattern_is_refused(self):
        with pytest.raises(pattern.PatternError, match="longer than"):
            pattern.check("x" * (pattern.PATTERN_MAX + 1))


def of_message(message: str) -> FailureKind:
    return kind_of(Failure(kind="missing", args={"text": message}))


class TestKinds:
    def test_numbers_and_ids_are_left_open_and_quoted_texts_are_not(self):
        spelled = of_message("stream stream-1 at 12.5 ms: saw 'Unknown'").pattern
        assert spelled == "stream * at * ms: saw 'Unknown'"

    def test_ids_in_hexadecimal_are_left_open(self):
        message = "dialog 0f8fad5b-d9cb-469f-a165-70867728950e and deadbeef01, not the facade"
        assert of_message(message).pattern == "dialog * and *, not the facade"

    def test_quoted_texts_that_differ_are_left_open(self):
        kinds = FailureKinds()
        for message in ("expected 'Al'; saw '_undef_'", "expected 'Bo B'; saw '_undef_'"):
            kinds.note(Failure(kind="missing", args={"text": message}))
        (kind,) = kinds
        assert (kind.pattern, kind.count) == ("expected '**'; saw '_undef_'", 2)

    def test_quotes_that_differ_are_left_open(self):
        kinds = FailureKinds()
        for message in ("saw 'Al'", 'saw "it\'s"'):
            kinds.note(Failure(kind="missing", args={"text": message}))
        (kind,) = kinds
        assert all(pattern.fits(kind.pattern, text) for text in ("saw 'Al'", 'saw "it\'s"'))

    def test_apostrophes_quote_nothing(self):
        message = "the caller's script is over; the call's end is due"
        assert of_message(message).pattern == message

    def test_only_so_many_are_told_apart(self):
        kinds = FailureKinds()
        for letter in "abcdefghijkl":
            kinds.note(Failure(kind=f"saw {letter}"))
        assert (len(list(kinds)), kinds.more) == (KINDS_MAX, 12 - KINDS_MAX)

    def test_merged_from_two_machines_they_are_the_same(self):
        messages = [f"saw {n} of '{n % 3}'" for n in range(6)] + ["else"]
        whole, left, right = FailureKinds(), FailureKinds(), FailureKinds()
        for number, message in enumerate(messages):
            whole.note(Failure(kind="missing", args={"text": message}))
            (left if number % 2 else right).note(Failure(kind="missing", args={"text": message}))
        right.merge(left, left.more)
        assert {kind.pattern: kind.count for kind in whole} == {
            kind.pattern: kind.count for kind in right
        }

    @given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=5))
    @example(["/a/"])
    @example(["''"])
    @example(["*", "** 1"])
    @example(["a-1'b'"])
    @example(["'a' \"b\" 1", "'c' \"d\" 2"])
    @example(["x" * 5_000])
    @example(["\ud800 1"])
    def test_the_pattern_of_a_kind_fits_every_message_of_it(self, messages: list[str]):
        by_kind: dict[tuple[str, ...], tuple[FailureKinds, list[str]]] = {}
        for message in messages:
            kinds, said = by_kind.setdefault(of_message(message).fixed, (FailureKinds(), []))
            kinds.note(Failure(kind="missing", args={"text": message}))
            said.append(message)
        for kinds, said in by_kind.values():
            (kind,) = kinds
            assert all(pattern.fits(kind.pattern, message) for message in said)

    @given(st.text(alphabet="ab1'\"* -/\n.", min_size=1, max_size=40))
    def test_so_do_those_of_texts_that_look_like_patterns(self, message: str):
        assert pattern.fits(of_message(message).pattern, message)
