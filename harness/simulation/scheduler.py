"""Virtual time: a queue of callbacks in integer microseconds, and coroutines that wait on it.

Nothing here knows asyncio. A coroutine runs until it awaits ``sleep`` or ``wait``; equal times run
in the order they were asked for, so a run is a function of its inputs alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any

from harness.play.clock import Work

STEPS_MAX = 2_000_000
"""Callbacks in one run: passing it means that something schedules itself for ever."""


class Stuck(RuntimeError):
    """A run that does not end, or that waits for what can never happen: a bug of ours."""


class Timer:
    """A callback in the queue; ``cancel`` takes it out."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Never run it; fine after it has run."""
        self.callback = None


class _Pause:
    """What a coroutine hands to the scheduler: "resume me when …"."""

    __slots__ = ("arm", "result")

    def __init__(self, arm: Callable[[_Task, _Pause], None]) -> None:
        self.arm = arm
        self.result = True

    def __await__(self) -> Generator[_Pause, None, bool]:
        yield self
        return self.result


class _Task:
    """A coroutine under way."""

    __slots__ = ("_group", "_step", "error")

    def __init__(self, coroutine: Coroutine[_Pause, None, Any], group: _Group | None) -> None:
        self._step = coroutine.send
        self._group = group
        self.error: BaseException | None = None

    def run(self) -> None:
        """Resume the coroutine up to its next pause."""
        try:
            pause = self._step(None)
        except StopIteration:
            self._over(None)
        except Exception as error:
            self._over(error)
        else:
            pause.arm(self, pause)

    def _over(self, error: BaseException | None) -> None:
        self.error = error
        if self._group is not None:
            self._group.child_over(error)
        elif error is not None:
            raise error


class _Group:
    """Tasks that end before the block that started them does."""

    __slots__ = ("_errors", "_open", "_parent", "_scheduler")

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._open = 0
        self._parent: _Task | None = None
        self._errors: list[BaseException] = []

    def spawn(self, work: Work) -> None:
        """Start a task; it first runs when the current callback is through."""
        self._open += 1
        task = _Task(work, self)
        self._scheduler.after(0, task.run)

    def child_over(self, error: BaseException | None) -> None:
        """Take note of a child's end."""
        self._open -= 1
        if error is not None:
            self._errors.append(error)
        if self._open == 0 and self._parent is not None:
            parent, self._parent = self._parent, None
            self._scheduler.after(0, parent.run)

    async def __aenter__(self) -> _Group:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._open:
            await _Pause(self._arm)
        if error is None and self._errors:
            raise self._errors[0]

    def _arm(self, task: _Task, _: _Pause) -> None:
        self._parent = task


class _Waiter:
    """A task that waits for a condition on the record."""

    __slots__ = ("condition", "pause", "task", "timer")

    def __init__(self, task: _Task, pause: _Pause, condition: Callable[[], bool]) -> None:
        self.task = task
        self.pause = pause
        self.condition = condition
        self.timer: Timer | None = None


class Scheduler:
    """The clock and everything that waits on it. ``now_us`` starts at 0."""

    def __init__(self) -> None:
        self.now_us = 0
        self.changed = False
        self._queue: list[tuple[int, int, Timer]] = []
        self._number = 0
        self._waiters: list[_Waiter] = []

    def after(self, delay_us: int, callback: Callable[[], None]) -> Timer:
        """Run ``callback`` in ``delay_us``; at the same time, in the order asked for."""
        self._number = number = self._number + 1
        timer = Timer(callback)
        heapq.heappush(self._queue, (self.now_us + delay_us, number, timer))
        return timer

    def notify(self) -> None:
        """Have every condition looked at again once the current callback is through."""
        self.changed = True

    def group(self) -> _Group:
        """Return an ``async with`` block whose tasks all end before it does."""
        return _Group(self)

    async def sleep(self, delay_ms: int) -> None:
        """Resume after ``delay_ms``."""
        await _Pause(lambda task, _: self._wake(task, delay_ms))

    def _wake(self, task: _Task, delay_ms: int) -> None:
        self.after(delay_ms * 1000, task.run)

    async def wait(self, condition: Callable[[], bool], within_ms: int) -> bool:
        """Resume once the condition holds, or after ``within_ms``; says which it was."""
        if condition():
            return True

        def arm(task: _Task, pause: _Pause) -> None:
            waiter = _Waiter(task, pause, condition)
            self._waiters.append(waiter)
            waiter.timer = self.after(within_ms * 1000, lambda: self._expire(waiter))

        return await _Pause(arm)

    def _expire(self, waiter: _Waiter) -> None:
        self._waiters.remove(waiter)
        waiter.pause.result = waiter.condition()
        waiter.task.run()

    def run(self, work: Work) -> None:
        """Run until ``work`` is over, and raise what it raised.

        Raises ``Stuck`` when the queue runs dry before that, or never does.
        """
        over: list[BaseException | None] = []
        root = _Task(_noting(work, over), None)
        self.after(0, root.run)
        queue, pop = self._queue, heapq.heappop
        for _ in range(STEPS_MAX):
            if over:
                break
            if not queue:
                raise Stuck("nothing is left to happen, and the scenario is not over")
            at_us, _number, timer = pop(queue)
            if (callback := timer.callback) is None:
                continue
            timer.callback = None
            self.now_us = at_us
            callback()
            if self.changed:
                self._look()
        else:
            raise Stuck(f"more than {STEPS_MAX} steps in one scenario")
        if over[0] is not None:
            raise over[0]

    def _look(self) -> None:
        self.changed = False
        ready = [waiter for waiter in self._waiters if waiter.condition()]
        for waiter in ready:
            self._waiters.remove(waiter)
            assert waiter.timer is not None, "a waiter has its deadline from the start"
            waiter.timer.cancel()
            self.after(0, waiter.task.run)


async def _noting(work: Work, over: list[BaseException | None]) -> None:
    try:
        await work
    except Exception as error:
        over.append(error)
    else:
        over.append(None)
