"""Optional parts of the installation: what to do when one is asked for and is missing."""

from __future__ import annotations

import importlib.util


def require(module: str, *, extra: str, purpose: str, error: type[Exception]) -> None:
    """Raise ``error``, with the command that installs what is missing, unless it is there.

    ``module`` is the top-level module that is needed, ``extra`` the extra of ringproof that brings
    it, ``purpose`` what needs it.
    """
    if importlib.util.find_spec(module) is None:
        raise error(
            f"{purpose} needs {module}, which is not installed: pip install 'ringproof[{extra}]'"
        )
