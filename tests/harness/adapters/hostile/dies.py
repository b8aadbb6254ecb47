"""Says much and falls over, with status 7 or by a signal: ``python dies.py [SIGNAL]``."""

from __future__ import annotations

import os
import sys

import puppet


def attack(command: puppet.Command) -> None:
    for number in range(40):
        puppet.write(puppet.event(command, number))
        sys.stderr.write(f"line {number} with token {command['token']}\n")
    sys.stderr.write("Traceback: everything is lost\x1b[2J\n")
    sys.stderr.flush()
    if len(sys.argv) > 1:
        os.kill(os.getpid(), int(sys.argv[1]))
    os._exit(7)


puppet.serve(attack)
