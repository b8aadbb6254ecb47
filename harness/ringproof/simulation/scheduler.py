"""Virtual time: a queue of callbacks in integer microseconds, and coroutines that wait on it.

Nothing here knows asyncio. A coroutine runs until it awaits ``sleep`` or ``wait``; equal times run
in the order they were asked for, so a run is a function of its inputs alone.
"""

from __future__ import annotations

import heapq
import types
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any

from ringproof.client import commands as client
from ringproof.play.clock import Work
from ringproof_fakeserver.protocol import commands as platform

STEPS_MAX = 2_000_000
"""Callbacks in one run; with more, something schedules itself for ever."""


class Stuck(RuntimeError):
    """A run does not end, or waits for what can never happen: a bug of ours."""


Pause = Callable[["_Task"], object]
"""What a coroutine yields to the scheduler: a function that has the task resumed later."""


@types.coroutine
def _pause(arm: Pause) -> Generator[Pause, None, None]:
    """Suspend the running task until what ``arm`` arranges."""
    yield arm


class _Task:
    """A running coroutine."""

    __slots__ = ("_group", "_step")

    def __init__(self, coroutine: Coroutine[Pause, None, Any], group: _Group) -> None:
        self._step = coroutine.send
        self._group = group

    def run(self) -> None:
        """Resume the coroutine up to its next pause."""
        try:
            pause = self._step(None)
        except StopIteration:
            self._group.child_over(None)
        except Exception as error:
            self._group.child_over(error)
        else:
            pause(self)


class _Group:
    """Tasks that end before the block that started them does."""

    __slots__ = ("_parent", "_scheduler", "errors", "running")

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.running = 0
        self._parent: _Task | None = None
        self.errors: list[BaseException] = []

    def create_task(self, work: Work) -> None:
        """Start a task; it first runs once the current callback has returned."""
        self.running += 1
        self._scheduler.after(0, _Task(work, self).run)

    def child_over(self, error: BaseException | None) -> None:
        """Take note of a child's end."""
        self.running -= 1
        if error is not None:
            self.errors.append(error)
        if self.running == 0 and self._parent is not None:
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
        if self.running:
            await _pause(self._resume_when_over)
        if error is None and self.errors:
            raise self.errors[0]

    def _resume_when_over(self, task: _Task) -> None:
        self._parent = task


@dataclass(slots=True, eq=False)
class _Wait:
    """A task that waits for a condition."""

    condition: Callable[[], bool]
    about: int | None
    task: _Task = field(init=False)
    deadline: int = 0
    """What the scheduler cancels the end of the wait by."""
    result: bool = True


class Scheduler:
    """The clock and everything that waits on it. ``now_us`` starts at 0."""

    def __init__(self) -> None:
        self.now_us = 0
        self._queue: list[tuple[int, int, Callable[..., None], tuple[object, ...]]] = []
        self._number = 0
        self._cancelled: set[int] = set()
        self._waits: dict[int | None, list[_Wait]] = {None: []}
        """By the caller that their conditions are about."""
        self._changed: dict[int | None, None] = {}
        """What was notified since conditions were last checked: a dict, for its order."""

    def after(self, delay_us: int, callback: Callable[..., None], *args: object) -> int:
        """Run ``callback(*args)`` in ``delay_us``; at the same time, in the order asked for.

        Returns a number to cancel it by. The arguments travel with the callback because a closure
        for each of the thirty steps of a call costs more than the steps' own bookkeeping.
        """
        self._number = number = self._number + 1
        heapq.heappush(self._queue, (self.now_us + delay_us, number, callback, args))
        return number

    def cancel(self, number: int) -> None:
        """Never run what ``after`` returned the number of; not allowed once it has run."""
        self._cancelled.add(number)

    def notify(self, about: int | None = None) -> None:
        """Have conditions checked again once the current callback has returned."""
        self._changed[about] = None

    def group(self) -> _Group:
        """Return an ``async with`` block whose tasks all end before it does."""
        return _Group(self)

    async def sleep(self, delay_ms: int) -> None:
        """Resume after ``delay_ms``."""
        await _pause(lambda task: self.after(delay_ms * 1000, task.run))

    async def wait(
        self, condition: Callable[[], bool], within_ms: int, about: int | None = None
    ) -> bool:
        """Resume once the condition holds, or after ``within_ms``; return whether it holds."""
        if condition():
            return True
        wait = _Wait(condition, about)
        await _pause(partial(self._begin, wait, within_ms))
        return wait.result

    def _begin(self, wait: _Wait, within_ms: int, task: _Task) -> None:
        wait.task = task
        wait.deadline = self.after(within_ms * 1000, self._expire, wait)
        self._waits.setdefault(wait.about, []).append(wait)

    def _expire(self, wait: _Wait) -> None:
        self._waits[wait.about].remove(wait)
        wait.result = wait.condition()
        wait.task.run()

    def run(self, work: Work) -> None:
        """Run until ``work`` is over, and raise what it raised.

        Raises ``Stuck`` when the queue runs dry before that, or never does.
        """
        group = self.group()
        group.create_task(work)
        queue, pop, cancelled = self._queue, heapq.heappop, self._cancelled
        for _ in range(STEPS_MAX):
            if not queue:
                raise Stuck("nothing is left to happen, and the scenario is not over")
            at_us, number, callback, args = pop(queue)
            if number in cancelled:
                cancelled.remove(number)
                continue
            self.now_us = at_us
            callback(*args)
            if self._changed:
                self._check_conditions()
            if not group.running:
                break
        else:
            raise Stuck(f"more than {STEPS_MAX} steps in one scenario")
        if group.errors:
            raise group.errors[0]

    def _check_conditions(self) -> None:
        """Resume each task whose condition holds now.

        Only conditions about what was notified are checked: with six callers that is a tenth of
        all there are, and checking all of them took a fifth of the run.
        """
        changed, self._changed = self._changed, {}
        waits = self._waits
        for about in tuple(waits) if None in changed else (*changed, None):
            waiting = waits.get(about)
            if waiting:
                for wait in [wait for wait in waiting if wait.condition()]:
                    waiting.remove(wait)
                    self._cancelled.add(wait.deadline)
                    self.after(0, wait.task.run)


_TimerCommand = client.StartTimer | client.CancelTimer | platform.StartTimer | platform.CancelTimer


class Timers:
    """The named timers of one core; starting one that runs restarts it."""

    def __init__(self, clock: Scheduler, fire: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_fire = fire
        self._running: dict[str, int] = {}
        """By name, what the scheduler cancels them by."""

    def start(self, command: client.StartTimer | platform.StartTimer) -> None:
        """Call ``fire(name)`` after ``delay_ms``."""
        self.cancel(command)
        delay_us = command.delay_ms * 1000
        self._running[command.name] = self._clock.after(delay_us, self._fire, command.name)

    def cancel(self, command: _TimerCommand) -> None:
        """Stop a timer; unknown names are ignored."""
        number = self._running.pop(command.name, None)
        if number is not None:
            self._clock.cancel(number)

    def cancel_all(self) -> None:
        """Stop every timer."""
        for number in self._running.values():
            self._clock.cancel(number)
        self._running.clear()

    def _fire(self, name: str) -> None:
        del self._running[name]
        self._on_fire(name)
