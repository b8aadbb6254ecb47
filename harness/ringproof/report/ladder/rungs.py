"""A trace as the rungs of a ladder: what went between caller, server, SDK and app, and when. Pure.

One rung for each entry of interest; acknowledgements, pings and raw logs stay out unless the
failure points at one of them. The text and the drawing are made of the same rungs.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ringproof import trace as traces
from ringproof.trace import AnyEntry, Trace
from ringproof.verdict import Failure
from ringproof_fakeserver.protocol import journal

CALLER, WIRE, APP = range(3)
"""The three gaps between the four lifelines."""

LIFELINES = ("caller", "server", "SDK", "app")
QUIET_METHODS = frozenset({"signalwire.ping", "signalwire.event", "webrtc.message", ""})

Kind = Literal["call", "frame", "emission", "command", "fault", "note"]
"""What a rung shows: the caller's side, the wire, what the SDK emits, what the app asks of it, a
fault on purpose, or a remark."""


class Words(NamedTuple):
    """An entry in words: in which gap, which way (``>``, ``<`` or ``-`` for neither), the text."""

    gap: int
    way: str
    text: str
    kind: Kind


class Rung(NamedTuple):
    """One row of a ladder."""

    entry: int
    """Index of the trace entry."""
    at_us: int
    gap: int
    way: str
    text: str
    """As it came: markup and control characters included."""
    kind: Kind
    wrong: bool = False
    """The first wrong event of the failure."""

    @property
    def at_ms(self) -> str:
        """The time since the scenario began, in ms with one decimal."""
        return f"{self.at_us / 1000:.1f}"

    @property
    def parties(self) -> str:
        """Between whom it went, in words."""
        left, right = LIFELINES[self.gap : self.gap + 2]
        ways = {">": f"{left} → {right}", "<": f"{right} → {left}", "-": f"{left}, {right}"}
        return ways[self.way]


def rungs(trace: Trace, failure: Failure | None = None) -> list[Rung]:
    """Return the ladder of a trace, the failure's first wrong entry marked."""
    labels = _Labels(trace)
    ladder = []
    for index, entry in enumerate(trace):
        wrong = failure is not None and failure.entry == index
        words = _words(entry, labels)
        if words is None and wrong:
            inner = getattr(entry, "fact", None) or getattr(entry, "event", entry)
            words = Words(WIRE, "-", type(inner).__name__, "note")
        if words is not None:
            ladder.append(Rung(index, entry.at_us, *words, wrong=wrong))
    return ladder


