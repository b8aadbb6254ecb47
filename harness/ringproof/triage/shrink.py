"""Makes a simulated failure smaller by playing smaller scenarios, in virtual time as well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator
from typing import Any

import msgspec

from ringproof import checks
from ringproof.simulation.player import Player
from ringproof.trace import Trace
from ringproof.verdict import Failure, Outcome, Owner
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import reduce

TRIES = 400
"""Candidates played for one failure."""

WEATHERS = (0, 1)
"""Seeds of other delays with which a candidate is played before it counts as passing: what is left
of a race rarely meets under the very delays that it was found with. 0 needs no word in a replay."""

OF_THE_SUT = (Owner.SUT,)


class Shrunk(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that breaks a clause, with the proof."""

    scenario: Scenario
    failure: Failure
    trace: Trace


def played(scenario: Scenario, player: Player) -> tuple[Trace, dict[str, Outcome]] | None:
    """Play and judge a scenario; None when that cannot be done.

    Reductions look for failures of the client: a fault of ours in a candidate is not their concern.
    """
    try:
        trace = player.play(scenario)
        return trace, checks.judge(trace)
    except Exception:  # whatever it is, the scenario shows nothing
        return None


Excused = Callable[[Failure, Scenario], bool]
"""Says of a failure and its scenario whether it is none of those that are looked for."""


def failing(
    scenario: Scenario,
    clause: str,
    player: Player,
    *,
    owners: Collection[Owner] = OF_THE_SUT,
    excused: Excused = lambda *_: False,
) -> Shrunk | None:
    """Play a scenario; return what it shows when the clause fails in it, else None.

    ``owners`` says whose failures count: the client's, unless a broken platform is looked for.
    """
    shown = played(scenario, player)
    outcome = shown[1].get(clause) if shown is not None else None
    found = [
        one
        for one in (outcome.failures if outcome else ())
        if one.owner in owners and not excused(one, scenario)
    ]
    if shown is None or not found:
        return None
    return Shrunk(scenario=scenario, failure=found[0], trace=shown[0])


def shrink(
    scenario: Scenario,
    clause: str,
    player: Player,
    *,
    tries: int = TRIES,
    owners: Collection[Owner] = OF_THE_SUT,
    excused: Excused = lambda *_: False,
    notice: Callable[[Scenario], None] = lambda _: None,
) -> Shrunk | None:
    """Return the smallest scenario found in which the clause fails; None if it does not fail.

    A function of its arguments alone. ``notice`` is told the smallest so far after every try. What
    is ``excused`` does not count: a reduction must not end at a failure that is known.
    """

    def once(candidate: Scenario) -> Shrunk | None:
        return failing(candidate, clause, player, owners=owners, excused=excused)

    best = once(scenario)
    if best is None:
        return None

    async def fails(candidate: Scenario) -> bool:
        nonlocal best
        weathers = _weathers(candidate, (scenario.seed, *WEATHERS))
        shown = _first(once(one) for one in weathers)
        best = shown or best
        assert best is not None, "it was found to fail to begin with"
        notice(best.scenario)
        return shown is not None

    _settle(reduce(scenario, fails, tries))
    plain = _weathers(best.scenario, WEATHERS)
    return _first(once(one) for one in plain) or best


def _weathers(scenario: Scenario, seeds: Iterable[int]) -> Iterator[Scenario]:
    """Yield the scenario with the delays of each seed."""
    for seed in dict.fromkeys(seeds):
        yield msgspec.structs.replace(scenario, seed=seed)


def _first(shown: Iterable[Shrunk | None]) -> Shrunk | None:
    return next((one for one in shown if one is not None), None)


def _settle(work: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine that never has to wait for anything."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise AssertionError("a reduction in virtual time waits for nothing")
