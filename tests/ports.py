"""Ports for programs that have to be told theirs and cannot ask the system for a free one."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator

HOST = "127.0.0.1"
BLOCK = 10
"""Ports claimed at once: a program may use those next to the one it was given."""
LOWEST = 10_000
HIGHEST = 32_760
"""The system hands out ports above it, so no socket bound to port 0 takes a claimed one."""


@contextlib.contextmanager
def claimed_ports() -> Iterator[range]:
    """Give ports that no other test uses meanwhile, whatever process it runs in.

    The block's last port is held open, which is the claim; the others are free, for UDP and TCP.
    """
    while True:
        block = range(start := random.randrange(LOWEST, HIGHEST, BLOCK), start + BLOCK)
        with contextlib.ExitStack() as probes, contextlib.ExitStack() as claim:
            try:
                for port in block:
                    stack = claim if port == block[-1] else probes
                    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                        stack.enter_context(socket.socket(socket.AF_INET, kind)).bind((HOST, port))
            except OSError:  # Somebody's: another block.
                continue
            probes.close()
            yield block[:-1]
            return
