"""``matrix.json`` and ``matrix.md``: the matrix for other tools, and for the job page of a CI."""

from __future__ import annotations

from typing import Any

from ringproof.matrix.page import headline, replay
from ringproof.matrix.table import Column, Difference, Matrix, Telling, differs, first_difference
from ringproof.report.markdown import escaped, fenced
from ringproof.report.wording import sentences
from ringproof.results import ClauseVerdict
from ringproof.version import VERSION

FORMAT = 1
JSON_NAME = "matrix.json"
MARKDOWN_NAME = "matrix.md"

DIFFERENCES_MAX = 25
"""Told in full in Markdown: job pages hold a megabyte."""


def document(matrix: Matrix) -> dict[str, Any]:
    """Return the JSON document; cells are named by what ``--sut`` was given."""
    return {
        "ringproof": VERSION,
        "format": FORMAT,
        "status": matrix.status,
        "exit": matrix.exit_code,
        "seed": matrix.seed,
        "examples": matrix.examples,
        "duration_s": matrix.duration_s,
        "suts": [_sut(matrix, number) for number in range(len(matrix.columns))],
        "clauses": [_clause(matrix.columns, row, cells) for row, cells in matrix.rows()],
        "differences": [_difference(matrix, one) for one in matrix.differences],
    }


def _sut(matrix: Matrix, number: int) -> dict[str, Any]:
    column = matrix.columns[number]
    finished = column.finished
    info = finished.sut if finished else None
    first, others = first_difference(matrix, number)
    return {
        "option": column.option,
        "name": info.name if info else "",
        "version": info.version if info else "",
        "carrier": info.carrier if info else "",
        "report": f"{column.folder}/report.json",
        "scenarios": finished.counts.run if finished else 0,
        "exit": column.exit_code,
        "trouble": column.trouble,
        "first_difference": first,
        "differences": others,
    }


def _clause(
    columns: tuple[Column, ...], row: ClauseVerdict, cells: list[ClauseVerdict | None]
) -> dict[str, Any]:
    pairs = zip(columns, cells, strict=True)
    return {
        "id": row.id,
        "level": row.level,
        "statement": row.statement,
        "differs": differs(cells),
        "cells": {column.option: _cell(cell) for column, cell in pairs if cell is not None},
    }


def _cell(cell: ClauseVerdict) -> dict[str, Any]:
    return {
        "verdict": cell.verdict.value,
        "exercised": cell.exercised,
        "failed": cell.failed,
        "reason": cell.reason,
    }


def _difference(matrix: Matrix, difference: Difference) -> dict[str, Any]:
    return {
        "id": difference.id,
        "scenarios": [_telling(matrix, one) for one in difference.tellings],
        "untold": [{"fails": one, "holds": other} for one, other in difference.untold],
    }


def _telling(matrix: Matrix, telling: Telling) -> dict[str, Any]:
    shown = [
        column for column in matrix.columns if column.option in (*telling.fails, *telling.holds)
    ]
    return {
        "fails": list(telling.fails),
        "holds": list(telling.holds),
        "steps": len(telling.scenario.steps),
        "sentences": sentences(telling.scenario),
        "message": telling.message,
        "replayed": telling.replayed,
        "caveat": telling.caveat,
        "replay": {column.option: replay(column, telling) for column in shown},
    }


# -- Markdown ----------------------------------------------------------------------------------


def markdown(matrix: Matrix) -> str:
    """Return the matrix as Markdown: the clauses that differ, and what tells clients apart."""
    lines = [f"## ringproof matrix: {escaped(headline(matrix))}", ""]
    lines += _clients(matrix)
    lines += _table(matrix)
    for difference in matrix.differences[:DIFFERENCES_MAX]:
        lines += _section(matrix, difference)
    left = len(matrix.differences) - DIFFERENCES_MAX
    lines += [f"… and {left} more: see `matrix.html`.", ""] if left > 0 else []
    return "\n".join(lines).rstrip() + "\n"


def _clients(matrix: Matrix) -> list[str]:
    lines = ["| client | scenarios | exit | differs from the first on |", "|---|---|---|---|"]
    for number, column in enumerate(matrix.columns):
        first, others = first_difference(matrix, number)
        noun = "clause" if others == 1 else "clauses"
        differing = f"{others} {noun}, first {escaped(first)}" if others else ""
        trouble = f": {escaped(column.trouble)}" if column.trouble else ""
        played = column.finished.counts.run if column.finished else 0
        name = escaped(column.option)
        lines.append(f"| {name} | {played} | {column.exit_code}{trouble} | {differing} |")
    return [*lines, ""]


def _table(matrix: Matrix) -> list[str]:
    rows = [(row, cells) for row, cells in matrix.rows() if differs(cells)]
    if not rows:
        return []
    heads = [escaped(column.option) for column in matrix.columns]
    lines = [f"| clause | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    for row, cells in rows:
        told = [
            "" if one is None else f"{escaped(one.verdict.value)} {one.failed}/{one.exercised}"
            for one in cells
        ]
        lines.append(f"| {escaped(row.id)} | {' | '.join(told)} |")
    return [*lines, "", "Beside each verdict: how often it failed, of how often it occurred.", ""]


def _section(matrix: Matrix, difference: Difference) -> list[str]:
    lines = [f"### {escaped(difference.id)}", "", escaped(difference.statement), ""]
    columns = {column.option: column for column in matrix.columns}
    for telling in difference.tellings:
        fails, holds = (", ".join(map(escaped, side)) for side in (telling.fails, telling.holds))
        lines += [f"Fails: **{fails}**. Does not fail: **{holds}**.", ""]
        lines += [f"The failure {escaped(telling.caveat)}.", ""] if telling.caveat else []
        lines += [f"1. {escaped(sentence)}" for sentence in sentences(telling.scenario)]
        lines += ["", escaped(telling.message), ""]
        named = (telling.fails[0], telling.holds[0])
        lines += [*fenced("\n".join(replay(columns[one], telling) for one in named)), ""]
    for one, other in difference.untold:
        lines += [
            f"No scenario was found that {escaped(one)} fails and {escaped(other)} does not.",
            "",
        ]
    return lines
