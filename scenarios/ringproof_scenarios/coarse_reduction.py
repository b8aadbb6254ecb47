"""Far simpler scenarios than one that fails: where one of them fails too, a long way is saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.faults import AnyFault
from ringproof_scenarios.model import Action, Answer, AnyAction, Caller, Scenario, validate

_DEFAULT_PLATFORM = Platform()


def leaps(scenario: Scenario) -> Iterator[Scenario]:
    """Yield what is left of a scenario when nearly all is taken away at once, simplest first.

    That is one plain call with nothing, or with one of the scenario's faults or actions; then all
    calls, plain, with all its faults or actions; then the scenario without its actions, its faults,
    its callers' details, and its platform.
    """
    callers = tuple([_plain(caller) for caller in scenario.callers])
    plain = Scenario(callers=callers, devices=scenario.devices)
    found = [
        *(_alone(scenario, number) for number in range(len(callers))),
        *(_alone(scenario, fault.call, fault) for fault in scenario.faults),
        *(_alone(scenario, action.call, action) for action in scenario.actions),
        plain,
        msgspec.structs.replace(plain, faults=scenario.faults),
        msgspec.structs.replace(plain, actions=scenario.actions),
        msgspec.structs.replace(scenario, actions=()),
        msgspec.structs.replace(scenario, faults=()),
        msgspec.structs.replace(scenario, callers=callers),
        msgspec.structs.replace(scenario, platform=_DEFAULT_PLATFORM),
    ]
    seen = {scenario}
    for leap in found:
        nameless = msgspec.structs.replace(leap, name="", seed=scenario.seed)
        if nameless not in seen:
            seen.add(nameless)
            yield validate(nameless)


def _alone(scenario: Scenario, number: int, what: AnyAction | AnyFault | None = None) -> Scenario:
    """Return one call, plain, with one thing that happens to it."""
    actions: tuple[AnyAction, ...] = ()
    faults: tuple[AnyFault, ...] = ()
    if isinstance(what, Action):
        actions = _enabled(what, scenario.actions)
    elif what is not None:
        faults = (what,)
    return Scenario(
        callers=(Caller(media=scenario.callers[number].media),),
        actions=tuple([msgspec.structs.replace(one, call=0) for one in actions]),
        faults=tuple([msgspec.structs.replace(one, call=0) for one in faults]),
        devices=scenario.devices,
    )


def _plain(caller: Caller) -> Caller:
    """Return a caller of whom only what makes them one of several is left, and what they offer."""
    return Caller(address=caller.address, at_ms=caller.at_ms, media=caller.media)


def _enabled(action: AnyAction, actions: Sequence[AnyAction]) -> tuple[AnyAction, ...]:
    """Return an action with the answer that it needs to find a connected call."""
    if action.on != "connected":
        return (action,)
    where = (action.call, action.device)
    answers = [one for one in actions if isinstance(one, Answer)]
    needed = [one for one in answers if (one.call, one.device) == where and one != action]
    return (*needed[:1], action)
