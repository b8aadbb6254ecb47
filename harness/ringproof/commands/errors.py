"""Why a command ends early: one sentence and one exit status, no traceback."""

from __future__ import annotations

from ringproof import exit_codes


class Stop(Exception):
    """Ends a command; the message goes to standard error."""

    exit_code = exit_codes.HARNESS_FAULT


class UsageStop(Stop):
    """The command line asks for something that is not there."""

    exit_code = exit_codes.USAGE


class AdapterStop(Stop):
    """The SUT cannot be driven."""

    exit_code = exit_codes.ADAPTER_FAULT


class StaleStop(Stop):
    """A clause was to be skipped until a day that has passed."""

    exit_code = exit_codes.STALE_BASELINE
