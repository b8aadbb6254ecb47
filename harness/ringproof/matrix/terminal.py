"""A matrix on a console: where the clients differ."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ringproof.matrix import page
from ringproof.matrix.columns import Cell
from ringproof.matrix.document import MatrixDocument, headline
from ringproof.report.printable import printable
from ringproof.report.terminal import STYLES

WHO = {"sdk": "SDK", "runtime": "browser", "both": "both", "": ""}
"""What makes the difference, in a column."""


def show(console: Console, matrix: MatrixDocument, folder: Path) -> None:
    """Print the clauses that differ, the clients that could not be played, and the summary."""
    differing = [clause for clause in matrix.clauses if clause.differs]
    options = [client.option for client in matrix.suts]
    causes = {one.id: WHO[one.cause] for one in matrix.differences}
    if differing:
        table = Table(show_edge=False, pad_edge=False)
        table.add_column("clause", no_wrap=True)
        for option in options:
            table.add_column(Text(printable(option)))
        table.add_column("made by", style="dim")
        for clause in differing:
            cells = [_cell(clause.cells.get(one)) for one in options]
            table.add_row(Text(clause.id), *cells, Text(causes.get(clause.id, "")))
        console.print(table)
    for client in matrix.suts:
        if client.error:
            line = f"{client.option}: {client.error.splitlines()[0]}"
            console.print(Text(printable(line), style="bold red"), soft_wrap=True)
    console.print(Text(headline(matrix)), soft_wrap=True)
    console.print(Text(f"page: {printable(str(folder / page.NAME))}"), soft_wrap=True)


def _cell(cell: Cell | None) -> Text:
    if cell is None:
        return Text("-", style="dim")
    counts = f" {cell.failed}/{cell.exercised}" if cell.exercised else ""
    return Text(f"{cell.verdict.value}{counts}", style=STYLES[cell.verdict])
