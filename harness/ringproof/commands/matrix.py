"""``ringproof matrix``: several clients on the same scenarios, on one page."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cyclopts.types import NonNegativeInt, PositiveInt

from ringproof.accounting.selection import SelectionError, select
from ringproof.commands import baseline_option, own_scenarios, run_plan
from ringproof.commands.errors import AdapterStop, Stop, UsageStop, writing
from ringproof.commands.folder_lock import alone_in
from ringproof.commands.output import write_json
from ringproof.commands.parameters import Flag, Strings
from ringproof.matrix import document, markdown, page
from ringproof.matrix.columns import unplayed
from ringproof.matrix.document import MatrixDocument
from ringproof.matrix.terminal import show
from ringproof.report import atomic
from ringproof.report.document import encode
from ringproof.report.files import ReportFiles
from ringproof.report.terminal import console
from ringproof.runner import sharding
from ringproof_scenarios import ledger

if TYPE_CHECKING:
    from ringproof.matrix.run import Client
    from ringproof.runner.plan import Plan

DEFAULT_EXAMPLES = 20
"""Beside the catalogue: five clients, four of them with real media, in ten minutes."""


def matrix(
    *,
    sut: Strings = (),
    examples: NonNegativeInt = DEFAULT_EXAMPLES,
    seed: int = 0,
    only: Strings = (),
    report_dir: Path = Path("build/matrix"),
    jobs: PositiveInt | None = None,
    baseline: Strings = (),
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
    from ringproof.matrix.run import MatrixRun
    from ringproof.runner.plan import Plan

    if len(sut) < 2 or len(set(sut)) < len(sut):
        raise UsageStop("name at least two clients, each once: --sut reference --sut chromium")
    screen = console(to_stderr=json)
    with (
        writing("--report-dir", report_dir),
        _opened(report_dir, sut, seed=seed, examples=examples) as reports,
    ):
        known = baseline_option.load(baseline)
        plan = functools.partial(Plan, seed=seed, jobs=jobs, strict=strict, baseline=known)
        run = MatrixRun(
            _clients(sut, examples, seed, only, plan),
            reports,
            screen,
            seed=seed,
            examples=examples,
            play=run_plan.play,
            write=functools.partial(_write, report_dir),
        )
        played = run.run()
    show(screen, played, report_dir)
    if json:
        write_json(encode(played))
    return played.exit_code


@contextmanager
def _opened(
    folder: Path, options: Sequence[str], *, seed: int, examples: int
) -> Iterator[list[ReportFiles]]:
    """Open the page and the reports of every client before anything that can fail or take long.

    What an earlier matrix has left is replaced by what says ``incomplete``: the page is taken away
    first, and comes back when no report that it leads to is an old one.
    """
    columns = unplayed(options)
    with ExitStack() as stack:
        stack.enter_context(alone_in(folder, "--report-dir"))
        for name in (document.NAME, markdown.NAME, page.NAME):
            (folder / name).unlink(missing_ok=True)
        reports = [
            stack.enter_context(
                run_plan.report_files(folder / column.folder, column.option, seed=seed)
            )
            for column in columns
        ]
        _write(folder, document.from_columns(columns, seed=seed, examples=examples))
        try:
            yield reports
        except Stop as stop:
            columns = unplayed(options, error=str(stop), exit_code=stop.exit_code)
            with suppress(OSError):
                _write(folder, document.from_columns(columns, seed=seed, examples=examples))
            raise


def _clients(
    options: Sequence[str],
    examples: int,
    seed: int,
    only: Sequence[str],
    plan: Callable[..., Plan],
) -> list[Client]:
    """Find all clients before any is played. Raises ``Stop`` for one that does not exist.

    ``plan`` makes a plan of a SUT and its selection.
    """
    from ringproof.matrix.run import Client
    from ringproof_scenarios.generate import strategies

    generated = strategies.draw_examples(examples, seed) if examples else ()
    catalogue, rows = own_scenarios.everything(), ledger.load()
    clients = []
    for option in options:
        try:
            sut = run_plan.find_sut(option)
            selection = select(
                catalogue=catalogue, generated=generated, ledger=rows, sut=sut, only=only
            )
        except AdapterStop as stop:
            clients.append(Client(option=option, error=str(stop)))
            continue
        except OSError as error:  # of a cache, say, and not of the report folder
            raise Stop(f"--sut {option}: {error.strerror}: {error.filename}") from error
        except SelectionError as error:
            raise UsageStop(str(error)) from error
        fingerprint = sharding.fingerprint(selection)
        selection = msgspec.structs.replace(selection, fingerprint=fingerprint)
        clients.append(Client(option=option, plan=plan(sut=sut, selection=selection)))
    return clients


def _write(folder: Path, matrix: MatrixDocument) -> None:
    """Write every file of the matrix, each whole or not at all, and last the one for tools."""
    files = {
        page.NAME: page.render(matrix),
        markdown.NAME: markdown.render(matrix),
        document.NAME: encode(matrix),
    }
    for name, data in files.items():
        atomic.write(folder / name, data)
