"""One command at a time writes to a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ringproof.commands.errors import UsageStop, writing

NAME = ".lock"


@contextlib.contextmanager
def alone_in(folder: Path, option: str) -> Iterator[None]:
    """Have a folder, which is made, for this command alone. Raises ``Stop`` where that fails.

    However the process ends, the folder is free afterwards. ``option`` is the one that chose it.
    """
    with writing(option, folder):
        folder.mkdir(parents=True, exist_ok=True)
        # Opened for appending: what the other process wrote stays as it is.
        file = (folder / NAME).open("a+b")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageStop(
                f"{option} {folder}: another run{_holder(file)} writes to it; "
                f"wait until it ends, or choose another {option}"
            ) from error
        with contextlib.suppress(OSError):  # on a full disk the number is missing, and no more
            file.truncate(0)
            file.write(b"%d\n" % os.getpid())
            file.flush()
        yield


def _holder(file: IO[bytes]) -> str:
    file.seek(0)
    number = file.read(20).decode(errors="replace").strip()
    return f" (process {number})" if number.isdecimal() else ""
