"""Smaller scenarios: what to try when one fails, most daring first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.faults import AnyFault
from ringproof_scenarios.model import (
    AUDIO,
    RING_WAITED_MS,
    Answer,
    AnyAction,
    Caller,
    Observe,
    Scenario,
    call_waiting_ms,
    validate,
    waiting_ms,
)

ROUND_MS = (0, 10, 50, 100, 200)
"""Times a reader takes in at a glance: the first to be tried in place of any other."""

PATIENT_MS = 600
"""A candidate may wait this long on its own account, or as long as the scenario it came from."""

IMPATIENT_MS = 50
"""Patience given to a caller when the action that ended the call is taken away."""

_DEFAULT_CALLER = Caller()
_DEFAULT_PLATFORM = Platform()
_ANCHOR_RANK = {"listed": 0, "connected": 1, "gone": 2, "start": 3}

_FAULT_TIMES = ("delay_ms", "after_ms", "back_ms")

Size = tuple[int, ...]

Bound = TypeVar("Bound", bound=AnyAction | AnyFault)
"""What is bound to a call and a device."""


def size(scenario: Scenario) -> Size:
    """Return what orders scenarios: callers, then actions, faults, devices, oddities and times.

    Every candidate of a scenario is smaller than it, so that a reduction comes to an end.
    """
    return (
        len(scenario.callers),
        len(scenario.actions),
        len(scenario.faults),
        scenario.devices,
        len(scenario.platform.variants()),
        sum(_caller_oddities(caller) for caller in scenario.callers),
        sum(_action_oddities(action) for action in scenario.actions),
        sum(_fault_oddities(fault) for fault in scenario.faults),
        sum(len(caller.name or "") for caller in scenario.callers),
        sum(_untidiness(time_ms) for time_ms in _times(scenario)),
        sum(_times(scenario)),
        scenario.seed,
        len(scenario.name),
    )


def candidates(scenario: Scenario) -> Iterator[Scenario]:
    """Yield simpler scenarios, each valid, different and smaller; most daring first."""
    seen = {scenario}
    longest_ms = max(PATIENT_MS, played_ms(scenario))
    for candidate in _all_candidates(scenario):
        # A catalogue name would promise what the candidate no longer is.
        nameless = msgspec.structs.replace(candidate, name="")
        if nameless in seen or size(nameless) >= size(scenario):
            continue
        seen.add(nameless)
        if played_ms(nameless) <= longest_ms:
            yield validate(nameless)


def played_ms(scenario: Scenario) -> int:
    """Estimate how long the scenario takes when nobody waits for a long ring time to be over."""
    if scenario.platform.ring_ms <= RING_WAITED_MS:
        return waiting_ms(scenario)
    short = msgspec.structs.replace(scenario.platform, ring_ms=1)
    return waiting_ms(msgspec.structs.replace(scenario, platform=short))


def _all_candidates(scenario: Scenario) -> Iterator[Scenario]:
    yield from _only_one_caller(scenario)
    yield from _without_caller(scenario)
    yield from _merged_callers(scenario)
    yield from _or_impatient(_without_actions(scenario))
    yield from _or_impatient(_without_faults(scenario))
    yield from fewer_devices(scenario)
    yield from _or_impatient(_plainer_platforms(scenario))
    yield from _plainer_callers(scenario)
    yield from _plainer_actions(scenario)
    yield from _plainer_faults(scenario)
    yield from _tidier_times(scenario)
    yield msgspec.structs.replace(scenario, seed=0)


def _only_one_caller(scenario: Scenario) -> Iterator[Scenario]:
    if len(scenario.callers) > 2:
        for number in range(len(scenario.callers)):
            yield keep(scenario, [number])


def _without_caller(scenario: Scenario) -> Iterator[Scenario]:
    numbers = range(len(scenario.callers))
    if len(numbers) > 1:
        for dropped in reversed(numbers):
            yield keep(scenario, [number for number in numbers if number != dropped])


def _merged_callers(scenario: Scenario) -> Iterator[Scenario]:
    """One caller fewer, but what the subscriber did to that call is done to the first one."""
    for dropped in reversed(range(1, len(scenario.callers))):
        moved = msgspec.structs.replace(
            scenario,
            actions=tuple(_moved(action, dropped) for action in scenario.actions),
            faults=tuple(_moved(fault, dropped) for fault in scenario.faults),
        )
        kept = [number for number in range(len(scenario.callers)) if number != dropped]
        yield keep(moved, kept)


def _moved(bound: Bound, dropped: int) -> Bound:
    return msgspec.structs.replace(bound, call=0) if bound.call == dropped else bound


def keep(scenario: Scenario, numbers: list[int]) -> Scenario:
    """Return the scenario with these callers only, what happens to their calls renumbered."""
    place = {number: index for index, number in enumerate(numbers)}
    return msgspec.structs.replace(
        scenario,
        callers=tuple(scenario.callers[number] for number in numbers),
        actions=_placed(scenario.actions, place),
        faults=_placed(scenario.faults, place),
    )


def _placed(bound: Sequence[Bound], place: dict[int, int]) -> tuple[Bound, ...]:
    return tuple(
        msgspec.structs.replace(each, call=place[each.call]) for each in bound if each.call in place
    )


def _or_impatient(simpler: Iterator[Scenario]) -> Iterator[Scenario]:
    """Yield each as it is, and with callers who give up where now nothing else ends the call."""
    for scenario in simpler:
        yield scenario
        callers = tuple(
            msgspec.structs.replace(caller, patience_ms=IMPATIENT_MS)
            if call_waiting_ms(scenario, number) > PATIENT_MS
            else caller
            for number, caller in enumerate(scenario.callers)
        )
        yield msgspec.structs.replace(scenario, callers=callers)


def _without_actions(scenario: Scenario) -> Iterator[Scenario]:
    if len(scenario.actions) > 1:
        yield msgspec.structs.replace(scenario, actions=())
    for dropped in reversed(range(len(scenario.actions))):
        rest = scenario.actions[:dropped] + scenario.actions[dropped + 1 :]
        yield msgspec.structs.replace(scenario, actions=rest)


def _without_faults(scenario: Scenario) -> Iterator[Scenario]:
    if len(scenario.faults) > 1:
        yield msgspec.structs.replace(scenario, faults=())
    for dropped in reversed(range(len(scenario.faults))):
        rest = scenario.faults[:dropped] + scenario.faults[dropped + 1 :]
        yield msgspec.structs.replace(scenario, faults=rest)


def fewer_devices(scenario: Scenario) -> Iterator[Scenario]:
    """Yield it with one device fewer: what that device did is left out, or done by another."""
    for gone in range(scenario.devices if scenario.devices > 1 else 0):
        fewer = msgspec.structs.replace(scenario, devices=scenario.devices - 1)
        actions, faults = scenario.actions, scenario.faults
        yield msgspec.structs.replace(
            fewer,
            actions=_redeviced([each for each in actions if each.device != gone], gone),
            faults=_redeviced([each for each in faults if each.device != gone], gone),
        )
        yield msgspec.structs.replace(
            fewer, actions=_redeviced(actions, gone), faults=_redeviced(faults, gone)
        )


def _redeviced(bound: Sequence[Bound], gone: int) -> tuple[Bound, ...]:
    return tuple(
        msgspec.structs.replace(each, device=max(0, each.device - (each.device >= gone)))
        for each in bound
    )


def _plainer_platforms(scenario: Scenario) -> Iterator[Scenario]:
    yield msgspec.structs.replace(scenario, platform=_DEFAULT_PLATFORM)
    for field in Platform.__struct_fields__:
        plain = {field: getattr(_DEFAULT_PLATFORM, field)}
        platform = msgspec.structs.replace(scenario.platform, **plain)
        yield msgspec.structs.replace(scenario, platform=platform)


def _plainer_callers(scenario: Scenario) -> Iterator[Scenario]:
    for number, caller in enumerate(scenario.callers):
        who = {"address": _DEFAULT_CALLER.address, "name": _DEFAULT_CALLER.name}
        yield _with_caller(scenario, number, msgspec.structs.replace(caller, **who))
        for field in ("address", "name", "alias", "at_ms", "media", "patience_ms", "talk_ms"):
            plain = {field: getattr(_DEFAULT_CALLER, field)}
            yield _with_caller(scenario, number, msgspec.structs.replace(caller, **plain))
        for name in _shorter(caller.name):
            yield _with_caller(scenario, number, msgspec.structs.replace(caller, name=name))


def _shorter(name: str | None) -> Iterator[str]:
    if name:
        yield ""
        half = len(name) // 2
        yield from (name[:half], name[half:])
        if len(name) <= 32:
            yield from (name[:index] + name[index + 1 :] for index in range(len(name)))


def _with_caller(scenario: Scenario, number: int, caller: Caller) -> Scenario:
    callers = (*scenario.callers[:number], caller, *scenario.callers[number + 1 :])
    return msgspec.structs.replace(scenario, callers=callers)


def _plainer_actions(scenario: Scenario) -> Iterator[Scenario]:
    for number, action in enumerate(scenario.actions):
        for plain in _plainer_action(action):
            yield _with_action(scenario, number, plain)


def _plainer_action(action: AnyAction) -> Iterator[AnyAction]:
    yield msgspec.structs.replace(action, on="listed")
    yield msgspec.structs.replace(action, device=0)
    if isinstance(action, Answer):
        yield msgspec.structs.replace(action, audio=None, video=None)
        yield msgspec.structs.replace(action, audio=None)
        yield msgspec.structs.replace(action, video=None)
    if isinstance(action, Observe):
        yield msgspec.structs.replace(action, what="status")


def _with_action(scenario: Scenario, number: int, action: AnyAction) -> Scenario:
    actions = (*scenario.actions[:number], action, *scenario.actions[number + 1 :])
    return msgspec.structs.replace(scenario, actions=actions)


def _plainer_faults(scenario: Scenario) -> Iterator[Scenario]:
    for number, fault in enumerate(scenario.faults):
        for field in _differing(fault):
            if field not in _FAULT_TIMES and field != "call":
                plain = {field: getattr(type(fault)(), field)}
                yield _with_fault(scenario, number, msgspec.structs.replace(fault, **plain))


def _differing(fault: AnyFault) -> Iterator[str]:
    """Yield the fields of a fault that are not as they would be if nothing was said."""
    plain = type(fault)()
    fields = (field for field in fault.__struct_fields__)
    return (field for field in fields if getattr(fault, field) != getattr(plain, field))


def _with_fault(scenario: Scenario, number: int, fault: AnyFault) -> Scenario:
    faults = (*scenario.faults[:number], fault, *scenario.faults[number + 1 :])
    return msgspec.structs.replace(scenario, faults=faults)


def _tidier_times(scenario: Scenario) -> Iterator[Scenario]:
    for number, caller in enumerate(scenario.callers):
        for field in ("at_ms", "patience_ms", "talk_ms"):
            for time_ms in _tidier(getattr(caller, field)):
                tidy = msgspec.structs.replace(caller, **{field: time_ms})
                yield _with_caller(scenario, number, tidy)
    for number, action in enumerate(scenario.actions):
        for time_ms in _tidier(action.after_ms):
            tidier = msgspec.structs.replace(action, after_ms=time_ms)
            yield _with_action(scenario, number, tidier)
    for number, fault in enumerate(scenario.faults):
        for field in _FAULT_TIMES:
            for time_ms in _tidier(getattr(fault, field, 0)):
                later = msgspec.structs.replace(fault, **{field: time_ms})
                yield _with_fault(scenario, number, later)
    for field in ("lookup_delay_ms", "ring_ms"):
        value_ms = getattr(scenario.platform, field)
        if value_ms != getattr(_DEFAULT_PLATFORM, field):
            for time_ms in filter(None, _tidier(value_ms)):
                platform = msgspec.structs.replace(scenario.platform, **{field: time_ms})
                yield msgspec.structs.replace(scenario, platform=platform)


def _tidier(time_ms: int | None) -> Iterator[int]:
    if time_ms:
        yield from (round_ms for round_ms in ROUND_MS if round_ms < time_ms)
        yield time_ms // 2
        yield time_ms // 10 * 10
        yield -(-time_ms // 10) * 10


def _times(scenario: Scenario) -> list[int]:
    times = [action.after_ms for action in scenario.actions]
    for caller in scenario.callers:
        times += [caller.at_ms, caller.patience_ms or 0, caller.talk_ms or 0]
    times += [getattr(fault, field, 0) for fault in scenario.faults for field in _FAULT_TIMES]
    times.append(scenario.platform.lookup_delay_ms)
    if scenario.platform.ring_ms != _DEFAULT_PLATFORM.ring_ms:
        times.append(scenario.platform.ring_ms)
    return times


def _untidiness(time_ms: int) -> int:
    return 0 if time_ms == 0 else 1 if time_ms % 10 == 0 else 2


def _caller_oddities(caller: Caller) -> int:
    fields = ("address", "name", "alias", "media", "patience_ms", "talk_ms")
    odd: int = sum(getattr(caller, field) != getattr(_DEFAULT_CALLER, field) for field in fields)
    return odd + (caller.media != AUDIO)


def _fault_oddities(fault: AnyFault) -> int:
    return sum(field not in _FAULT_TIMES and field != "call" for field in _differing(fault))


def _action_oddities(action: AnyAction) -> int:
    odd = _ANCHOR_RANK[action.on] + action.device
    if isinstance(action, Answer):
        odd += (action.audio is not None) + (action.video is not None)
    if isinstance(action, Observe):
        odd += action.what != "status"
    return odd
