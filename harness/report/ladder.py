"""A trace as a ladder: caller, server, SDK and app side by side, times in ms from the start.

One row an entry that says something; acknowledgements, pings and raw logs stay out unless the
failure points at one of them. Plain text: no colour, no markup, control characters spelled out.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from fakeserver.protocol import journal
from harness import trace as traces
from harness.trace import AnyEntry, Trace
from harness.verdict import Failure

CALLER, WIRE, APP = range(3)
"""The three gaps between the four lifelines."""

GAPS = (32, 40, 42)
LIFELINES = ("caller", "server", "SDK", "app")
QUIET_METHODS = frozenset({"signalwire.ping", "signalwire.event", "webrtc.message", ""})


class Rung(NamedTuple):
    """One row: which gap, which way (``>``, ``<`` or ``-`` for neither), and the words."""

    gap: int
    way: str
    text: str


def ladder(trace: Trace, failure: Failure | None = None) -> str:
    """Draw the trace; the failure's first wrong entry is marked with ``=>`` at the margin.

    A failure without an entry (something is missing) is told below the last row.
    """
    labels = _Labels(trace)
    lines = [_headline(), _row("", None)]
    for index, entry in enumerate(trace):
        wrong = failure is not None and failure.entry == index
        rung = _rung(entry, labels)
        if rung is None and not wrong:
            continue
        time = f"{entry.at_us / 1000:.1f}"
        lines.append(_row(time, rung or Rung(WIRE, "-", _fallback(entry)), wrong=wrong))
        if wrong and failure is not None:
            lines.append(f"   ^ {printable(failure.message)}")
    if failure is not None and failure.entry < 0:
        lines.append(f"=> missing: {printable(failure.message)}")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def printable(text: str) -> str:
    """Spell out what would move a terminal's cursor or turn its writing direction."""
    return "".join(
        char
        if char.isprintable() and unicodedata.bidirectional(char) not in ("R", "AL", "AN")
        else char.encode("unicode_escape").decode()
        for char in text
    )


class _Labels:
    """Short names for long ids: ``#0`` for a call, ``d1`` for the second device."""

    def __init__(self, trace: Trace) -> None:
        self._sessions = {s: index for index, s in enumerate(trace.header.sessions)}
        self._calls: dict[str, str] = {}
        self._ops: dict[str, traces.Commanded] = {}
        call_of: dict[str, str] = {}
        for entry in trace:
            match entry:
                case traces.Commanded():
                    self._ops[entry.id] = entry
                case traces.Replied(id=id, text=call) if self._op(id) == "rest.dial" and call:
                    self._calls[call] = f"#{self._ops[id].args.get('caller', '?')}"
                case traces.Platformed(fact=journal.DialogFact() as fact):
                    call_of[fact.dialog] = fact.call
                case _:
                    pass
        for dialog, call in call_of.items():
            self._calls[dialog] = self._calls.get(call, "")

    def _op(self, command_id: str) -> str:
        return self._ops[command_id].op if command_id in self._ops else ""

    def call(self, any_id: str) -> str:
        return self._calls.get(any_id, any_id[:6] and f"#{any_id[:6]}")

    def device(self, session: str) -> str:
        if len(self._sessions) < 2:
            return ""
        return f"d{self._sessions[session]} " if session in self._sessions else "d? "

    def command(self, command_id: str) -> str:
        known = self._ops.get(command_id)
        if known is None:
            return "command"
        chosen = ", ".join(f"{key}: {value}" for key, value in known.args.items())
        return f"{known.op.removeprefix('call.')}({chosen}) {self.call(known.c)}".rstrip()


def _rung(entry: AnyEntry, labels: _Labels) -> Rung | None:
    match entry:
        case traces.Platformed(fact=fact):
            return _of_fact(fact, labels)
        case traces.Emitted(event=event):
            return _of_event(event, labels)
        case traces.Commanded(op=op, args=args) if op.startswith("rest."):
            to = f" to {args['to']}" if "to" in args else ""
            caller = f" #{args['caller']}" if "caller" in args else ""
            return Rung(CALLER, ">", f"{op.removeprefix('rest.')}{caller}{to}")
        case traces.Replied(error=error, text=text) if error:
            return Rung(APP, ">", f"{labels.command(entry.id)} failed: {error} {text}")
        case traces.Note():
            return Rung(APP, "-", f"{entry.what} {entry.text}".rstrip())
        case _:
            return None


