"""Whether the SDK, or what it runs in, makes the difference between clients. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from ringproof.matrix.columns import FAILING, PASSING, Column, Row

Cause = Literal["", "sdk", "runtime", "both"]
"""``runtime`` is the browser, or Node.js. Empty: the clients do not tell."""

WORDS: Mapping[Cause, str] = {
    "sdk": "The SDK makes the difference: clients with the same SDK agree, whatever they run in.",
    "runtime": "What the SDK runs in makes the difference: the same SDK breaks the clause in one "
    "browser, or Node.js, and keeps it in another.",
    "both": "The SDK and what it runs in both make a difference.",
    "": "",
}
CHANCE = "It may be chance: no scenario showed it when it was played again."


def cause(columns: Sequence[Column], row: Row) -> Cause:
    """Return what makes the difference between those that break a clause and those that keep it."""
    fails: dict[tuple[str, str], dict[str, set[bool]]] = defaultdict(lambda: defaultdict(set))
    by_runtime: dict[str, set[bool]] = defaultdict(set)
    for column in columns:
        cell = row.cells.get(column.option)
        sut = column.finished.sut if column.finished else None
        if cell is None or sut is None or cell.verdict not in FAILING | PASSING:
            continue
        failed = cell.verdict in FAILING
        fails[sut.name, sut.version][sut.runtime].add(failed)
        if sut.runtime:  # an SDK that names none says nothing of any
            by_runtime[sut.runtime].add(failed)
    if _differ(seen for sdk in fails.values() for seen in sdk.values()):
        return ""  # of the same name and version in the same runtime: two builds, or chance
    named = [[seen for runtime, seen in sdk.items() if runtime] for sdk in fails.values()]
    in_one_sdk = _differ(set().union(*sdk) for sdk in named)
    in_one_runtime = _differ(by_runtime.values())
    if in_one_sdk:
        return "both" if in_one_runtime else "runtime"
    several = any(len(sdk) > 1 for sdk in named)
    everybody = set().union(*(seen for sdk in fails.values() for seen in sdk.values()))
    return "sdk" if in_one_runtime or (several and len(everybody) > 1) else ""


def _differ(groups: Iterable[set[bool]]) -> bool:
    return any(len(group) > 1 for group in groups)


def sentence(cause: Cause, *, replayed: bool) -> str:
    """Return the cause in words; ``replayed``: a scenario showed the difference again."""
    words = WORDS[cause]
    return f"{words} {CHANCE}" if words and not replayed else words
