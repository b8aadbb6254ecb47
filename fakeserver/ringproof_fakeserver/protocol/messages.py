"""Shapes of the messages inside the JSON-RPC envelope, shared by both ends of the wire.

Field names are the wire's own (``callID``); nothing outside this module spells them. Unknown
fields are dropped on decoding, so they never reach a core. Lifecycle logic does not live here:
the server's dialog and the client's call share these shapes and nothing else.
"""

from __future__ import annotations

from typing import Any

import msgspec

UNDEFINED_NAME = "_undef_"
"""What the platform sends as ``caller_id_name`` when the origin supplied no name."""

OK = {"code": "200", "message": "OK"}
"""Default result: codes are strings on this wire."""


class Authentication(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a client proves who it is: an access token (browser) or project and token (server)."""

    jwt_token: str = ""
    project: str = ""
    token: str = ""


class ConnectParams(msgspec.Struct, frozen=True, omit_defaults=True):
    """``signalwire.connect`` and, without the resume fields, ``signalwire.reauthenticate``."""

    authentication: Authentication = Authentication()
    protocol: str = ""
    authorization_state: str = ""
    agent: str = ""
    event_acks: bool = False


class VertoParams(msgspec.Struct, frozen=True, omit_defaults=True, rename={"call_id": "callID"}):
    """``webrtc.verto``: an inner JSON-RPC message for one dialog."""

    message: msgspec.Raw
    call_id: str = ""
    node_id: str = ""
    subscribe: list[str] = []


class VertoMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """The inner message. A client of version 3 sends results here, which have no method."""

    jsonrpc: str = "2.0"
    id: str | int = ""
    method: str = ""
    params: msgspec.Raw = msgspec.Raw(b"{}")


class DialogParams(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={
        "call_id": "callID",
        "screen_share": "screenShare",
        "additional_device": "additionalDevice",
        "user_variables": "userVariables",
    },
):
    """How a client names the dialog it speaks of, and whom it calls."""

    call_id: str = ""
    destination_number: str = ""
    attach: bool | str | int | None = False
    reattaching: bool | str | int | None = False
    """True on the invite of a page that was opened again and wants its call back."""
    screen_share: bool | str | int | None = False
    """True on the invite of a second leg, for the client's screen."""
    additional_device: bool | str | int | None = False
    """True on the invite of a second leg, for another camera or microphone."""
    caller_id_name: str | None = None
    caller_id_number: str | None = None
    remote_caller_id_name: str | None = None
    remote_caller_id_number: str | None = None
    user_variables: dict[str, Any] | None = None

    @property
    def main_call(self) -> str:
        """Of a second leg: the ``callID`` of the call that it belongs to; empty if not named."""
        value = (self.user_variables or {}).get("memberCallId")
        return value if isinstance(value, str) else ""


class MemberTarget(msgspec.Struct, frozen=True, omit_defaults=True):
    """How ``call.*`` requests name a member of a room; version 3 nests it, with a position."""

    member_id: str | None = None
    call_id: str | None = None
    position: str | None = None
    target: MemberTarget | None = None


class RoomRequest(msgspec.Struct, frozen=True, omit_defaults=True, rename={"own": "self"}):
    """Parameters of ``call.*``: what a client asks of the room that it is in."""

    own: MemberTarget = MemberTarget()
    target: MemberTarget | None = None
    targets: list[MemberTarget] = []
    channels: list[str] = []
    volume: float | None = None
    sensitivity: float | None = None
    echo_cancellation: bool | None = None
    auto_gain: bool | None = None
    noise_suppression: bool | None = None
    lowbitrate: bool | None = None
    layout: str = ""
    position: str = ""
    positions: dict[str, str] = {}


class ClientVerto(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={"dialog_params": "dialogParams", "call_id": "callID", "cause_code": "causeCode"},
):
    """Parameters of what a client sends: invite, answer, bye, info, modify, pong."""

    dialog_params: DialogParams = DialogParams()
    call_id: str = ""
    sdp: str = ""
    cause: str = ""
    cause_code: str | int = ""
    action: str = ""
    destination: str = ""
    dtmf: str = ""

    @property
    def dialog(self) -> str:
        """The ``callID``, wherever the client put it; empty when it named none."""
        return self.dialog_params.call_id or self.call_id


class Invite(msgspec.Struct, frozen=True, kw_only=True, rename={"call_id": "callID"}):
    """``verto.invite`` towards a client."""

    call_id: str
    sdp: str
    caller_id_name: str
    caller_id_number: str
    callee_id_name: str
    callee_id_number: str
    display_direction: str = "outbound"


class Bye(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={"call_id": "callID", "cause_code": "causeCode"},
):
    """``verto.bye`` towards a client, and the result of the client's own."""

    call_id: str = ""
    cause: str = ""
    cause_code: int = 0


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename={"call_id": "callID"}):
    """``verto.answer`` towards a client: the platform's description for a client's own offer."""

    call_id: str
    sdp: str = ""


class EventParams(msgspec.Struct, frozen=True, omit_defaults=True):
    """``signalwire.event`` as a client reads it."""

    event_type: str
    params: msgspec.Raw = msgspec.Raw(b"{}")
    event_channel: str | list[str] = ""
    node_id: str = ""
    project_id: str = ""
    timestamp: float = 0.0


class ConnectResult(msgspec.Struct, frozen=True):
    """What a client needs of the answer to ``signalwire.connect``."""

    identity: str
    protocol: str
    authorization: dict[str, Any]
    ice_servers: list[dict[str, Any]] = []
