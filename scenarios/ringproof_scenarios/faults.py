"""Faults of a scenario, each bound to one call or one device. Pure data.

Most are faults of the platform or of the network, so the clauses hold under them as usual, except
for those that a fault makes impossible to keep. ``rules`` translates them for the exchange, which
injects them; for cuts and stray byes the player waits until they are due. ``NoDevices`` and
``Prompt`` are faults of the user's machine: the client's adapter brings them about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from ringproof_fakeserver.protocol.faults import Rule
from ringproof_scenarios.data import Anchor, Data

Frame = Literal["invite", "bye", "answer-reply", "bye-reply", "ping"]
"""Frames to the client: invite, bye, the replies to its own answer and bye, and a call's ping."""

Way = Literal["both", "from-client", "to-client"]
"""Which packets are lost."""

Request = Literal["answer", "bye", "pong"]
"""A request of the client about a call."""

TokenKind = Literal["forged", "expired", "foreign", "guest", "embed"]
"""forged: signed with a key that is not the platform's. expired: its time is over. foreign: of
another project. guest, embed: good tokens, with which nobody can be called."""

REFUSED_TOKENS: tuple[TokenKind, ...] = ("forged", "expired", "foreign")
"""Tokens with which no session opens."""

OPENING_GIVEN_UP_MS = 10_000
"""How long a client may try to open a session that the platform does not let in."""

UNANSWERED_MAX = 3
"""Pings that a platform variant may leave a device to answer."""

RECONNECTS_MAX = 4
"""Reconnects in a row that may fail: a client waits longer from one to the next."""

RETRIED_MS = 400
"""How long a client waits at most from one of these reconnects to the next."""

RETRIED_LATE_MS = 3_000
"""The same for a client that has tried in vain before: its delay has grown to the longest."""

LOOK_UP_GIVEN_UP_MS = 10_000
"""How long a call may wait for a directory that never answers, before it is listed without it."""

STUN_GIVEN_UP_MS = 5_000
"""A client waits so long for a STUN server, then goes on without it."""

REQUEST_GIVEN_UP_MS = 5_000
"""A client waits so long for a reply, then goes on without it (protocol.md 3.9)."""


Reason = Literal["missing", "refused", "busy"]
"""Why a device fails: there is none, the user forbids its use, another program uses it. A browser
says NotFoundError, NotAllowedError and NotReadableError."""

Which = Literal["both", "microphone", "camera"]


class Fault(Data, frozen=True, tag_field="fault"):
    """Base of faults."""

    needs_packets: ClassVar[bool] = False
    """Whether over the network only real media shows it to the client."""

    call: int = 0
    """Index into ``Scenario.callers``."""
    device: int = 0


class Drop(Fault, frozen=True, tag="drop"):
    """The frame is lost on its way to the client."""

    frame: Frame = "bye"
    nth: int = 0
    """Which of these frames, of this call to this device, from 0."""


class Delay(Fault, frozen=True, tag="delay"):
    """The frame comes late, and others may overtake it."""

    frame: Frame = "bye"
    nth: int = 0
    delay_ms: int = 50


class Duplicate(Fault, frozen=True, tag="duplicate"):
    """The frame comes twice; an invite only while its call is not over."""

    frame: Frame = "bye"
    nth: int = 0
    delay_ms: int = 0
    """How long after the first the second comes."""


class Reorder(Fault, frozen=True, tag="reorder"):
    """The frame changes places with the next one to the device, if that follows within 50 ms."""

    frame: Frame = "bye"
    nth: int = 0


class Refuse(Fault, frozen=True, tag="refuse"):
    """The platform replies to a request with an error, and does nothing else."""

    request: Request = "answer"
    code: int = -32_000
    """-32002: there is no such call. Any other: some error."""


class Ignore(Fault, frozen=True, tag="ignore"):
    """The platform ignores a request and never replies."""

    request: Request = "answer"


class DeadMedia(Fault, frozen=True, tag="dead-media"):
    """The media of the call never connects: its offer names unreachable addresses."""


class NoDevices(Fault, frozen=True, tag="no-devices"):
    """The client does not get the microphone, the camera or either when it accepts the call."""

    reason: Reason = "missing"
    which: Which = "both"
    """The devices that fail. A request that asks for one of them fails as a whole."""
    once: bool = False
    """Whether only the first answer() meets it; the next one finds the devices in order."""


class Prompt(Fault, frozen=True, tag="prompt"):
    """The question whether the app may use the devices stays open when the client accepts."""

    delay_ms: int = 50
    """How long the user takes to decide."""
    granted: bool = True
    """What the user decides."""


