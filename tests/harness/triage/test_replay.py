"""Replays over the network: each attempt is played once, and idle workers play ahead."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
import pytest

from ringproof.network.worker import Played
from ringproof.results import Planned
from ringproof.trace import Header, Trace
from ringproof.triage.replay import NetworkReplayer
from ringproof.verdict import Failure, Outcome
from ringproof_scenarios.model import Caller, Scenario

CLAUSE = "status/hangup-order"
ONE, OTHER, THIRD = (Scenario(callers=(Caller(),) * number) for number in (1, 2, 3))
PLANNED = Planned(scenario=ONE, source="given", real_media=False)


class FakeWorker:
    """Plays until ``go`` is set."""

    def __init__(self, go: asyncio.Event, begun: asyncio.Queue[Scenario]) -> None:
        self._go = go
        self._begun = begun
        self.left = 0

    async def play(self, planned: Planned) -> Played:
        self._begun.put_nowait(planned.scenario)
        await self._go.wait()
        header = Header(ringproof="0", format=1, mode="network", scenario=planned.scenario)
        return Played(trace=Trace(header))

    async def leave(self, *, answering: bool = True) -> None:
        self.left += 1


class FakeSupervisor:
    generation = 0


class Stage:
    """A replayer on three workers, and what they have begun to play."""

    def __init__(
        self, within_s: float = 60.0, fresh_at_once: int = 3, at_once: int | None = None
    ) -> None:
        self.go = asyncio.Event()
        self._begun: asyncio.Queue[Scenario] = asyncio.Queue()
        self.workers = [FakeWorker(self.go, self._begun) for _ in range(3)]
        until_s = time.monotonic() + within_s
        workers: Any = self.workers
        supervisor: Any = FakeSupervisor()
        self.replayer = NetworkReplayer(
            workers,
            supervisor,
            judge,
            search_until_s=until_s,
            confirm_until_s=until_s,
            fresh_at_once=fresh_at_once,
            at_once=at_once,
        )

    async def begun(self, number: int) -> list[Scenario]:
        """Wait until so many more attempts have begun, and return their scenarios."""
        return [await self._begun.get() for _ in range(number)]

    @property
    def idle(self) -> bool:
        """Nothing has begun since."""
        return self._begun.empty()


def judge(planned: Planned, played: Played) -> tuple[dict[str, Outcome], None]:
    failed = len(planned.scenario.callers) == 1
    return {CLAUSE: Outcome(1, (Failure(kind="wrong"),) if failed else ())}, None


async def test_attempt_is_played_once_whoever_asks():
    stage = Stage()
    stage.go.set()
    async with stage.replayer as replayer:
        first, again = await asyncio.gather(
            replayer.attempt(PLANNED, ONE, 0, fresh=False),
            replayer.attempt(PLANNED, ONE, 0, fresh=False),
        )
        passed = await replayer.attempt(PLANNED, OTHER, 0, fresh=False)
        await replayer.attempt(PLANNED, ONE, 1, fresh=False)
    assert first is again
    assert first is not None
    assert passed is not None
    assert list(first.failures) == [CLAUSE]
    assert passed.failures == {}
    assert passed.exercised == {CLAUSE}
    assert await stage.begun(3) == [ONE, OTHER, ONE]
    assert stage.idle
    assert [worker.left for worker in stage.workers] == [1, 1, 1]


async def test_fresh_attempt_leaves_the_sessions_first():
    stage = Stage()
    stage.go.set()
    async with stage.replayer as replayer:
        await replayer.attempt(PLANNED, ONE, 0, fresh=True)
        assert [worker.left for worker in stage.workers] == [1, 0, 0]


async def test_few_scenarios_are_played_on_fresh_sessions_at_once():
    stage = Stage(fresh_at_once=1)
    async with stage.replayer as replayer:
        both = [
            asyncio.create_task(replayer.attempt(PLANNED, one, 0, fresh=True))
            for one in (ONE, OTHER)
        ]
        used = asyncio.create_task(replayer.attempt(PLANNED, THIRD, 0, fresh=False))
        assert await stage.begun(2) == [ONE, THIRD]
        assert stage.idle
        stage.go.set()
        assert None not in await asyncio.gather(*both, used)
        assert await stage.begun(1) == [OTHER]


async def test_spare_worker_plays_while_another_only_waits(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ringproof.triage.room.WAITS_AFTER_S", 0.01)
    stage = Stage(at_once=1)
    async with stage.replayer as replayer:
        assert replayer.workers == 1
        both = [
            asyncio.create_task(replayer.attempt(PLANNED, one, 0, fresh=False))
            for one in (ONE, OTHER)
        ]
        assert await stage.begun(2) == [ONE, OTHER]
        stage.go.set()
        assert None not in await asyncio.gather(*both)


async def test_scenario_is_the_same_under_any_name():
    stage = Stage()
    stage.go.set()
    async with stage.replayer as replayer:
        named = msgspec.structs.replace(ONE, name="given/named")
        first = await replayer.attempt(PLANNED, named, 0, fresh=False)
        assert await replayer.attempt(PLANNED, ONE, 0, fresh=False) is first


async def test_idle_workers_play_ahead_and_one_stays_free():
    stage = Stage()
    async with stage.replayer as replayer:
        replayer.play_ahead(PLANNED, [ONE, OTHER, THIRD], fresh=False)
        assert await stage.begun(2) == [ONE, OTHER]
        asked = asyncio.create_task(replayer.attempt(PLANNED, THIRD, 0, fresh=False))
        assert await stage.begun(1) == [THIRD]
        stage.go.set()
        assert await asked is not None
        assert await replayer.attempt(PLANNED, ONE, 0, fresh=False) is not None
    assert stage.idle


async def test_attempts_that_nobody_waits_for_end_with_the_replayer():
    stage = Stage()
    async with stage.replayer as replayer:
        replayer.play_ahead(PLANNED, [ONE], fresh=False)
        assert await stage.begun(1) == [ONE]
    assert [worker.left for worker in stage.workers] == [1, 1, 1]


@pytest.mark.parametrize("fresh", [False, True])
async def test_nothing_is_played_when_the_time_is_over(fresh: bool):
    stage = Stage(within_s=-1.0)
    async with stage.replayer as replayer:
        assert replayer.out_of_time(fresh=fresh)
        assert await replayer.attempt(PLANNED, ONE, 0, fresh=fresh) is None
    assert stage.idle
