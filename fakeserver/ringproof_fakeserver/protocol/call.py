"""A call as its caller sees it, and the JSON that REST and webhooks show of it."""

from __future__ import annotations

import enum
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import msgspec

from ringproof_fakeserver.protocol.call_log import MOST_EVENTS, LogEvent
from ringproof_fakeserver.protocol.dialog import Dialog
from ringproof_fakeserver.protocol.events import DialPlaced
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME, Invite
from ringproof_fakeserver.protocol.moments import iso_time
from ringproof_fakeserver.protocol.session import Session
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_fakeserver.protocol.sip_endpoints import session_of
from ringproof_fakeserver.protocol.swml import Cue, Reply, Scope, Script

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.far_party import FarParty


class CallState(enum.StrEnum):
    """How far a call got."""

    CREATED = "created"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


CALL_TRANSITIONS: frozenset[tuple[CallState, CallState]] = frozenset(
    {
        (CallState.CREATED, CallState.RINGING),
        (CallState.RINGING, CallState.ANSWERED),
        (CallState.CREATED, CallState.ENDED),
        (CallState.RINGING, CallState.ENDED),
        (CallState.ANSWERED, CallState.ENDED),
    }
)
"""The order of status callbacks: steps may be skipped towards the end only."""


class Call(msgspec.Struct, eq=False, kw_only=True):
    """One dial: its caller, and one dialog for each device that it rings."""

    id: str
    dial: DialPlaced
    subscriber: str
    """Id of the subscriber who is called; empty if nobody is reached at ``dial.to``."""
    owner: str = ""
    """Id of the subscriber who was called first, once the call was transferred; else empty."""
    script: Script | None = None
    """The dial's own until another is fetched; None while there is none."""
    far_end: bool = False
    """Whether the script is the dial's ``to_script``, which the dial's own script follows."""
    digits: str = ""
    """What is still to be sent once the answered leg has media."""
    fallback_url: str | None = None
    """None once it was used."""
    status_url: str | None = None
    """Where the next status callbacks go; None: nowhere."""
    callback_retries: bool = False
    """Whether callbacks that failed are sent again."""
    state: CallState = CallState.CREATED
    reason: str = ""
    created_ms: int
    answered_ms: int | None = None
    ended_ms: int | None = None
    dialogs: dict[str, Dialog] = {}
    """By the device's protocol string; ended ones stay, so that no device rings twice."""
    winner: Dialog | None = None
    endpoint: str = ""
    """Id of the SIP endpoint whose user agents alone ring; empty: all devices."""
    phone: str = ""
    """The number of the simulated person who is called; empty: devices are, or a room."""
    in_room: bool = False
    """A conference room answered, and no device rings."""
    far_party: FarParty | None = None
    """The caller's end where that is another leg; None: REST placed the call, with a script."""
    cues: Generator[Cue, Reply, None] | None = None
    """What is left of the script in progress."""
    scope: Scope | None = None
    """The variables of the script that was started last."""
    awaiting: str = ""
    """Of the script in progress: ``fetch`` or ``request`` until that is answered, or
    ``connection``."""
    backing: str = ""
    """Id of what plays while the script waits; empty when nothing does."""
    asked: int = 0
    """How many fetches and requests of its scripts were sent: the number of the latest."""
    awaited: int = 0
    """The number whose reply is waited for; 0: none, and replies that come late are ignored."""
    playback: str = ""
    """Id of the playback in progress; empty when nothing plays."""
    log: list[LogEvent] = []
    """What happened so far, oldest first."""

    def note(self, at_ms: int, name: str, details: dict[str, Any]) -> None:
        """Add an event to the log, unless it is full."""
        if len(self.log) < MOST_EVENTS:
            self.log.append(LogEvent(at_ms, name, details))

    def become(self, state: CallState) -> None:
        """Change the state. Raises ``ValueError`` for a step that ``CALL_TRANSITIONS`` lacks."""
        if (self.state, state) not in CALL_TRANSITIONS:
            raise ValueError(f"a call cannot go from {self.state} to {state}")
        self.state = state

    @property
    def alive(self) -> bool:
        """Whether one of its dialogs has not ended."""
        return any(dialog.alive for dialog in self.dialogs.values())

    @property
    def ringing(self) -> bool:
        """Whether a device may still answer."""
        waits = self.winner is None and not self.without_device
        return waits and self.state is not CallState.ENDED

    @property
    def without_device(self) -> bool:
        """Whether a conference room has answered, or a simulated person."""
        return self.in_room or (bool(self.phone) and self.state is CallState.ANSWERED)

    def wants(self, session: Session) -> bool:
        """Whether this device of who is called is one to ring."""
        return not self.endpoint or session.jti == session_of(self.endpoint)


