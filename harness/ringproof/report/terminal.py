"""The terminal: a progress bar while the run goes on, then the verdict table and each failure.

Texts that come from scenarios or from the SUT are never read as markup, and control characters in
them are spelled out.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from rich import progress
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ringproof import baseline, results
from ringproof.baseline import wording as baseline_wording
from ringproof.report import wording
from ringproof.report.ladder.text import ladder
from ringproof.report.printable import printable
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
"""Characters of a reason in the table; the whole of it is printed below."""
BORDERS = 8
"""Columns of the table's own lines and padding, beside those of the counts."""
PLAIN_WIDTH = 150
"""Of output that goes to a file or a pipe, where there is no terminal to ask."""


def console(*, to_stderr: bool = False) -> Console:
    """Return a console of the terminal's width, or wide enough for the table when piped."""
    screen = Console(stderr=to_stderr, highlight=False)
    if not screen.is_terminal:
        screen.width = PLAIN_WIDTH
    return screen


class RunProgress:
    """A bar for each part of a run; the first is there before the run has begun."""

    def __init__(self, console: Console, title: str) -> None:
        self._title = self._part = printable(title)
        self._bar = progress_bar(console)
        self._tasks = [self._bar.add_task(f"{self._title}: starting", total=None)]
        self._bar.start()

    def record(self, event: results.AnyRunEvent) -> None:
        """Add a run event."""
        match event:
            case results.PartStarted():
                if self._part != self._title:
                    self._tasks.append(self._bar.add_task(""))
                self._part = f"{self._title} {event.mode}"
                self._describe(self._part)
                self._bar.update(self._tasks[-1], total=event.scenarios)
            case results.ScenarioFinished():
                self._bar.advance(self._tasks[-1])
            case results.BlockPlayed():
                self._bar.advance(self._tasks[-1], event.scenarios)
            case results.Reducing():
                self._describe(f"{self._title}: reducing {event.clause}, {event.steps} steps")
            case results.Searching():
                self._describe(
                    f"{event.findings} findings, {event.waiting} failures to look into, "
                    f"{event.left_s} s left at most"
                )
            case results.RunFinished():
                self._describe(self._part)
                self._bar.stop()
            case _:
                pass

    def _describe(self, text: str) -> None:
        self._bar.update(self._tasks[-1], description=printable(text))


class TerminalReport:
    """Shows one run on a console."""

    def __init__(self, console: Console, sut: str, report_dir: str = "") -> None:
        self._console = console
        self._sut = sut
        self._report_dir = report_dir
        self._progress: RunProgress | None = None

    def record(self, event: results.AnyRunEvent) -> None:
        """Add a run event."""
        if isinstance(event, results.RunStarted):
            self._progress = RunProgress(self._console, f"{event.sut.name} {event.sut.version}")
        elif self._progress is not None:
            self._progress.record(event)
        if isinstance(event, results.RunFinished):
            self._show(event)

    def _show(self, finished: results.RunFinished) -> None:
        console = self._console
        console.print(verdict_table(finished.verdicts, console.width))
        findings = finished.explored.findings if finished.explored is not None else ()
        explored = {one.clause for one in findings}
        for verdict in finished.verdicts:
            shown = wording.shown_first_failure(verdict, self._sut)
            if shown is None or verdict.id in explored or verdict.verdict is Verdict.KNOWN:
                continue
            heading, style = f"{verdict.verdict} {verdict.id}", STYLES[verdict.verdict]
            lines = [verdict.statement, verdict.reason, *shown.remarks]
            _show_failure(console, heading, style, lines, shown)
            entry = baseline.entry(verdict, self._sut, finished.sut)
            if entry:
                _print_raw(console, f"To accept this as known, for `--baseline FILE`:\n\n{entry}")
        if finished.explored is not None:
            show_exploration(console, finished.explored, self._sut)
        if finished.baseline is not None:
            show_baseline(console, finished.baseline)
        show_faults(console, finished.faults)
        console.print(Text(printable(summary(finished))))
        if self._report_dir:
            console.print(Text(f"reports: {printable(self._report_dir)}"))


def _show_failure(
    console: Console, heading: str, style: str, lines: list[str], shown: wording.ShownFailure
) -> None:
    """Print what failed, the scenario, the line that plays it again, and the ladder."""
    console.print()
    console.print(Text(printable(heading), style=style))
    for line in [*lines, "", *(f"  {sentence}" for sentence in shown.sentences)]:
        console.print(Text(printable(line)), soft_wrap=True)
    _print_raw(console, f"\n  {printable(shown.replay)}\n  {shown.trace}\n")
    _print_raw(console, ladder(shown.first.trace, shown.first.failure))


