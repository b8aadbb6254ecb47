"""Which processes an adapter has left behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

SETTLES_WITHIN_S = 2.0
"""A child that is to end with its parent may take a moment more."""

LOOKS_EVERY_S = 0.02
_PROC = Path("/proc")
_DEAD = frozenset([b"Z", b"X"])


def find(group: int, variable: str, value: str) -> list[int]:
    """Return the ids of all running processes of a group, or with that environment variable.

    A process may leave its group, but hardly forgets its environment. Where there is no ``/proc``,
    only the group can be asked, and answers with one number for all of it.
    """
    if _PROC.is_dir():
        mark = f"{variable}={value}".encode()
        running = [int(name) for name in os.listdir(_PROC) if name.isdigit()]
        return [pid for pid in running if _belongs(pid, group, mark)]
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return []
    return [group]


async def settled(look: Callable[[], list[int]]) -> list[str]:
    """Wait until none is left; return the command lines of those that stay."""
    try:
        async with asyncio.timeout(SETTLES_WITHIN_S):
            # Nothing signals that the child of a child has ended: it can only be polled.
            while look():  # noqa: ASYNC110
                await asyncio.sleep(LOOKS_EVERY_S)
    except TimeoutError:
        return [_command_line(pid) for pid in look()]
    return []


def _belongs(pid: int, group: int, mark: bytes) -> bool:
    try:
        # The name in parentheses may hold anything; what follows it does not.
        with open(f"{_PROC}/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        if fields[0] in _DEAD:
            return False
        if int(fields[2]) == group:
            return True
        with open(f"{_PROC}/{pid}/environ", "rb") as file:
            return mark in file.read()
    except (OSError, IndexError, ValueError):
        return False  # gone meanwhile, or somebody else's


def _command_line(pid: int) -> str:
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        words = []
    return f"{pid} {b' '.join(words).decode('utf-8', 'replace').strip()[:120]}".strip()
