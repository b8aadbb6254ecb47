"""A matrix on a console: the progress of each client, and at the end where they differ."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ringproof.matrix import page
from ringproof.matrix.columns import Cell
from ringproof.matrix.document import MatrixDocument, headline
from ringproof.report.printable import printable
from ringproof.report.terminal import STYLES, RunProgress, summary
from ringproof.results import AnyRunEvent, RunFinished


class ClientProgress(RunProgress):
    """The progress of one client, and its run in one line at the end where ``summarise``."""

    def __init__(self, console: Console, title: str, *, summarise: bool) -> None:
        super().__init__(console, title)
        self._console = console
        self._summarise = summarise

    def record(self, event: AnyRunEvent) -> None:
        """Add a run event."""
        super().record(event)
        if self._summarise and isinstance(event, RunFinished):
            line = printable(f"{self._title}: {summary(event)}")
            self._console.print(Text(line), soft_wrap=True)


def show(console: Console, matrix: MatrixDocument, folder: Path) -> None:
    """Print the clauses that differ, the clients that could not be played, and the summary."""
    differing = [clause for clause in matrix.clauses if clause.differs]
    options = [client.option for client in matrix.suts]
    if differing:
        table = Table(show_edge=False, pad_edge=False)
        table.add_column("clause", no_wrap=True)
        for option in options:
            table.add_column(Text(printable(option)))
        for clause in differing:
            table.add_row(Text(clause.id), *(_cell(clause.cells.get(one)) for one in options))
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
