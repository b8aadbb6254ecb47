"""Readers of one client's run: what its scenarios showed, and how far it has got."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from ringproof.matrix.table import Seen, seen
from ringproof.report.printable import printable
from ringproof.report.terminal import progress_bar, summary
from ringproof.results import (
    AnyRunEvent,
    PartStarted,
    Planned,
    Reducing,
    RunFinished,
    ScenarioFinished,
)


class Watcher:
    """Keeps what every scenario showed, in the order in which they ended."""

    def __init__(self) -> None:
        self.shown: list[tuple[Planned, Seen | None]] = []

    def record(self, event: AnyRunEvent) -> None:
        """Take in a run event."""
        if isinstance(event, ScenarioFinished):
            self.shown.append((event.planned, seen(event)))

    def by_label(self) -> dict[str, Seen]:
        """Return what could be judged, by the scenario's label."""
        return {planned.label: found for planned, found in self.shown if found is not None}


class ProgressLine:
    """Shows one client's run on a bar, from before its adapter has started, and its end."""

    def __init__(self, console: Console, title: str, *, told: bool = True) -> None:
        """``told`` prints the run's summary at its end."""
        self._console = console
        self._title = printable(title)
        self._told = told
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
                self.stop()
                if self._told:
                    told = printable(f"{self._title}: {summary(event)}")
                    self._console.print(Text(told), soft_wrap=True)
            case _:
                pass

    def stop(self) -> None:
        """Take the bar down."""
        self._bar.stop()
