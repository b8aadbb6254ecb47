"""The state of the calls that a trace is about, kept up to date entry by entry. Pure.

A scenario's player decides by it when an anchor was reached and when a call is over; the pytest
fixtures wait on it. It judges nothing: it believes both the platform and the client, and checks
read the trace itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ringproof import trace as traces
from ringproof_fakeserver.protocol import journal
from ringproof_scenarios.model import Anchor

NO_CALL: Final = -1
"""In place of a caller's number: what has changed belongs to no caller's call."""

RECEIVING = frozenset({"sendrecv", "recvonly"})
SENDING = frozenset({"sendrecv", "sendonly"})


@dataclass(slots=True)
class Leg:
    """One call on one device, as the platform and the client report it."""

    session: str
    dialog: str
    call: OriginCall = field(repr=False)
    ended: bool = False
    """The platform ended the dialog, or another device won the call."""
    listed: bool = False
    in_list: bool = False
    connected: bool = False
    destroyed: bool = False
    media: str = ""
    """What the platform reports of its end: ``connected``, ``failed``, or empty before."""
    offered_media: dict[str, str] = field(default_factory=dict)
    """Kind → direction of the platform's offer."""
    answered_media: dict[str, str] = field(default_factory=dict)
    """Kind → direction of the client's answer."""
    restarts: int = 0
    """How often the path was checked with the credentials of a new offer."""
    refusals: int = 0
    """How many changes that the client asked for were refused."""
    devices_asked: int = 0
    """Requests of the client for devices that a fault concerns."""
    devices_open: int = 0
    """Those of them that the user has not decided yet."""
    devices_failed: bool = False
    """The last of them failed."""
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

    @property
    def resigned(self) -> bool:
        """The SUT has given the call up, and owes the platform no word.

        One that lacks its microphone or camera does owe one: the caller still rings.
        """
        return self.given_up and not self.devices_failed

    def kinds_to_sut(self) -> set[str]:
        """Kinds that the platform sends and the client agreed to receive."""
        return self._kinds(RECEIVING, SENDING)

    def kinds_from_sut(self) -> set[str]:
        """Kinds that the client agreed to send and the platform to receive."""
        return self._kinds(SENDING, RECEIVING)

    def _kinds(self, answered: frozenset[str], offered: frozenset[str]) -> set[str]:
        ways = self.answered_media.items()
        return {k for k, way in ways if way in answered and self.offered_media.get(k) in offered}


@dataclass(slots=True)
class OriginCall:
    """One caller's call; ``legs`` by session."""

    id: str
    caller: int | None = None
    """Number of the caller; None before the dial was answered, and for a call not of ours."""
    state: str = ""
    """``created``, ``ringing``, ``answered`` or ``ended``; empty before the platform knows it."""
    was_answered: bool = False
    reason: str = ""
    ended_by: str = ""
    from_number: str = ""
    from_name: str = ""
    """As it is on the wire; empty until a device was invited."""
    winner: str = ""
    """Session of the device that won; empty before."""
    legs: dict[str, Leg] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """It was created and has not ended."""
        return self.state in ("created", "ringing", "answered")

    @property
    def winning_leg(self) -> Leg | None:
        """The call on the device that won, or None before one has."""
        return self.legs.get(self.winner)


