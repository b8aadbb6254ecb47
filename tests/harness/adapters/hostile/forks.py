"""Starts children that hold its pipes and obey no SIGTERM, and dies: ``python forks.py FIFO``.

Each writes its process id to the FIFO; the reader sees the end when all are gone. They
stay in the process group: one that leaves it is the adapter's own to end.
"""

from __future__ import annotations

import os
import signal
import sys

import puppet

CHILDREN = 3


def attack(command: puppet.Command) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    fifo = os.open(sys.argv[1], os.O_WRONLY)
    for _ in range(CHILDREN):
        if os.fork() == 0:
            os.write(fifo, f"{os.getpid()}\n".encode())
            signal.pause()
    os._exit(1)


puppet.serve(attack)
