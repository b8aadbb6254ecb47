"""Where clients differ: which scenarios to play on others, and which of them show it. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence

import msgspec

from ringproof.matrix.causes import Cause, cause, sentence
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
    cause: Cause = ""
    """Whether the SDK or what it runs in makes the difference."""
    scenarios: tuple[DistinguishingScenario, ...] = ()
    """Smallest first."""
    unexplained: tuple[Pair, ...] = ()

    @property
    def because(self) -> str:
        """The cause in words; empty where the clients do not tell."""
        return sentence(self.cause, replayed=any(one.replayed for one in self.scenarios))


def probe_of(first: FirstFailure) -> Probe:
    """Return what to play to see a failure again; its name would make it look hand-written."""
    return Probe(msgspec.structs.replace(first.scenario, name=""), first.real_media)


def probes(columns: Sequence[Column]) -> dict[str, list[Probe]]:
    """Return, for every client that keeps a clause, the failures of those that break it."""
    wanted: dict[str, dict[Probe, None]] = {column.option: {} for column in columns}
    for row in rows(columns):
        if not row.differs:
            continue
        for column in _with(FAILING, columns, row):
            if (first := column.verdicts[row.id].first_failure) is not None:
                for other in _with(PASSING, columns, row):
                    wanted[other.option][probe_of(first)] = None
    return {option: list(probes) for option, probes in wanted.items()}


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
    known: dict[Probe, _Evidence] = {}
    unexplained = []
    pairs = itertools.product(_with(FAILING, columns, row), _with(PASSING, columns, row))
    for failing, passing in pairs:
        evidence = _replayed(row.id, failing, passing, results) or _met(row.id, failing, passing)
        if evidence is None:
            unexplained.append(Pair(fails=failing.option, passes=passing.option))
            continue
        evidence = known.setdefault(evidence.probe, evidence)
        evidence.fails[failing.option], evidence.passes[passing.option] = failing, passing
    scenarios = [one.shown() for one in sorted(known.values(), key=lambda one: one.order)]
    return like(
        Difference,
        row,
        cause=cause(columns, row),
        scenarios=tuple(scenarios),
        unexplained=tuple(unexplained),
    )


def _replayed(
    clause: str, failing: Column, passing: Column, results: ProbeResults
) -> _Evidence | None:
    """Return the first failure of one client when the other passed in every replay of it."""
    first = failing.verdicts[clause].first_failure
    if first is None:
        return None
    probe = probe_of(first)
    plays = results.get(passing.option, {}).get(probe, ())
    if not plays or not all(play is not None and clause in play.passed for play in plays):
        return None
    message, certainty = first.failure.message, first.certainty
    return _Evidence(probe=probe, message=message, replayed=True, certainty=certainty)


def _met(clause: str, failing: Column, passing: Column) -> _Evidence | None:
    """Return the smallest scenario of the plan in which one failed and the other did not."""
    both = [
        play.planned
        for label, play in failing.played.items()
        if clause in play.failed
        and (other := passing.played.get(label)) is not None
        and clause in other.passed
    ]
    if not both:
        return None
    planned = min(both, key=lambda it: (len(it.scenario.steps), size(it.scenario), it.label))
    probe = Probe(planned.scenario, planned.real_media)
    return _Evidence(probe=probe, message=failing.verdicts[clause].reason, replayed=False)


def _with(verdicts: Collection[Verdict], columns: Sequence[Column], row: Row) -> list[Column]:
    """Return the clients that got one of ``verdicts`` by a clause."""
    options = {option for option, cell in row.cells.items() if cell.verdict in verdicts}
    return [column for column in columns if column.option in options]
