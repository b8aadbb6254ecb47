"""How a subcommand says that it cannot go on: one sentence, one exit status, no traceback."""

from __future__ import annotations

from ringproof import exit_codes


class Stop(Exception):
    """Ends the command; the message goes to standard error."""

    exit_code = exit_codes.HARNESS_FAULT


class UsageStop(Stop):
    """The command line asks for something that is not there."""

    exit_code = exit_codes.USAGE


class AdapterStop(Stop):
    """The thing under test cannot be driven."""

    exit_code = exit_codes.ADAPTER_FAULT


class StaleStop(Stop):
    """What was to be left alone for a while is left alone for too long."""

    exit_code = exit_codes.STALE_BASELINE
