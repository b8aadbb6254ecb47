"""What becomes of one call: each fate lays out the caller's and the subscriber's part in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final

import msgspec

from ringproof_scenarios.generate.bounds import Bounds
from ringproof_scenarios.generate.dice import Dice, delay_ms
from ringproof_scenarios.model import (
    AUDIO,
    AUDIO_VIDEO,
    Anchor,
    Answer,
    AnyAction,
    Caller,
    HangUp,
    Observe,
    Reject,
    Vanish,
)

_GLARE_MS: Final = (0, 0, 1, 2, 3, 5, 8, -1, -4, -12, -30, -60)
"""An in-process client answers within 2 ms, a browser takes 60 to 120 ms from accept to answer; the
caller's own give-up needs some milliseconds through REST. Each of them has to meet its crossing."""

_GAPS_MS: Final = (0, 0, 1, 5, 10, 20)

_AUDIO_ANSWERS: Final = (
    Answer(),
    Answer(),
    Answer(),
    Answer(audio=True),
    Answer(audio=True, video=True),
    Answer(audio=True, video=False),
    Answer(video=True),
)
_VIDEO_ANSWERS: Final = (
    *_AUDIO_ANSWERS,
    *(Answer(audio=False, video=True), Answer(audio=True, video=True)) * 2,
)
ANSWERS: Final = {AUDIO: _AUDIO_ANSWERS, AUDIO_VIDEO: _VIDEO_ANSWERS}
"""Ways to accept an offer; each lets the subscriber send something."""

OBSERVATIONS: Final = (
    Observe(what="status"),
    Observe(what="local_stream"),
    Observe(what="remote_stream"),
    Observe(what="list"),
)
_DECISIONS: Final[dict[tuple[str, ...], tuple[AnyAction, ...]]] = {
    media: (*ways, *ways, *(Reject(),) * len(ways)) for media, ways in ANSWERS.items()
}
_AGAIN: Final[tuple[AnyAction, ...]] = (Answer(), Answer(), Reject(), HangUp())


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """What a fate may draw on: the call it lays out, and the device that acts."""

    dice: Dice
    caller: Caller
    number: int
    device: int
    devices: int
    bounds: Bounds

    def delay_ms(self) -> int:
        """Draw how long after its anchor an action is due."""
        return delay_ms(self.dice, self.bounds.after_ms)

    def do(
        self,
        action: AnyAction,
        on: Anchor = "listed",
        after_ms: int | None = None,
        device: int | None = None,
    ) -> AnyAction:
        """Place the action on this call and its device; ``after_ms`` is drawn when None."""
        due_ms = self.delay_ms() if after_ms is None else min(after_ms, self.bounds.after_ms)
        return msgspec.structs.replace(
            action,
            call=self.number,
            device=self.device if device is None else device,
            on=on,
            after_ms=due_ms,
        )

    def answer(self) -> Answer:
        """Draw a way to accept this call."""
        return self.dice.pick(ANSWERS[self.caller.media])

    def decision(self) -> AnyAction:
        """Draw an accept, or a decline."""
        return self.dice.pick(_DECISIONS[self.caller.media])

    def talking(self) -> Caller:
        """Return the caller as one who hangs up some time after the answer."""
        return msgspec.structs.replace(self.caller, talk_ms=self.talk_ms())

    def talk_ms(self) -> int:
        """Draw how long a conversation lasts."""
        return delay_ms(self.dice, self.bounds.talk_ms)

    def impatient(self) -> Caller:
        """Return the caller as one who gives up."""
        patience_ms = 20 + delay_ms(self.dice, self.bounds.patience_ms - 20)
        return msgspec.structs.replace(self.caller, patience_ms=patience_ms)


Laid = tuple[Caller, list[AnyAction]]
Fate = Callable[[Call], Laid]


def _caller_hangs_up(call: Call) -> Laid:
    return call.talking(), [call.do(call.answer())]


def _subscriber_hangs_up(call: Call) -> Laid:
    return call.caller, [call.do(call.answer()), call.do(HangUp(), "connected", call.talk_ms())]


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
    patience_ms = 20 + delay_ms(call.dice, call.bounds.after_ms - 28)
    caller = msgspec.structs.replace(call.caller, patience_ms=patience_ms, talk_ms=20)
    due_ms = max(0, patience_ms + call.dice.pick(_GLARE_MS))
    return caller, [call.do(call.decision(), after_ms=due_ms)]


def _crossed(call: Call) -> Laid:
    """The subscriber decides when the platform has said bye and the client may not know it yet."""
    return call.impatient(), [call.do(call.decision(), "gone", 0)]


def _decided_twice(call: Call) -> Laid:
    first_ms = call.delay_ms()
    return call.talking(), [
        call.do(call.decision(), after_ms=first_ms),
        call.do(call.dice.pick(_AGAIN), after_ms=first_ms + call.dice.pick(_GAPS_MS)),
    ]


def _fork(call: Call) -> Laid:
    """Every device decides for itself, more or less at the same time."""
    due_ms = call.delay_ms()
    laid = [
        call.do(call.decision(), after_ms=due_ms + call.dice.pick(_GAPS_MS), device=device)
        for device in range(call.devices)
    ]
    return call.talking(), laid


def _observed(call: Call) -> Laid:
    observe = call.dice.pick(OBSERVATIONS)
    return call.talking(), [call.do(call.answer()), call.do(observe, "connected")]


def _vanished_ringing(call: Call) -> Laid:
    return call.impatient(), [call.do(Vanish())]


def _vanished_connected(call: Call) -> Laid:
    return call.caller, [call.do(call.answer()), call.do(Vanish(), "connected")]


_OFTEN: Final = (
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
_SELDOM: Final = (
    _rang_out,
    _hung_up_ringing,
    _answered_too_late,
    _vanished_ringing,
    _vanished_connected,
)

FATES: Final[tuple[Fate, ...]] = (*_OFTEN * 2, *_SELDOM)
"""Drawn evenly: an everyday end is twice as likely as an odd one."""
