"""Speech for ``say:``, by the program espeak-ng where it is installed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import uuid
from pathlib import Path

PROGRAM = "espeak-ng"
LONGEST_TEXT = 2_000
"""Characters that are spoken; the rest of a text is left out."""
LIMIT_S = 20.0
MOST_FILES = 200
"""Of speech in a folder; a further one takes the place of what was not asked for longest."""


def program() -> str | None:
    """Return the path of espeak-ng, or None where it is not installed."""
    return shutil.which(PROGRAM)


async def speak(text: str, folder: Path, espeak: str) -> Path:
    """Return a WAV file in ``folder`` with the text spoken; the same text is spoken once.

    Raises ``OSError`` when the program cannot be started, fails or takes too long; no file is left
    then.
    """
    spoken = text[:LONGEST_TEXT]
    path = folder / f"say-{hashlib.sha256(spoken.encode(errors='replace')).hexdigest()[:32]}.wav"
    if await asyncio.to_thread(_is_there, path):
        return path
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        await _write(spoken, part, espeak)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    await asyncio.to_thread(_make_room, folder)
    return path


def _is_there(path: Path) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.utime(path)  # it is used: others are removed first
    except FileNotFoundError:
        return False
    return True


def _make_room(folder: Path) -> None:
    """Remove the oldest files of speech, also parts that a server left behind."""
    found: list[tuple[int, Path]] = []
    for path in folder.glob("say-*"):
        with contextlib.suppress(FileNotFoundError):  # another server has removed it
            found.append((path.stat().st_mtime_ns, path))
    for _, path in sorted(found)[:-MOST_FILES]:
        path.unlink(missing_ok=True)


async def _write(text: str, path: Path, espeak: str) -> None:
    """Speak into a file. Raises ``OSError``."""
    process = await asyncio.create_subprocess_exec(
        espeak,
        *("-w", str(path), "--stdin"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            await process.communicate(text.encode(errors="replace"))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise OSError(f"{PROGRAM} ended with status {process.returncode}")
