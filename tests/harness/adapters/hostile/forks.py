"""Starts children that hold its pipes and obey no SIGTERM, and dies. ``python forks.py PIDS``."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import puppet

CHILDREN = 3


def attack(command: puppet.Command) -> None:
    with Path(sys.argv[1]).open("a") as pids:
        for _ in range(CHILDREN):
            child = os.fork()
            if child == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(300)
                os._exit(0)
            pids.write(f"{child}\n")
    os._exit(1)


puppet.serve(attack)
