"""The matrix on a console: the clauses on which clients differ, and where the page is."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ringproof.matrix.page import NAME, headline
from ringproof.matrix.table import Matrix, differs
from ringproof.report.printable import printable
from ringproof.report.terminal import STYLES
from ringproof.results import ClauseVerdict


def show(console: Console, matrix: Matrix, folder: Path) -> None:
    """Print the clauses that differ, the clients that could not be played, and the summary."""
    rows = [(row, cells) for row, cells in matrix.rows() if differs(cells)]
    if rows:
        table = Table(show_edge=False, pad_edge=False)
        table.add_column("clause", no_wrap=True)
        for column in matrix.columns:
            table.add_column(Text(printable(column.option)))
        for row, cells in rows:
            table.add_row(Text(row.id), *map(_cell, cells))
        console.print(table)
    for column in matrix.columns:
        if column.trouble:
            told = f"{column.option}: {column.trouble.splitlines()[0]}"
            console.print(Text(printable(told), style="bold red"), soft_wrap=True)
    console.print(Text(headline(matrix)), soft_wrap=True)
    console.print(Text(f"page: {printable(str(folder / NAME))}"), soft_wrap=True)


def _cell(cell: ClauseVerdict | None) -> Text:
    if cell is None:
        return Text("-", style="dim")
    counts = f" {cell.failed}/{cell.exercised}" if cell.exercised else ""
    return Text(f"{cell.verdict.value}{counts}", style=STYLES[cell.verdict])
