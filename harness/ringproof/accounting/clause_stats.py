"""What was seen of one clause, as one value: fed by scenarios, blocks of seeds and shards. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from ringproof.baseline import FailureKind, FailureKinds
from ringproof.results import FirstFailure, Mode, Planned
from ringproof.trace import Trace
from ringproof.verdict import Failure
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import size

EXAMPLES_KEPT = 8
"""Failing scenarios kept for a clause. In virtual time, where a failure repeats itself, each is of
another kind; over the network it may not happen again in the next play."""


class FailingExample(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario in which a clause failed."""

    planned: Planned
    failure: Failure
    trace: Trace | None = None
    """None for a drawn seed, which can be played again with the same trace."""
    known: bool = False
    """The baseline describes it."""

    @property
    def order(self) -> tuple[object, ...]:
        """Sort key: unknown before known, few steps, hand-written before generated."""
        planned = self.planned
        by_hand = planned.source in ("catalogue", "given")
        return (*_order(planned.scenario, known=self.known), not by_hand, planned.number)

    @property
    def kind(self) -> tuple[object, ...]:
        """What a simulation needs one example of; of those without a trace another one, for they
        cannot be shown as they are."""
        return self.planned.mode, self.known, self.trace is None, self.failure.identity

    def as_first(self) -> FirstFailure:
        """Return it as what is shown of its clause; for one that has a trace."""
        assert self.trace is not None, "only a scenario that was kept with its trace is shown"
        planned = self.planned
        return FirstFailure(
            scenario=planned.scenario,
            failure=self.failure,
            trace=self.trace,
            label=planned.label,
            real_media=planned.real_media,
            mode=planned.mode,
        )


class ShownFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The failure that was chosen to be shown, reduced where that was possible."""

    first: FirstFailure
    variants: tuple[str, ...] = ()
    """Sentences about other plays of it, under other platform variants."""
    known: bool = False

    @property
    def order(self) -> tuple[object, ...]:
        """Sort key: unknown before known, virtual time before the network, few steps."""
        known, *rest = _order(self.first.scenario, known=self.known)
        return known, self.first.mode == "network", *rest


class ClauseStats(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Counts and examples of one clause. Values of parts of a run add up with ``merge``."""

    exercised: dict[Mode, int] = {}
    failed: dict[Mode, int] = {}
    known: dict[Mode, int] = {}
    """Those of ``failed`` that the baseline describes."""
    kinds: tuple[FailureKind, ...] = ()
    """Of the failures that are not known."""
    kinds_left_out: int = 0
    """Failures of further kinds."""
    by_variant: dict[str, tuple[int, int]] = {}
    """``bye_echo=False`` → scenarios that exercised the clause, and in which it failed."""
    examples: tuple[FailingExample, ...] = ()
    """The smallest ones, in their order."""
    shown: ShownFailure | None = None
    """None before anything was reduced."""

    def add(
        self,
        planned: Planned,
        exercised: int,
        failures: Sequence[Failure] = (),
        known: Sequence[bool] = (),
        trace: Trace | None = None,
    ) -> None:
        """Add what one scenario showed; ``known`` says which failures the baseline describes."""
        _add(self.exercised, {planned.mode: exercised})
        if not failures:
            return
        _add(self.failed, {planned.mode: len(failures)})
        _add(self.known, {planned.mode: sum(known)})
        both = sorted(zip(failures, known, strict=True), key=lambda pair: pair[1])
        kinds = self._failure_kinds()
        for failure, is_known in both:
            if not is_known:
                kinds.note(failure)
        self._set_kinds(kinds)
        # Of a scenario that was played over the network, the first failure stands for all.
        for failure, is_known in both if planned.mode == "simulated" else both[:1]:
            self._keep(
                FailingExample(planned=planned, failure=failure, trace=trace, known=is_known)
            )

    def _keep(self, example: FailingExample) -> None:
        # Most failures in virtual time are no smaller than the one that is kept of their kind.
        same = next((one for one in self.examples if one.kind == example.kind), None)
        if example.planned.mode == "network" or same is None or example.order < same.order:
            self.examples = _smallest([*self.examples, example])

    def add_variants(self, platform: Platform, *, failed: bool) -> None:
        """Count a scenario that exercised the clause under each of its platform variants."""
        for field in Platform.__struct_fields__:
            word = f"{field}={getattr(platform, field)!r}"
            self._count_variant(word, 1, int(failed))

    def show(self, shown: ShownFailure) -> None:
        """Choose a failure to be shown; a known one does not replace an unknown one."""
        if self.shown is None or self.shown.known or not shown.known:
            self.shown = shown

    def merge(self, other: ClauseStats) -> None:
        """Add what was seen elsewhere."""
        _add(self.exercised, other.exercised)
        _add(self.failed, other.failed)
        _add(self.known, other.known)
        kinds = self._failure_kinds()
        kinds.merge(other.kinds, other.kinds_left_out)
        self._set_kinds(kinds)
        for word, counts in other.by_variant.items():
            self._count_variant(word, *counts)
        self.examples = _smallest([*self.examples, *other.examples])
        both = [one for one in (self.shown, other.shown) if one is not None]
        self.shown = min(both, key=lambda one: one.order, default=None)

    def first(self) -> FirstFailure | None:
        """Return the failure to show: one that is not known, if there is any."""
        best = next((one for one in self.examples if one.trace is not None), None)
        if self.shown is not None and (best is None or best.known or not self.shown.known):
            return self.shown.first
        return best.as_first() if best is not None else None

    def _failure_kinds(self) -> FailureKinds:
        kinds = FailureKinds()
        kinds.merge(self.kinds, self.kinds_left_out)
        return kinds

    def _set_kinds(self, kinds: FailureKinds) -> None:
        self.kinds, self.kinds_left_out = tuple(kinds), kinds.more

    def _count_variant(self, word: str, seen: int, failed: int) -> None:
        before = self.by_variant.get(word, (0, 0))
        self.by_variant[word] = before[0] + seen, before[1] + failed


def _order(scenario: Scenario, *, known: bool) -> tuple[object, ...]:
    steps = len(scenario.callers) + len(scenario.actions) + len(scenario.faults)
    return known, steps, size(scenario)


def _add(counts: dict[Mode, int], more: dict[Mode, int]) -> None:
    for mode, number in more.items():
        if number:
            counts[mode] = counts.get(mode, 0) + number


def _smallest(examples: Iterable[FailingExample]) -> tuple[FailingExample, ...]:
    """Return the examples to keep, in their order."""
    kept: list[FailingExample] = []
    kinds: Counter[tuple[object, ...]] = Counter()
    for one in sorted(examples, key=lambda one: one.order):
        repeated = one.planned.mode == "simulated" and one.kind in kinds
        if not repeated and kinds[one.kind[:3]] < EXAMPLES_KEPT:
            kept.append(one)
            kinds.update([one.kind, one.kind[:3]])
    return tuple(kept)
