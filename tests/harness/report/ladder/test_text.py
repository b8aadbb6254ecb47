from __future__ import annotations

from ringproof.report.ladder.text import LIFELINES, ladder, printable
from ringproof.trace import (
    Emitted,
    Getter,
    Header,
    Platformed,
    Replied,
    Settled,
    Stream,
    SutError,
    Trace,
)
from ringproof.verdict import Failure
from ringproof_fakeserver.protocol.journal import (
    Direction,
    FrameFact,
    LookupFact,
    MediaFact,
    ScriptFact,
    SessionFact,
    TransferFact,
)
from ringproof_scenarios.model import Caller, Scenario
from tests.harness.report import runs


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if "│" in line]


def of(*entries: object, sessions: tuple[str, ...] = ("s",)) -> str:
    scenario = Scenario(callers=(Caller(),))
    header = Header(ringproof="0", format=1, mode="network", scenario=scenario, sessions=sessions)
    return ladder(Trace(header, list(entries)))


class TestLadder:
    def test_names_the_four_lifelines_in_order(self):
        headline = ladder(runs.trace()).splitlines()[0]
        assert headline.split() == ["ms", *LIFELINES]

    def test_shows_a_call_row_by_row(self):
        shown = [
            line.split("│", 1)[1].replace("─", "").split() for line in rows(ladder(runs.trace()))
        ]
        assert ["dial", "#0", "to", "/private/bob", "▶│", "│", "│"] in shown
        assert ["◀", "#0", "created", "│", "│", "│"] in shown
        assert ["│", "│", "calls", "[#0", "ringing]", "▶│"] in shown
        assert ["│", "│◀", "answer()", "#0", "│"] in shown
        assert ["│", "│", "·", "settled", "│"] in shown

    def test_shows_milliseconds_from_the_start(self):
        assert "      4.2 │" in ladder(runs.trace())

    def test_marks_the_first_wrong_entry_and_says_why(self):
        lines = ladder(runs.trace(), runs.FIRST.failure).splitlines()
        marked = [index for index, line in enumerate(lines) if line.startswith("=>")]
        assert len(marked) == 1
        assert "status connected" in lines[marked[0]]
        assert lines[marked[0] + 1].strip().startswith("^ connecting was skipped")

    def test_names_what_is_missing_below_the_last_row(self):
        last = ladder(runs.trace(), Failure(kind="no bye")).splitlines()[-1]
        assert last == "=> missing: no bye"

    def test_shows_a_quiet_entry_when_the_failure_points_at_it(self):
        trace = runs.trace()
        trace.entries.append(Emitted(at_us=9, event=Getter(s="s", n=3, c="x", status="new")))
        assert "Getter" not in ladder(trace)
        wrong = Failure(kind="getter", entry=len(trace) - 1)
        assert "Getter" in ladder(trace, wrong)

    def test_all_rows_are_equally_wide(self):
        from rich.cells import cell_len

        assert len({cell_len(line) for line in rows(ladder(runs.trace()))}) == 1

    def test_spells_out_what_would_disturb_the_terminal(self):
        text = ladder(runs.trace(), runs.FIRST.failure)
        assert "\x1b" not in text
        assert "\x00" not in text
        assert "\u202e" not in text
        assert "ע" not in text


class TestRows:
    def test_devices_are_named_when_there_are_several(self):
        entry = Platformed(at_us=0, fact=SessionFact(subscriber="u", session="b", state="online"))
        assert "d1 session online" in of(entry, sessions=("a", "b"))
        assert "d1" not in of(entry, sessions=("b",))

    def test_close_code_is_beside_the_state(self):
        fact = SessionFact(subscriber="u", session="s", state="detached", code=1001)
        assert "session detached 1001" in of(Platformed(at_us=0, fact=fact))

    def test_errors_of_the_wire_are_shown_and_results_are_not(self):
        def frame(kind: str) -> Platformed:
            fact = FrameFact(
                subscriber="u",
                session="s",
                direction=Direction.TO_CLIENT,
                text="{}",
                kind=kind,
                method="signalwire.ping",
                detail={"code": -32601, "message": "no"},
            )
            return Platformed(at_us=0, fact=fact)

        assert "signalwire.ping error -32601 no" in of(frame("error"))
        assert "ping" not in of(frame("result"))
        assert "ping" not in of(frame("request"))

    def test_counts_of_packets_are_shown_for_both_ends(self):
        fact = MediaFact(
            subscriber="u", dialog="d", state="packets", sent={"audio": 3}, received={"audio": 4}
        )
        text = of(Platformed(at_us=0, fact=fact)).replace("…", "")
        assert "sent audio 3" in text

    def test_other_facts_and_events_have_a_row_each(self):
        text = of(
            Platformed(at_us=0, fact=LookupFact(subscriber="u", name="x", state="asked")),
            Platformed(
                at_us=0,
                fact=TransferFact(subscriber="u", call="c", destination="/x", state="ringing"),
            ),
            Platformed(at_us=0, fact=MediaFact(subscriber="u", dialog="d", state="connected")),
            Platformed(at_us=0, fact=ScriptFact(subscriber="u", call="c", verb="play", note="x")),
            Emitted(at_us=0, event=Stream(s="s", n=0, c="d", side="local", stream="1")),
            Emitted(at_us=0, event=SutError(s="s", n=1, text="broken")),
            Emitted(at_us=0, event=Settled(s="s", n=2, id="z", error="gone")),
            Replied(at_us=0, id="z", error="timeout", text="5 s"),
        )
        for words in (
            "look-up asked",
            "ringing at /x",
            "media #d connected",
            "script: play x",
            "#d local stream empty",
            "error  broken",
            "command rejected: gone",
            "command failed: timeout 5 s",
        ):
            assert words in text


def test_printable_keeps_ordinary_text():
    assert printable("Zoë 😀 李") == "Zoë 😀 李"
