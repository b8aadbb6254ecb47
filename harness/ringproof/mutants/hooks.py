"""Parts of the reference client in which a mutant changes one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ringproof.client.calls import Emit, InboundCalls
from ringproof.client.commands import AddCall, CallInfo, EmitList, Side
from ringproof.client.connection import Connection
from ringproof.client.events import AnswerRequested, HangupRequested, RejectRequested, Track
from ringproof.client.lifecycle import Status, Trigger
from ringproof.client.observable import OnComplete, OnValue, Subject, Unsubscribe
from ringproof.client.record import Record
from ringproof.client.session import Call, Session

Ids = tuple[str, ...]
"""Ids of listed calls, oldest first."""

FAR_SIDE_ENDS = ("end/expired-call", "end/transfer-keeps-call", "media/timeout-ends-call")
"""Clauses about calls that the far side or the platform ends: the bye is the same, whether a
person, a script, a lost ping or silence ends a call."""


class Calls(InboundCalls):
    """The reference client's calls, with what many faults look up."""

    def status_of(self, call: str) -> Status | None:
        """Return the status of a listed call; None for any other."""
        record = self.find(call)
        return record.status if record is not None else None

    def ids(self, *statuses: Status) -> Ids:
        """Return the ids of the listed calls in one of these statuses; of all, if none is given."""
        return tuple([one.info.id for one in self.listed if not statuses or one.status in statuses])

    def talking_to(self) -> set[str]:
        """Return the addresses of the callers whose calls no longer ring."""
        return {one.info.from_ for one in self.listed if one.status != "ringing"}


# -- the list -------------------------------------------------------------------------------------


class ShownList(Calls):
    """Emits ``visible(ids)`` in place of the list, and only when that has changed.

    Without the second half a hidden call would also cause a duplicate emission.
    """

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self.whole: Ids = ()
        """The list as it should be."""
        self.shown: Ids = ()
        self.hidden: set[str] = set()

    def visible(self, ids: Ids) -> Ids:
        """Return the list to show where ``ids`` would be right."""
        return tuple([call for call in ids if call not in self.hidden])

    def show_list(self, calls: Ids) -> None:
        """Emit what is visible of the list, if that has changed."""
        self.whole = calls
        self.refresh()

    def refresh(self) -> None:
        """Emit the list if what is visible of it has changed."""
        shown = self.visible(self.whole)
        if shown != self.shown:
            self.shown = shown
            super().show_list(shown)


def lists(visible: Callable[[Ids, Ids], Ids]) -> type[InboundCalls]:
    """Show ``visible(right, shown before)`` in place of the right list."""

    class Lists(ShownList):
        def visible(self, ids: Ids) -> Ids:
            return visible(ids, self.shown)

    return Lists


class UnlistsAt(ShownList):
    """Takes a call off the list when it shows the status ``at``."""

    at: Status

    def show_status(self, record: Record, status: Status) -> None:
        """Show the status, and perhaps a shorter list."""
        super().show_status(record, status)
        if status == self.at:
            self.hidden.add(record.info.id)
            self.refresh()


def unlists_at(status: Status) -> type[UnlistsAt]:
    """Take a call off the list when it shows this status."""
    return type("UnlistsAt", (UnlistsAt,), {"at": status})


class OwnEntries(ShownList):
    """Can put entries on the list that the platform never offered."""

    entries: Ids = ()

    def enter(self, info: CallInfo) -> None:
        """Put an entry on the list, at its end, for good."""
        self.entries += (info.id,)
        self.emit(AddCall(info))

    def visible(self, ids: Ids) -> Ids:
        """Return the list with these entries."""
        return (*ids, *self.entries)


class Rows(Session):
    """Keeps the list as rows of its own, so that ended calls can be left on it."""

    rows: tuple[Call, ...] = ()
    _known: frozenset[str] = frozenset()

    def show_list(self, command: EmitList) -> None:
        """Emit the rows if they have changed."""
        before = self.rows
        for call in before:
            if call.id not in command.calls and call in self.rows:
                self.rows = self.without(call)
        new = [call for call in command.calls if call not in self._known]
        self._known |= set(new)
        self.rows += tuple([self.calls[call] for call in new])
        if self.rows != before:
            self.emit_list(self.rows)

    def without(self, ended: Call) -> tuple[Call, ...]:
        """Return the rows to keep when this call has left the right list."""
        raise NotImplementedError


# -- the status -----------------------------------------------------------------------------------


