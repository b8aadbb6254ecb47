"""Composes whole scenarios at random, biased towards calls that cross each other.

Each caller gets a *profile* (``profiles.py``), which says how the call goes; a few extra actions
are added. Every scenario ends by itself within ``Bounds.waiting_ms``. Pure: the ``Dice`` make every
choice, on behalf of Hypothesis (``strategies``) or of a plain PRNG (``seeded``).

Frequencies: half of the scenarios have one caller, a quarter two, the rest three to five; a quarter
have two devices; half have another platform than the default; two in five have extra actions, and
about as many have one or two faults.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import faults
from ringproof_scenarios.faults import AnyFault, Frame, Request, holds_up_ms
from ringproof_scenarios.generate.bounds import Bounds
from ringproof_scenarios.generate.dice import Dice, delay_ms
from ringproof_scenarios.generate.people import caller
from ringproof_scenarios.generate.profiles import ANSWERS, OBSERVATIONS, PROFILES, Call
from ringproof_scenarios.model import (
    Anchor,
    AnyAction,
    Caller,
    HangUp,
    Reject,
    Scenario,
    Vanish,
    call_waiting_ms,
)

CALLER_COUNTS: Final = (1, 1, 1, 2, 2, 3, 4, 5)
DEVICE_COUNTS: Final = (1, 1, 1, 2)
FAULT_COUNTS: Final = (0, 0, 0, 0, 1, 1, 2)

ANCHORS: Final[tuple[Anchor, ...]] = ("listed", "connected", "gone")
_EXTRA_COUNTS: Final = (0, 0, 0, 1, 2)
_ENDS: Final[tuple[AnyAction, ...]] = (Reject(), HangUp())
_DEFAULT_PLATFORM: Final = Platform()
_COIN: Final = (False, True)


def compose(
    dice: Dice,
    bounds: Bounds,
    caller_counts: tuple[int, ...] = CALLER_COUNTS,
    device_counts: tuple[int, ...] = DEVICE_COUNTS,
    seed: int = 0,
) -> Scenario:
    """Draw a scenario, with one of these counts of callers, and of devices."""
    devices = dice.pick(device_counts)
    people: list[Caller] = []
    actions: list[AnyAction] = []
    for number in range(dice.pick(caller_counts)):
        device = dice.between(0, devices - 1)
        call = Call(dice, caller(dice, bounds), number, device, devices, bounds)
        person, planned = dice.pick(PROFILES)(call)
        people.append(person)
        actions += planned
    offers = tuple([person.media for person in people])
    actions += [action(dice, offers, devices, bounds) for _ in range(dice.pick(_EXTRA_COUNTS))]
    drawn = [fault(dice, len(people), devices, bounds) for _ in range(dice.pick(FAULT_COUNTS))]
    scenario = Scenario(
        callers=tuple(people),
        actions=vanish_once(actions),
        devices=devices,
        platform=platform(dice, bounds),
        faults=tuple(drawn),
        seed=seed,
    )
    return bounded(scenario, bounds)


def platform(dice: Dice, bounds: Bounds) -> Platform:
    """Draw a platform variant; the default is the most frequent of them."""
    if not dice.pick(_COIN):
        return _DEFAULT_PLATFORM
    usual_ring = dice.pick(_COIN)
    return Platform(
        bye_echo=dice.pick(_COIN),
        msid=dice.pick(_COIN),
        lookup_delay_ms=dice.pick((0, 0, bounds.lookup_ms // 2, bounds.lookup_ms)),
        ring_ms=_DEFAULT_PLATFORM.ring_ms if usual_ring else dice.between(*bounds.ring_ms),
    )


def action(
    dice: Dice, offers: tuple[tuple[str, ...], ...], devices: int, bounds: Bounds
) -> AnyAction:
    """Draw any single action on one of the calls; ``offers`` holds each caller's media."""
    call = dice.between(0, len(offers) - 1)
    kinds: tuple[tuple[AnyAction, ...], ...] = (ANSWERS[offers[call]], OBSERVATIONS, _ENDS)
    return msgspec.structs.replace(
        dice.pick(dice.pick(kinds)),
        call=call,
        device=dice.between(0, devices - 1),
        on=dice.pick(ANCHORS),
        after_ms=delay_ms(dice, bounds.after_ms),
    )


