"""The terminal: a progress bar while the run goes on, then the verdict table and each failure.

Texts that come from scenarios or from the SUT are never read as markup, and control characters in
them are spelled out.
"""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from ringproof import baseline
from ringproof.baseline import wording as held
from ringproof.report import findings
from ringproof.report.ladder.text import ladder, printable
from ringproof.report.wording import replay_command, sentences, trace_path
from ringproof.results import (
    AnyRunEvent,
    BlockPlayed,
    ClauseVerdict,
    Fault,
    PartStarted,
    Reducing,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    Searching,
    SutInfo,
)
from ringproof.verdict import Verdict

STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.WARN: "yellow",
    Verdict.NOT_EXERCISED: "magenta",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.KNOWN: "cyan",
    Verdict.FIXED: "bold cyan",
}
FAULTS_SHOWN = 10
REASON_MAX = 100
"""Characters of a reason in the table; the whole of it stands below."""
BORDERS = 8
"""Columns of the table's own lines and padding, beside those of the counts."""
PLAIN_WIDTH = 150
"""Of output that goes to a file or a pipe, where there is no terminal to ask."""


def console(*, to_stderr: bool = False) -> Console:
    """Return a console of the terminal's width, or wide enough for the table when piped."""
    found = Console(stderr=to_stderr, highlight=False)
    return (
        found
        if found.is_terminal
        else Console(stderr=to_stderr, highlight=False, width=PLAIN_WIDTH)
    )


class TerminalReport:
    """Shows one run on a console."""

    def __init__(self, console: Console, sut: str, report_dir: str = "") -> None:
        self._console = console
        self._sut = sut
        self._report_dir = report_dir
        self._progress = progress_bar(console)
        self._task: TaskID | None = None
        self._who = self._part = ""

    def record(self, event: AnyRunEvent) -> None:
        """Take in a run event."""
        match event:
            case RunStarted():
                self._who = printable(f"{event.sut.name} {event.sut.version}")
                self._progress.start()
            case PartStarted():
                self._part = f"{self._who} {event.mode}"
                self._task = self._progress.add_task(self._part, total=event.scenarios)
            case ScenarioFinished() if self._task is not None:
                self._progress.advance(self._task)
            case BlockPlayed() if self._task is not None:
                self._progress.advance(self._task, event.scenarios)
            case Reducing() if self._task is not None:
                text = f"reducing {event.clause}: {event.steps} steps"
                self._progress.update(self._task, description=printable(text))
            case Searching() if self._task is not None:
                self._progress.update(self._task, description=findings.progress(event))
            case RunFinished():
                if self._task is not None:
                    self._progress.update(self._task, description=self._part)
                self._progress.stop()
                self._show(event)
            case _:
                pass

    def _show(self, finished: RunFinished) -> None:
        console = self._console
        console.print(verdict_table(finished.verdicts, console.width))
        explored = finished.explored
        shown = {one.clause for one in explored.findings} if explored is not None else set()
        for verdict in finished.verdicts:
            told = verdict.id in shown or verdict.verdict is Verdict.KNOWN
            if verdict.first_failure is not None and not told:
                self._show_failure(verdict, finished.sut)
        if explored is not None:
            findings.show(console, explored, self._sut)
        if finished.baseline is not None:
            show_baseline(console, finished.baseline)
        show_faults(console, finished.faults)
        console.print(Text(summary(finished)))
        if self._report_dir:
            console.print(Text(f"reports: {printable(self._report_dir)}"))

    def _show_failure(self, verdict: ClauseVerdict, info: SutInfo | None) -> None:
        console, first = self._console, verdict.first_failure
        assert first is not None, "only called for failures"
        console.print()
        console.print(
            Text(printable(f"{verdict.verdict} {verdict.id}"), style=STYLES[verdict.verdict])
        )
        lines = [verdict.statement, verdict.reason, *verdict.variants, ""]
        lines += [f"  {sentence}" for sentence in sentences(first.scenario)]
        for line in lines:
            console.print(Text(printable(line)), soft_wrap=True)
        _print_raw(console, f"\n  {printable(replay_command(first, self._sut))}")
        _print_raw(console, f"  {trace_path(verdict.id)}\n")
        _print_raw(console, ladder(first.trace, first.failure))
        entry = baseline.entry(verdict, self._sut, info)
        if entry:
            _print_raw(console, f"To hold this as known, for `--baseline FILE`:\n\n{entry}")


def show_baseline(console: Console, result: baseline.BaselineResult) -> None:
    """Print how every entry stands that speaks of this client, and what became of the files."""
    console.print()
    for one in result.entry_statuses:
        style = "bold cyan" if one.outdated else "cyan" if one.matched else "dim"
        text = f"{one.entry.where} ({one.entry.clause}): {held.describe(one)}"
        console.print(Text(printable(text), style=style), soft_wrap=True)
    console.print(Text(printable(held.summary(result))), soft_wrap=True)


