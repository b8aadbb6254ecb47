"""Why a command ends early: one sentence and one exit status, no traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ringproof import disk, exit_codes
from ringproof.disk import KeepError


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


@contextmanager
def writing(option: str, place: object) -> Iterator[None]:
    """End the command with a sentence when a file cannot be written at ``place``.

    Wrong usage, unless the disk is full: that is the machine's fault.
    """
    try:
        yield
    except KeepError as error:
        raise Stop(str(error)) from error
    except OSError as error:
        kind = Stop if disk.is_full(error) else UsageStop
        raise kind(disk.sentence(error, f"{option} {place}", f"choose another {option}")) from error
