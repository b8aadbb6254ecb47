"""Writes the trace of one scenario: facts, events, commands, replies, notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringproof.adapters.protocol import Command, Hello, Reply
from ringproof.call_tracker import NO_CALL, CallTracker, OriginCall
from ringproof.play.clock import Clock
from ringproof.trace import (
    FORMAT,
    AnyEntry,
    AnySutEvent,
    CalledBack,
    Commanded,
    Emitted,
    Header,
    Mode,
    Note,
    Platformed,
    Replied,
    Rested,
    Trace,
)
from ringproof.version import VERSION
from ringproof_fakeserver.protocol.journal import AnyFact
from ringproof_scenarios.model import Scenario

EVENTS_MAX = 10_000
"""Adapter events of one scenario: more is an adapter fault, never a hang (adapter protocol)."""


def header_of(hello: Hello, mode: Mode, scenario: Scenario, sessions: tuple[str, ...]) -> Header:
    """Return the header of a trace of a SUT that said ``hello``."""
    return Header(
        ringproof=VERSION,
        format=FORMAT,
        mode=mode,
        scenario=scenario,
        sut=f"{hello.name} {hello.version}",
        features=features_of(hello),
        sessions=sessions,
    )


def features_of(hello: Hello) -> tuple[str, ...]:
    """Return the features that the SUT declares, as the ledger calls them; ``rtp`` is one."""
    return tuple(dict.fromkeys([*hello.features, *(["rtp"] if hello.media == "rtp" else [])]))


class Recorder:
    """The growing trace of one scenario; everything runs in one thread."""

    def __init__(self, header: Header, clock: Clock) -> None:
        self.clock = clock
        self.events = 0
        """Events of the adapter; those past ``EVENTS_MAX`` are not recorded."""
        self.begin(header)

    def begin(self, header: Header) -> None:
        """Start the clock and the trace again, once the sessions are known."""
        self.trace = Trace(header)
        self.tracker = CallTracker(header.sessions, self.clock.notify)
        self._append: Callable[[AnyEntry], None] = self.trace.entries.append
        # Half of all entries mean nothing to the tracker: no call is made for those.
        self._note_fact = self.tracker.facts.get
        self._note_event = self.tracker.events.get
        self._started_us = self.clock.now_us

    @property
    def now_us(self) -> int:
        """Microseconds since the scenario started."""
        return self.clock.now_us - self._started_us

    def fact(self, fact: AnyFact) -> None:
        """Record a fact of the platform."""
        self._append(Platformed(at_us=self.clock.now_us - self._started_us, fact=fact))
        note = self._note_fact(type(fact))
        if note is not None:
            note(fact)

    def event(self, event: AnySutEvent) -> None:
        """Record an event of the adapter."""
        self.events += 1
        if self.events <= EVENTS_MAX:
            self._append(Emitted(at_us=self.clock.now_us - self._started_us, event=event))
            note = self._note_event(type(event))
            if note is not None:
                note(event)

    def command(self, command: Command, opening: dict[str, str] | None = None) -> None:
        """Record a command that is about to be sent, without its secrets.

        ``opening`` says what is wrong with a ``session.open``, as ``faults.opening`` gives it.
        """
        args: dict[str, object] = dict(command.media) if isinstance(command.media, dict) else {}
        args |= command.devices
        if command.what:
            args["what"] = command.what
        if command.op == "session.devices":
            args |= {"microphone": command.microphone, "camera": command.camera}
            args["after_ms"] = command.after_ms
        if command.op in ("session.open", "session.return"):
            args["real_media"] = command.real_media
            if not command.register:
                args["register"] = False
            if command.reattach:
                args["reattach"] = True
            args.update(opening or {})
        for name in ("of", "to", "destination"):
            if value := getattr(command, name):
                args[name] = value
        self._add(
            Commanded(
                at_us=self.now_us, id=command.id, op=command.op, s=command.s, c=command.c, args=args
            )
        )

    def reply(self, reply: Reply) -> None:
        """Record the reply to a command."""
        self._add(
            Replied(
                at_us=self.now_us,
                id=reply.re,
                error=reply.error,
                text=reply.text,
                definite=reply.definite,
            )
        )

    def asked(self, id: str, op: str, args: dict[str, object]) -> None:
        """Record what a caller asks: ``rest.dial``, ``rest.end`` and ``rest.update`` of REST, or
        ``browser.dial``, ``browser.hangup``, ``sip.dial`` and ``sip.hangup`` of the caller's own
        client or user agent.
        """
        self._add(Commanded(at_us=self.now_us, id=id, op=op, args=args))

    def bind(self, caller: int, call: str, request: str) -> OriginCall:
        """Record which call a caller's dial became."""
        self._add(Replied(at_us=self.now_us, id=request, text=call))
        return self.tracker.bind(caller, call)

    def rest(
        self, method: str, path: str, status: int, asked: dict[str, Any], told: dict[str, Any]
    ) -> None:
        """Record a REST request and its answer; the fields are those of ``trace.Rested``."""
        at_us = self.now_us
        self._add(
            Rested(at_us=at_us, method=method, path=path, status=status, asked=asked, told=told)
        )

    def callback(self, caller: int, call: str, state: str) -> None:
        """Record a status callback."""
        self._add(CalledBack(at_us=self.now_us, caller=caller, call=call, state=state))

    def note(self, what: str, text: str = "") -> None:
        """Record a note of the harness itself."""
        self._add(Note(at_us=self.now_us, what=what, text=text))

    def _add(self, entry: AnyEntry) -> None:
        self._append(entry)
        self.clock.notify(NO_CALL)
