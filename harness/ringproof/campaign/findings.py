"""Findings: failures made small, one for every clause and shape."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ringproof.results import Planned
from ringproof.simulation.player import Player, player
from ringproof.triage.block import Block, BlockResult, play_block
from ringproof.triage.canonical_form import shape
from ringproof.triage.reproduce import shrink_in_virtual_time
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import size


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The representative of one way in which a clause is broken."""

    clause: str
    shape: str
    """Canonical form of the reduced scenario (``ringproof/triage/canonical_form.py``)."""
    seed: int
    """Of the scenario it was reduced from."""
    scenario: Scenario
    """The reduced one."""
    message: str


class ReducedBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A block that was played, with its failures made small."""

    result: BlockResult
    findings: tuple[Finding, ...] = ()


def play_and_reduce(block: Block) -> bytes:
    """Play, judge and reduce one block; return the ``ReducedBlock`` as one line of JSON.

    Bytes, so that "the same result" is a comparison of bytes whoever worked on it.
    """
    result = play_block(block)
    client = player(block.sut)
    findings = [
        small
        for clause, stats in sorted(result.clauses.items())
        for one in stats.examples
        if (small := _small(clause, one.planned, client)) is not None
    ]
    # The scenarios as they were drawn follow from their seeds: there is no need to keep them.
    slim = msgspec.structs.replace(
        result,
        clauses={
            clause: msgspec.structs.replace(stats, examples=())
            for clause, stats in result.clauses.items()
        },
    )
    reduced = ReducedBlock(result=slim, findings=distinct(findings))
    return msgspec.json.encode(reduced, order="sorted")


def read(line: bytes) -> ReducedBlock:
    """Decode what ``play_and_reduce`` returned. Raises ``msgspec.DecodeError``."""
    return msgspec.json.decode(line, type=ReducedBlock)


def distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Keep of every clause and shape the smallest scenario, of equally small ones the first seed.

    The order of ``findings`` does not matter; the result is sorted by clause and size.
    """
    kept: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = finding.clause, finding.shape
        if key not in kept or _order(finding) < _order(kept[key]):
            kept[key] = finding
    return tuple(sorted(kept.values(), key=lambda one: (one.clause, *_order(one))))


def _order(finding: Finding) -> tuple[object, ...]:
    return (size(finding.scenario), finding.seed, finding.scenario.seed)


def _small(clause: str, planned: Planned, client: Player) -> Finding | None:
    shrunk = shrink_in_virtual_time(planned.scenario, clause, client)
    if shrunk is None:
        return None
    return Finding(
        clause=clause,
        shape=shape(shrunk.scenario),
        seed=planned.number,
        scenario=shrunk.scenario,
        message=shrunk.failure.message,
    )