class CallTracker:
    """What is known of the calls, by caller and by device, and of the sessions.

    ``changed`` is called with what an entry has changed: a caller's number, ``NO_CALL``, or None
    when it is not known yet whose call it is; never for an entry that changes nothing here.
    """

    def __init__(self, sessions: tuple[str, ...], changed: Callable[[int | None], None]) -> None:
        self.sessions = sessions
        self.calls: dict[str, OriginCall] = {}
        self.lookups_open = 0
        self.pings: set[str] = set()
        """Pings that were answered."""
        self.stale_sessions: set[str] = set()
        """Sessions that listed a call which is none of this scenario's."""
        self.seen_sessions: dict[str, None] = {}
        """Every session that the platform has reported, in order."""
        self.detached: set[str] = set()
        """Sessions without a socket."""
        self.offline: set[str] = set()
        """Sessions that went offline by themselves: no call rings them."""
        self.registered: set[str] = set()
        """Sessions that the platform has taken to be online once."""
        self.losses = 0
        """How often a session lost its socket."""
        self._changed = changed
        self._bound: dict[int, OriginCall] = {}
        """Caller → the call that its dial became."""
        self._legs: dict[str, Leg] = {}
        """By dialog."""
        self._listed: dict[str, dict[str, Leg]] = {session: {} for session in sessions}
        """Session → the legs of its last list, by dialog."""
        self._shown: dict[str, frozenset[str]] = {}
        """Session → the ids of its last list, whatever they are."""
        self._invites: dict[str, dict[str, Any]] = {}
        """Dialog → the highlights of its invite, which is sent before the dialog is reported."""
        self.refused: set[str] = set()
        """Dialogs that a page which was opened again asked for in vain."""
        self.facts: dict[type, Callable[[Any], None]] = {
            journal.FrameFact: self._note_frame,
            journal.CallFact: self._note_call,
            journal.DialogFact: self._note_dialog,
            journal.LookupFact: self._note_lookup,
            journal.MediaFact: self._note_media,
            journal.SessionFact: self._note_session,
        }
        """Handlers by the type of the fact; facts of other types change nothing here."""
        self.events: dict[type, Callable[[Any], None]] = {
            traces.Calls: self._note_calls,
            traces.Status: self._note_status,
            traces.Packets: self._note_packets,
            traces.DeviceRequest: self._note_devices,
        }
        """The same for events of the client's adapter."""

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
            if {"listed": leg.listed, "connected": leg.connected}.get(anchor, True):
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
        if fact.state == "answered":
            call.was_answered = True
        elif fact.state == "ended":
            call.reason, call.ended_by = fact.reason, fact.by
        self._changed(call.caller)

    def _note_dialog(self, fact: journal.DialogFact) -> None:
        call = self._call(fact.call)
        leg = self._legs.get(fact.dialog)
        if fact.state == "reattached":
            self._take_over(call, fact)
            return
        if leg is None:
            # A device that lost its socket is rung anew when it is back: the last dialog counts.
            leg = self._legs[fact.dialog] = Leg(fact.session, fact.dialog, call)
            call.legs[fact.session] = leg
            detail = self._invites.pop(fact.dialog, {})
            leg.offered_media = _media(detail)
            if detail:
                call.from_number, call.from_name = detail["from"], detail["from_name"]
        if fact.state == "winner":
            call.winner = fact.session
        elif fact.state in ("lost", "ended"):
            leg.ended = True
        self._changed(call.caller)

    def _take_over(self, call: OriginCall, fact: journal.DialogFact) -> None:
        """Let the page that was opened again have the call of the page before it."""
        leg = self._legs[fact.dialog] = Leg(fact.session, fact.dialog, call)
        call.legs[fact.session] = leg
        call.winner = fact.session
        leg.answered_media = _media(self._invites.pop(fact.dialog, {}))
        if fact.dialog in self._shown.get(fact.session, ()):
            leg.in_list = leg.listed = True
            self._listed.setdefault(fact.session, {})[fact.dialog] = leg
        self._changed(call.caller)

    def _note_frame(self, frame: journal.FrameFact) -> None:
        to_client = frame.direction is journal.Direction.TO_CLIENT
        if frame.kind == "request":
            if frame.method == "verto.invite":
                if to_client or frame.detail.get("reattach"):
                    self._invites[frame.dialog] = frame.detail
            elif frame.method == "verto.answer" and frame.dialog in self._legs:
                leg = self._legs[frame.dialog]
                if to_client:
                    leg.offered_media = _media(frame.detail)
                else:
                    leg.answered_media = _media(frame.detail)
        elif frame.method == "verto.modify":
            if frame.kind == "error" and frame.dialog in self._legs:
                self._legs[frame.dialog].refusals += 1
                self._changed(self._legs[frame.dialog].call.caller)
        elif frame.kind == "error" and frame.method == "verto.invite":
            self.refused.add(frame.dialog)
            self._changed(NO_CALL)
        elif frame.kind == "result" and frame.method == "signalwire.ping":
            self.pings.add(str(frame.detail.get("ping", "")))
            self._changed(NO_CALL)

    def _note_lookup(self, fact: journal.LookupFact) -> None:
        self.lookups_open += 1 if fact.state == "asked" else -1
        self._changed(NO_CALL)

    def _note_media(self, fact: journal.MediaFact) -> None:
        leg = self._legs.get(fact.dialog)
        if leg is not None and fact.state == "packets":
            leg.platform_sent, leg.platform_received = fact.sent, fact.received
        elif leg is not None and fact.state == "restarted":
            leg.restarts += 1
            self._changed(leg.call.caller)
        elif leg is not None and fact.state in ("connected", "failed"):
            leg.media = fact.state
            self._changed(leg.call.caller)

    def _note_session(self, fact: journal.SessionFact) -> None:
        self.seen_sessions[fact.session] = None
        if fact.state in ("detached", "closed"):
            self.losses += 1
            self.detached.add(fact.session)
        elif fact.state in ("resumed", "online"):
            self.detached.discard(fact.session)
        elif fact.state == "connected" and fact.session in self.offline:
            self.detached.discard(fact.session)  # it need not come online
        if fact.state == "offline":
            self.offline.add(fact.session)
        elif fact.state == "online":
            self.offline.discard(fact.session)
            self.registered.add(fact.session)
        self._changed(NO_CALL)

    # -- the client --------------------------------------------------------------------------

    def _note_calls(self, event: traces.Calls) -> None:
        if event.observer:
            return  # it repeats what the first subscription has reported
        self._shown[event.s] = frozenset([entry.c for entry in event.list])
        before = self._listed.get(event.s, {})
        now: dict[str, Leg] = {}
        for entry in event.list:
            leg = self._legs.get(entry.c)
            if leg is None:
                self.stale_sessions.add(event.s)
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
        if leg is not None and event.status in ("connected", "destroyed"):
            leg.connected = leg.connected or event.status == "connected"
            leg.destroyed = leg.destroyed or event.status == "destroyed"
            self._changed(leg.call.caller)

    def _note_packets(self, event: traces.Packets) -> None:
        leg = self._legs.get(event.c)
        if leg is not None:
            counts = leg.sut_sent if event.side == "sent" else leg.sut_received
            counts[event.kind] = event.packets

    def _note_devices(self, event: traces.DeviceRequest) -> None:
        leg = self._legs.get(event.c)
        if leg is None:
            return
        if event.state == "asked":
            leg.devices_asked += 1
            leg.devices_open += 1
        else:
            leg.devices_open -= 1
        leg.devices_failed = event.state == "failed"
        self._changed(leg.call.caller)


def _media(detail: dict[str, Any]) -> dict[str, str]:
    """Return kind → direction of a description; empty where the frame had none."""
    media = detail.get("media")
    return media if isinstance(media, dict) else {}
