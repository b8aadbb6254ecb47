"""Writes what is no message between its messages: ``python babbles.py text|bytes|blank|half``."""

from __future__ import annotations

import os
import sys

import puppet

GARBAGE = {
    "text": b"DEBUG connecting to the platform\n",
    "bytes": b'{"ev":"log","text":"\xff\xfe\x00"}\n',
    "blank": b"\n",
    "half": b'{"re": \n',
    "array": b"[1, 2]\n",
}


def attack(command: puppet.Command) -> None:
    os.write(sys.stdout.fileno(), GARBAGE[sys.argv[1]])
    puppet.ok(command)


puppet.serve(attack)
