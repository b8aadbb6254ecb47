"""``ringproof merge``: the reports of all shards of a run, as the report of the whole run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringproof.accounting import merging
from ringproof.commands import run_plan
from ringproof.commands.errors import UsageStop, writing
from ringproof.commands.parameters import Flag
from ringproof.report import document as json_report
from ringproof.report import traces

UNREAD = "client of the shards"
"""The name of the SUT until the reports of the shards have been read."""


def merge(
    report: Annotated[tuple[Path, ...], Parameter(negative="", consume_multiple=True)],
    /,
    *,
    report_dir: Path = Path("build/report"),
    json: Flag = False,
) -> int:
    """Put the reports of all shards together as the report of the run that they share.

    Verdicts and the exit status are decided anew over all shards: a clause that was exercised in
    none of them makes the exit status 2, which no shard does by itself. A missing shard, one named
    twice, or one of another run is refused.

    Parameters
    ----------
    report
        The report folder of every shard (`--report-dir` of `ringproof run --shard K/N`).
    report_dir
        Where the report of the whole is written: the same files as those of a run. Those of an
        earlier run or merge are replaced before any shard is read.
    json
        Print report.json to standard output, and the table to standard error.
    """
    for folder in report:
        # Opening the report folder removes the files in these two.
        holder = folder.resolve().parent if folder.is_file() else folder.resolve()
        if holder in (report_dir.resolve(), (report_dir / "traces").resolve()):
            raise UsageStop(
                f"--report-dir {report_dir} would lose the report of a shard, {folder}: "
                "choose another one"
            )
    with run_plan.report_files(report_dir, UNREAD):
        try:
            parts = merging.in_order([_part(folder) for folder in report])
        except (json_report.ReportError, merging.MergeError) as error:
            raise UsageStop(str(error)) from error
    finished = merging.merge(parts)
    sut = parts[0].option
    folders = [Path(part.where) for part in parts]
    with run_plan.report_files(report_dir, sut, seed=finished.seed) as files:
        with writing("--report-dir", report_dir):
            traces.copy_traces(folders, finished, report_dir)
            files.close_events()
            traces.merge_events(folders, finished, report_dir)
        files.record(finished)
    run_plan.terminal(sut, report_dir, to_stderr=json).record(finished)
    if json:
        run_plan.print_json(finished, sut)
    return finished.exit_code


def _part(folder: Path) -> merging.Part:
    if folder.is_file():
        raise json_report.ReportError(
            f"{folder} is a file: name the folder, for its traces are needed"
        )
    report = json_report.read(folder)
    return merging.Part(
        where=str(folder),
        ringproof=report.ringproof,
        option=report.sut.option or report.sut.name,
        finished=json_report.to_finished(report, folder),
    )
