"""Hypothesis strategies: the composer (``composer.py``), with Hypothesis making its choices."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

import hypothesis
import hypothesis.strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.generate import composer, people
from ringproof_scenarios.generate.bounds import NETWORK, Bounds
from ringproof_scenarios.model import Caller, Scenario, validate

T = TypeVar("T")


@functools.cache
def _sampled(options: Sequence[T]) -> st.SearchStrategy[T]:
    # Built once: building and validating a strategy costs ten times what drawing from it does.
    return st.sampled_from(options)


@functools.cache
def _integers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


class _Drawn:
    """Choices made by Hypothesis, so that it can shrink what was composed."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def pick(self, options: Sequence[T]) -> T:
        drawn: T = self._draw(_sampled(options))
        return drawn

    def between(self, low: int, high: int) -> int:
        return self._draw(_integers(low, high))


@st.composite
def callers(draw: st.DrawFn) -> Caller:
    """Draw callers who neither give up nor hang up."""
    return people.caller(_Drawn(draw), NETWORK)


@st.composite
def platforms(draw: st.DrawFn) -> Platform:
    """Draw platform variants; the default is the most frequent of them."""
    return composer.platform(_Drawn(draw), NETWORK)


@functools.cache
def scenarios(
    *, max_callers: int = 5, max_devices: int = 2, bounds: Bounds = NETWORK
) -> st.SearchStrategy[Scenario]:
    """Whole scenarios, each valid and waiting for ``bounds.waiting_ms`` at most.

    There are 1 to ``max_callers`` (at most 5) callers and 1 to ``max_devices`` (at most 2) devices.
    """
    callers = tuple(count for count in composer.CALLER_COUNTS if count <= max_callers)
    devices = tuple(count for count in composer.DEVICE_COUNTS if count <= max_devices)
    return _scenarios(bounds, callers, devices)


@st.composite
def _scenarios(
    draw: st.DrawFn, bounds: Bounds, callers: tuple[int, ...], devices: tuple[int, ...]
) -> Scenario:
    return validate(composer.compose(_Drawn(draw), bounds, callers, devices))


class _SeedOnly(HypothesisProvider):
    """Draws from the seed alone.

    Hypothesis otherwise mixes in constants from whatever local modules happen to be imported, so
    one seed would give other scenarios under pytest than on the command line.
    """

    def _maybe_draw_constant(self, *args: object, **kwargs: object) -> None:
        return None


_BACKEND = "ringproof-seed-only"
AVAILABLE_PROVIDERS[_BACKEND] = f"{__name__}.{_SeedOnly.__name__}"

_BATCH = 50
_BATCHES_MAX = 1_000_000

DRAWING: Final[dict[str, Any]] = {
    "max_examples": _BATCH,
    "database": None,
    "deadline": None,
    "derandomize": False,
    "backend": _BACKEND,
    "phases": [hypothesis.Phase.generate],
    "suppress_health_check": list(hypothesis.HealthCheck),
    "verbosity": hypothesis.Verbosity.quiet,
}
"""Settings with which Hypothesis only draws: from the seed alone, reading and writing nothing."""


def distinct(
    count: int, seed: int, batch: Callable[[int], Iterable[Scenario]]
) -> tuple[Scenario, ...]:
    """Return the first ``count`` distinct scenarios of ``batch(seed)``, called as often as needed.

    Each batch has a seed of its own and one size, so that ``count`` does not change what is drawn.
    """
    drawn: dict[Scenario, None] = {}
    attempt = 0
    while len(drawn) < count:
        drawn.update(dict.fromkeys(batch(seed * _BATCHES_MAX + attempt)))
        attempt += 1
        assert attempt < _BATCHES_MAX, "there are no new scenarios left to draw"
    return tuple(drawn)[:count]


def draw_examples(count: int, seed: int, *, bounds: Bounds = NETWORK) -> tuple[Scenario, ...]:
    """Return ``count`` distinct scenarios, always the same for the same arguments.

    The first of a longer draw are those of a shorter one. ``seed`` is any integer.
    """

    def batch(batch_seed: int) -> list[Scenario]:
        drawn: list[Scenario] = []

        @hypothesis.seed(batch_seed)
        @hypothesis.settings(**DRAWING)
        @hypothesis.given(scenarios(bounds=bounds))
        def collect(scenario: Scenario) -> None:
            drawn.append(scenario)

        collect()
        return drawn

    return distinct(count, seed, batch)
