"""Whether a small scenario lies within a large one, and what the large one is without it. Pure.

A reduced scenario that breaks a clause explains why every scenario breaks it that holds all of it:
the same things are done to some of its callers, under the same faults and variants. What the small
one says nothing about may be anything in the large one. A delay that is 0 in the small one may be
any; a later one must not be 0 in the large one, for the reduction tried 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, permutations, product

import msgspec
from msgspec.structs import replace

from ringproof.triage.canonical_form import name_kind
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.data import Data
from ringproof_scenarios.faults import AnyFault
from ringproof_scenarios.model import AnyAction, Caller, Scenario, ScenarioError, validate
from ringproof_scenarios.reduction import fewer_devices, keep

_CALLER = Caller()
_PLATFORM = Platform()
_CALLER_FIELDS = ("name", "at_ms", "alias", "media", "patience_ms", "talk_ms")
_PLACE_FIELDS = frozenset({"call", "device"})

_REMOVALS_MAX = 16
"""The same thing may happen to a call several times; more often nobody looks for it."""


class FailurePlace(msgspec.Struct, frozen=True):
    """Which call of a scenario breaks a clause, and on which device; None where that is unknown."""

    call: int | None = None
    device: int | None = None


class _Embedding(msgspec.Struct, frozen=True):
    """Where the small scenario's callers and devices are in the large one."""

    callers: tuple[int, ...]
    devices: tuple[int, ...]


NOWHERE = FailurePlace()


def within(
    small: Scenario, large: Scenario, at: FailurePlace = NOWHERE, of: FailurePlace = NOWHERE
) -> bool:
    """Say whether ``small`` lies within ``large``, with the place ``at`` on the place ``of``.

    The platform is compared too, but only where that of ``small`` is not the default.
    """
    return next(_embeddings(small, large, at, of), None) is not None


def without(
    small: Scenario, large: Scenario, at: FailurePlace = NOWHERE, of: FailurePlace = NOWHERE
) -> Iterator[Scenario]:
    """Yield ``large`` with one thing taken away that ``small`` needs, until it holds it no more.

    Nothing is yielded when ``small`` is nothing but a caller: there is no scenario without it.
    """
    seen = {large}
    first = next(_embeddings(small, large, at, of), None)
    needs = 0 if first is None else sum(1 for _ in _removals(small, large, first, of))
    for need in range(needs):
        rest: Scenario | None = large
        for _ in range(_REMOVALS_MAX):
            embedding = next(_embeddings(small, rest, at, of), None) if rest is not None else None
            if rest is None or embedding is None:
                break
            rest = next(islice(_removals(small, rest, embedding, of), need, None))
        else:
            rest = None
        if rest is not None and rest not in seen and _valid(rest):
            seen.add(rest)
            yield replace(rest, name="")


def _valid(scenario: Scenario) -> bool:
    try:
        validate(scenario)
    except ScenarioError:
        return False
    return True


# -- where it lies -----------------------------------------------------------------------------


def _embeddings(
    small: Scenario, large: Scenario, at: FailurePlace, of: FailurePlace
) -> Iterator[_Embedding]:
    if small.devices > large.devices or not _platform_within(small.platform, large.platform):
        return
    fitting = [
        [number for number, other in enumerate(large.callers) if _caller_within(caller, other)]
        for caller in small.callers
    ]
    for chosen in product(*fitting):
        if len({*chosen}) < len(chosen) or not _meets(at.call, of.call, chosen):
            continue
        if not _same_callers_within(small, large, chosen):
            continue
        for seated in permutations(range(large.devices), small.devices):
            embedding = _Embedding(chosen, seated)
            if _meets(at.device, of.device, seated) and _steps_within(small, large, embedding):
                yield embedding


def _meets(at: int | None, of: int | None, chosen: Sequence[int]) -> bool:
    return at is None or of is None or chosen[at] == of


def _platform_within(small: Platform, large: Platform) -> bool:
    return all(
        _value_within(
            field, getattr(small, field), getattr(large, field), getattr(_PLATFORM, field)
        )
        for field in Platform.__struct_fields__
    )


