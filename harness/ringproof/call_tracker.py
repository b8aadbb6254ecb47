"""The state of one running scenario, kept up to date entry by entry: no I/O, no clock.

The runner decides on it when an anchor was reached and when a call is over. It is no judge: it
takes both witnesses at their word, and checks read the trace itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ringproof import trace as traces
from ringproof.play.clock import NO_CALL
from ringproof_fakeserver.protocol import journal
from ringproof_scenarios.model import Anchor

LISTENING = frozenset({"sendrecv", "recvonly"})
SPEAKING = frozenset({"sendrecv", "sendonly"})


@dataclass(slots=True)
class Leg:
    """One call on one device, as the two witnesses tell it."""

    session: str
    dialog: str
    call: OriginCall = field(repr=False)
    ended: bool = False
    """The platform ended the dialog, or another device won the call."""
    listed: bool = False
    in_list: bool = False
    connected: bool = False
    destroyed: bool = False
    offered_media: dict[str, str] = field(default_factory=dict)
    """Kind → direction of the platform's offer."""
    answered_media: dict[str, str] = field(default_factory=dict)
    """Kind → direction of the client's answer."""
    platform_sent: dict[str, int] = field(default_factory=dict)
    platform_received: dict[str, int] = field(default_factory=dict)
    sut_sent: dict[str, int] = field(default_factory=dict)
    sut_received: dict[str, int] = field(default_factory=dict)

    @property
    def gone(self) -> bool:
        """It was listed, and is not any more."""
        return self.listed and not self.in_list

    @property
    def over(self) -> bool:
        """Nothing more is expected of the SUT for it."""
        return not self.listed or self.given_up

    @property
    def given_up(self) -> bool:
        """The SUT says that it is through with the call, whatever the platform thinks of it."""
        return self.destroyed and not self.in_list

    def kinds_to_sut(self) -> set[str]:
        """Kinds that the platform sends and the client agreed to receive."""
        return {
            kind
            for kind, way in self.answered_media.items()
            if way in LISTENING and self.offered_media.get(kind) in SPEAKING
        }

    def kinds_from_sut(self) -> set[str]:
        """Kinds that the client agreed to send."""
        return {kind for kind, way in self.answered_media.items() if way in SPEAKING}


@dataclass(slots=True)
class OriginCall:
    """One caller's call; ``legs`` by session."""

    id: str
    caller: int | None = None
    """Number of the caller; None until the dial's answer has told which call is whose."""
    state: str = ""
    winner: str = ""
    """Session of the device that won; empty before."""
    legs: dict[str, Leg] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """It was created and has not ended."""
        return self.state in ("created", "ringing", "answered")


