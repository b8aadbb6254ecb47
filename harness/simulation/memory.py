"""When garbage is collected while thousands of scenarios are played one after the other."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

BATCH_CALLS = 400
"""Calls between two collections: about 20 MB of traces, worlds and cycles among them."""


@contextlib.contextmanager
def collected_by_hand() -> Iterator[None]:
    """Let nothing be collected inside but by ``gc.collect()``, which the caller owes every batch.

    Collections that start by themselves fall into the middle of a scenario, walk over everything
    that was ever imported, and find nothing: they took a tenth of a campaign. What exists already
    is set aside, so that the caller's own collections do not walk over it either.
    """
    enabled = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()
