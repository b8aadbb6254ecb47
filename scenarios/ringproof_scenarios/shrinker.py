"""The search for the smallest scenario that still fails. Sans-I/O: the caller plays them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import msgspec

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.faults import AnyFault
from ringproof_scenarios.model import Action, Answer, AnyAction, Caller, Scenario, validate
from ringproof_scenarios.reduction import candidates

_DEFAULT_PLATFORM = Platform()


class Shrinker:
    """A greedy search: play ``next``, ``report`` whether it failed, until ``next`` is None.

    With ``coarse``, far simpler scenarios come first, until one of them fails. They do not count
    as ``tries``: scenarios played after that, at most.
    """

    def __init__(self, scenario: Scenario, tries: int, *, coarse: bool = False) -> None:
        self.smallest = scenario
        """The smallest scenario that is known to fail; to begin with the given one."""
        self.coarse = coarse
        """What comes next is a coarse step."""
        self._left = tries
        self._ahead: list[Scenario] = []
        self._later = coarse_steps(scenario) if coarse else candidates(scenario)

    def next(self) -> Scenario | None:
        """Return the scenario to play, the same one until it is reported; None at the end."""
        return next(iter(self.upcoming(1)), None)

    def upcoming(self, number: int) -> list[Scenario]:
        """Return up to ``number`` scenarios: those that ``next`` returns as long as all pass."""
        self._ahead += itertools.islice(self._later, max(0, number - len(self._ahead)))
        if self.coarse and not self._ahead:
            self._restart()
            return self.upcoming(number)
        return self._ahead[: number if self.coarse else min(number, self._left)]

    def report(self, *, failed: bool) -> None:
        """Take in whether the scenario that ``next`` returned failed."""
        scenario = self._ahead.pop(0)
        self._left -= not self.coarse
        if failed:
            self.smallest = scenario
            self._restart()

    def _restart(self) -> None:
        self.coarse = False
        self._ahead = []
        self._later = candidates(self.smallest)


def coarse_steps(scenario: Scenario) -> Iterator[Scenario]:
    """Yield what is left of a scenario when nearly all is taken away at once, simplest first.

    That is one plain call with nothing, or with one of the scenario's faults or actions; then all
    calls, plain, with all its faults or actions; then the scenario without its delays, its actions,
    its faults, its callers' details, and its platform.
    """
    callers = tuple([_plain(caller) for caller in scenario.callers])
    plain = Scenario(callers=callers, devices=scenario.devices)
    steps = [
        *(_alone(scenario, number) for number in range(len(callers))),
        *(_alone(scenario, fault.call, fault) for fault in scenario.faults),
        *(_alone(scenario, action.call, action) for action in scenario.actions),
        plain,
        msgspec.structs.replace(plain, faults=scenario.faults),
        msgspec.structs.replace(plain, actions=scenario.actions),
        _at_once(scenario),
        msgspec.structs.replace(scenario, actions=()),
        msgspec.structs.replace(scenario, faults=()),
        msgspec.structs.replace(scenario, callers=callers),
        msgspec.structs.replace(scenario, platform=_DEFAULT_PLATFORM),
    ]
    seen = {scenario}
    for step in steps:
        nameless = msgspec.structs.replace(step, name="", seed=scenario.seed)
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


def _at_once(scenario: Scenario) -> Scenario:
    """Return the scenario with nobody waiting before they do what they do."""
    callers = tuple(
        msgspec.structs.replace(
            caller,
            at_ms=0,
            patience_ms=caller.patience_ms and 0,
            talk_ms=caller.talk_ms and 0,
        )
        for caller in scenario.callers
    )
    actions = tuple([msgspec.structs.replace(one, after_ms=0) for one in scenario.actions])
    return msgspec.structs.replace(scenario, callers=callers, actions=actions)


def _enabled(action: AnyAction, actions: Sequence[AnyAction]) -> tuple[AnyAction, ...]:
    """Return an action with the answer that it needs to find a connected call."""
    if action.on != "connected":
        return (action,)
    where = (action.call, action.device)
    answers = [one for one in actions if isinstance(one, Answer)]
    needed = [one for one in answers if (one.call, one.device) == where and one != action]
    return (*needed[:1], action)
