"""Cuts the plan of a run into shards, evenly and always in the same way: pure.

The cut depends on the plan and on ``K/N`` alone, so that machines need not know of each other.
"""

from __future__ import annotations

import hashlib
import re

import msgspec

from ringproof.accounting.selection import Selection
from ringproof.results import Planned, Shard
from ringproof_scenarios.model import to_json

SHARDS_MAX = 1_000
"""Of one run."""


class ShardError(ValueError):
    """There is no such shard of this plan; the message says which there are."""


def parse(text: str) -> tuple[int, int]:
    """Read ``K/N`` as (number, of), the first shard being ``1/N``. Raises ``ShardError``."""
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    number, of = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= number <= of <= SHARDS_MAX:
        raise ShardError(
            f"--shard {text!r}: it is K/N with 1 ≤ K ≤ N ≤ {SHARDS_MAX}; the first of three is 1/3"
        )
    return number, of


def fingerprint(selection: Selection) -> str:
    """Return 16 hexadecimal digits that differ for different scenarios, seeds or clauses.

    Which scenarios have real media is left out: that is a matter of the SUT.
    """
    digest = hashlib.sha256()
    for part in (selection.planned, selection.simulated):
        for one in part:
            digest.update(f"{one.mode} {one.source} {one.number} ".encode())
            digest.update(to_json(one.scenario) + b"\n")
    digest.update(f"{selection.sweep} {selection.complete}\n".encode())
    digest.update("\n".join(sorted(selection.clauses)).encode())
    return digest.hexdigest()[:16]


def cut(selection: Selection, number: int, of: int) -> Selection:
    """Return shard ``number`` of ``of``: its share of every part of the plan, to within one.

    Scenarios with real media, which take longest, are dealt out evenly too. Raises ``ShardError``
    when there are more shards than a part has scenarios: an empty shard would judge nothing.
    """
    parts = [
        size
        for size in (len(selection.planned), len(selection.simulated) + len(selection.sweep))
        if size
    ]
    if of > min(parts, default=0):
        raise ShardError(
            f"--shard {number}/{of}: there are {min(parts, default=0)} scenarios to share out; "
            "take fewer shards, or more --examples"
        )
    return msgspec.structs.replace(
        selection,
        planned=_dealt(selection.planned, number, of),
        simulated=_dealt(selection.simulated, number, of),
        sweep=_stretch(selection.sweep, number, of),
        shard=Shard(number=number, of=of, complete=selection.complete),
        complete=False,
    )


def _dealt(planned: tuple[Planned, ...], number: int, of: int) -> tuple[Planned, ...]:
    """Deal scenarios out in turn, sort by sort, and keep the plan's order."""
    sorts = sorted(
        range(len(planned)), key=lambda index: (planned[index].real_media, planned[index].source)
    )
    return tuple(planned[index] for index in sorted(sorts[number - 1 :: of]))


def _stretch(seeds: range, number: int, of: int) -> range:
    """Return a stretch without gaps: a sweep is played in blocks of neighbouring seeds."""
    return seeds[len(seeds) * (number - 1) // of : len(seeds) * number // of]
