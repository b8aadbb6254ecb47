"""Smaller scenarios: what to try when one fails, most daring first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from msgspec.structs import replace

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import origins
from ringproof_scenarios.faults import AnyFault
from ringproof_scenarios.model import (
    AUDIO,
    RING_WAITED_MS,
    Answer,
    AnyAction,
    Caller,
    Dial,
    Observe,
    Open,
    Scenario,
    Transfer,
    placeable,
    validate,
)
from ringproof_scenarios.waiting import call_waiting_ms, waiting_ms

ROUND_MS = (0, 10, 50, 100, 200)
"""Times a reader takes in at a glance: the first to be tried in place of any other."""

PATIENT_MS = 600
"""A candidate may wait this long on its own account, or as long as the scenario it came from."""

IMPATIENT_MS = 50
"""Patience given to a caller when the action that ended the call is taken away."""

_DEFAULT_CALLER = Caller()
_DEFAULT_PLATFORM = Platform()
_ANCHOR_RANK = {"listed": 0, "connected": 1, "gone": 2, "start": 3}

_CALLER_FIELDS = (
    *("address", "name", "alias", "media", "patience_ms", "talk_ms"),
    *("plays", "status_events", "origin"),
)
"""What a caller may have in place of the default, its time apart."""

_FAULT_TIMES = ("delay_ms", "after_ms", "back_ms", "ping_ms")
_TIMES = {
    "callers": ("at_ms", "patience_ms", "talk_ms"),
    "actions": ("after_ms",),
    "faults": _FAULT_TIMES,
}

_PLATFORM_TIMES = (
    "lookup_delay_ms",
    "online_delay_ms",
    "ring_ms",
    "bye_reply_ms",
    "verto_ping_ms",
    "verto_ping_first_ms",
    "media_params_ms",
)

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
        len(scenario.requests),
        scenario.devices,
        scenario.automatic,
        len(scenario.platform.variants()),
        sum(_caller_oddities(caller) for caller in scenario.callers),
        sum(_action_oddities(action) for action in scenario.actions),
        sum(len(_odd_fields(fault)) for fault in scenario.faults),
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
        nameless = replace(candidate, name="")
        if nameless in seen or size(nameless) >= size(scenario) or not placeable(nameless):
            continue
        seen.add(nameless)
        if played_ms(nameless) <= longest_ms:
            yield validate(nameless)


def played_ms(scenario: Scenario) -> int:
    """Estimate how long the scenario takes when nobody waits for a long ring time to be over."""
    if scenario.platform.ring_ms <= RING_WAITED_MS:
        return waiting_ms(scenario)
    short = replace(scenario.platform, ring_ms=1)
    return waiting_ms(replace(scenario, platform=short))


def _all_candidates(scenario: Scenario) -> Iterator[Scenario]:
    yield from _only_one_caller(scenario)
    yield from _without_caller(scenario)
    yield from _merged_callers(scenario)
    yield from _or_impatient(_without(scenario, "actions"))
    yield from _or_impatient(_without(scenario, "faults"))
    yield from _without(scenario, "requests")
    yield from fewer_devices(scenario)
    yield from _or_impatient(_plainer_platforms(scenario))
    yield from _plainer_callers(scenario)
    yield from _plainer_actions(scenario)
    yield from _plainer_faults(scenario)
    yield from _tidier_times(scenario)
    yield replace(scenario, automatic=False)
    yield replace(scenario, seed=0)


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
        moved = replace(
            scenario,
            actions=tuple(_moved(action, dropped) for action in scenario.actions),
            faults=tuple(_moved(fault, dropped) for fault in scenario.faults),
        )
        kept = [number for number in range(len(scenario.callers)) if number != dropped]
        yield keep(moved, kept)


def _moved(bound: Bound, dropped: int) -> Bound:
    return replace(bound, call=0) if bound.call == dropped else bound


def keep(scenario: Scenario, numbers: list[int]) -> Scenario:
    """Return the scenario with these callers only, what happens to their calls renumbered."""
    place = {number: index for index, number in enumerate(numbers)}
    return replace(
        scenario,
        callers=tuple(scenario.callers[number] for number in numbers),
        actions=_placed(scenario.actions, place),
        faults=_placed(scenario.faults, place),
    )


def _placed(bound: Sequence[Bound], place: dict[int, int]) -> tuple[Bound, ...]:
    return tuple(replace(each, call=place[each.call]) for each in bound if each.call in place)


def _or_impatient(simpler: Iterator[Scenario]) -> Iterator[Scenario]:
    """Yield each as it is, and with callers who give up where now nothing else ends the call."""
    for scenario in simpler:
        yield scenario
        callers = tuple(
            replace(caller, patience_ms=IMPATIENT_MS)
            if call_waiting_ms(scenario, number) > PATIENT_MS
            else caller
            for number, caller in enumerate(scenario.callers)
        )
        yield replace(scenario, callers=callers)


def _without(scenario: Scenario, key: str) -> Iterator[Scenario]:
    """Yield it without any of its actions or faults, then without one of them."""
    steps = getattr(scenario, key)
    if len(steps) > 1:
        yield replace(scenario, **{key: ()})
    for dropped in reversed(range(len(steps))):
        yield replace(scenario, **{key: steps[:dropped] + steps[dropped + 1 :]})


def fewer_devices(scenario: Scenario) -> Iterator[Scenario]:
    """Yield it with one device fewer: what that device did is left out, or done by another."""
    for gone in range(scenario.devices if scenario.devices > 1 else 0):
        fewer = replace(scenario, devices=scenario.devices - 1)
        actions, faults = scenario.actions, scenario.faults
        yield replace(
            fewer,
            actions=_redeviced([each for each in actions if each.device != gone], gone),
            faults=_redeviced([each for each in faults if each.device != gone], gone),
        )
        yield replace(fewer, actions=_redeviced(actions, gone), faults=_redeviced(faults, gone))


def _redeviced(bound: Sequence[Bound], gone: int) -> tuple[Bound, ...]:
    """Number the devices anew; a page that would open as the first, or again, is left out."""
    numbered: dict[Bound, None] = {}
    for each in bound:
        device = max(0, each.device - (each.device >= gone))
        if isinstance(each, Open):
            if each.device == gone or device == 0:
                continue
            of = None if each.of in (None, gone) else each.of - (each.of > gone)
            reattach = each.reattach and of is not None
            numbered[replace(each, device=device, of=of, reattach=reattach)] = None
        else:
            numbered[replace(each, device=device)] = None
    return tuple(numbered)


def _plainer_platforms(scenario: Scenario) -> Iterator[Scenario]:
    yield replace(scenario, platform=_DEFAULT_PLATFORM)
    for field in Platform.__struct_fields__:
        plain = {field: getattr(_DEFAULT_PLATFORM, field)}
        platform = replace(scenario.platform, **plain)
        yield replace(scenario, platform=platform)


def _with(scenario: Scenario, key: str, number: int, **changes: object) -> Scenario:
    """Return it with one of its callers, actions or faults changed."""
    items = getattr(scenario, key)
    changed = replace(items[number], **changes)
    return replace(scenario, **{key: (*items[:number], changed, *items[number + 1 :])})


def _plainer_callers(scenario: Scenario) -> Iterator[Scenario]:
    for number, caller in enumerate(scenario.callers):
        for changes in _plainer_fields(caller):
            plain = replace(caller, **changes)
            # An address or a name may suit one origin alone.
            if origins.problem(plain.origin, plain.address, plain.name, plain.media) is None:
                yield _with(scenario, "callers", number, **changes)


def _plainer_fields(caller: Caller) -> Iterator[dict[str, Any]]:
    """Yield changes of a caller, most daring first; what suits an origin alone goes with it."""
    plain = _DEFAULT_CALLER
    yield {"origin": plain.origin, "address": plain.address, "name": plain.name}
    yield {"address": plain.address, "name": plain.name}
    for field in (*_CALLER_FIELDS, "at_ms"):
        yield {field: getattr(plain, field)}
    for name in _shorter(caller.name):
        yield {"name": name}


def _shorter(name: str | None) -> Iterator[str]:
    if name:
        yield ""
        half = len(name) // 2
        yield from (name[:half], name[half:])
        if len(name) <= 32:
            yield from (name[:index] + name[index + 1 :] for index in range(len(name)))


def _plainer_actions(scenario: Scenario) -> Iterator[Scenario]:
    for number, action in enumerate(scenario.actions):
        plain = partial(_with, scenario, "actions", number)
        yield plain(on="listed")
        if isinstance(action, Open):
            yield plain(reattach=False)
            yield plain(of=None, reattach=False)
        else:
            yield plain(device=0)
        if isinstance(action, Answer):
            yield plain(audio=None, video=None)
            yield plain(microphone=0, camera=0)
            yield plain(microphone=0)
            yield plain(camera=0)
            yield plain(audio=None)
            yield plain(video=None)
        if isinstance(action, Observe):
            yield plain(what="status")
        if isinstance(action, Dial):
            yield plain(video=False)
        if isinstance(action, Transfer):
            yield plain(known=True)


def _plainer_faults(scenario: Scenario) -> Iterator[Scenario]:
    for number, fault in enumerate(scenario.faults):
        for field in _odd_fields(fault):
            plain = getattr(type(fault)(), field)
            yield _with(scenario, "faults", number, **{field: plain})


def _odd_fields(fault: AnyFault) -> list[str]:
    """Return the fields of a fault, times and its call apart, that are not at their defaults."""
    plain = type(fault)()
    fields = [field for field in fault.__struct_fields__ if field not in (*_FAULT_TIMES, "call")]
    return [field for field in fields if getattr(fault, field) != getattr(plain, field)]


def _tidier_times(scenario: Scenario) -> Iterator[Scenario]:
    for key, fields in _TIMES.items():
        for number, item in enumerate(getattr(scenario, key)):
            for field in fields:
                for time_ms in _tidier(getattr(item, field, 0)):
                    yield _with(scenario, key, number, **{field: time_ms})
    for field in _PLATFORM_TIMES:
        value_ms = getattr(scenario.platform, field)
        if value_ms != getattr(_DEFAULT_PLATFORM, field):
            for time_ms in filter(None, _tidier(value_ms)):
                yield replace(scenario, platform=replace(scenario.platform, **{field: time_ms}))


def _tidier(time_ms: int | None) -> Iterator[int]:
    if time_ms:
        yield from (round_ms for round_ms in ROUND_MS if round_ms < time_ms)
        yield time_ms // 2
        yield time_ms // 10 * 10
        yield -(-time_ms // 10) * 10


def _times(scenario: Scenario) -> list[int]:
    times = [
        getattr(item, field, 0) or 0
        for key, fields in _TIMES.items()
        for item in getattr(scenario, key)
        for field in fields
    ]
    for field in _PLATFORM_TIMES:
        value_ms = getattr(scenario.platform, field)
        if value_ms != getattr(_DEFAULT_PLATFORM, field):
            times.append(value_ms)
    return times


def _untidiness(time_ms: int) -> int:
    return 0 if time_ms == 0 else 1 if time_ms % 10 == 0 else 2


def _caller_oddities(caller: Caller) -> int:
    odd: int = sum(
        getattr(caller, field) != getattr(_DEFAULT_CALLER, field) for field in _CALLER_FIELDS
    )
    return odd + (caller.media != AUDIO)


def _action_oddities(action: AnyAction) -> int:
    odd = _ANCHOR_RANK[action.on] + action.device
    if isinstance(action, Answer):
        odd += (action.audio is not None) + (action.video is not None)
        odd += action.microphone + action.camera
    if isinstance(action, Observe):
        odd += action.what != "status"
    if isinstance(action, Dial):
        odd += action.video
    if isinstance(action, Transfer):
        odd += not action.known
    if isinstance(action, Open):
        odd += (action.of is not None) + action.reattach
    return odd
