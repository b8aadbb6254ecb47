"""Faults of a scenario, each bound to one call or one device. Pure data.

Nearly all are faults of the platform or of the network, so the clauses hold under them as usual,
except for those that a fault makes impossible to keep. ``rules`` translates faults for the
exchange, which injects them; for cuts and stray byes the player waits until they are due.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from ringproof_fakeserver.protocol.faults import Rule
from ringproof_scenarios.data import Anchor, Data

Frame = Literal["invite", "bye", "answer-reply", "bye-reply"]
"""Frames to the client: the invite, the bye, and the replies to its own answer and bye."""

Request = Literal["answer", "bye"]
"""A request of the client about a call."""

REQUEST_GIVEN_UP_MS = 5_000
"""A client waits so long for a reply, then goes on without it (protocol.md 3.9)."""


class Fault(Data, frozen=True, tag_field="fault"):
    """Base of faults."""

    simulated_only: ClassVar[bool] = False
    """Whether nothing on the server's side of a socket can cause it."""

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
    """The client gets neither microphone nor camera when it accepts."""

    simulated_only: ClassVar[bool] = True


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


class LookUp(Fault, frozen=True, tag="look-up"):
    """A look-up in the directory is slow, fails, or both. ``call`` has no meaning here."""

    nth: int = 0
    """Which look-up of this device."""
    delay_ms: int = 0
    """6,000 is longer than a client may be expected to wait."""
    status: int = 200
    """The HTTP status of the answer."""


AnyFault = (
    Drop
    | Delay
    | Duplicate
    | Reorder
    | Refuse
    | Ignore
    | DeadMedia
    | NoDevices
    | StrayBye
    | Cut
    | LookUp
)

Timed = StrayBye | Cut
"""Faults that are due at a time of their own."""


def rules(faults: Iterable[AnyFault], device: int, *, simulated: bool) -> tuple[Rule, ...]:
    """Return the rules that the exchange needs for the faults of one device.

    A rule names its call by the index, which has to be the label of the dial. A network run leaves
    out what only a simulation can cause.
    """
    made = (
        _rule(fault)
        for fault in faults
        if fault.device == device and (simulated or not fault.simulated_only)
    )
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
        case NoDevices():
            return Rule(what="fail", point="devices", call=call)
        case LookUp(nth=nth, delay_ms=delay_ms, status=code):
            return Rule(what="fail", point="look-up", nth=nth, delay_ms=delay_ms, code=code)
        case StrayBye() | Cut():
            return None


_REQUESTS: dict[Request, Literal["answer", "bye-request"]] = {
    "answer": "answer",
    "bye": "bye-request",
}


def holds_up_ms(fault: AnyFault) -> int:
    """Return an upper bound of how much longer a scenario takes because of a fault, in ms."""
    match fault:
        case Delay() | Duplicate() | LookUp():
            return fault.delay_ms
        case Cut():
            return fault.after_ms + fault.back_ms
        case StrayBye():
            return fault.after_ms
        case Ignore() | Drop(frame="answer-reply" | "bye-reply"):
            return REQUEST_GIVEN_UP_MS
        case _:
            return 0


def describe(fault: AnyFault, devices: int) -> str:
    """Return the fault as a sentence, without a full stop."""
    where = "" if devices == 1 else f" on device {fault.device}"
    nth = getattr(fault, "nth", 0)
    which = {0: "", 1: "second ", 2: "third "}.get(nth, f"{nth + 1}th ")
    frame = f"the {which}{getattr(fault, 'frame', '')} of call {fault.call}"
    match fault:
        case Drop():
            return f"{frame} is lost{where}"
        case Delay():
            return f"{frame} is {fault.delay_ms} ms late{where}"
        case Duplicate():
            late = f", {fault.delay_ms} ms apart" if fault.delay_ms else ""
            return f"{frame} comes twice{late}{where}"
        case Reorder():
            return f"{frame} comes after the next frame{where}"
        case Refuse():
            refused = f"refuses the {fault.request} of call {fault.call}"
            return f"the platform {refused} with {fault.code}{where}"
        case Ignore():
            return f"the platform never hears the {fault.request} of call {fault.call}{where}"
        case DeadMedia():
            return f"the media of call {fault.call} never connects{where}"
        case NoDevices():
            return f"there is no microphone for call {fault.call}{where}"
        case StrayBye():
            return f"a bye for an unknown call comes{where} {_moment(fault)}"
        case Cut():
            known = "" if fault.resume else ", and the session has expired"
            back = f", back after {fault.back_ms} ms" if fault.back_ms else ""
            return f"the socket is cut{where} {_moment(fault)}{back}{known}"
        case LookUp():
            status = "" if fault.status == 200 else f" and fails with {fault.status}"
            return f"look-up {fault.nth}{where} takes {fault.delay_ms} ms{status}"


def _moment(fault: Timed) -> str:
    return f"{fault.after_ms} ms after call {fault.call} is {fault.on}"
