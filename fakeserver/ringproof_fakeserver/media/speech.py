"""Speech for ``say:``, by the program espeak-ng where it is installed."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import uuid
from pathlib import Path

PROGRAM = "espeak-ng"
LONGEST_TEXT = 2_000
"""Characters that are spoken; the rest of a text is left out."""
LIMIT_S = 20.0


def program() -> str | None:
    """Return the path of espeak-ng, or None where it is not installed."""
    return shutil.which(PROGRAM)


async def speak(text: str, folder: Path, espeak: str) -> Path:
    """Return a WAV file in ``folder`` with the text spoken; the same text is spoken once.

    Raises ``OSError`` when the program cannot be started, fails or takes too long.
    """
    spoken = text[:LONGEST_TEXT]
    path = folder / f"say-{hashlib.sha256(spoken.encode(errors='replace')).hexdigest()[:32]}.wav"
    if await asyncio.to_thread(_is_there, path):
        return path
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    process = await asyncio.create_subprocess_exec(
        espeak,
        *("-w", str(part), "--stdin"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            await process.communicate(spoken.encode(errors="replace"))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise OSError(f"{PROGRAM} ended with status {process.returncode}")
    os.replace(part, path)
    return path


def _is_there(path: Path) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.is_file()