class CallTracker:
    """What is known of a scenario's calls, by caller and by device.

    ``changed`` is told what an entry has changed: a caller's number, ``NO_CALL``, or None when it
    is not known yet whose call it is. Entries that change nothing here are not reported.
    """

    def __init__(self, sessions: tuple[str, ...], changed: Callable[[int | None], None]) -> None:
        self.sessions = sessions
        self.calls: dict[str, OriginCall] = {}
        self.lookups_open = 0
        self.pings: set[str] = set()
        """Pings that were answered."""
        self.registered: set[str] = set()
        self.strangers: set[str] = set()
        """Sessions that listed a call which is none of this scenario's."""
        self._changed = changed
        self._bound: dict[int, OriginCall] = {}
        """Caller → the call that its dial became."""
        self._legs: dict[str, Leg] = {}
        """By dialog."""
        self._listed: dict[str, dict[str, Leg]] = {session: {} for session in sessions}
        """Session → the legs of its last list, by dialog."""
        self.facts: dict[type, Callable[[Any], None]] = {
            journal.FrameFact: self._note_frame,
            journal.CallFact: self._note_call,
            journal.DialogFact: self._note_dialog,
            journal.LookupFact: self._note_lookup,
            journal.MediaFact: self._note_media,
        }
        """What takes in a fact, by its type; facts of other types change nothing here."""
        self.events: dict[type, Callable[[Any], None]] = {
            traces.Calls: self._note_calls,
            traces.Status: self._note_status,
            traces.Registered: self._note_registered,
            traces.Packets: self._note_packets,
        }
        """The same for what the client's adapter reported."""

    def bind(self, caller: int, call: str) -> OriginCall:
        """Take note of which call a caller's dial became."""
        bound = self._bound[caller] = self._call(call)
        bound.caller = caller
        self._changed(caller)
        return bound

    def call(self, caller: int) -> OriginCall | None:
        """Return the caller's call, or None before its dial was answered."""
        return self._bound.get(caller)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Every call on every device so far."""
        return tuple(self._legs.values())

    def leg(self, caller: int, device: int) -> Leg | None:
        """Return the call on a device, or None when it was never offered there."""
        call = self._bound.get(caller)
        return call.legs.get(self.sessions[device]) if call else None

    def reached(self, anchor: Anchor, caller: int, device: int) -> bool | None:
        """Say whether the anchor has happened, as its own device sees it.

        None says more than False: the platform can do nothing more to make it happen. The client
        may still be behind, so only a barrier turns that into never.
        """
        call = self._bound.get(caller)
        if call is None:
            return False
        leg = call.legs.get(self.sessions[device])
        if anchor == "gone":
            return call.state == "ended" or (leg is not None and leg.gone)
        if leg is not None:
            if anchor == "listed":
                happened = leg.listed
            elif anchor == "connected":
                happened = leg.connected
            else:
                happened = True
            if happened:
                return True
            if leg.ended:
                return None
        return None if call.state == "ended" else False

    def _call(self, id: str) -> OriginCall:
        call = self.calls.get(id)
        if call is None:
            call = self.calls[id] = OriginCall(id)
        return call

    # -- the platform ------------------------------------------------------------------------

    def _note_call(self, fact: journal.CallFact) -> None:
        call = self._call(fact.call)
        call.state = fact.state
        self._changed(call.caller)

    def _note_dialog(self, fact: journal.DialogFact) -> None:
        call = self._call(fact.call)
        leg = self._legs.get(fact.dialog)
        if leg is None:
            # A device that lost its socket is rung anew when it is back: the last dialog counts.
            leg = self._legs[fact.dialog] = Leg(fact.session, fact.dialog, call)
            call.legs[fact.session] = leg
        if fact.state == "winner":
            call.winner = fact.session
        elif fact.state in ("lost", "ended"):
            leg.ended = True
        self._changed(call.caller)

    def _note_frame(self, frame: journal.FrameFact) -> None:
        if frame.kind == "request":
            method = frame.method
            if method == "verto.invite" or method == "verto.answer":
                self._note_description(frame, offer=method == "verto.invite")
        elif frame.kind == "result" and frame.method == "signalwire.ping":
            self.pings.add(str(frame.detail.get("ping", "")))
            self._changed(NO_CALL)

    def _note_description(self, frame: journal.FrameFact, *, offer: bool) -> None:
        leg = self._legs.get(frame.dialog)
        media = frame.detail.get("media")
        if leg is not None and isinstance(media, dict):
            if offer:
                leg.offered_media = media
            else:
                leg.answered_media = media

    def _note_lookup(self, fact: journal.LookupFact) -> None:
        self.lookups_open += 1 if fact.state == "asked" else -1
        self._changed(NO_CALL)

    def _note_media(self, fact: journal.MediaFact) -> None:
        leg = self._legs.get(fact.dialog)
        if leg is not None and fact.state == "packets":
            leg.platform_sent, leg.platform_received = fact.sent, fact.received

    # -- the client --------------------------------------------------------------------------

    def _note_registered(self, event: traces.Registered) -> None:
        self.registered.add(event.s)
        self._changed(NO_CALL)

    def _note_calls(self, event: traces.Calls) -> None:
        if event.observer:
            return  # a late subscriber is told what the first one knows
        before = self._listed.get(event.s, {})
        now: dict[str, Leg] = {}
        for entry in event.list:
            leg = self._legs.get(entry.c)
            if leg is None:
                self.strangers.add(event.s)
            elif leg.session == event.s:
                now[entry.c] = leg
                if not leg.in_list:
                    leg.in_list = leg.listed = True
                    self._changed(leg.call.caller)
        for dialog, leg in before.items():
            if dialog not in now:
                leg.in_list = False
                self._changed(leg.call.caller)
        self._listed[event.s] = now

    def _note_status(self, event: traces.Status) -> None:
        leg = self._legs.get(event.c)
        if leg is None:
            return
        if event.status == "connected":
            leg.connected = True
        elif event.status == "destroyed":
            leg.destroyed = True
        else:
            return
        self._changed(leg.call.caller)

    def _note_packets(self, event: traces.Packets) -> None:
        leg = self._legs.get(event.c)
        if leg is not None:
            counts = leg.sut_sent if event.side == "sent" else leg.sut_received
            counts[event.kind] = event.packets
