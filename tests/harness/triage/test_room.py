"""Places for replays: who only waits makes room for another."""

from __future__ import annotations

import asyncio

from ringproof.triage.room import Room


class Visit:
    """A replay that keeps its place until it is let go."""

    def __init__(self, room: Room, *, fresh: bool = False, begins: bool = True) -> None:
        self.inside = asyncio.Event()
        self._go = asyncio.Event()
        self._task = asyncio.create_task(self._stay(room, fresh, begins))

    async def _stay(self, room: Room, fresh: bool, begins: bool) -> None:
        async with room.place(fresh=fresh) as begin:
            if begins:
                begin()
            self.inside.set()
            await self._go.wait()

    async def leave(self) -> None:
        self._go.set()
        await self._task

    async def give_up(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def turns() -> None:
    """Let everything that lies ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_second_visitor_begins_when_the_first_has_left():
    room = Room(1, 1)
    first, second = Visit(room), Visit(room)
    await first.inside.wait()
    await turns()
    assert not second.inside.is_set()
    await first.leave()
    await second.inside.wait()
    await second.leave()


async def test_second_visitor_begins_when_the_first_only_waits():
    room = Room(1, 1, waits_after_s=0.01)
    first, second = Visit(room, fresh=True), Visit(room, fresh=True)
    await first.inside.wait()
    assert room.waiting == 0
    await second.inside.wait()
    assert room.waiting == 1
    await first.leave()
    await second.leave()
    assert room.waiting == 0


async def test_visitor_who_has_not_begun_keeps_its_place():
    """It waits for a worker, and will keep a processor busy like any other."""
    room = Room(1, 1, waits_after_s=0)
    first, second = Visit(room, begins=False), Visit(room)
    await first.inside.wait()
    await turns()
    assert room.waiting == 0
    assert not second.inside.is_set()
    await first.leave()
    await second.leave()


async def test_few_places_are_for_fresh_sessions():
    room = Room(2, 1)
    fresh, another, used = Visit(room, fresh=True), Visit(room, fresh=True), Visit(room)
    await used.inside.wait()
    await turns()
    assert fresh.inside.is_set()
    assert not another.inside.is_set()
    for visit in (used, fresh, another):
        await visit.leave()


async def test_visitor_who_gives_up_takes_no_place_along():
    room = Room(1, 1)
    inside, outside, last = Visit(room, fresh=True), Visit(room, fresh=True), Visit(room)
    await inside.inside.wait()
    await outside.give_up()
    await inside.give_up()
    await last.inside.wait()
    await last.leave()