def _of_fact(fact: journal.AnyFact, labels: _Labels) -> Rung | None:
    match fact:
        case journal.FrameFact():
            return _of_frame(fact, labels)
        case journal.CallFact():
            tail = f" ({fact.reason}, by {fact.by})" if fact.state == "ended" else ""
            return Rung(CALLER, "<", f"{labels.call(fact.call)} {fact.state}{tail}")
        case journal.SessionFact():
            code = f" {fact.code}" if fact.code else ""
            return Rung(WIRE, "-", f"{labels.device(fact.session)}session {fact.state}{code}")
        case journal.LookupFact():
            return Rung(WIRE, "<" if fact.state == "asked" else ">", f"look-up {fact.state}")
        case journal.MediaFact() if fact.state == "packets":
            counts = f"sent {_counts(fact.sent)}, received {_counts(fact.received)}"
            return Rung(WIRE, "-", f"RTP {labels.call(fact.dialog)}: {counts}")
        case journal.MediaFact():
            return Rung(WIRE, "-", f"media {labels.call(fact.dialog)} {fact.state}")
        case journal.ScriptFact():
            return Rung(CALLER, "-", f"script: {fact.verb} {fact.note}")
        case journal.DialogFact() if fact.state in ("winner", "lost"):
            return Rung(WIRE, "-", f"{labels.device(fact.session)}{fact.state} {fact.reason}")
        case _:
            return None


def _of_frame(frame: journal.FrameFact, labels: _Labels) -> Rung | None:
    quiet = frame.kind == "result" or frame.method in QUIET_METHODS
    if quiet and frame.kind not in ("error", "malformed"):
        return None
    way = ">" if frame.direction is journal.Direction.TO_CLIENT else "<"
    words = [labels.device(frame.session) + (frame.method or frame.kind)]
    if frame.dialog:
        words.append(labels.call(frame.dialog))
    if frame.kind != "request":
        words.append(frame.kind)
    detail = frame.detail
    if isinstance(detail.get("media"), dict):
        words.append(" ".join(f"{kind}:{flow}" for kind, flow in detail["media"].items()))
    shown = ("from_name", "cause", "code", "message")
    words += [str(detail[key]) for key in shown if detail.get(key)]
    return Rung(WIRE, way, " ".join(words))


def _of_event(event: traces.AnySutEvent, labels: _Labels) -> Rung | None:
    device = labels.device(event.s)
    match event:
        case traces.Registered():
            return Rung(APP, ">", f"{device}registered")
        case traces.Calls():
            entries = ", ".join(f"{labels.call(c.c)} {c.status}" for c in event.list)
            return Rung(APP, ">", f"{device}calls [{entries}]")
        case traces.Status():
            late = " (late)" if event.observer else ""
            return Rung(APP, ">", f"{device}{labels.call(event.c)} status {event.status}{late}")
        case traces.Stream():
            tracks = "+".join(event.tracks) or "empty"
            return Rung(APP, ">", f"{device}{labels.call(event.c)} {event.side} stream {tracks}")
        case traces.Complete():
            return Rung(APP, ">", f"{device}{labels.call(event.c)} {event.what} complete")
        case traces.Packets():
            text = f"RTP {event.side} {event.kind} {event.packets}"
            return Rung(APP, ">", f"{device}{labels.call(event.c)} {text}")
        case traces.Received():
            return Rung(APP, "<", f"{device}{labels.command(event.id)}")
        case traces.Settled(error=error) if error:
            return Rung(APP, ">", f"{device}{labels.command(event.id)} rejected: {error}")
        case traces.Settled():
            return Rung(APP, ">", f"{device}{labels.command(event.id)} resolved")
        case traces.SutError():
            return Rung(APP, ">", f"{device}error {labels.call(event.c)} {event.text}")
        case _:
            return None


def _counts(packets: dict[str, int]) -> str:
    return "+".join(f"{kind} {number}" for kind, number in sorted(packets.items())) or "none"


def _fallback(entry: AnyEntry) -> str:
    match entry:
        case traces.Platformed(fact=fact):
            return type(fact).__name__
        case traces.Emitted(event=event):
            return type(event).__name__
        case _:
            return type(entry).__name__


def _headline() -> str:
    line = " " * 3 + f"{'ms':>9} "
    for name, gap in zip(LIFELINES, (*GAPS, 0), strict=True):
        line += name.ljust(gap + 1)
    return line


def _row(time: str, rung: Rung | None, *, wrong: bool = False) -> str:
    line = ("=> " if wrong else "   ") + f"{time:>9} │"
    for index, width in enumerate(GAPS):
        inside = _arrow(rung, width) if rung is not None and rung.gap == index else " " * width
        line += inside + "│"
    return line


def _arrow(rung: Rung, width: int) -> str:
    room = width - 6
    text = printable(rung.text)
    if cell_len(text) > room:
        text = set_cell_size(text, room - 1) + "…"
    if rung.way == "-":
        return set_cell_size(f"  · {text}", width)
    body = f" {text} "
    fill = "─" * (width - 3 - cell_len(body))
    return f"──{body}{fill}▶" if rung.way == ">" else f"◀──{body}{fill}"
