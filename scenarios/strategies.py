"""Hypothesis strategies for scenarios, biased towards calls that cross each other.

Each caller is given a *fate* (``scenarios/fates.py``) that lays out the actions for it; a few stray
actions are thrown in. Every scenario ends by itself within ``Bounds.waiting_ms``.
"""

from __future__ import annotations

import functools

import hypothesis
import hypothesis.strategies as st
import msgspec
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from fakeserver.protocol.platform import Platform
from scenarios.bounds import NETWORK, SIMULATED, Bounds
from scenarios.fates import Call, answers, fates, observations
from scenarios.model import (
    AUDIO,
    Anchor,
    AnyAction,
    Caller,
    HangUp,
    Reject,
    Scenario,
    Vanish,
    call_waiting_ms,
    validate,
)
from scenarios.people import callers, delays, names

__all__ = [
    "NETWORK",
    "SIMULATED",
    "Bounds",
    "actions",
    "answers",
    "callers",
    "draw_examples",
    "names",
    "platforms",
    "scenarios",
]

_ANCHORS: st.SearchStrategy[Anchor] = st.sampled_from(("listed", "connected", "gone"))
_STRAYS = st.sampled_from((0, 0, 0, 1, 2))


@functools.cache
def platforms(bounds: Bounds = NETWORK) -> st.SearchStrategy[Platform]:
    """Platform variants; the default is the most frequent of them."""
    varied = st.builds(
        Platform,
        bye_echo=st.booleans(),
        msid=st.booleans(),
        lookup_delay_ms=st.sampled_from((0, 0, bounds.lookup_ms // 2, bounds.lookup_ms)),
        ring_ms=st.one_of(st.just(Platform().ring_ms), st.integers(*bounds.ring_ms)),
    )
    return st.one_of(st.just(Platform()), varied)


@functools.cache
def _deeds(media: tuple[str, ...]) -> st.SearchStrategy[AnyAction]:
    return st.one_of(answers(media), observations(), st.sampled_from((Reject(), HangUp())))


@functools.cache
def _indices(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


@st.composite
def actions(
    draw: st.DrawFn,
    offers: tuple[tuple[str, ...], ...] = (AUDIO,),
    devices: int = 1,
    bounds: Bounds = NETWORK,
) -> AnyAction:
    """Draw any single action on one of the calls; ``offers`` holds each caller's media."""
    call = draw(_indices(len(offers)))
    return msgspec.structs.replace(
        draw(_deeds(offers[call])),
        call=call,
        device=draw(_indices(devices)),
        on=draw(_ANCHORS),
        after_ms=draw(delays(bounds.after_ms)),
    )


@functools.cache
def scenarios(
    *, max_callers: int = 5, max_devices: int = 2, bounds: Bounds = NETWORK
) -> st.SearchStrategy[Scenario]:
    """Whole scenarios, each valid and waiting for ``bounds.waiting_ms`` at most.

    There are 1 to ``max_callers`` (at most 5) callers and 1 to ``max_devices`` (at most 2) devices.
    """
    caller_counts = [count for count in (1, 1, 1, 2, 2, 3, 4, 5) if count <= max_callers]
    device_counts = [count for count in (1, 1, 1, 2) if count <= max_devices]
    return _scenarios(st.sampled_from(caller_counts), st.sampled_from(device_counts), bounds)


@st.composite
def _scenarios(
    draw: st.DrawFn,
    caller_counts: st.SearchStrategy[int],
    device_counts: st.SearchStrategy[int],
    bounds: Bounds,
) -> Scenario:
    devices = draw(device_counts)
    people: list[Caller] = []
    deeds: list[AnyAction] = []
    for number in range(draw(caller_counts)):
        device = draw(_indices(devices))
        call = Call(draw, draw(callers(bounds)), number, device, devices, bounds)
        caller, laid = draw(fates())(call)
        people.append(caller)
        deeds += laid
    offers = tuple(caller.media for caller in people)
    deeds += [draw(actions(offers, devices, bounds)) for _ in range(draw(_STRAYS))]
    scenario = Scenario(
        callers=tuple(people),
        actions=_once_gone(deeds),
        devices=devices,
        platform=draw(platforms(bounds)),
    )
    return validate(_bounded(scenario, bounds))


def _once_gone(deeds: list[AnyAction]) -> tuple[AnyAction, ...]:
    """Keep a single disappearance: what several would add is only silence."""
    vanishes = [action for action in deeds if isinstance(action, Vanish)]
    return tuple(action for action in deeds if action not in vanishes[1:])


def _bounded(scenario: Scenario, bounds: Bounds) -> Scenario:
    """Give patience to the callers whom nothing else is certain to stop in time."""
    people = list(scenario.callers)
    for number, caller in enumerate(people):
        if call_waiting_ms(scenario, number) > bounds.waiting_ms:
            people[number] = msgspec.structs.replace(caller, patience_ms=bounds.patience_ms)
    return msgspec.structs.replace(scenario, callers=tuple(people))


class _SeedOnly(HypothesisProvider):
    """Draws from the seed alone.

    Hypothesis otherwise mixes in constants from whatever local modules happen to be imported, so
    one seed would give other scenarios under pytest than on the command line.
    """

    def _maybe_draw_constant(self, *args: object, **kwargs: object) -> None:
        return None


_BACKEND = "ringproof-seed-only"


def draw_examples(
    count: int, seed: int, *, max_callers: int = 5, max_devices: int = 2, bounds: Bounds = NETWORK
) -> tuple[Scenario, ...]:
    """Return ``count`` distinct scenarios, always the same for the same arguments.

    The first of a longer draw are those of a shorter one. No example database is read or written.
    ``seed`` is any integer.
    """
    strategy = scenarios(max_callers=max_callers, max_devices=max_devices, bounds=bounds)
    found: dict[Scenario, None] = {}
    attempt = 0
    while len(found) < count:
        # Batches of one size, each with a seed of its own, so that the count changes nothing.
        found.update(dict.fromkeys(_batch(strategy, seed * _BATCHES_MAX + attempt)))
        attempt += 1
        assert attempt < _BATCHES_MAX, "the strategy has run out of new scenarios"
    return tuple(found)[:count]


_BATCH = 50
_BATCHES_MAX = 1_000_000


def _batch(strategy: st.SearchStrategy[Scenario], seed: int) -> list[Scenario]:
    drawn: list[Scenario] = []
    AVAILABLE_PROVIDERS[_BACKEND] = f"{__name__}.{_SeedOnly.__name__}"

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=_BATCH,
        database=None,
        deadline=None,
        derandomize=False,
        backend=_BACKEND,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    @hypothesis.given(strategy)
    def collect(scenario: Scenario) -> None:
        drawn.append(scenario)

    collect()
    return drawn
