"""Where clients differ: which scenarios to play on others, and which of them show it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from ringproof.matrix.columns import FAILING, PASSING, Column, Play, Row, rows
from ringproof.report.document import like
from ringproof.report.wording import replay_line, sentences
from ringproof.results import Certainty, FirstFailure
from ringproof.verdict import Verdict
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import size


class Probe(msgspec.Struct, frozen=True):
    """A scenario that one client fails, to be played on the others in the same way."""

    scenario: Scenario
    real_media: bool


ProbeResults = Mapping[str, Mapping[Probe, Sequence[Play | None]]]
"""Client → probe → what each play of it showed."""


class DistinguishingScenario(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario in which some clients break the clause and others keep it."""

    fails: tuple[str, ...]
    """What ``--sut`` was given."""
    passes: tuple[str, ...]
    name: str
    """In the catalogue, of one that was not made smaller; else empty."""
    steps: int
    sentences: tuple[str, ...]
    message: str
    """What was expected and what was seen."""
    replayed: bool
    """Played again for this purpose, several times; else both met it in their own runs."""
    certainty: Certainty | None
    """Whether it fails every time that it is replayed; None where nobody tried."""
    replay: dict[str, str]
    """Client → line for the shell, of each that is named above."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two clients with different verdicts, and no scenario that shows it."""

    fails: str
    passes: str


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One clause on which clients differ."""

    id: str
    level: str
    statement: str
    scenarios: tuple[DistinguishingScenario, ...] = ()
    """Smallest first."""
    unexplained: tuple[Pair, ...] = ()


def probe_of(first: FirstFailure) -> Probe:
    """Return what to play to see a failure again; its name would make it look hand-written."""
    return Probe(msgspec.structs.replace(first.scenario, name=""), first.real_media)


def probes(columns: Sequence[Column]) -> dict[str, list[Probe]]:
    """Return, for every client that keeps a clause, the failures of those that break it."""
    found: dict[str, dict[Probe, None]] = {column.option: {} for column in columns}
    for row in rows(columns):
        if not row.differs:
            continue
        for column in _of(columns, row, FAILING):
            if (first := column.verdicts[row.clause.id].first_failure) is not None:
                for other in _of(columns, row, PASSING):
                    found[other.option][probe_of(first)] = None
    return {option: list(wanted) for option, wanted in found.items()}


def differences(columns: Sequence[Column], results: ProbeResults) -> tuple[Difference, ...]:
    """Return every clause on which clients differ, and the smallest scenarios that show it."""
    return tuple([_difference(columns, row, results) for row in rows(columns) if row.differs])


class _Evidence(msgspec.Struct, kw_only=True):
    """A scenario that distinguishes at least two clients."""

    probe: Probe
    message: str
    replayed: bool
    certainty: Certainty | None = None
    fails: dict[str, Column] = {}
    passes: dict[str, Column] = {}

    @property
    def order(self) -> tuple[bool, object]:
        """Replayed ones come first, and of these the smallest."""
        return not self.replayed, size(self.probe.scenario)

    def shown(self) -> DistinguishingScenario:
        scenario, real_media = self.probe.scenario, self.probe.real_media
        columns = {**self.fails, **self.passes}
        return like(
            DistinguishingScenario,
            self,
            fails=tuple(self.fails),
            passes=tuple(self.passes),
            name=scenario.name,
            steps=len(scenario.steps),
            sentences=tuple(sentences(scenario)),
            replay={
                name: replay_line(scenario, name, real_media=real_media and not one.always_real)
                for name, one in columns.items()
            },
        )


def _difference(columns: Sequence[Column], row: Row, results: ProbeResults) -> Difference:
    clause = row.clause
    passing = list(_of(columns, row, PASSING))
    known: dict[Probe, _Evidence] = {}
    unexplained = []
    for one in _of(columns, row, FAILING):
        for other in passing:
            found = _replayed(clause.id, one, other, results) or _met(clause.id, one, other)
            if found is None:
                unexplained.append(Pair(fails=one.option, passes=other.option))
                continue
            evidence = known.setdefault(found.probe, found)
            evidence.fails[one.option], evidence.passes[other.option] = one, other
    scenarios = [one.shown() for one in sorted(known.values(), key=lambda one: one.order)]
    pairs = tuple(unexplained)
    return like(Difference, clause, scenarios=tuple(scenarios), unexplained=pairs)


def _replayed(clause: str, one: Column, other: Column, results: ProbeResults) -> _Evidence | None:
    """Return the failure of ``one`` when ``other`` kept the clause in it every time."""
    first = one.verdicts[clause].first_failure
    if first is None:
        return None
    probe = probe_of(first)
    plays = results.get(other.option, {}).get(probe, ())
    if not plays or not all(play is not None and clause in play.passed for play in plays):
        return None
    message, certainty = first.failure.message, first.certainty
    return _Evidence(probe=probe, message=message, replayed=True, certainty=certainty)


def _met(clause: str, one: Column, other: Column) -> _Evidence | None:
    """Return the smallest scenario of the plan in which one failed and the other did not."""
    both = [
        mine.planned
        for label, mine in one.played.items()
        if clause in mine.failed
        and (theirs := other.played.get(label)) is not None
        and clause in theirs.passed
    ]
    if not both:
        return None
    planned = min(both, key=lambda it: (len(it.scenario.steps), size(it.scenario), it.label))
    probe = Probe(planned.scenario, planned.real_media)
    return _Evidence(probe=probe, message=one.verdicts[clause].reason, replayed=False)


def _of(columns: Sequence[Column], row: Row, verdicts: Collection[Verdict]) -> Iterator[Column]:
    for column, cell in zip(columns, row.cells, strict=True):
        if cell is not None and cell.verdict in verdicts:
            yield column
