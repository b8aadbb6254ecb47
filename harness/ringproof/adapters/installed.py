"""Finds a program that the user's machine has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

from ringproof.adapters.protocol import AdapterError


def program(variable: str, names: Iterable[str]) -> str | None:
    """Return the path of the program that the environment variable names, else the first on PATH.

    None where there is none. Raises ``AdapterError`` when the variable names no program.
    """
    if named := os.environ.get(variable):
        if (path := shutil.which(named)) is None:
            raise AdapterError(f"{variable} names {named}, which is no program")
        return path
    return next(filter(None, map(shutil.which, names)), None)
