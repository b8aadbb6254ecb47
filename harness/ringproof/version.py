"""The version of ringproof that runs."""

from __future__ import annotations

import importlib.metadata


def _installed() -> str:
    try:
        return importlib.metadata.version("ringproof")
    except importlib.metadata.PackageNotFoundError:  # run from a source tree that is not installed
        return "0"


VERSION = _installed()
