"""One command at a time writes to a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ringproof.commands.errors import UsageStop, writing

NAME = ".lock"
HOLDER = ".lock-by-"
"""Begins the name of an empty file, which ends with the number of the process: a text would take
space that a full disk has for nothing else."""


@contextlib.contextmanager
def alone_in(folder: Path, option: str) -> Iterator[None]:
    """Have a folder, which is made, for this command alone. Raises ``Stop`` where that fails.

    However the process ends, the folder is free afterwards. ``option`` is the one that chose it.
    """
    with writing(option, folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / NAME).open("ab")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageStop(
                f"{option} {folder}: another run{_holder(folder)} writes to it; "
                f"wait until it ends, or choose another {option}"
            ) from error
        with contextlib.suppress(OSError):  # then the number is missing, and no more
            for killed in folder.glob(f"{HOLDER}*"):
                killed.unlink(missing_ok=True)
            (folder / f"{HOLDER}{os.getpid()}").touch()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                (folder / f"{HOLDER}{os.getpid()}").unlink(missing_ok=True)


def _holder(folder: Path) -> str:
    numbers = [path.name.removeprefix(HOLDER) for path in folder.glob(f"{HOLDER}*")]
    return f" (process {numbers[0]})" if numbers else ""
