"""How long the harness waits for an adapter, and how much it keeps of what one sends."""

from __future__ import annotations

import msgspec

MEBIBYTE = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The defaults are those of a run."""

    dialled_within_s: float = 30.0
    """From the start of the program until it has dialled its WebSocket."""
    greeted_within_ms: int = 30_000
    """To load an SDK and answer ``hello``: Node on two busy cores takes up to 4 s."""
    alive_within_ms: int = 5_000
    """To refuse an unknown op, once another deadline has passed."""
    bye_within_ms: int = 1_000
    exit_grace_s: float = 2.0
    """From the end of standard input to the exit, before a signal is sent."""
    terminate_s: float = 5.0
    """From SIGTERM to SIGKILL. Source: docs/adapter-protocol.md."""
    events: int = 10_000
    """Events of one session from one ``sync`` to the next: no more than a scenario may have."""
    sync_bytes: int = 4 * MEBIBYTE
    """Of events of one session from one ``sync`` to the next: a trace keeps them all."""
    session_bytes: int = 32 * MEBIBYTE
    """Of events of one session in all, so that a ``sync`` cannot multiply what is kept without end.
    A session serves up to 25 scenarios, each of well under a mebibyte."""
    log_bytes: int = 64 * MEBIBYTE
    """Of one process's standard error."""


DEFAULT = Limits()
