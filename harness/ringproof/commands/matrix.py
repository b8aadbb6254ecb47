"""``ringproof matrix``: several clients on the same scenarios, on one page."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from ringproof.commands import baseline_option as known
from ringproof.commands import own_scenarios
from ringproof.commands import run_plan as running
from ringproof.commands.errors import AdapterStop, Stop, UsageStop
from ringproof.commands.parameters import Baselines, Flag

if TYPE_CHECKING:
    from rich.console import Console

    from ringproof.accounting.selection import Selection
    from ringproof.matrix.run import Front, Reader, Wanted
    from ringproof.matrix.table import Column, Matrix
    from ringproof.report.files import ReportFiles
    from ringproof.results import AnyRunEvent, RunFinished
    from ringproof.runner.plan import Plan
    from ringproof.suts.sut import Sut
    from ringproof_scenarios.model import Scenario

DEFAULT_EXAMPLES = 20
"""Beside the catalogue: five clients, four of them with real media, in ten minutes."""


def matrix(
    *,
    sut: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    examples: NonNegativeInt = DEFAULT_EXAMPLES,
    seed: int = 0,
    only: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    report_dir: Path = Path("build/matrix"),
    jobs: PositiveInt | None = None,
    baseline: Baselines = (),
    strict: Flag = False,
    json: Flag = False,
) -> int:
    """Play several clients on the same scenarios, and show where they differ.

    Every client is played over the network, one after the other. For each clause on which they
    differ, the smallest scenario is shown that one fails and another does not. The exit status is
    that of the client that fares worst, in the order 130, 4, 3, 1, 2, 5, 0; one that cannot be
    started is a column that says so.

    Parameters
    ----------
    sut
        Who is judged, as for `ringproof run`: given once for every client, at least twice. The
        others are compared with the first.
    examples
        How many scenarios to generate beside the catalogue.
    seed
        Of the generated scenarios: all clients play the same ones.
    only
        Glob over clause ids or scenario names; may be given several times.
    report_dir
        Where matrix.html, matrix.json and matrix.md are written, and the reports of every client
        in a folder of its own; what an earlier matrix has left there is replaced before anything
        is played.
    jobs
        How many scenarios to play side by side; the default suits each client.
    baseline
        Known failures, as for `ringproof run`; each entry says whose they are.
    strict
        As for `ringproof run`.
    json
        Print matrix.json to standard output, and the progress to standard error.
    """
    from ringproof.matrix import documents
    from ringproof.matrix import run as contest
    from ringproof.matrix.terminal import show
    from ringproof.report import document as json_report
    from ringproof.report.terminal import console

    if len(sut) < 2 or len(set(sut)) < len(sut):
        raise UsageStop("name at least two clients, each once: --sut reference --sut chromium")
    screen = console(to_stderr=json)
    try:
        with _opened(report_dir, sut, seed=seed, examples=examples) as reports:
            terms = contest.Terms(
                seed=seed,
                examples=examples,
                jobs=jobs,
                strict=strict,
                baseline=known.load(baseline),
            )
            wanted = _wanted(sut, examples, seed, only)
            front = _front(screen, report_dir)
            found = contest.Contest(wanted, reports, terms, front).hold()
    except OSError as error:
        raise UsageStop(f"--report-dir {report_dir}: {error.strerror}: {error.filename}") from error
    show(screen, found, report_dir)
    if json:
        sys.stdout.write(json_report.encode(documents.document(found)).decode())
    return found.exit_code


@contextmanager
def _opened(
    folder: Path, options: Sequence[str], *, seed: int, examples: int
) -> Iterator[list[ReportFiles]]:
    """Open the page and the reports of every client before anything that can fail or take long.

    What an earlier matrix has left is replaced by what says ``incomplete``: the page is taken away
    first, and comes back when no report that it leads to is an old one.
    """
    from ringproof.matrix import run as contest
    from ringproof.matrix.table import Matrix

    def write(columns: tuple[Column, ...]) -> None:
        _write(folder, Matrix(columns=columns, seed=seed, examples=examples))

    columns = contest.waiting(options)
    _remove(folder)
    with ExitStack() as stack:
        reports = [
            stack.enter_context(
                running.report_files(folder / column.folder, column.option, seed=seed)
            )
            for column in columns
        ]
        write(columns)
        try:
            yield reports
        except Stop as stop:
            write(contest.waiting(options, trouble=str(stop), exit_code=stop.exit_code))
            raise


def _wanted(
    options: Sequence[str], examples: int, seed: int, only: tuple[str, ...]
) -> list[Wanted]:
    """Find all clients before any is played. Raises ``Stop`` for one that does not exist."""
    from ringproof.matrix.run import Wanted
    from ringproof_scenarios.generate import strategies

    generated = strategies.draw_examples(examples, seed) if examples else ()
    found = []
    for option in options:
        try:
            thing = running.find_sut(option)
        except AdapterStop as stop:
            found.append(Wanted(option=option, trouble=str(stop)))
            continue
        except OSError as error:  # of a cache, say, and not of the report folder
            raise Stop(f"--sut {option}: {error.strerror}: {error.filename}") from error
        selection = _selection(thing, generated, only)
        found.append(Wanted(option=option, sut=thing, selection=selection))
    return found


def _selection(thing: Sut, generated: Sequence[Scenario], only: tuple[str, ...]) -> Selection:
    import msgspec

    from ringproof.accounting.selection import SelectionError, select
    from ringproof.runner import sharding
    from ringproof_scenarios import ledger

    try:
        chosen = select(
            catalogue=own_scenarios.everything(),
            generated=generated,
            ledger=ledger.load(),
            sut=thing,
            only=only,
        )
    except SelectionError as error:
        raise UsageStop(str(error)) from error
    return msgspec.structs.replace(chosen, fingerprint=sharding.fingerprint(chosen))


def _front(screen: Console, folder: Path) -> Front:
    from ringproof.matrix.progress import ProgressLine
    from ringproof.matrix.run import Front

    def follow(title: str, told: bool) -> Reader:
        return ProgressLine(screen, title, told=told).record

    return Front(play=_play, follow=follow, write=lambda found: _write(folder, found))


class _Taker:
    """Hands run events to a function."""

    def __init__(self, take: Reader) -> None:
        self._take = take

    def record(self, event: AnyRunEvent) -> None:
        """Take in a run event."""
        self._take(event)


def _play(plan: Plan, readers: Sequence[Reader]) -> RunFinished:
    return running.play(plan, [_Taker(take) for take in readers])


def _remove(folder: Path) -> None:
    """Take away the page of an earlier matrix."""
    from ringproof.matrix import documents, page

    for name in (documents.JSON_NAME, documents.MARKDOWN_NAME, page.NAME):
        (folder / name).unlink(missing_ok=True)


def _write(folder: Path, found: Matrix) -> None:
    """Write every document of the matrix, each whole or not at all, and last what tools read."""
    from ringproof.matrix import documents, page
    from ringproof.report import atomic
    from ringproof.report import document as json_report

    rendered = {
        page.NAME: page.render(found),
        documents.MARKDOWN_NAME: documents.markdown(found).encode(),
        documents.JSON_NAME: json_report.encode(documents.document(found)),
    }
    for name, data in rendered.items():
        atomic.write(folder / name, data)
