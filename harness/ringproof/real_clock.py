"""The machine's clock, also while a test has frozen or moved the one that Python shows.

freezegun replaces the functions of ``time`` wherever a module refers to them; what a class refers
to stays. time-machine changes what the functions for the date return, and leaves
``time.monotonic`` alone. So the date is counted from the import of this module, by the monotonic
clock. ``ringproof.pytest_plugin`` imports it before any test runs.
"""

from __future__ import annotations

import time


class RealClock:
    """Reads the clock of the machine."""

    _monotonic_ns = staticmethod(time.monotonic_ns)
    _ahead_ns = time.time_ns() - time.monotonic_ns()

    @classmethod
    def monotonic_s(cls) -> float:
        """Return seconds since some moment in the past."""
        return cls._monotonic_ns() / 1e9

    @classmethod
    def unix_ns(cls) -> int:
        """Return Unix nanoseconds."""
        return cls._monotonic_ns() + cls._ahead_ns
