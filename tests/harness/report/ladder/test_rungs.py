"""The rungs that both ladders are made of; how they are drawn is shown elsewhere."""

from __future__ import annotations

import itertools

from ringproof.report.ladder.drawing import LABEL_COLUMNS, draw
from ringproof.report.ladder.rungs import Rung, excerpt, rungs
from ringproof.trace import Emitted, Platformed, SutError, Trace
from ringproof.verdict import Failure
from ringproof_fakeserver.protocol.journal import DialogFact, FaultFact
from tests.harness.report import runs


def trace_of(*entries: object) -> Trace:
    return Trace(runs.trace().header, list(entries))


def noise(number: int, wrong: int = -1) -> list[Rung]:
    entries = [Emitted(at_us=n, event=SutError(s="s", n=n, text=f"{n}")) for n in range(number)]
    return rungs(trace_of(*entries), Failure(kind="x", entry=wrong))


def test_rung_says_between_whom_what_and_when():
    words = [(one.at_ms, one.parties, one.kind) for one in rungs(runs.trace())]
    assert ("0.5", "caller → server", "call") in words
    assert ("1.0", "server → SDK", "frame") in words
    assert ("2.0", "SDK → app", "emission") in words
    assert ("3.1", "app → SDK", "command") in words
    assert ("5.0", "SDK, app", "note") in words


def test_fault_on_purpose_is_a_rung():
    fact = FaultFact(
        subscriber="u", session="s", what="delay", point="invite", dialog="dialog-1", delay_ms=70
    )
    offered = DialogFact(subscriber="u", call="c", dialog="dialog-1", session="s", state="offered")
    (rung,) = rungs(trace_of(*(Platformed(at_us=0, fact=one) for one in (offered, fact))))
    assert rung.text.startswith("fault: delay invite")
    assert rung.text.endswith("for 70 ms")
    assert rung.kind == "fault"


def test_one_rung_is_the_first_wrong_one():
    (wrong,) = [one for one in rungs(runs.trace(), runs.FIRST.failure) if one.wrong]
    assert wrong.entry == runs.WRONG_ENTRY


def test_short_ladder_is_shown_whole():
    ladder = noise(100)
    assert excerpt(ladder, 100) == [(0, ladder)]


def test_long_ladder_keeps_its_beginning_and_what_led_to_the_failure():
    ladder = noise(1_000, wrong=700)
    (none, head), (skipped, rest) = excerpt(ladder, 100)
    assert (none, len(head)) == (0, 25)
    assert len(head) + len(rest) <= 100
    assert head[-1].entry + 1 + skipped == rest[0].entry
    assert rest[0].entry < 700 < rest[-1].entry


def test_long_ladder_of_something_missing_keeps_its_end():
    ladder = noise(1_000)
    assert excerpt(ladder, 100)[-1][1][-1] is ladder[-1]


def test_early_failure_in_a_long_ladder_needs_no_gap():
    (_, head), (skipped, rest) = excerpt(noise(1_000, wrong=3), 100)
    assert skipped == 0
    assert len(head) + len(rest) == 100


class TestDrawing:
    def test_rows_follow_each_other_downwards_without_touching(self):
        rows = draw(runs.trace(), runs.FIRST.failure).rows
        assert all(one.y + 14 <= other.y for one, other in itertools.pairwise(rows))

    def test_expectation_is_shown_below_the_first_wrong_event_line_by_line(self):
        failure = Failure(kind="expected " + "very much " * 30, entry=runs.WRONG_ENTRY)
        drawing = draw(runs.trace(), failure)
        (wrong,) = [row for row in drawing.rows if row.wrong]
        assert wrong.notes[0][1].startswith("first wrong event: expected")
        assert wrong.notes[-1][1].endswith("…")
        assert all(len(line) <= LABEL_COLUMNS for _, line in wrong.notes)
        after = next(row for row in drawing.rows if row.y > wrong.y)
        assert after.y - 12 > wrong.notes[-1][0]

    def test_missing_event_is_shown_at_the_end(self):
        drawing = draw(runs.trace(), Failure(kind="no bye"))
        assert drawing.rows[-1].label == "missing at the end"
        assert drawing.rows[-1].notes[0][1] == "no bye"
        assert "Missing at the end: no bye" in drawing.description
        assert drawing.height > drawing.rows[-1].notes[-1][0]

    def test_empty_trace_can_be_drawn(self):
        assert draw(trace_of(), Failure(kind="nothing came")).rows[-1].wrong
