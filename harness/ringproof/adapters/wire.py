"""The adapter protocol as text: JSON to messages and back. No I/O.

The published schema is generated from these structs (``adapters.schema``), so exactly what the
schema allows is decoded here. Unknown extra fields are ignored, both ways.
Source: docs/adapter-protocol.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from ringproof.adapters.protocol import Command, Hello, Reply
from ringproof.trace import AnySutEvent
from ringproof.version import VERSION

LINE_LIMIT_BYTES = 1024 * 1024
"""Of one message, either way, its line end not counted."""

PROBE = "probe."
"""What every op that no adapter knows begins with."""

Name = Annotated[str, Meta(min_length=1)]
Code = Annotated[
    str,
    Meta(
        pattern="^(unsupported|bad_request|not_ready|no_such_call|sut_error|timeout|version|x-.+)$"
    ),
]


class WrongCommand(ValueError):
    """The harness built a command that the protocol does not allow: its own fault."""


class WireCommand(Struct, frozen=True, kw_only=True):
    """What every command carries, beside its op."""

    id: Annotated[str, Meta(min_length=1, description="Random; the reply repeats it as `re`.")]
    deadline_ms: Annotated[int, Meta(ge=1, description="Reply sooner than this.")]


class Operation(WireCommand, frozen=True, kw_only=True, tag_field="op"):
    """A command with an op of the protocol."""


class OfSession(Operation, frozen=True, kw_only=True):
    """A command to one session."""

    s: Annotated[str, Meta(min_length=1, description="The session, as `session.open` named it.")]


class OfCall(OfSession, frozen=True, kw_only=True):
    """A command about one call of a session."""

    c: Annotated[str, Meta(min_length=1, description="The call, by the id that `calls` gave.")]


class Greeting(Operation, frozen=True, kw_only=True, tag="hello"):
    """Who are you, and what can you do? Answered by `HelloOk`."""

    protocols: Annotated[tuple[int, ...], Meta(description="Versions that the harness speaks.")]
    harness: str


class Probe(WireCommand, frozen=True, kw_only=True):
    """An op that no adapter knows: must be answered with the error `unsupported`."""

    op: Annotated[str, Meta(pattern=r"^probe\.")]


class SessionOpen(OfSession, frozen=True, kw_only=True, tag="session.open"):
    """Construct the client, bring it online, subscribe to its list; then reply.

    With the feature `open_outcome`: reply `sut_error` when the client says that it cannot.
    """

    token: Annotated[Name, Meta(description="A subscriber access token. A secret: never log it.")]
    relay_host: Annotated[str, Meta(description="HOST:PORT of the WebSocket, as in `ch`.")]
    rest_host: Annotated[str, Meta(description="HOST:PORT of the REST API.")]
    url: Annotated[str, Meta(description="The WebSocket by IP address, if no name resolves.")]
    rest_url: Annotated[str, Meta(description="The REST API by IP address.")]
    ca_file: Annotated[str, Meta(description="PEM file of the authority to trust.")]
    real_media: Annotated[bool, Meta(description="False: the event model, see the document.")]
    reattach: Annotated[
        bool,
        Meta(description="With the feature `reattach`: have calls outlive the page."),
    ] = False
    register: Annotated[
        bool,
        Meta(description="False, with the feature `automatic`: only construct the client."),
    ] = True


class AnswerMedia(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to answer with; a kind that is absent is left to the SDK's default."""

    audio: bool | UnsetType = UNSET
    video: bool | UnsetType = UNSET


class CallAnswer(OfCall, frozen=True, kw_only=True, omit_defaults=True, tag="call.answer"):
    """Answer a call; without `media` call the SDK's method without an argument."""

    media: AnswerMedia | UnsetType = UNSET
    devices: Annotated[
        dict[Literal["microphone", "camera"], int],
        Meta(description="With the feature `device_choice`: the devices, from 0, to answer with."),
    ] = {}


class CallReject(OfCall, frozen=True, kw_only=True, tag="call.reject"):
    """Decline a call."""


class CallHangup(OfCall, frozen=True, kw_only=True, tag="call.hangup"):
    """Hang a call up."""


