"""What becomes of one call: each fate lays out the caller's and the subscriber's part in it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import hypothesis.strategies as st
import msgspec

from scenarios.bounds import Bounds
from scenarios.model import Anchor, Answer, AnyAction, Caller, HangUp, Observe, Reject, Vanish, What
from scenarios.people import delays

# Strategies are built once: building and validating one costs ten times what drawing from it does.
_GLARE_MS = st.sampled_from((-60, -30, -12, -4, -1, 0, 0, 1, 2, 3, 5, 8))
"""An in-process client answers within 2 ms, a browser takes 60 to 120 ms from accept to answer; the
caller's own give-up needs some milliseconds through REST. Each of them has to meet its crossing."""
_GAPS_MS = st.sampled_from((0, 0, 1, 5, 10, 20))
_WHATS: st.SearchStrategy[What] = st.sampled_from(("status", "local_stream", "remote_stream"))
_AGAIN: st.SearchStrategy[AnyAction] = st.sampled_from((Answer(), Answer(), Reject(), HangUp()))


@functools.cache
def answers(media: tuple[str, ...]) -> st.SearchStrategy[Answer]:
    """Ways to accept such an offer; each lets the subscriber send something."""
    choices = [Answer(), Answer(), Answer(audio=True), Answer(audio=True, video=True)]
    choices += [Answer(audio=True, video=False), Answer(video=True)]
    if "video" in media:
        choices += [Answer(audio=False, video=True), Answer(audio=True, video=True)] * 2
    return st.sampled_from(choices)


@functools.cache
def observations() -> st.SearchStrategy[Observe]:
    """Late subscriptions to any observable."""
    return st.builds(Observe, what=_WHATS)


@functools.cache
def _decisions(media: tuple[str, ...]) -> st.SearchStrategy[AnyAction]:
    return st.one_of(answers(media), answers(media), st.just(Reject()))


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """What a fate may draw on: the call it lays out, and the device that acts."""

    draw: st.DrawFn
    caller: Caller
    number: int
    device: int
    devices: int
    bounds: Bounds

    def delay_ms(self) -> int:
        """Draw how long after its anchor an action is due."""
        return self.draw(delays(self.bounds.after_ms))

    def do(
        self, action: AnyAction, on: Anchor = "listed", after_ms: int | None = None
    ) -> AnyAction:
        """Place the action on this call and device; ``after_ms`` is drawn when None."""
        due_ms = self.delay_ms() if after_ms is None else min(after_ms, self.bounds.after_ms)
        return msgspec.structs.replace(
            action, call=self.number, device=self.device, on=on, after_ms=due_ms
        )

    def answer(self) -> Answer:
        """Draw a way to accept this call."""
        return self.draw(answers(self.caller.media))

    def talking(self) -> Caller:
        """Return the caller as one who hangs up some time after the answer."""
        talk_ms = self.draw(delays(self.bounds.talk_ms))
        return msgspec.structs.replace(self.caller, talk_ms=talk_ms)

    def impatient(self) -> Caller:
        """Return the caller as one who gives up."""
        patience_ms = 20 + self.draw(delays(self.bounds.patience_ms - 20))
        return msgspec.structs.replace(self.caller, patience_ms=patience_ms)


Laid = tuple[Caller, list[AnyAction]]


def _caller_hangs_up(call: Call) -> Laid:
    return call.talking(), [call.do(call.answer())]


def _subscriber_hangs_up(call: Call) -> Laid:
    talk_ms = call.draw(delays(call.bounds.talk_ms))
    return call.caller, [call.do(call.answer()), call.do(HangUp(), "connected", talk_ms)]


def _declined(call: Call) -> Laid:
    return call.caller, [call.do(Reject())]


def _hung_up_ringing(call: Call) -> Laid:
    return call.caller, [call.do(HangUp())]


def _gave_up(call: Call) -> Laid:
    return call.impatient(), []


def _rang_out(call: Call) -> Laid:
    return call.caller, []


def _answered_too_late(call: Call) -> Laid:
    return call.impatient(), [call.do(call.answer(), "gone")]


def _glare(call: Call) -> Laid:
    patience_ms = 20 + call.draw(delays(call.bounds.after_ms - 28))
    caller = msgspec.structs.replace(call.caller, patience_ms=patience_ms, talk_ms=20)
    due_ms = max(0, patience_ms + call.draw(_GLARE_MS))
    return caller, [call.do(call.draw(_decisions(caller.media)), after_ms=due_ms)]


def _crossed(call: Call) -> Laid:
    """The subscriber decides when the platform has said bye and the client may not know it yet."""
    return call.impatient(), [call.do(call.draw(_decisions(call.caller.media)), "gone", 0)]


def _decided_twice(call: Call) -> Laid:
    first_ms = call.delay_ms()
    return call.talking(), [
        call.do(call.draw(_decisions(call.caller.media)), after_ms=first_ms),
        call.do(call.draw(_AGAIN), after_ms=first_ms + call.draw(_GAPS_MS)),
    ]


def _fork(call: Call) -> Laid:
    """Every device decides for itself, more or less at the same time."""
    due_ms = call.delay_ms()
    laid = []
    for device in range(call.devices):
        each = dataclasses.replace(call, device=device)
        decision = call.draw(_decisions(call.caller.media))
        laid.append(each.do(decision, after_ms=due_ms + call.draw(_GAPS_MS)))
    return call.talking(), laid


def _observed(call: Call) -> Laid:
    observe = call.draw(observations())
    return call.talking(), [call.do(call.answer()), call.do(observe, "connected")]


def _vanished_ringing(call: Call) -> Laid:
    return call.impatient(), [call.do(Vanish())]


def _vanished_connected(call: Call) -> Laid:
    return call.caller, [call.do(call.answer()), call.do(Vanish(), "connected")]


_OFTEN = (
    _caller_hangs_up,
    _subscriber_hangs_up,
    _declined,
    _gave_up,
    _glare,
    _crossed,
    _decided_twice,
    _fork,
    _observed,
)
_SELDOM = (
    _rang_out,
    _hung_up_ringing,
    _answered_too_late,
    _vanished_ringing,
    _vanished_connected,
)


@functools.cache
def fates() -> st.SearchStrategy[Callable[[Call], Laid]]:
    """Draw what becomes of a call."""
    return st.sampled_from(_OFTEN * 2 + _SELDOM)
