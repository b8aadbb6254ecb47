"""Values over time: subscribe, get the current one at once, get the rest as it comes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")

OnValue = Callable[[T], None]
OnComplete = Callable[[], None]
Unsubscribe = Callable[[], object]


class Observable(Generic[T]):
    """Something that emits values until it completes. Callbacks run at once, one at a time.

    A callback that raises does not keep others from running; its exception goes to ``report``.
    """

    __slots__ = ("_latest", "_next", "_replays", "_report", "_subscribers", "completed")

    def __init__(self, report: Callable[[Exception], None], *, replays: bool = True) -> None:
        self._report = report
        self._replays = replays
        self._latest: tuple[T, ...] = ()
        self.completed = False
        """Whether nothing will be emitted any more."""
        self._next = 0
        self._subscribers: dict[int, tuple[OnValue[T], OnComplete | None]] = {}

    @property
    def latest(self) -> T | None:
        """The last value, or None before the first."""
        return self._latest[0] if self._latest else None

    def subscribe(self, on_value: OnValue[T], on_complete: OnComplete | None = None) -> Unsubscribe:
        """Call ``on_value`` with the current value now, if there is one, and with each later one.

        ``on_complete`` is called once at the end, now if that was before. Returns a function that
        ends the subscription; calling it twice is fine.
        """
        late, subscribers = self.completed, self._subscribers
        self._next = key = self._next + 1
        if not late:
            # Known first, called after: what the callback sets off must not pass it by.
            subscribers[key] = (on_value, on_complete)
        for value in self._latest:
            self._call(partial(on_value, value))
        if late and on_complete is not None:
            self._call(on_complete)
        return partial(subscribers.pop, key, None)

    def _call(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception as error:
            self._report(error)


class Subject(Observable[T]):
    """The emitting end of an observable."""

    __slots__ = ()

    def emit(self, value: T) -> None:
        """Hand a value to every subscriber; nothing happens after completion."""
        if self.completed:
            return
        if self._replays:
            self._latest = (value,)
        subscribers = self._subscribers
        for key, (on_value, _) in tuple(subscribers.items()):
            if key in subscribers:
                # Not through ``_call``: a partial for every emission costs more than the try.
                try:
                    on_value(value)
                except Exception as error:
                    self._report(error)

    def complete(self, *, forget: bool = False) -> None:
        """End it. With ``forget``, late subscribers no longer get the last value."""
        if self.completed:
            return
        self.completed = True
        if forget:
            self._latest = ()
        subscribers, self._subscribers = self._subscribers, {}
        for _, on_complete in subscribers.values():
            if on_complete is not None:
                self._call(on_complete)