class CallHold(OfCall, frozen=True, kw_only=True, tag="call.hold"):
    """Put a connected call on hold, where the SDK can."""


class CallUnhold(OfCall, frozen=True, kw_only=True, tag="call.unhold"):
    """Take a call off hold, where the SDK can."""


class CallRestartIce(OfCall, frozen=True, kw_only=True, tag="call.restart_ice"):
    """Restart ICE of a connected call, where the SDK can: a new offer, with new credentials."""


class CallTransfer(OfCall, frozen=True, kw_only=True, tag="call.transfer"):
    """Transfer a call, where the SDK can."""

    destination: str


class CallDial(OfSession, frozen=True, kw_only=True, omit_defaults=True, tag="call.dial"):
    """Place a call, where the SDK can; reply with its id as `c` once the SDK has it."""

    to: Annotated[str, Meta(description="Address, with a query such as `?channel=audio`.")]
    media: AnswerMedia | UnsetType = UNSET


class Observe(OfCall, frozen=True, kw_only=True, tag="observe"):
    """Subscribe late, and report with `observer` = this command's id."""

    what: Literal["status", "local_stream", "remote_stream", "list"]


class Count(OfCall, frozen=True, kw_only=True, tag="media"):
    """Report the RTP packets counted so far as `media` events, then reply."""


class Sync(OfSession, frozen=True, kw_only=True, tag="sync"):
    """Reply once everything received before has been handled and its events are sent."""


class SessionReturn(OfSession, frozen=True, kw_only=True, tag="session.return"):
    """Open a page as `session.open` does, with what the browser kept for session `of`."""

    of: Annotated[Name, Meta(description="A session that has vanished.")]
    token: Annotated[Name, Meta(description="A fresh token of the same subscriber. A secret.")]
    relay_host: str
    rest_host: str
    url: str
    rest_url: str
    ca_file: str
    real_media: bool
    reattach: Annotated[
        bool, Meta(description="With the feature `reattach`: get the calls of session `of` back.")
    ] = False


class SessionToken(OfSession, frozen=True, kw_only=True, tag="session.token"):
    """Hand the client another token of its user, for the next time that it connects."""

    token: Annotated[Name, Meta(description="A token that expires later. A secret.")]


class ReadUser(OfSession, frozen=True, kw_only=True, tag="user"):
    """Report what the client tells of its user as a `user` event, then reply."""


class SessionOffline(OfSession, frozen=True, kw_only=True, tag="session.offline"):
    """Take the client offline by the SDK's own method; the page stays open."""


class SessionOnline(OfSession, frozen=True, kw_only=True, tag="session.online"):
    """Bring a client online again by the SDK's own method."""


class SessionVanish(OfSession, frozen=True, kw_only=True, tag="session.vanish"):
    """Disappear without closing anything, as a closed page does."""

    returns: Annotated[bool, Meta(description="A `session.return` will follow.")] = False


DeviceState = Literal["works", "missing", "refused", "busy"]


class SessionDevices(OfCall, frozen=True, kw_only=True, tag="session.devices"):
    """Set what the client gets from now on when it asks for its devices, until the next of these.

    A request for a device that does not work fails as a whole.
    """

    microphone: DeviceState
    camera: DeviceState
    after_ms: Annotated[int, Meta(ge=0, description="Until the user has decided: decide then.")]


class SessionDrop(OfSession, frozen=True, kw_only=True, tag="session.drop"):
    """Cut the network under the client, where the adapter can."""


class SessionClose(OfSession, frozen=True, kw_only=True, tag="session.close"):
    """Take the client offline."""


class ClockAdvance(Operation, frozen=True, kw_only=True, tag="clock.advance"):
    """Move a virtual clock; never sent to an adapter whose clock is real."""

    ms: Annotated[int, Meta(ge=0)]


class Bye(Operation, frozen=True, kw_only=True, tag="bye"):
    """Close every session, reply, and exit with status 0."""


