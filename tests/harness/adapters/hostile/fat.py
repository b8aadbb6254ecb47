"""Sends events without end, each as large as a message may be: few of them fill the memory."""

from __future__ import annotations

import itertools

import puppet

ALMOST_A_MEBIBYTE = "x" * 1_000_000


def attack(command: puppet.Command) -> None:
    for n in itertools.count():
        puppet.write(puppet.event(command, n, text=ALMOST_A_MEBIBYTE))


puppet.serve(attack)
