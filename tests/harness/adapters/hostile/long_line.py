"""Sends one line of 1 GiB."""

from __future__ import annotations

import puppet

MEBIBYTE = "x" * 1024 * 1024


def attack(command: puppet.Command) -> None:
    puppet.write('{"ev":"log","text":"')
    for _ in range(1024):
        puppet.write(MEBIBYTE)
    puppet.write('"}\n')


puppet.serve(attack)
