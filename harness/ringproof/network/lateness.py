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

LONGEST = 5
"""So many times its own length a deadline is prolonged to at most."""


@contextlib.asynccontextmanager
async def lateness_noted(
    recorder: Recorder, clock: WallClock, deadline: asyncio.Timeout
) -> AsyncIterator[None]:
    """Note ``stalled``, with the milliseconds, each time that the loop was late by ``LATE_MS``.

    Waits on the clock are prolonged, and the deadline of them all with them.
    """
    watching = asyncio.create_task(_watch(recorder, clock, deadline))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(recorder: Recorder, clock: WallClock, deadline: asyncio.Timeout) -> None:
    loop = asyncio.get_running_loop()
    until_s = deadline.when() or loop.time()
    latest_s = loop.time() + LONGEST * (until_s - loop.time())
    while True:
        due_s = loop.time() + LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)
        late_ms = round((loop.time() - due_s) * 1000)
        if late_ms >= LATE_MS:
            clock.stalled(late_ms)
            # The stall itself, and twice as much for the wait that it prolongs.
            until_s = min(until_s + 3 * late_ms / 1000, latest_s)
            deadline.reschedule(until_s)
            recorder.note("stalled", str(late_ms))