def _caller_within(small: Caller, large: Caller) -> bool:
    return all(
        _value_within(field, _said(small, field), _said(large, field), getattr(_CALLER, field))
        for field in _CALLER_FIELDS
    )


def _same_callers_within(small: Scenario, large: Scenario, chosen: Sequence[int]) -> bool:
    """Calls of one caller have to be of one caller there too."""
    there: dict[str, str] = {}
    for caller, number in zip(small.callers, chosen, strict=True):
        address = large.callers[number].address
        if there.setdefault(caller.address, address) != address:
            return False
    return True


def _said(caller: Caller, field: str) -> object:
    if field == "name" and caller.name != _CALLER.name:
        return name_kind(caller.name)
    return getattr(caller, field)


def _value_within(field: str, small: object, large: object, default: object) -> bool:
    if small == default:
        return True
    if not field.endswith("_ms"):
        return small == large
    return large != default and (not small or bool(large))


def _steps_within(small: Scenario, large: Scenario, embedding: _Embedding) -> bool:
    return _all_taken(small.actions, large.actions, embedding) and _all_taken(
        small.faults, large.faults, embedding
    )


def _all_taken(
    small: Sequence[AnyAction | AnyFault],
    large: Sequence[AnyAction | AnyFault],
    embedding: _Embedding,
) -> bool:
    """Find a step of its own for every step; a greedy choice is good enough for so few."""
    left = list(range(len(large)))
    for step in small:
        taken = _taken(step, large, left, embedding)
        if taken is None:
            return False
        left.remove(taken)
    return True


def _taken(
    step: AnyAction | AnyFault,
    large: Sequence[AnyAction | AnyFault],
    left: Iterable[int],
    embedding: _Embedding,
) -> int | None:
    where = (embedding.callers[step.call], embedding.devices[step.device])
    for index in left:
        other = large[index]
        if (other.call, other.device) == where and _step_within(step, other):
            return index
    return None


def _step_within(small: Data, large: Data) -> bool:
    """Say whether a step is of the same sort: apart from times, everything counts."""
    if type(small) is not type(large):
        return False
    for field in small.__struct_fields__:
        one, other = getattr(small, field), getattr(large, field)
        if field in _PLACE_FIELDS:
            continue
        if field.endswith("_ms"):
            if one and not other:
                return False
        elif one != other:
            return False
    return True


# -- what it is without it ---------------------------------------------------------------------


def _removals(
    small: Scenario, large: Scenario, embedding: _Embedding, of: FailurePlace
) -> Iterator[Scenario | None]:
    """Yield ``large`` without each thing that ``small`` needs; None where that cannot be.

    How many there are, and in which order, depends on ``small`` alone.
    """
    for key in ("faults", "actions"):
        steps = getattr(large, key)
        for step in getattr(small, key):
            gone = _taken(step, steps, range(len(steps)), embedding)
            assert gone is not None, "the small scenario lies there"
            yield replace(large, **{key: steps[:gone] + steps[gone + 1 :]})
    for field in Platform.__struct_fields__:
        plain = {field: getattr(_PLATFORM, field)}
        if getattr(small.platform, field) != plain[field]:
            yield replace(large, platform=replace(large.platform, **plain))
    for caller, number in zip(small.callers, embedding.callers, strict=True):
        for field in _CALLER_FIELDS:
            plain = {field: getattr(_CALLER, field)}
            if getattr(caller, field) != plain[field]:
                before, after = large.callers[:number], large.callers[number + 1 :]
                changed = replace(large.callers[number], **plain)
                yield replace(large, callers=(*before, changed, *after))
    for gone in embedding.callers if len(small.callers) > 1 else ():
        # The failing call is named by its number: callers before it must stay where they are.
        kept = [number for number in range(len(large.callers)) if number != gone]
        yield None if of.call is not None and gone <= of.call else keep(large, kept)
    if small.devices > 1:
        # So is the failing device; two devices are all that is ever drawn.
        movable = large.devices == 2 and of.device != 1
        yield list(fewer_devices(large))[-2] if movable else None
