"""Far simpler scenarios than one that fails: where one of them fails too, a long way is saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from fakeserver.protocol.platform import Platform
from scenarios.model import Answer, AnyAction, Caller, Scenario, validate

_DEFAULT_CALLER = Caller()
_DEFAULT_PLATFORM = Platform()


def leaps(scenario: Scenario) -> Iterator[Scenario]:
    """Yield what is left of a scenario when nearly all is taken away at once, simplest first.

    That is plain calls with nothing, with one of its faults or actions, or with all of either; then
    the scenario without its actions, its faults, its callers' details, and its platform.
    """
    callers = tuple([_plain(caller, shared=scenario.callers) for caller in scenario.callers])
    plain = Scenario(callers=callers, devices=scenario.devices)
    alone = [
        *(msgspec.structs.replace(plain, faults=(fault,)) for fault in scenario.faults),
        *(
            msgspec.structs.replace(plain, actions=_enabled(action, scenario.actions))
            for action in scenario.actions
        ),
        msgspec.structs.replace(plain, faults=scenario.faults),
        msgspec.structs.replace(plain, actions=scenario.actions),
        msgspec.structs.replace(scenario, actions=()),
        msgspec.structs.replace(scenario, faults=()),
        msgspec.structs.replace(scenario, callers=callers),
        msgspec.structs.replace(scenario, platform=_DEFAULT_PLATFORM),
    ]
    seen = {scenario}
    for leap in (plain, *alone):
        nameless = msgspec.structs.replace(leap, name="", seed=scenario.seed)
        if nameless not in seen:
            seen.add(nameless)
            yield validate(nameless)


def _plain(caller: Caller, shared: Sequence[Caller]) -> Caller:
    """Return a caller of whom only what they call with, when, and as whom is left."""
    alone = sum(other.address == caller.address for other in shared) == 1 == len(shared)
    address = _DEFAULT_CALLER.address if alone else caller.address
    return Caller(address=address, at_ms=0 if alone else caller.at_ms, media=caller.media)


def _enabled(action: AnyAction, actions: Sequence[AnyAction]) -> tuple[AnyAction, ...]:
    """Return an action with the answer that it needs to find a connected call."""
    if action.on != "connected":
        return (action,)
    where = (action.call, action.device)
    answers = [one for one in actions if isinstance(one, Answer)]
    needed = [one for one in answers if (one.call, one.device) == where and one != action]
    return (*needed[:1], action)
