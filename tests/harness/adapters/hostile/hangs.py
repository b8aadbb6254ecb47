"""Stops for good: no signal but SIGKILL and SIGCONT reaches it."""

from __future__ import annotations

import os
import signal

import puppet


def attack(command: puppet.Command) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


puppet.serve(attack)
