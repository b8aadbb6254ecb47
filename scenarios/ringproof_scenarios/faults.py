"""What goes wrong on purpose in a scenario, each fault bound to one call or one device. Pure data.

Faults are the platform's or the network's, hardly ever the client's: what a client owes its user is
judged under them as ever, as far as they leave it the means. ``rules`` translates those that strike
by themselves for the exchange; cuts and stray byes have their moment, which the player waits for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from ringproof_fakeserver.protocol.faults import Rule
from ringproof_scenarios.data import Anchor, Data

Frame = Literal["invite", "bye", "answer-reply", "bye-reply"]
"""Frames to the client: the invite, the bye, and what it is told about its own answer and bye."""

Request = Literal["answer", "bye"]
"""What a client asks of the platform for a call."""

REQUEST_GIVEN_UP_MS = 5_000
"""After this long without a reply a client goes on by itself (protocol.md 3.9)."""


class Fault(Data, frozen=True, tag_field="fault"):
    """Base of faults."""

    simulated_only: ClassVar[bool] = False
    """Nothing on the server's side of a socket can bring it about."""

    call: int = 0
    """Index into ``Scenario.callers``."""
    device: int = 0


class Drop(Fault, frozen=True, tag="drop"):
    """The frame is lost on its way to the client."""

    frame: Frame = "bye"
    nth: int = 0
    """Which frame of that sort, of this call to this device, from 0."""


class Delay(Fault, frozen=True, tag="delay"):
    """The frame comes late, and others may pass it."""

    frame: Frame = "bye"
    nth: int = 0
    delay_ms: int = 50


class Duplicate(Fault, frozen=True, tag="duplicate"):
    """The frame comes twice. Of an invite, only while its call lives."""

    frame: Frame = "bye"
    nth: int = 0
    delay_ms: int = 0
    """The second comes so long after the first."""


class Reorder(Fault, frozen=True, tag="reorder"):
    """The frame changes places with the next one to the same device, if one follows soon."""

    frame: Frame = "bye"
    nth: int = 0


class Refuse(Fault, frozen=True, tag="refuse"):
    """The platform answers a request with an error, and does nothing."""

    request: Request = "answer"
    code: int = -32_000
    """-32002 means that there is no such call; any other, that something went wrong."""


class Ignore(Fault, frozen=True, tag="ignore"):
    """The platform never hears a request, and answers nothing."""

    request: Request = "answer"


class DeadMedia(Fault, frozen=True, tag="dead-media"):
    """The media of the call never connects: its offer names addresses where nobody is."""


class NoDevices(Fault, frozen=True, tag="no-devices"):
    """The client gets neither microphone nor camera when it accepts."""

    simulated_only: ClassVar[bool] = True


class StrayBye(Fault, frozen=True, tag="stray-bye"):
    """A bye comes for a call that the device has never heard of; ``call`` is only its anchor."""

    on: Anchor = "listed"
    after_ms: int = 0


class Cut(Fault, frozen=True, tag="cut"):
    """The socket breaks off under the client; ``call`` is only the anchor of that."""

    on: Anchor = "listed"
    after_ms: int = 0
    back_ms: int = 0
    """For so long no new socket gets through."""
    resume: bool = True
    """Whether the platform still knows the session then."""


class LookUp(Fault, frozen=True, tag="look-up"):
    """A look-up in the directory is slow, fails, or both. ``call`` means nothing here."""

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
"""Faults with a moment of their own."""


def rules(faults: Iterable[AnyFault], device: int, *, simulated: bool) -> tuple[Rule, ...]:
    """Return what the exchange must know of the faults that concern a device.

    Calls are named by their index: that is the label their dial has to carry. What only a
    simulation can bring about is left out of a network run.
    """
    found = (
        _rule(fault)
        for fault in faults
        if fault.device == device and (simulated or not fault.simulated_only)
    )
    return tuple(rule for rule in found if rule is not None)


def _rule(fault: AnyFault) -> Rule | None:
    call = str(fault.call)
    match fault:
        case Drop():
            return Rule(what="drop", point=fault.frame, call=call, nth=fault.nth)
        case Delay():
            return Rule(
                what="delay",
                point=fault.frame,
                call=call,
                nth=fault.nth,
                delay_ms=fault.delay_ms,
            )
        case Duplicate():
            return Rule(
                what="duplicate",
                point=fault.frame,
                call=call,
                nth=fault.nth,
                delay_ms=fault.delay_ms,
            )
        case Reorder():
            return Rule(what="reorder", point=fault.frame, call=call, nth=fault.nth)
        case Refuse():
            return Rule(what="refuse", point=_REQUESTS[fault.request], call=call, code=fault.code)
        case Ignore():
            return Rule(what="ignore", point=_REQUESTS[fault.request], call=call)
        case DeadMedia():
            return Rule(what="fail", point="media", call=call)
        case LookUp():
            return Rule(
                what="fail",
                point="look-up",
                nth=fault.nth,
                delay_ms=fault.delay_ms,
                code=fault.status,
            )
        case NoDevices():
            return Rule(what="fail", point="devices", call=call)
        case StrayBye() | Cut():
            return None


_REQUESTS: dict[Request, Literal["answer", "bye-request"]] = {
    "answer": "answer",
    "bye": "bye-request",
}


def holds_up_ms(fault: AnyFault) -> int:
    """Estimate from above how much longer a scenario takes because of a fault, in ms."""
    match fault:
        case Delay() | Duplicate() | LookUp():
            return fault.delay_ms
        case Cut():
            return fault.after_ms + fault.back_ms
        case StrayBye():
            return fault.after_ms
        case Ignore():
            return REQUEST_GIVEN_UP_MS
        case Drop(frame="answer-reply" | "bye-reply"):
            return REQUEST_GIVEN_UP_MS
        case _:
            return 0


def describe(fault: AnyFault, devices: int) -> str:
    """Return the fault as a sentence for a person."""
    where = "" if devices == 1 else f" on device {fault.device}"
    nth = getattr(fault, "nth", 0)
    sort = f"{_ordinal(nth)} " if nth else ""
    match fault:
        case Drop():
            return f"the {sort}{fault.frame} of call {fault.call} is lost{where}"
        case Delay():
            return (
                f"the {sort}{fault.frame} of call {fault.call} is {fault.delay_ms} ms late{where}"
            )
        case Duplicate():
            late = f", {fault.delay_ms} ms apart" if fault.delay_ms else ""
            return f"the {sort}{fault.frame} of call {fault.call} comes twice{late}{where}"
        case Reorder():
            return f"the {sort}{fault.frame} of call {fault.call} comes after the next frame{where}"
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


def _ordinal(nth: int) -> str:
    return {1: "second", 2: "third"}.get(nth, f"{nth + 1}th")