def show_exploration(console: Console, explored: results.Explored, sut: str) -> None:
    """Print every finding with its ladder, those that fail every time first."""
    confirmed = [one for one in explored.findings if one.confirmed]
    others = [one for one in explored.findings if not one.confirmed]
    for title, group in (("Finding", confirmed), ("Not every time", others)):
        for number, finding in enumerate(group, 1):
            heading = f"{title} {number} of {len(group)}: {finding.clause}"
            style = "bold red" if finding.level == "M" else "yellow"
            explains = (
                f"{wording.replays(finding)}; explains {finding.scenarios} of the scenarios played"
            )
            lines = [finding.statement, finding.first.failure.message, explains, *finding.variants]
            _show_failure(console, heading, style, lines, wording.shown_finding(finding, sut))
    console.print()
    words = [f"{explored.walks} walks", f"{len(confirmed)} findings that fail every time"]
    words += [f"{len(others)} that do not"] if others else []
    left = explored.unexamined
    words += [f"{left} failures there was no time to look into"] if left else []
    console.print(Text(f"Explored: {', '.join(words)}"), soft_wrap=True)
    for number, finding in enumerate(explored.findings, 1):
        _print_raw(
            console, f"{number:4}  {printable(finding.clause):32} {wording.replays(finding)}"
        )
        for sentence in wording.sentences(finding.first.scenario):
            _print_raw(console, f"        {printable(sentence)}")


def show_baseline(console: Console, result: baseline.BaselineResult) -> None:
    """Print the state of every entry for this client, and a summary."""
    console.print()
    for one in result.entry_statuses:
        style = "bold cyan" if one.outdated else "cyan" if one.matched else "dim"
        text = f"{one.entry.where} ({one.entry.clause}): {baseline_wording.describe(one)}"
        console.print(Text(printable(text), style=style), soft_wrap=True)
    console.print(Text(printable(baseline_wording.summary(result))), soft_wrap=True)


def show_faults(console: Console, faults: tuple[results.Fault, ...]) -> None:
    """Print the faults of the adapter, of the environment and of ringproof."""
    for fault in faults[:FAULTS_SHOWN]:
        where = f" in {fault.scenario}" if fault.scenario else ""
        text = f"fault of the {fault.owner}{where}: {fault.text}"
        for line in text.splitlines():
            console.print(Text(printable(line), style="bold red"), soft_wrap=True)
    if len(faults) > FAULTS_SHOWN:
        console.print(Text(f"… and {len(faults) - FAULTS_SHOWN} more faults"))


def verdict_table(verdicts: tuple[results.ClauseVerdict, ...], width: int) -> Table:
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
            simulated = verdict.simulated_exercised
            parts = [simulated, verdict.exercised - simulated] if folded else [verdict.exercised]
            table.add_row(
                Text(_title(verdict)),
                Text(verdict.verdict.value, style=STYLES[verdict.verdict]),
                *map(str, (*parts, verdict.failed)),
                Text(_one_line(verdict)),
            )
        table.add_section()
    return table


def _title(verdict: results.ClauseVerdict) -> str:
    return printable(f"{verdict.id}{'' if verdict.level == 'M' else ' (should)'}")


def _one_line(verdict: results.ClauseVerdict) -> str:
    reason = printable(verdict.reason.partition("\n")[0])[:REASON_MAX]
    return "; ".join([*map(printable, wording.remarks(verdict)), reason]) if reason else ""


def summary(finished: results.RunFinished) -> str:
    """Return the run in one line."""
    numbers = sorted(Counter(one.verdict.value for one in finished.verdicts).items())
    words = ", ".join(f"{number} {word}" for word, number in numbers)
    parts = []
    for mode, counts in finished.parts.items():
        kinds = [f"{counts.catalogue} catalogue", f"{counts.generated} generated"]
        kinds += [f"{counts.real_media} with real media"] if mode == "network" else []
        parts.append(f"{mode}: {counts.run} scenarios ({', '.join(kinds)}), {counts.calls} calls")
    left_out = results.describe_left_out(finished.left_out)
    parts += [left_out] if left_out else []
    prefix = "INCOMPLETE: " if finished.status == "incomplete" else ""
    if finished.shard is not None:
        prefix += f"shard {finished.shard.number}/{finished.shard.of}: "
    return (
        f"{prefix}{words}; {'; '.join(parts) or 'no scenarios'} "
        f"in {finished.duration_s:.1f} s, seed {finished.seed}, exit {finished.exit_code}"
    )


class _Rate(progress.ProgressColumn):
    """Scenarios a second, over the whole run."""

    def render(self, task: progress.Task) -> Text:
        rate = task.finished_speed or task.speed
        return Text(f"{rate:.1f}/s" if rate else "-/s")


def progress_bar(console: Console) -> progress.Progress:
    """Return a bar with the count, the rate and the time; it shows nothing until it is started."""
    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        _Rate(),
        progress.TimeElapsedColumn(),
        console=console,
    )


def _print_raw(console: Console, text: str) -> None:
    """Print lines as they are: no wrapping, so that a shell line can be copied whole."""
    console.print(Text(text), soft_wrap=True, no_wrap=True, crop=False, overflow="ignore")