def show_faults(console: Console, faults: tuple[Fault, ...]) -> None:
    """Print what was nobody's failure but a fault: of the adapter, the environment or ours."""
    for fault in faults[:FAULTS_SHOWN]:
        where = f" in {fault.scenario}" if fault.scenario else ""
        text = f"fault of the {fault.owner}{where}: {fault.text}"
        for line in text.splitlines():
            console.print(Text(printable(line), style="bold red"), soft_wrap=True)
    if len(faults) > FAULTS_SHOWN:
        console.print(Text(f"… and {len(faults) - FAULTS_SHOWN} more faults"))


def verdict_table(verdicts: tuple[ClauseVerdict, ...], width: int) -> Table:
    """Return the table of all clauses that apply, grouped by family; the caption counts the rest.

    ``width`` is the console's, in columns: the reason gets what the others leave of it.
    A run of two parts shows how often each of them exercised a clause.
    The rest is not hidden: ``ringproof clauses`` lists every row with its reason.
    """
    shown = [verdict for verdict in verdicts if verdict.verdict is not Verdict.NOT_APPLICABLE]
    left_out = len(verdicts) - len(shown)
    table = Table(show_edge=False, pad_edge=False, title="Verdicts", title_justify="left")
    if left_out:
        table.caption = f"{left_out} more clauses do not apply: ringproof clauses --untested"
        table.caption_justify = "left"
    widest = max((len(_title(verdict)) for verdict in shown), default=0)
    folded = any(0 < verdict.simulated_exercised < verdict.exercised for verdict in shown)
    counts = ("simulated", "network", "failed") if folded else ("exercised", "failed")
    taken = widest + len(Verdict.NOT_EXERCISED) + sum(len(word) + 3 for word in counts) + BORDERS
    for heading in ("clause", "verdict"):
        table.add_column(heading, no_wrap=True)
    for heading in counts:
        table.add_column(heading, no_wrap=True, justify="right")
    table.add_column("reason", no_wrap=True, max_width=max(len("reason"), width - taken))
    for _, family in groupby(shown, key=lambda verdict: verdict.family):
        for verdict in family:
            table.add_row(
                Text(_title(verdict)),
                Text(verdict.verdict.value, style=STYLES[verdict.verdict]),
                *_counts(verdict, folded=folded),
                Text(_one_line(verdict)),
            )
        table.add_section()
    return table


def _counts(verdict: ClauseVerdict, *, folded: bool) -> list[str]:
    exercised = [verdict.exercised]
    if folded:
        simulated = verdict.simulated_exercised
        exercised = [simulated, verdict.exercised - simulated]
    return [str(count) for count in (*exercised, verdict.failed)]


def _title(verdict: ClauseVerdict) -> str:
    return printable(f"{verdict.id}{'' if verdict.level == 'M' else ' (should)'}")


def _one_line(verdict: ClauseVerdict) -> str:
    reason = printable(verdict.reason.partition("\n")[0])[:REASON_MAX]
    return "; ".join([*map(printable, verdict.variants), reason]) if reason else ""


def summary(finished: RunFinished) -> str:
    """Say the run in one line."""
    counted: dict[str, int] = {}
    for verdict in finished.verdicts:
        counted[verdict.verdict.value] = counted.get(verdict.verdict.value, 0) + 1
    words = ", ".join(f"{number} {word}" for word, number in sorted(counted.items()))
    told = "INCOMPLETE: " if finished.status == "incomplete" else ""
    if finished.shard is not None:
        told += f"shard {finished.shard.number}/{finished.shard.of}: "
    return (
        f"{told}{words}; {_played(finished)} "
        f"in {finished.duration_s:.1f} s, seed {finished.seed}, exit {finished.exit_code}"
    )


def _played(finished: RunFinished) -> str:
    """Say what was played, part by part."""
    told = []
    for mode, counts in finished.parts.items():
        sorts = [f"{counts.catalogue} catalogue", f"{counts.generated} generated"]
        sorts += [f"{counts.real_media} with real media"] if mode == "network" else []
        told.append(f"{mode}: {counts.run} scenarios ({', '.join(sorts)}), {counts.calls} calls")
    return "; ".join(told) or "no scenarios"


class _Rate(ProgressColumn):
    """Scenarios a second, over the whole run."""

    def render(self, task: Task) -> Text:
        rate = task.finished_speed or task.speed
        return Text(f"{rate:.1f}/s" if rate else "-/s")


def progress_bar(console: Console) -> Progress:
    """Return a bar with the count, the rate and the time; it shows nothing until it is started."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        console=console,
    )


def _print_raw(console: Console, text: str) -> None:
    """Print lines as they are: no wrapping, so that a shell line can be copied whole."""
    console.print(Text(text), soft_wrap=True, no_wrap=True, crop=False, overflow="ignore")
