"""What the commands that play scenarios share: SUT, report folder, event loop and output."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ringproof.adapters.protocol import AdapterError
from ringproof.commands.errors import AdapterStop, StaleStop, Stop, UsageStop, writing
from ringproof.commands.folder_lock import alone_in
from ringproof.commands.output import write_json
from ringproof.disk import KeepError
from ringproof.report.document import encode, from_finished
from ringproof.report.files import Report as Report
from ringproof.report.files import ReportFiles
from ringproof.report.terminal import TerminalReport, console
from ringproof.results import AnyRunEvent, RunFinished
from ringproof.results import Mode as Mode
from ringproof.suts.sut import StaleSkip, Sut, SutError

if TYPE_CHECKING:
    from ringproof.runner.plan import Plan


@contextmanager
def report_files(
    folder: Path, sut: str, *, seed: int = 0, keep_traces: bool = False
) -> Iterator[ReportFiles]:
    """Open a report folder before anything that can fail or take long.

    Reports of an earlier run are replaced by ones that say ``incomplete``. What stops the command
    is written into them. Raises ``UsageStop`` while another run writes to the folder.
    """
    with alone_in(folder, "--report-dir"):
        with writing("--report-dir", folder):
            files = ReportFiles(folder, sut, seed=seed, keep_traces=keep_traces)
        with files:
            try:
                yield files
            except KeepError as error:
                raise Stop(str(error)) from error
            except Stop as stop:
                with suppress(KeepError):
                    files.stopped(str(stop), stop.exit_code)
                raise


def find_sut(name: str) -> Sut:
    """Return the SUT of that name. Raises ``Stop`` when there is none, or it cannot be had."""
    from ringproof.suts import registry

    try:
        return registry.find(name)
    except StaleSkip as error:
        raise StaleStop(str(error)) from error
    except SutError as error:
        raise UsageStop(str(error)) from error
    except AdapterError as error:
        raise AdapterStop(str(error)) from error


def named(sut: str, *, attach: bool) -> str:
    """Return the full name of the SUT; with ``attach``, of one that connects by itself.

    Raises ``UsageStop`` for one that cannot.
    """
    if not attach:
        return sut
    from ringproof.suts import registry

    try:
        return registry.attached(sut)
    except SutError as error:
        raise UsageStop(str(error)) from error


def modes(sut: Sut, network: bool | None) -> tuple[Mode, ...]:
    """Return how a SUT is played: None for ``network`` is every way there is, simulation first.

    Raises ``UsageStop`` when it cannot be simulated and is asked to be.
    """
    if network is False and not sut.simulable:
        raise UsageStop(
            f"{sut.name} cannot be simulated: only reference and mutant:NAME need neither sockets "
            "nor a clock"
        )
    if network is None and sut.simulable:
        return ("simulated", "network")
    return ("simulated",) if network is False else ("network",)


def play(plan: Plan, reports: Sequence[Report]) -> RunFinished:
    """Play the plan; Ctrl-C and SIGTERM end it early, and the reports say ``incomplete``."""
    from ringproof.runner import run

    def emit(event: AnyRunEvent) -> None:
        for report in reports:
            report.record(event)

    async def main() -> RunFinished:
        task = asyncio.current_task()
        assert task is not None, "asyncio.run makes one"
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await run.run(plan, emit)

    return asyncio.run(main())


def terminal(sut: str, report_dir: Path, *, to_stderr: bool) -> TerminalReport:
    """Return the report for people; with ``to_stderr``, standard output is left to JSON."""
    return TerminalReport(console(to_stderr=to_stderr), sut, str(report_dir))


def print_json(finished: RunFinished, sut: str) -> None:
    """Write report.json to standard output."""
    write_json(encode(from_finished(finished, sut)))
