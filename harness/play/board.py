"""The state of one running scenario, kept up to date entry by entry: no I/O, no clock.

The runner decides on it when an anchor was reached and when a call is over. It is no judge: it
takes both witnesses at their word, and checks read the trace itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fakeserver.protocol import journal
from fakeserver.protocol.journal import AnyFact
from harness import trace as traces
from harness.trace import AnySutEvent
from scenarios.model import Anchor

LISTENING = frozenset({"sendrecv", "recvonly"})
SPEAKING = frozenset({"sendrecv", "sendonly"})


@dataclass(slots=True)
class Leg:
    """One call on one device, as the two witnesses tell it."""

    session: str
    dialog: str
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
        return not self.listed or (self.destroyed and not self.in_list)

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
    state: str = ""
    winner: str = ""
    """Session of the device that won; empty before."""
    legs: dict[str, Leg] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """It was created and has not ended."""
        return self.state in ("created", "ringing", "answered")


class Board:
    """What is known of a scenario's calls, by caller and by device."""

    def __init__(self, sessions: tuple[str, ...]) -> None:
        self.sessions = sessions
        self.calls: dict[str, OriginCall] = {}
        self.bound: dict[int, str] = {}
        """Caller → the call id that its dial returned."""
        self.lookups_open = 0
        self.pings: set[str] = set()
        """Pings that were answered."""
        self.registered: set[str] = set()
        self.strangers: set[str] = set()
        """Sessions that listed a call which is none of this scenario's."""
        self._legs: dict[str, Leg] = {}
        """By dialog."""

    def call(self, caller: int) -> OriginCall | None:
        """Return the caller's call, or None before its dial was answered."""
        return self.calls.get(self.bound.get(caller, ""))

    def leg(self, caller: int, device: int) -> Leg | None:
        """Return the call on a device, or None when it was never offered there."""
        call = self.call(caller)
        return call.legs.get(self.sessions[device]) if call else None

    def reached(self, anchor: Anchor, caller: int, device: int) -> bool:
        """Say whether the anchor has happened, as its own device sees it."""
        call, leg = self.call(caller), self.leg(caller, device)
        match anchor:
            case "start":
                return leg is not None
            case "listed":
                return leg is not None and leg.listed
            case "connected":
                return leg is not None and leg.connected
            case "gone":
                return (call is not None and call.state == "ended") or (
                    leg is not None and leg.gone
                )

    def hopeless(self, anchor: Anchor, caller: int, device: int) -> bool:
        """Say whether the platform can do nothing more to make the anchor happen.

        The client may still be behind: only a barrier turns hopeless into never.
        """
        call, leg = self.call(caller), self.leg(caller, device)
        if call is None:
            return False
        if anchor in ("listed", "connected", "start"):
            return call.state == "ended" or (leg is not None and leg.ended)
        return False

    def note_fact(self, fact: AnyFact) -> None:
        """Take in what the platform witnessed."""
        match fact:
            case journal.CallFact():
                self._call(fact.call).state = fact.state
            case journal.DialogFact():
                self._note_dialog(fact)
            case journal.FrameFact():
                self._note_frame(fact)
            case journal.LookupFact():
                self.lookups_open += 1 if fact.state == "asked" else -1
            case journal.MediaFact() if fact.state == "packets" and fact.dialog in self._legs:
                leg = self._legs[fact.dialog]
                leg.platform_sent, leg.platform_received = fact.sent, fact.received
            case _:
                pass

    def note_event(self, event: AnySutEvent) -> None:
        """Take in what the SUT's adapter reported."""
        match event:
            case traces.Registered():
                self.registered.add(event.s)
            case traces.Calls():
                ids = {entry.c for entry in event.list}
                if not ids <= self._legs.keys():
                    self.strangers.add(event.s)
                for leg in self._legs.values():
                    if leg.session == event.s:
                        leg.in_list = leg.dialog in ids
                        leg.listed = leg.listed or leg.in_list
            case traces.Status() if event.c in self._legs:
                leg = self._legs[event.c]
                leg.connected = leg.connected or event.status == "connected"
                leg.destroyed = leg.destroyed or event.status == "destroyed"
            case traces.Packets() if event.c in self._legs:
                leg = self._legs[event.c]
                counts = leg.sut_sent if event.side == "sent" else leg.sut_received
                counts[event.kind] = event.packets
            case _:
                pass

    def _call(self, call: str) -> OriginCall:
        return self.calls.setdefault(call, OriginCall(call))

    def _note_dialog(self, fact: journal.DialogFact) -> None:
        call = self._call(fact.call)
        leg = call.legs.get(fact.session)
        if leg is None:
            leg = call.legs[fact.session] = Leg(fact.session, fact.dialog)
            self._legs[fact.dialog] = leg
        if fact.state == "winner":
            call.winner = fact.session
        elif fact.state in ("lost", "ended"):
            leg.ended = True

    def _note_frame(self, frame: journal.FrameFact) -> None:
        if frame.kind == "result" and frame.method == "signalwire.ping":
            self.pings.add(str(frame.detail.get("ping", "")))
        leg = self._legs.get(frame.dialog)
        media = frame.detail.get("media")
        if leg is None or not isinstance(media, dict) or frame.kind != "request":
            return
        if frame.method == "verto.invite":
            leg.offered_media = media
        elif frame.method == "verto.answer":
            leg.answered_media = media
