from __future__ import annotations

import asyncio
import itertools

from ringproof_fakeserver.keep_alive import KeepAlive
from ringproof_fakeserver.protocol.commands import CutSocket
from ringproof_fakeserver.protocol.events import AnyEvent, PingRequested
from tests.playbook import NOW_MS, Driver


async def test_every_client_that_left_the_first_ping_unanswered_is_dropped_before_the_second():
    """The clock goes on between the pings of a round, as it does with many clients."""
    driver = Driver()
    for number in (1, 2, 3):
        driver.device(number)
    clock = itertools.count(NOW_MS)
    pings: list[str] = []
    second_round = asyncio.Event()

    def dispatch(event: AnyEvent) -> None:
        if isinstance(event, PingRequested):
            pings.append(event.session)
        driver.now_ms = next(clock)
        driver.handle(event)

    def attached() -> tuple[str, ...]:
        sessions = driver.exchange.attached()
        if len(pings) > 3 or not sessions:
            second_round.set()
        return sessions

    alive = KeepAlive(0.05, 0.01, attached, dispatch, lambda: next(clock))
    task = asyncio.create_task(alive.run())
    await second_round.wait()
    task.cancel()
    assert pings == ["j1", "j2", "j3"], "nobody was left for a second ping"
    cut = [command.socket for command in driver.commands if isinstance(command, CutSocket)]
    assert cut == ["s1", "s2", "s3"]