class StrayBye(Fault, frozen=True, tag="stray-bye"):
    """A bye comes for a call that does not exist; ``call`` is its anchor only."""

    on: Anchor = "listed"
    after_ms: int = 0


class Cut(Fault, frozen=True, tag="cut"):
    """The client's socket breaks; ``call`` is the anchor only."""

    on: Anchor = "listed"
    after_ms: int = 0
    back_ms: int = 0
    """How long no new socket can be opened."""
    resume: bool = True
    """Whether the platform keeps the session meanwhile."""


class GoesSilent(Fault, frozen=True, tag="silent"):
    """The device's socket is half open: nothing passes it, and neither side is told.

    ``call`` is the anchor only. It ends when the platform has noticed, or had the pings to notice.
    """

    on: Anchor = "listed"
    after_ms: int = 0
    ping_ms: int = 100
    """How often the platform pings meanwhile."""


class TokenExpires(Fault, frozen=True, tag="token-expires"):
    """The device's token expires; ``call`` is the anchor only.

    The session goes on, unless the platform closes it; once its socket is lost, only another token
    opens one.
    """

    on: Anchor = "listed"
    after_ms: int = 0
    renewed: bool = False
    """Whether the app has another token in time, and hands it to the client before."""


class MediaCut(Fault, frozen=True, tag="media-cut"):
    """The media path of a connected call breaks; the signalling stays as it is."""

    needs_packets: ClassVar[bool] = True

    on: Anchor = "connected"
    after_ms: int = 0
    back_ms: int = 0
    """After how long packets get through again; 0: never."""
    way: Way = "both"


class StunFails(Fault, frozen=True, tag="stun"):
    """The STUN or TURN servers that the platform announces to the device never answer.

    ``call`` has no meaning here. Firewalls that let no UDP through look like this.
    """

    needs_packets: ClassVar[bool] = True


class LookUp(Fault, frozen=True, tag="look-up"):
    """A look-up in the directory is slow, fails, or both. ``call`` has no meaning here."""

    nth: int = 0
    """Which look-up of this device."""
    delay_ms: int = 0
    """6,000 is longer than a client may be expected to wait."""
    status: int = 200
    """The HTTP status of the answer."""
    answered: bool = True
    """Whether there is an answer at all: without one the other two have no meaning."""


class OtherToken(Fault, frozen=True, tag="token"):
    """The app opens the device's session with a token that is of no use for calls to it.

    ``call`` has no meaning here.
    """

    kind: TokenKind = "forged"


class ConnectFails(Fault, frozen=True, tag="connect"):
    """The platform does not let the device's session in. ``call`` has no meaning here."""

    how: Literal["refuse", "ignore", "close"] = "refuse"
    """refuse: ``signalwire.connect`` is answered with an error. ignore: never answered. close: the
    socket is closed with 1000."""
    code: int = -32_000
    """Of ``refuse``: the code of the error."""
    nth: int = 0
    """Which attempt fails first: 0 opens the session, 1 is the first reconnect."""
    times: int = 0
    """How many attempts fail, one after another; 0: all from there on."""


class OnlineFails(Fault, frozen=True, tag="online"):
    """The platform refuses to register the device: nobody can call it. ``call`` has no meaning."""

    code: int = -32_603
    """Of the error. -32603 is what the live service was seen to answer."""
    times: int = 0
    """How many requests to come online are refused, from the first on; 0: all."""


AnyFault = (
    Drop
    | Delay
    | Duplicate
    | Reorder
    | Refuse
    | Ignore
    | DeadMedia
    | NoDevices
    | Prompt
    | StrayBye
    | Cut
    | MediaCut
    | GoesSilent
    | TokenExpires
    | StunFails
    | LookUp
    | OtherToken
    | ConnectFails
    | OnlineFails
)

Timed = StrayBye | Cut | MediaCut | GoesSilent | TokenExpires
"""Faults that are due at a time of their own."""

OfDevices = NoDevices | Prompt
"""Faults of the microphone and the camera, which only an adapter can bring about."""

OfOpening = OtherToken | ConnectFails | OnlineFails | StunFails
"""Faults of how a session opens; they count attempts from the first one."""


def rules(faults: Iterable[AnyFault], device: int) -> tuple[Rule, ...]:
    """Return the rules that the exchange needs for the faults of one device.

    A rule names its call by the index, which has to be the label of the dial. What the player or
    the client's adapter brings about has none.
    """
    made = (_rule(fault) for fault in faults if fault.device == device)
    return tuple(rule for rule in made if rule is not None)


