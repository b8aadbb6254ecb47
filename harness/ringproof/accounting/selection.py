"""Chooses what a run plays: which scenarios, on which media, and which clauses it judges."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from ringproof.results import Mode, Modes, Planned, Shard
from ringproof.suts.sut import Sut
from ringproof_scenarios.ledger import Ledger
from ringproof_scenarios.model import Answer, Scenario, needs_packets

REAL_FAMILIES = (
    *("accept", "hang-up", "restart-media", "script", "variants"),
    *("origin", "outbound", "transfer"),
)
"""Catalogue families whose answered calls are played with real media by default."""

REAL_EVERY = 12
"""Of the generated scenarios that answer a call, every twelfth has real media."""


class SelectionError(ValueError):
    """A glob selects nothing; the message says what there is to select."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What a run plays and judges."""

    planned: tuple[Planned, ...]
    """Over the network."""
    simulated: tuple[Planned, ...] = ()
    """In virtual time, scenario by scenario."""
    sweep: range = range(0)
    """Seeds of scenarios that are drawn and played in virtual time."""
    clauses: frozenset[str]
    """The clauses the run judges."""
    complete: bool
    """True for a run over the whole catalogue: then every clause with a check has to occur."""
    shard: Shard | None = None
    """None for the whole plan."""
    fingerprint: str = ""
    """Of the whole plan (``sharding.fingerprint``); empty when nobody asked for it."""

    @property
    def mode(self) -> Modes:
        """What the run consists of."""
        if not (self.simulated or self.sweep):
            return "network"
        return "simulated+network" if self.planned else "simulated"


def select(
    *,
    catalogue: Sequence[Scenario],
    generated: Sequence[Scenario],
    ledger: Ledger,
    sut: Sut,
    only: Sequence[str] = (),
    modes: tuple[Mode, ...] = ("network",),
    sweep: range = range(0),
) -> Selection:
    """Choose by globs. A glob that fits a clause selects clauses, any other selects scenarios.

    Generated scenarios are called ``generated/0`` and so on. ``modes`` says how the catalogue is
    played; ``sweep`` are seeds to play in virtual time, left out where globs choose scenarios.
    Raises ``SelectionError``.
    """
    ids = [row.id for row in ledger]
    planned = [*_plan(catalogue, "catalogue", sut), *_plan(generated, "generated", sut)]
    simulated = [in_virtual_time(one) for one in planned if one.source == "catalogue"]
    clauses: set[str] = set()
    labels: set[str] = set()
    for glob in only:
        fitting = fnmatch.filter(ids, glob)
        played = [] if fitting else fnmatch.filter([one.label for one in planned], glob)
        if not fitting and not played:
            raise SelectionError(
                f"--only {glob!r} fits no clause and no scenario: see `ringproof clauses`"
            )
        clauses.update(fitting)
        labels.update(played)
    if labels:
        planned = [one for one in planned if one.label in labels]
        simulated = [one for one in simulated if one.label in labels]
        sweep = range(0)
    return Selection(
        planned=tuple(planned) if "network" in modes else (),
        simulated=tuple(simulated) if "simulated" in modes else (),
        sweep=sweep if "simulated" in modes else range(0),
        clauses=frozenset(clauses or ids),
        complete=not labels,
    )


def given(
    scenarios: Iterable[Scenario], sut: Sut, *, real_media: bool, mode: Mode = "network"
) -> tuple[Planned, ...]:
    """Plan scenarios that somebody asked for, one by one (replay)."""
    return tuple(
        Planned(
            scenario=scenario,
            source="given",
            real_media=(real_media or sut.always_real or needs_packets(scenario))
            and mode == "network",
            number=number,
            mode=mode,
        )
        for number, scenario in enumerate(scenarios)
    )


def in_virtual_time(planned: Planned) -> Planned:
    """Return the scenario as it is played in a simulation."""
    return msgspec.structs.replace(planned, mode="simulated", real_media=False)


def _plan(
    scenarios: Sequence[Scenario], source: Literal["catalogue", "generated"], sut: Sut
) -> Iterator[Planned]:
    answering = 0
    for number, scenario in enumerate(scenarios):
        answers = any(isinstance(action, Answer) for action in scenario.actions)
        answering += answers
        if source == "catalogue":
            chosen = scenario.name.partition("/")[0] in REAL_FAMILIES
        else:
            chosen = answering % REAL_EVERY == 0
        real_media = sut.always_real or (answers and chosen) or needs_packets(scenario)
        yield Planned(scenario=scenario, source=source, real_media=real_media, number=number)
