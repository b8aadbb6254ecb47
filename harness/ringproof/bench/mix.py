"""The scenarios that rates are measured with, the same for every run and machine."""

from __future__ import annotations

import random
from typing import Final

from ringproof_scenarios.model import Answer, AnyAction, Caller, HangUp, Reject, Scenario

CALLERS: Final = (1, 2, 3, 4, 5, 6)
"""As many scenarios with one caller as with two, and so on: 3.5 calls a scenario."""

MIX: Final = (
    "scenarios with 1 to 6 callers in equal shares; of the calls a third each are ended by the "
    "caller's script and by the subscriber, a sixth each declined and given up"
)

_NAMES: Final = ("Alice", "José García", "李小龍", None)


def mixed(seed: int) -> Scenario:
    """Return one scenario of the mix."""
    dice = random.Random(seed).random
    callers: list[Caller] = []
    actions: list[AnyAction] = []
    for number in range(CALLERS[seed % len(CALLERS)]):
        at_ms, decides_ms = int(dice() * 300), int(dice() * 400)
        ending, name = int(dice() * 6), _NAMES[int(dice() * len(_NAMES))]
        talk_ms = 100 + int(dice() * 900)
        callers.append(
            Caller(
                address=f"/private/caller-{number}",
                name=name,
                at_ms=at_ms,
                talk_ms=talk_ms if ending < 2 else None,
                patience_ms=200 + decides_ms if ending == 5 else None,
            )
        )
        if ending < 4:
            actions.append(Answer(call=number, after_ms=decides_ms))
        if ending in (2, 3):
            actions.append(HangUp(call=number, on="connected", after_ms=talk_ms))
        if ending == 4:
            actions.append(Reject(call=number, after_ms=decides_ms))
    return Scenario(callers=tuple(callers), actions=tuple(actions), seed=seed)


def single() -> Scenario:
    """Return one call that is answered, and ended by its caller."""
    return Scenario(callers=(Caller(talk_ms=500),), actions=(Answer(after_ms=100),))


def four_at_once(ring_ms: int = 20_000, talk_ms: int = 40_000) -> Scenario:
    """Return four calls that ring together and are talked on together, a minute in all."""
    return Scenario(
        callers=tuple([Caller(address=f"/private/{n}", talk_ms=talk_ms) for n in range(4)]),
        actions=tuple([Answer(call=n, after_ms=ring_ms) for n in range(4)]),
    )