def rewords(*, ended_while: tuple[Status, ...] = (), **words: tuple[str, ...]) -> type[Calls]:
    """Show ``words[status]`` in place of a status; others are shown as they are.

    With ``ended_while``, only for calls that the far side ended in one of these statuses.
    """

    class Rewords(Calls):
        _ended = ""

        def ended(self, call: str) -> None:
            if self.status_of(call) in ended_while:
                self._ended = call
            super().ended(call)

        def show_status(self, record: Record, status: Status) -> None:
            reworded = not ended_while or record.info.id == self._ended
            for word in words.get(status, (status,)) if reworded else (status,):
                super().show_status(record, cast(Status, word))

    return Rewords


# -- single methods -------------------------------------------------------------------------------


Method = Callable[..., Any]
Command = AnswerRequested | RejectRequested | HangupRequested


def _overriding(run: Method, given: dict[str, Method]) -> type[Calls]:
    """Run ``run(right method, given[name], calls, *arguments)`` in place of each method."""

    def method(name: str) -> Method:
        right = getattr(Calls, name)
        return lambda calls, *arguments: run(right, given[name], calls, *arguments)

    return type("Overriding", (Calls,), {name: method(name) for name in given})


def ignores(**conditions: Method) -> type[Calls]:
    """Do nothing in a method where ``condition(calls, *arguments)`` is true."""

    def run(right: Method, condition: Method, calls: Calls, *arguments: object) -> None:
        if not condition(calls, *arguments):
            right(calls, *arguments)

    return _overriding(run, conditions)


def after(**actions: Method) -> type[Calls]:
    """Do ``action(calls, *arguments)`` after a method."""

    def run(right: Method, action: Method, calls: Calls, *arguments: object) -> None:
        right(calls, *arguments)
        action(calls, *arguments)

    return _overriding(run, actions)


def while_ringing(**actions: Callable[[InboundCalls, Record], None]) -> type[Calls]:
    """Do ``action(calls, record)`` before a command about a ringing call."""

    def run(right: Method, action: Method, calls: Calls, event: Command) -> None:
        record = calls.find(event.call)
        if record is not None and record.status == "ringing":
            action(calls, record)
        right(calls, event)

    return _overriding(run, actions)


def changes(**events: Method) -> type[Calls]:
    """Handle ``change(event)`` in place of the event that a method takes."""

    def run(right: Method, change: Method, calls: Calls, event: object) -> None:
        right(calls, change(event))

    return _overriding(run, events)


def steps_on_bye(trigger: Trigger) -> type[Calls]:
    """Take only this step of the lifecycle when the far side hangs up on a connected call."""

    class StepsOnBye(Calls):
        def ended(self, call: str) -> None:
            record = self.find(call)
            if record is None or record.status != "connected":
                super().ended(call)
            else:
                self.step(record, trigger)

    return StepsOnBye


# -- what is shown of a call ----------------------------------------------------------------------


def reads(**fields: Callable[[Any, Any], Any]) -> type[Call]:
    """Make properties of ``Call`` read ``change(call, right value)``."""

    def changed(name: str, change: Callable[[Any, Any], Any]) -> property:
        right = getattr(Call, name).fget
        return property(lambda call: change(call, right(call)))

    return type("Reads", (Call,), {name: changed(name, fields[name]) for name in fields})


Tracks = tuple[Track, ...]


def shows_tracks(change: Callable[[Record, Side, Tracks], Tracks]) -> type[InboundCalls]:
    """Emit streams with other tracks."""

    class ShowsTracks(InboundCalls):
        def show_stream(self, record: Record, side: Side, tracks: Tracks) -> None:
            super().show_stream(record, side, change(record, side, tracks))

    return ShowsTracks


def replays(values: Callable[[tuple[Any, ...], bool], tuple[Any, ...]]) -> type[Subject[Any]]:
    """Give a subscriber ``values(history, first)`` at once, in place of ``history[-1:]``.

    ``history`` is what was emitted so far; ``first`` says that nobody has subscribed before.
    """

    class Replays(Subject[Any]):
        _history: tuple[Any, ...] = ()
        _first = True

        def emit(self, value: object) -> None:
            self._history += (value,)
            super().emit(value)

        def subscribe(
            self, on_value: OnValue[Any], on_complete: OnComplete | None = None
        ) -> Unsubscribe:
            latest = self._latest
            self._latest = given = values(self._history, self._first)
            self._first = False
            unsubscribe = super().subscribe(on_value, on_complete)
            if self._latest is given:
                self._latest = latest
            return unsubscribe

    return Replays