def _rule(fault: AnyFault) -> Rule | None:
    call = str(fault.call)
    match fault:
        case Drop(frame=frame, nth=nth):
            return Rule(what="drop", point=frame, call=call, nth=nth)
        case Delay(frame=frame, nth=nth, delay_ms=delay_ms):
            return Rule(what="delay", point=frame, call=call, nth=nth, delay_ms=delay_ms)
        case Duplicate(frame=frame, nth=nth, delay_ms=delay_ms):
            return Rule(what="duplicate", point=frame, call=call, nth=nth, delay_ms=delay_ms)
        case Reorder(frame=frame, nth=nth):
            return Rule(what="reorder", point=frame, call=call, nth=nth)
        case Refuse():
            return Rule(what="refuse", point=_REQUESTS[fault.request], call=call, code=fault.code)
        case Ignore():
            return Rule(what="ignore", point=_REQUESTS[fault.request], call=call)
        case DeadMedia():
            return Rule(what="fail", point="media", call=call)
        case LookUp(nth=nth, answered=False):
            return Rule(what="ignore", point="look-up", nth=nth)
        case LookUp(nth=nth, delay_ms=delay_ms, status=code):
            return Rule(what="fail", point="look-up", nth=nth, delay_ms=delay_ms, code=code)
        case ConnectFails(how=how, nth=nth, times=times, code=code):
            return Rule(
                what=how,
                point="connect",
                nth=nth,
                times=times,
                code=code if how == "refuse" else 0,
            )
        case StunFails():
            return Rule(what="ignore", point="stun", times=0)
        case OnlineFails(code=code, times=times):
            return Rule(what="refuse", point="online", times=times, code=code)
        case StrayBye() | Cut() | MediaCut() | GoesSilent() | TokenExpires():
            return None
        case NoDevices() | Prompt() | OtherToken():
            return None


_REQUESTS: dict[Request, Literal["answer", "bye-request", "pong"]] = {
    "answer": "answer",
    "bye": "bye-request",
    "pong": "pong",
}


def token_of(faults: Iterable[AnyFault], device: int) -> TokenKind | None:
    """Return the kind of token that a device opens its session with; None: a good one."""
    kinds = (
        fault.kind for fault in faults if isinstance(fault, OtherToken) if fault.device == device
    )
    return next(kinds, None)


def opening(faults: Iterable[AnyFault], device: int) -> dict[str, str]:
    """Return what keeps a device's session from opening.

    ``token``: its kind. ``kept_out``: how it fails to connect. ``unregistered``: how it fails to
    come online.
    """
    found: dict[str, str] = {}
    for fault in faults:
        if fault.device == device and isinstance(fault, OtherToken):
            found.setdefault("token", fault.kind)
        elif fault.device == device and isinstance(fault, ConnectFails) and not fault.nth:
            found.setdefault("kept_out", fault.how)
        elif fault.device == device and isinstance(fault, OnlineFails):
            found.setdefault("unregistered", "refuse")
    return found


def may_not_open(faults: Iterable[AnyFault], device: int) -> bool:
    """Return whether a fault may keep a device's session from opening, or from getting calls."""
    return bool(opening(faults, device))


def holds_up_ms(fault: AnyFault) -> int:
    """Return an upper bound of how much longer a scenario takes because of a fault, in ms."""
    match fault:
        case StunFails():
            return STUN_GIVEN_UP_MS
        case LookUp(answered=False):
            return LOOK_UP_GIVEN_UP_MS
        case Delay() | Duplicate() | LookUp() | Prompt():
            return fault.delay_ms
        case Cut() | MediaCut():
            return fault.after_ms + fault.back_ms
        case StrayBye() | TokenExpires():
            return fault.after_ms
        case GoesSilent():
            return fault.after_ms + (UNANSWERED_MAX + 1) * fault.ping_ms
        case Ignore(request="pong"):
            return 0  # nobody waits for the reply to a pong
        case Ignore() | Drop(frame="answer-reply" | "bye-reply"):
            return REQUEST_GIVEN_UP_MS
        case ConnectFails():
            attempt_ms = REQUEST_GIVEN_UP_MS if fault.how == "ignore" else RETRIED_MS
            return fault.times * attempt_ms or OPENING_GIVEN_UP_MS
        case OnlineFails():
            return OPENING_GIVEN_UP_MS
        case _:
            return 0