def excerpt(ladder: list[Rung], most: int) -> list[tuple[int, list[Rung]]]:
    """Cut a long ladder down to about ``most`` rungs: its beginning, and what led to the failure.

    Returns runs of rungs, each with the number of those left out before it; what follows the last
    run is the caller's to count.
    """
    if len(ladder) <= most:
        return [(0, ladder)]
    wrong = next((at for at, rung in enumerate(ladder) if rung.wrong), len(ladder) - 1)
    head = most // 4
    until = min(len(ladder), max(wrong + most // 4, most))
    start = max(head, until - (most - head))
    return [(0, ladder[:head]), (start - head, ladder[start:until])]


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
                case traces.Replied(text=call) if call and (known := self._ops.get(entry.id)):
                    if known.op == "rest.dial":
                        self._calls[call] = f"#{known.args.get('caller', '?')}"
                case traces.Platformed(fact=journal.DialogFact() as fact):
                    call_of[fact.dialog] = fact.call
                case _:
                    pass
        for dialog, call in call_of.items():
            self._calls[dialog] = self._calls.get(call, "")

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


def _words(entry: AnyEntry, labels: _Labels) -> Words | None:
    match entry:
        case traces.Platformed(fact=fact):
            return _of_fact(fact, labels)
        case traces.Emitted(event=event):
            return _of_event(event, labels)
        case traces.Commanded(op=op, args=args) if op.startswith("rest."):
            to = f" to {args['to']}" if "to" in args else ""
            caller = f" #{args['caller']}" if "caller" in args else ""
            return Words(CALLER, ">", f"{op.removeprefix('rest.')}{caller}{to}", "call")
        case traces.Replied(error=error, text=text) if error:
            words = f"{labels.command(entry.id)} failed: {error} {text}"
            return Words(APP, ">", words.rstrip(), "command")
        case traces.Rested():
            text = f"{entry.method} {entry.path} {entry.status}"
            return Words(CALLER, "<", text, "call")
        case traces.CalledBack():
            text = f"callback {labels.call(entry.call)} {entry.state}"
            return Words(CALLER, "<", text, "call")
        case traces.Note():
            return Words(APP, "-", f"{entry.what} {entry.text}".rstrip(), "note")
        case _:
            return None


def _of_fact(fact: journal.AnyFact, labels: _Labels) -> Words | None:
    match fact:
        case journal.FrameFact():
            return _of_frame(fact, labels)
        case journal.CallFact():
            tail = f" ({fact.reason}, by {fact.by})" if fact.state == "ended" else ""
            return Words(CALLER, "<", f"{labels.call(fact.call)} {fact.state}{tail}", "call")
        case journal.SessionFact():
            code = f" {fact.code}" if fact.code else ""
            text = f"{labels.device(fact.session)}session {fact.state}{code}"
            return Words(WIRE, "-", text, "note")
        case journal.TransferFact():
            text = f"{labels.call(fact.call)} {fact.state} at {fact.destination}"
            return Words(CALLER, "<", text, "call")
        case journal.LookupFact():
            way = "<" if fact.state == "asked" else ">"
            return Words(WIRE, way, f"look-up {fact.state}", "frame")
        case journal.MediaFact() if fact.state == "packets":
            counts = f"sent {_counts(fact.sent)}, received {_counts(fact.received)}"
            return Words(WIRE, "-", f"RTP {labels.call(fact.dialog)}: {counts}", "note")
        case journal.MediaFact():
            return Words(WIRE, "-", f"media {labels.call(fact.dialog)} {fact.state}", "note")
        case journal.ScriptFact():
            return Words(CALLER, "-", f"script: {fact.verb} {fact.note}", "note")
        case journal.DialogFact() if fact.state in ("winner", "lost"):
            text = f"{labels.device(fact.session)}{fact.state} {fact.reason}".rstrip()
            return Words(WIRE, "-", text, "note")
        case journal.FaultFact():
            return _of_fault(fact, labels)
        case _:
            return None


def _of_fault(fault: journal.FaultFact, labels: _Labels) -> Words:
    words = [f"{labels.device(fault.session)}fault: {fault.what}", fault.point]
    words += [labels.call(fault.dialog) if fault.dialog else ""]
    words += [f"for {fault.delay_ms} ms" if fault.delay_ms else ""]
    return Words(WIRE, "-", " ".join(filter(None, words)), "fault")


def _of_frame(frame: journal.FrameFact, labels: _Labels) -> Words | None:
    quiet = frame.kind == "result" or frame.method in QUIET_METHODS
    if quiet and frame.kind not in ("error", "malformed"):
        return None
    way = ">" if frame.direction is journal.Direction.TO_CLIENT else "<"
    words = [labels.device(frame.session) + (frame.method or frame.kind)]
    words += [labels.call(frame.dialog)] if frame.dialog else []
    words += [frame.kind] if frame.kind != "request" else []
    detail, media = frame.detail, frame.detail.get("media")
    if isinstance(media, dict):
        words += [f"{kind}:{flow}" for kind, flow in media.items()]
    shown = ("from_name", "cause", "code", "message")
    words += [str(detail[key]) for key in shown if detail.get(key)]
    return Words(WIRE, way, " ".join(words), "frame")


def _of_event(event: traces.AnySutEvent, labels: _Labels) -> Words | None:
    if (words := _event_text(event, labels)) is None:
        return None
    text = labels.device(event.s) + words
    if isinstance(event, traces.Received):
        return Words(APP, "<", text, "command")
    return Words(APP, ">", text, "emission")


def _event_text(event: traces.AnySutEvent, labels: _Labels) -> str | None:
    match event:
        case traces.Registered():
            return "registered"
        case traces.Calls():
            entries = ", ".join(f"{labels.call(c.c)} {c.status}" for c in event.list)
            return f"calls [{entries}]"
        case traces.Status():
            late = " (late)" if event.observer else ""
            return f"{labels.call(event.c)} status {event.status}{late}"
        case traces.Stream():
            tracks = "+".join(event.tracks) or "empty"
            return f"{labels.call(event.c)} {event.side} stream {tracks}"
        case traces.Complete():
            return f"{labels.call(event.c)} {event.what} complete".lstrip()
        case traces.Packets():
            return f"{labels.call(event.c)} RTP {event.side} {event.kind} {event.packets}"
        case traces.DeviceRequest():
            error = f": {event.error}" if event.error else ""
            asked = "+".join(event.kinds) or "no device"
            return f"{labels.call(event.c)} devices {asked} {event.state}{error}"
        case traces.User():
            names = ", ".join(str(one.name) for one in event.addresses)
            return f"user {event.display_name} at {names}"
        case traces.Received():
            return labels.command(event.id)
        case traces.Settled(error=error) if error:
            return f"{labels.command(event.id)} rejected: {error}"
        case traces.Settled():
            return f"{labels.command(event.id)} resolved"
        case traces.SutError():
            return f"error {labels.call(event.c)} {event.text}"
        case _:
            return None


def _counts(packets: dict[str, int]) -> str:
    return "+".join(f"{kind} {number}" for kind, number in sorted(packets.items())) or "none"
