"""Notes in a trace when the machine was busy: then the harness's clock says little of a client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from ringproof.network.wall_clock import WallClock
from ringproof.play.recorder import Recorder

LOOK_EVERY_S = 0.05
LATE_MS = 100
"""An idle machine is late by less than 5 ms; a client beside a late harness is late as well."""


@contextlib.asynccontextmanager
async def lateness_noted(recorder: Recorder, clock: WallClock) -> AsyncIterator[None]:
    """Note ``stalled``, with the milliseconds, each time that the loop was late by ``LATE_MS``.

    Waits on the clock are prolonged.
    """
    watching = asyncio.create_task(_watch(recorder, clock))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(recorder: Recorder, clock: WallClock) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due_s = loop.time() + LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)
        late_ms = round((loop.time() - due_s) * 1000)
        if late_ms >= LATE_MS:
            clock.stalled(late_ms)
            recorder.note("stalled", str(late_ms))
