"""A matrix on a console: the progress of each client, and at the end where they differ."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from ringproof.matrix import page
from ringproof.matrix.document import Cell, MatrixDocument, headline
from ringproof.report.printable import printable
from ringproof.report.terminal import STYLES, progress_bar, summary
from ringproof.results import AnyRunEvent, PartStarted, Reducing, RunFinished, ScenarioFinished


class ProgressLine:
    """Shows one client's run on a bar, from before its adapter has started, and its end."""

    def __init__(self, console: Console, title: str, *, summarise: bool) -> None:
        """``summarise`` prints the run in one line at its end."""
        self._console = console
        self._title = printable(title)
        self._summarise = summarise
        self._bar: Progress = progress_bar(console)
        self._task = self._bar.add_task(f"{self._title}: starting", total=None)
        self._bar.start()

    def record(self, event: AnyRunEvent) -> None:
        """Take in a run event."""
        match event:
            case PartStarted():
                self._bar.update(self._task, description=self._title, total=event.scenarios)
            case ScenarioFinished():
                self._bar.advance(self._task)
            case Reducing():
                text = printable(f"{self._title}: reducing {event.clause}, {event.steps} steps")
                self._bar.update(self._task, description=text)
            case RunFinished():
                self._bar.update(self._task, description=self._title)
                self._bar.stop()
                if self._summarise:
                    line = printable(f"{self._title}: {summary(event)}")
                    self._console.print(Text(line), soft_wrap=True)
            case _:
                pass


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
