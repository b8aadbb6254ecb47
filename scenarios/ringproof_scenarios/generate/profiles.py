"""How one call goes: a profile plans what its caller and its subscriber do."""

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
"""How long after the caller's give-up the subscriber decides. An in-process client answers within
2 ms, a browser takes 60 to 120 ms, and the give-up itself takes some ms through REST: for each of
them, some of these values make answer and give-up cross."""

_GAPS_MS: Final = (0, 0, 1, 5, 10, 20)

_AUDIO_ANSWERS: Final = (
    Answer(),
    Answer(),
    Answer(),
    Answer(audio=True),
    Answer(audio=True, video=True),
    Answer(audio=True, video=False),
    Answer(audio=False, video=True),
    Answer(audio=False, video=False),
    Answer(audio=False),
    Answer(video=True),
)
_VIDEO_ANSWERS: Final = (
    *_AUDIO_ANSWERS,
    *(Answer(audio=False, video=True), Answer(audio=True, video=True)),
)
ANSWERS: Final = {AUDIO: _AUDIO_ANSWERS, AUDIO_VIDEO: _VIDEO_ANSWERS}
"""Ways to accept an offer: all that MediaOptions can say, to receive only among them."""

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
    """What a profile plans: the call, and the device that acts on it."""

    dice: Dice
    caller: Caller
    number: int
    device: int
    devices: int
    bounds: Bounds

    def delay_ms(self) -> int:
        """Draw the delay of an action after its anchor."""
        return delay_ms(self.dice, self.bounds.after_ms)

    def do(
        self,
        action: AnyAction,
        on: Anchor = "listed",
        after_ms: int | None = None,
        device: int | None = None,
    ) -> AnyAction:
        """Bind the action to this call. ``after_ms`` None: drawn. ``device`` None: the call's."""
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
        """Draw an accept or a decline."""
        return self.dice.pick(_DECISIONS[self.caller.media])

    def talking(self) -> Caller:
        """Return the caller, who now hangs up some time after the answer."""
        return msgspec.structs.replace(self.caller, talk_ms=self.talk_ms())

    def talk_ms(self) -> int:
        """Draw how long a conversation lasts."""
        return delay_ms(self.dice, self.bounds.talk_ms)

    def impatient(self) -> Caller:
        """Return the caller, who now gives up while ringing."""
        patience_ms = 20 + delay_ms(self.dice, self.bounds.patience_ms - 20)
        return msgspec.structs.replace(self.caller, patience_ms=patience_ms)


Plan = tuple[Caller, list[AnyAction]]
Profile = Callable[[Call], Plan]


def _glare(call: Call) -> Plan:
    patience_ms = 20 + delay_ms(call.dice, call.bounds.after_ms - 28)
    caller = msgspec.structs.replace(call.caller, patience_ms=patience_ms, talk_ms=20)
    due_ms = max(0, patience_ms + call.dice.pick(_GLARE_MS))
    return caller, [call.do(call.decision(), after_ms=due_ms)]


def _decided_twice(call: Call) -> Plan:
    first_ms = call.delay_ms()
    return call.talking(), [
        call.do(call.decision(), after_ms=first_ms),
        call.do(call.dice.pick(_AGAIN), after_ms=first_ms + call.dice.pick(_GAPS_MS)),
    ]


def _fork(call: Call) -> Plan:
    """Every device decides for itself, more or less at the same time."""
    due_ms = call.delay_ms()
    actions = [
        call.do(call.decision(), after_ms=due_ms + call.dice.pick(_GAPS_MS), device=device)
        for device in range(call.devices)
    ]
    return call.talking(), actions


def _observed(call: Call) -> Plan:
    observe = call.dice.pick(OBSERVATIONS)
    return call.talking(), [call.do(call.answer()), call.do(observe, "connected")]


_OFTEN: Final[dict[str, Profile]] = {
    "the caller hangs up": lambda call: (call.talking(), [call.do(call.answer())]),
    "the subscriber hangs up": lambda call: (
        call.caller,
        [call.do(call.answer()), call.do(HangUp(), "connected", call.talk_ms())],
    ),
    "declined": lambda call: (call.caller, [call.do(Reject())]),
    "the caller gives up": lambda call: (call.impatient(), []),
    "glare": _glare,
    # The subscriber decides when the platform has sent bye and the client may not have it yet.
    "crossing": lambda call: (call.impatient(), [call.do(call.decision(), "gone", 0)]),
    "decided twice": _decided_twice,
    "fork": _fork,
    "observed": _observed,
}
_SELDOM: Final[dict[str, Profile]] = {
    "the ring time ends": lambda call: (call.caller, []),
    "hung up while ringing": lambda call: (call.caller, [call.do(HangUp())]),
    "answered too late": lambda call: (call.impatient(), [call.do(call.answer(), "gone")]),
    "vanished while ringing": lambda call: (call.impatient(), [call.do(Vanish())]),
    "vanished while connected": lambda call: (
        call.caller,
        [call.do(call.answer()), call.do(Vanish(), "connected")],
    ),
}
PROFILES: Final[tuple[Profile, ...]] = (*_OFTEN.values(), *_OFTEN.values(), *_SELDOM.values())
"""Drawn evenly, so the frequent ones are twice as likely."""
