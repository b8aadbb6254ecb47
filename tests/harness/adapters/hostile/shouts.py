"""Writes 32 MiB to standard error."""

from __future__ import annotations

import os
import sys

import puppet


def attack(command: puppet.Command) -> None:
    line = b"x" * 1023 + b"\n"
    for _ in range(32):
        os.write(sys.stderr.fileno(), line * 1024)
    puppet.ok(command)


puppet.serve(attack)
