"""What the command's exit status means, for every command alike."""

from __future__ import annotations

AS_EXPECTED = 0
SUT_FAILS = 1
"""A MUST is broken (with ``--strict``: a SHOULD too)."""
NOTHING_JUDGED = 2
"""Nothing was judged, or a clause that the run has to exercise was not."""
ADAPTER_FAULT = 3
"""The SUT cannot be driven: its adapter is at fault, or a program or package that the command needs
is not installed."""
HARNESS_FAULT = 4
"""Ours or the environment's: the run says nothing about the SUT."""
STALE_BASELINE = 5
USAGE = 64
READER_GONE = 141
"""The reader of our output ended first, as for any program in a pipe."""
INTERRUPTED = 130
"""Ctrl-C or SIGTERM: what was written says ``incomplete``."""
