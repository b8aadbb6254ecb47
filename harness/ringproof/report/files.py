"""All files of a report folder, valid at every moment: a killed run leaves ``incomplete`` in each.

They replace the files of an earlier run before the first scenario is played.
``report.json`` is the first that becomes incomplete, and the last that is complete again: while it
is complete, everything else in the folder is of the same run.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Protocol, Self

from ringproof import baseline, disk, exit_codes
from ringproof.disk import KeepError
from ringproof.report import atomic, badge, html, junit, markdown, sarif
from ringproof.report import document as json_report
from ringproof.report.traces import EventFile, TraceFiles
from ringproof.results import AnyRunEvent, Counts, Fault, RunFinished, Snapshot
from ringproof.verdict import Owner

BASELINE_NAME = "baseline.toml"
"""Entries for what failed in the run and no baseline describes; comments alone for none."""


class Report(Protocol):
    """Whatever reads the events of a run."""

    def record(self, event: AnyRunEvent) -> None:
        """Add a run event."""


def documents(finished: RunFinished, sut: str, *, drawn: bool = True) -> dict[str, bytes]:
    """Return every report of a run by file name, in the order in which a run's end writes them.

    ``sut`` is what ``--sut`` was given. ``drawn`` is False for a run that still goes on: ladders
    are drawn once, at its end.
    """
    return {
        badge.NAME: badge.render(finished),
        markdown.NAME: markdown.render(finished, sut),
        junit.NAME: junit.render(finished, sut, drawn=drawn),
        sarif.NAME: sarif.render(finished, sut),
        html.NAME: html.render(finished, sut, drawn=drawn),
        BASELINE_NAME: baseline.document(finished.verdicts, sut, finished.sut).encode(),
        json_report.NAME: json_report.encode(json_report.from_finished(finished, sut)),
    }


class ReportFiles:
    """Everything a run leaves behind: reports, traces, and the events as they happened."""

    def __init__(self, folder: Path, sut: str, *, seed: int = 0, keep_traces: bool = False) -> None:
        """Replace what an earlier run has left, at once. Raises ``OSError``."""
        self._folder = folder
        self._sut = sut
        self._seed = seed
        self._lost = False
        empty = documents(unfinished(seed), sut)
        old = list(empty)
        try:
            while old:
                atomic.write(folder / old[-1], empty[old[-1]])
                old.pop()
        except OSError:
            # Rather none than those of an earlier run, which nobody should take for this one's.
            for name in old:
                with contextlib.suppress(OSError):
                    (folder / name).unlink(missing_ok=True)
            raise
        for name in empty:
            for half in folder.glob(f".{name}.*"):  # of a run that was killed while it wrote
                half.unlink(missing_ok=True)
        self._traces = TraceFiles(folder, keep_all=keep_traces)
        self._events = EventFile(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close_events()

    def close_events(self) -> None:
        """Leave events.jsonl to others from now on; may be called twice."""
        self._events.close()

    def record(self, event: AnyRunEvent) -> None:
        """Add a run event.

        Raises ``KeepError`` when the folder cannot be written; what comes later is dropped then, so
        that the run can end and be shown elsewhere.
        """
        if self._lost:
            return
        try:
            self._record(event)
        except OSError as error:
            self._lost = True
            self.close_events()
            place = f"--report-dir {self._folder}"
            raise KeepError(disk.sentence(error, place, "choose another --report-dir")) from error

    def _record(self, event: AnyRunEvent) -> None:
        self._traces.record(event)
        self._events.record(event)
        run = event.so_far if isinstance(event, Snapshot) else event
        if not isinstance(run, RunFinished):
            return
        # The reports come last, for they name the traces. All are made before the first is
        # written: a kill leaves those of one run, within a millisecond.
        for name, data in documents(run, self._sut, drawn=run is event).items():
            atomic.write(self._folder / name, data)

    def stopped(self, reason: str, exit_code: int) -> None:
        """Record why the run did not begin at all. Raises ``KeepError``."""
        adapter = exit_code == exit_codes.ADAPTER_FAULT
        owner = Owner.ADAPTER if adapter else Owner.ENVIRONMENT
        fault = Fault(owner=owner, text=reason)
        self.record(unfinished(self._seed, faults=(fault,), exit_code=exit_code))


def unfinished(
    seed: int, *, faults: tuple[Fault, ...] = (), exit_code: int = exit_codes.INTERRUPTED
) -> RunFinished:
    """Return the end of a run that has played nothing."""
    return RunFinished(
        status="incomplete",
        sut=None,
        mode="network",
        seed=seed,
        counts=Counts(),
        verdicts=(),
        faults=faults,
        duration_s=0.0,
        exit_code=exit_code,
    )
