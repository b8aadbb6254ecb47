"""Files that cannot be written: the sentence that says where, and what to choose. No I/O."""

from __future__ import annotations

import errno

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""No space, no quota left, and a file that would exceed the limit of the process."""


class KeepError(Exception):
    """A report of a run cannot be kept: ends the run. The message says what to do."""


def is_full(error: OSError) -> bool:
    """Return whether the place is full, and not wrong."""
    return error.errno in FULL


def sentence(error: OSError, place: str, choose: str) -> str:
    """Return why nothing can be kept at ``place`` (an option and its value).

    ``choose`` is what the reader can do: ``choose another --report-dir``.
    """
    file = error.filename2 or error.filename
    where = f": {file}" if file else ""
    remedy = f"free some space, or {choose}" if is_full(error) else choose
    return f"{place}: {error.strerror}{where}; {remedy}"