def invite_of(call: Call, dialog: Dialog, callee_name: str) -> Invite:
    """Return the invite of a device, whose dialog has our offer."""
    dial = call.dial
    return Invite(
        call_id=dialog.id,
        sdp=dialog.offer,
        caller_id_name=UNDEFINED_NAME if dial.from_name is None else dial.from_name,
        caller_id_number=dial.from_,
        callee_id_name=callee_name,
        callee_id_number=dial.to.partition("?")[0],
    )


def as_json(call: Call) -> dict[str, Any]:
    """Return the call object of the REST interface, a fabric device leg without a status.

    ``url`` is null although the dial named one: observed of the live service.
    """
    return {
        "id": call.id,
        "from": call.dial.from_,
        "to": call.dial.to,
        "direction": "outbound-api",
        "source": "realtime_api",
        "url": None,
        "charge": 0.0,
        "created_at": iso_time(call.created_ms),
        "charge_details": [],
        "status": None,
        "type": "fabric_subscriber_device_leg",
    }


def log_row(call: Call) -> dict[str, Any]:
    """Return the call as the voice logs list it: with its state, unlike ``as_json``."""
    return {**as_json(call), "status": str(call.state)}


def log_events(call: Call, project_id: str) -> list[dict[str, Any]]:
    """Return the events of the call, oldest first."""
    return [
        {
            "event_at": iso_time(event.at_ms),
            "level": event.level,
            "name": event.name,
            "details": event.details,
            "project_id": project_id,
            "log_id": call.id,
        }
        for event in call.log
    ]


def status_body(call: Call, settings: Settings, now_ms: int) -> dict[str, Any]:
    """Return the body of the status callback for the call's present state."""
    params: dict[str, Any] = {
        "call_id": call.id,
        "node_id": settings.node_id,
        "segment_id": call.id,
        "call_state": str(call.state),
        "direction": "outbound",
        "created_by": "dial",
        "device": {"type": "webrtc", "params": {"from": call.dial.from_, "to": call.dial.to}},
        "start_time": call.created_ms,
    }
    if call.answered_ms is not None:
        params["answer_time"] = call.answered_ms
    if call.state is CallState.ENDED:
        params["end_time"] = call.ended_ms
        params["end_reason"] = call.reason
    return event_body("calling.call.state", call, params, settings, now_ms)


def event_body(
    event_type: str, call: Call, params: dict[str, Any], settings: Settings, now_ms: int
) -> dict[str, Any]:
    """Return the envelope that every callback about a call has."""
    return {
        "event_type": event_type,
        "event_channel": f"swml:{call.id}",
        "timestamp": now_ms / 1000,
        "project_id": settings.project_id,
        "space_id": settings.space_id,
        "params": params,
    }


def fetch_body(call: Call, settings: Settings) -> dict[str, Any]:
    """Return the body of the request for the call's script."""
    return {
        "call": {
            "call_id": call.id,
            "node_id": settings.node_id,
            "segment_id": call.id,
            "call_state": str(call.state),
            "direction": "outbound",
            "type": "webrtc",
            "from": call.dial.from_,
            "to": call.dial.to,
            "headers": [],
            "project_id": settings.project_id,
            "space_id": settings.space_id,
        },
        "vars": {},
        "envs": call.dial.variables,
        "params": {},
    }
