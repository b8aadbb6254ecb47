"""Takes over from shards what ``report.json`` does not hold: run events, and further traces."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ringproof.report.traces import EVENTS, line
from ringproof.report.wording import trace_path
from ringproof.results import RunFinished

FAULT = "fault-"
"""How the names of traces begin that could not be judged; every shard counts its own from 0."""

_LAST = b'{"event":"run_finished"'


def gather_events(folders: Iterable[Path], finished: RunFinished, out: Path) -> None:
    """Write one ``events.jsonl``: the events of every shard, in their order, and the whole's end.

    Each line but the last names its ``shard``, counted from 1. A shard without such a file has
    nothing to tell. Raises ``OSError``.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / EVENTS).open("wb") as written:
        for number, folder in enumerate(folders, start=1):
            if not (folder / EVENTS).exists():
                continue
            with (folder / EVENTS).open("rb") as events:
                for event in events:
                    # The last line of a killed run may be half a line.
                    if event.endswith(b"}\n") and not event.startswith(_LAST):
                        written.write(b'{"shard":%d,' % number + event[1:])
        written.write(msgspec.json.encode(line(finished)) + b"\n")


def gather_traces(folders: Iterable[Path], finished: RunFinished, out: Path) -> None:
    """Copy the traces that are nobody's first failure. Raises ``OSError``."""
    ours = {Path(trace_path(verdict.id)).name for verdict in finished.verdicts}
    (out / "traces").mkdir(parents=True, exist_ok=True)
    for number, folder in enumerate(folders, start=1):
        for trace in sorted((folder / "traces").glob("*.jsonl")):
            if trace.name not in ours:
                name = trace.name
                if name.startswith(FAULT):
                    name = f"{FAULT}{number}-{name.removeprefix(FAULT)}"
                shutil.copyfile(trace, out / "traces" / name)