AnyCommand = (
    Greeting
    | SessionOpen
    | CallAnswer
    | CallReject
    | CallHangup
    | CallHold
    | CallUnhold
    | CallRestartIce
    | CallTransfer
    | CallDial
    | Observe
    | Count
    | Sync
    | SessionVanish
    | SessionReturn
    | SessionToken
    | ReadUser
    | SessionOffline
    | SessionOnline
    | SessionDevices
    | SessionDrop
    | SessionClose
    | ClockAdvance
    | Bye
)

COMMANDS: Mapping[str, type[Operation]] = {
    str(kind.__struct_config__.tag): kind for kind in AnyCommand.__args__
}
"""Op → what it carries."""


class SutName(Struct, frozen=True, kw_only=True):
    """The client under test."""

    name: Name
    version: str
    language: str
    runtime: Annotated[str, Meta(description="What it runs in: `Node 22.1.0`. For reports.")] = ""


class Caps(Struct, frozen=True, kw_only=True):
    """What the adapter can do: it chooses the scenarios."""

    ops: Annotated[tuple[str, ...], Meta(description="Every op that is not `unsupported`.")]
    carrier: str = ""
    clock: Literal["real", "virtual"] = "real"
    media: Literal["none", "sdp", "rtp"] = "none"
    sessions: Annotated[int, Meta(ge=1, description="Open at once.")] = 1
    features: tuple[str, ...] = ()
    lacks: Annotated[
        tuple[Literal["list", "status", "streams", "default_media", "errors"], ...],
        Meta(description="What the client does not offer its users at all, see the document."),
    ] = ()


class HelloOk(Struct, frozen=True, kw_only=True):
    """The `ok` of the reply to `hello`."""

    protocol: int
    sut: SutName
    caps: Caps


class Ok(Struct, frozen=True, kw_only=True):
    """A command was carried out."""

    re: str
    ok: dict[str, Any]


class Wrong(Struct, frozen=True, kw_only=True):
    """What went wrong with a command."""

    code: Code
    definite: Annotated[bool, Meta(description="False: it may have happened all the same.")] = True
    text: str = ""


class Refused(Struct, frozen=True, kw_only=True):
    """A command was not carried out, or may not have been."""

    re: str
    error: Wrong


class _Envelope(Struct):
    """The fields by which a reply differs from an event, and one reply from another."""

    re: str | UnsetType = UNSET
    ok: msgspec.Raw | UnsetType = UNSET
    error: msgspec.Raw | UnsetType = UNSET


_envelopes = msgspec.json.Decoder(_Envelope)
_oks = msgspec.json.Decoder(Ok)
_refusals = msgspec.json.Decoder(Refused)
_events: msgspec.json.Decoder[AnySutEvent] = msgspec.json.Decoder(AnySutEvent)


def encode(command: Command) -> str:
    """Return the line of a command, without a line end. Raises ``WrongCommand``."""
    # Each op takes those fields that it has, and leaves out the others.
    fields = {**msgspec.structs.asdict(command), "harness": f"ringproof {VERSION}"}
    if command.media is UNSET:
        del fields["media"]
    try:
        typed = msgspec.convert(fields, COMMANDS.get(command.op, Probe))
        return msgspec.json.encode(typed).decode()
    except msgspec.ValidationError as error:
        raise WrongCommand(f"ringproof built a wrong {command.op}: {error}") from error


def decode(line: str | bytes) -> Reply | AnySutEvent:
    """Return the message in a line of an adapter. Raises ``msgspec.DecodeError``."""
    envelope = _envelopes.decode(line)
    if envelope.re is UNSET:
        return _events.decode(line)
    if (envelope.ok is UNSET) is (envelope.error is UNSET):
        raise msgspec.ValidationError(f"a reply to {envelope.re!r} has either `ok` or `error`")
    if envelope.error is UNSET:
        return Reply(re=envelope.re, ok=_oks.decode(line).ok)
    wrong = _refusals.decode(line).error
    return Reply(re=envelope.re, error=wrong.code, text=wrong.text, definite=wrong.definite)


def greeting(reply: Reply) -> Hello:
    """Return what the reply to ``hello`` says. Raises ``msgspec.ValidationError``."""
    hello = msgspec.convert(reply.ok, HelloOk)
    asdict = msgspec.structs.asdict
    return Hello(protocol=hello.protocol, **asdict(hello.sut), **asdict(hello.caps))
