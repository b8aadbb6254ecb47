"""One command at a time writes to a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ringproof.commands.errors import UsageStop, writing

NAME = ".lock"
HOLDER = ".lock-holder"
"""A link whose target is the number of the process: unlike a file's text it takes no space, which a
full disk would have for nothing else."""


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
        with contextlib.suppress(OSError):  # without links the number is missing, and no more
            (folder / HOLDER).unlink(missing_ok=True)
            (folder / HOLDER).symlink_to(str(os.getpid()))
        yield


def _holder(folder: Path) -> str:
    try:
        return f" (process {int(os.readlink(folder / HOLDER))})"
    except (OSError, ValueError):
        return ""
