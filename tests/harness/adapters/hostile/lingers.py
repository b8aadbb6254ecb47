"""Opens no session and goes on reading: ``python lingers.py FIFO``. Polite otherwise.

The FIFO's reader gets a line when it was asked to, and the end of the file when it is gone.
"""

from __future__ import annotations

import sys
from pathlib import Path

import puppet

fifo = Path(sys.argv[1]).open("w")  # noqa: SIM115 - open as long as the process lives


def attack(command: puppet.Command) -> None:
    fifo.write("asked\n")
    fifo.flush()


puppet.serve(attack)
