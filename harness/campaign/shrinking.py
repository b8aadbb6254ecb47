"""Makes a simulated failure smaller by playing smaller scenarios, in virtual time as well."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any

import msgspec

from harness import checks
from harness.campaign.clients import Player
from harness.trace import Trace
from harness.verdict import Failure, Owner
from scenarios.model import Scenario
from scenarios.reduction import reduce

TRIES = 400
"""Candidates played for one failure."""

WEATHERS = (0, 1, 2)
"""Seeds of other delays with which a candidate is played before it counts as passing: what is left
of a race rarely meets under the very delays that it was found with. 0 needs no word in a replay."""


class Shrunk(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that breaks a clause, with the proof."""

    scenario: Scenario
    failure: Failure
    trace: Trace


def failing(scenario: Scenario, clause: str, player: Player) -> Shrunk | None:
    """Play a scenario; return what it shows when the clause fails in it, else None.

    A scenario that cannot be played shows nothing.
    """
    try:
        trace = player.play(scenario)
    except Exception:  # a reduction looks for failures of the client, not for faults of ours
        return None
    outcome = checks.judge(trace).get(clause)
    found = [one for one in outcome.failures if one.owner is Owner.SUT] if outcome else []
    return Shrunk(scenario=scenario, failure=found[0], trace=trace) if found else None


def shrink(scenario: Scenario, clause: str, player: Player, *, tries: int = TRIES) -> Shrunk | None:
    """Return the smallest scenario found in which the clause fails; None if it does not fail.

    A function of its arguments alone.
    """
    best = failing(scenario, clause, player)
    if best is None:
        return None

    async def fails(candidate: Scenario) -> bool:
        nonlocal best
        shown = _in_any_weather(candidate, clause, player, (scenario.seed, *WEATHERS))
        best = shown or best
        return shown is not None

    _settle(reduce(scenario, fails, tries))
    return _in_any_weather(best.scenario, clause, player, WEATHERS) or best


def _in_any_weather(
    scenario: Scenario, clause: str, player: Player, seeds: Iterable[int]
) -> Shrunk | None:
    weathers = (msgspec.structs.replace(scenario, seed=seed) for seed in dict.fromkeys(seeds))
    shown = (failing(one, clause, player) for one in weathers)
    return next((one for one in shown if one is not None), None)


def _settle(work: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine that never has to wait for anything."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise AssertionError("a reduction in virtual time waits for nothing")
