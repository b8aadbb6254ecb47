"""Sends events without end."""

from __future__ import annotations

import itertools

import puppet


def attack(command: puppet.Command) -> None:
    for n in itertools.count():
        puppet.write(puppet.event(command, n))


puppet.serve(attack)