def fault(dice: Dice, callers: int, devices: int, bounds: Bounds) -> AnyFault:
    """Draw any single fault of one of the calls, or of one of the devices."""
    where = {"call": dice.between(0, callers - 1), "device": dice.between(0, devices - 1)}
    late_ms = delay_ms(dice, bounds.fault_ms)
    match dice.pick(_FAULT_KINDS[bounds.silence, bounds.simulated]):
        case "drop":
            return faults.Drop(frame=dice.pick(FRAMES if bounds.silence else EVENTS), **where)
        case "delay":
            return faults.Delay(frame=dice.pick(FRAMES), delay_ms=late_ms, **where)
        case "duplicate":
            return faults.Duplicate(frame=dice.pick(FRAMES), delay_ms=late_ms, **where)
        case "reorder":
            return faults.Reorder(frame=dice.pick(FRAMES), **where)
        case "refuse":
            return faults.Refuse(request=dice.pick(REQUESTS), code=dice.pick(CODES), **where)
        case "ignore":
            return faults.Ignore(request=dice.pick(REQUESTS), **where)
        case "dead-media":
            return faults.DeadMedia(**where)
        case "no-devices":
            return faults.NoDevices(**where)
        case "stray-bye":
            return faults.StrayBye(on=dice.pick(ANCHORS), after_ms=late_ms, **where)
        case "look-up":
            slow_ms = dice.pick((0, 0, late_ms, bounds.lookup_ms))
            return faults.LookUp(
                nth=dice.pick((0, 0, 1)), delay_ms=slow_ms, status=dice.pick(STATUSES)
            )
        case _:
            return faults.Cut(
                on=dice.pick(ANCHORS),
                after_ms=late_ms,
                back_ms=delay_ms(dice, bounds.fault_ms),
                resume=dice.pick(_RESUMES),
                **where,
            )


EVENTS: Final[tuple[Frame, ...]] = ("invite", "bye")
FRAMES: Final[tuple[Frame, ...]] = (*EVENTS * 2, "answer-reply", "bye-reply")
REQUESTS: Final[tuple[Request, ...]] = ("answer", "bye")
CODES: Final = (-32_000, -32_002)
STATUSES: Final = (200, 404, 500)
_RESUMES: Final = (True, True, False)
_ANYWHERE: Final = (
    *("drop", "delay", "duplicate", "reorder") * 2,
    *("cut", "cut", "cut", "refuse", "dead-media", "stray-bye", "look-up"),
)
_FAULT_KINDS: Final = {
    (False, False): _ANYWHERE,
    (True, False): (*_ANYWHERE, "ignore"),
    (True, True): (*_ANYWHERE, "ignore", "no-devices"),
}
"""By (silence, simulated) of the bounds."""


def vanish_once(actions: list[AnyAction]) -> tuple[AnyAction, ...]:
    """Keep the first ``Vanish`` only: a device that has vanished shows nothing more to judge."""
    surplus = [action for action in actions if isinstance(action, Vanish)][1:]
    return tuple([action for action in actions if action not in surplus])


def bounded(scenario: Scenario, bounds: Bounds) -> Scenario:
    """Make a caller give up where nothing else is certain to end the call in time."""
    most_ms = bounds.waiting_ms - sum([holds_up_ms(fault) for fault in scenario.faults])
    late = [
        number
        for number in range(len(scenario.callers))
        if _latest_ms(scenario, number) > most_ms and call_waiting_ms(scenario, number) > most_ms
    ]
    if not late:
        return scenario
    people = list(scenario.callers)
    for number in late:
        people[number] = msgspec.structs.replace(people[number], patience_ms=bounds.patience_ms)
    return msgspec.structs.replace(scenario, callers=tuple(people))


def _latest_ms(scenario: Scenario, number: int) -> int:
    """Bound ``call_waiting_ms`` from above, in a tenth of the time."""
    caller, platform = scenario.callers[number], scenario.platform
    after_ms = [action.after_ms for action in scenario.actions if action.call == number]
    latest_ms = max(after_ms, default=0)
    ends_ms = caller.at_ms + platform.ring_ms + platform.lookup_delay_ms
    return ends_ms + (caller.talk_ms or 0) + 2 * latest_ms
