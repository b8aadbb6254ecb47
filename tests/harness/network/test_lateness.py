"""The harness notes when it stood still itself."""

from __future__ import annotations

import asyncio
import time

from ringproof.network.lateness import LATE_MS, lateness_noted
from ringproof.network.wall_clock import WallClock
from ringproof.play.recorder import Recorder
from ringproof.trace import FORMAT, Header, Note
from ringproof_scenarios.model import Caller, Scenario


def stand_still(ms: int) -> None:
    """Block the loop, which is what is to be noted."""
    until_s = time.monotonic() + ms / 1000
    while time.monotonic() < until_s:
        pass


async def test_a_loop_that_stands_still_is_noted():
    scenario = Scenario(callers=(Caller(),))
    header = Header(ringproof="0", format=FORMAT, mode="network", scenario=scenario)
    clock = WallClock()
    recorder = Recorder(header, clock)

    def noted() -> list[int]:
        notes = [entry for entry in recorder.trace if isinstance(entry, Note)]
        return [int(note.text) for note in notes if note.what == "stalled"]

    async with asyncio.timeout(60) as deadline, lateness_noted(recorder, clock, deadline):
        before_s = deadline.when()
        await asyncio.sleep(0)  # it has begun to watch
        stand_still(3 * LATE_MS)
        assert await recorder.clock.wait(lambda: bool(noted()), 10_000)
        assert deadline.when() > before_s + 3 * LATE_MS / 1000
    assert noted()[0] >= LATE_MS


async def test_who_waits_meanwhile_has_that_time_twice_more():
    clock = WallClock()
    started_us = clock.now_us
    waiting = asyncio.create_task(clock.wait(lambda: False, 50))
    await asyncio.sleep(0)
    clock.stalled(100)
    assert not await waiting
    assert clock.now_us - started_us >= 250_000


async def test_sleep_lasts_as_long_without_the_time_in_which_the_harness_stood_still():
    clock = WallClock()
    started_us = clock.now_us
    sleeping = asyncio.create_task(clock.sleep(50))
    await asyncio.sleep(0)
    clock.stalled(100)
    await sleeping
    assert clock.now_us - started_us >= 150_000


async def test_a_condition_that_holds_at_the_end_was_waited_for():
    clock = WallClock()
    assert await clock.wait(lambda: True, 0)
    assert not await clock.wait(lambda: False, 0)
