"""What mutants are made of: parts of the reference client with one place to change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ringproof.client.calls import Emit, InboundCalls
from ringproof.client.commands import Side
from ringproof.client.connection import Connection
from ringproof.client.events import AnswerRequested, RejectRequested, Track
from ringproof.client.lifecycle import Status, Trigger
from ringproof.client.observable import OnComplete, OnValue, Subject, Unsubscribe
from ringproof.client.record import Record
from ringproof.client.session import Call

Ids = tuple[str, ...]
"""Ids of listed calls, oldest first."""


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
        """Emit what is visible of the list."""
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


# -- the status -----------------------------------------------------------------------------------


def rewords(**words: tuple[str, ...]) -> type[InboundCalls]:
    """Show ``words[status]`` in place of a status; others are shown as they are."""

    class Rewords(InboundCalls):
        def show_status(self, record: Record, status: Status) -> None:
            for word in words.get(status, (status,)):
                super().show_status(record, cast(Status, word))

    return Rewords


def rewords_after_bye(*during: Status, **words: tuple[str, ...]) -> type[InboundCalls]:
    """Show ``words[status]`` for a call that the far side ended in a status of ``during``."""

    class RewordsAfterBye(Calls):
        _ended = ""

        def ended(self, call: str) -> None:
            if self.status_of(call) in during:
                self._ended = call
            super().ended(call)

        def show_status(self, record: Record, status: Status) -> None:
            over = record.info.id == self._ended
            for word in words.get(status, (status,)) if over else (status,):
                super().show_status(record, cast(Status, word))

    return RewordsAfterBye


def steps_on_bye(during: Status, trigger: Trigger | None = None) -> type[InboundCalls]:
    """Take a bye in the status ``during`` for this step of the lifecycle; None ignores the bye."""

    class StepsOnBye(Calls):
        def ended(self, call: str) -> None:
            record = self.find(call)
            if record is None or record.status != during:
                super().ended(call)
            elif trigger is not None:
                self.step(record, trigger)

    return StepsOnBye


# -- commands of the user -------------------------------------------------------------------------


def on_listing(do: Callable[[InboundCalls, Record], None]) -> type[InboundCalls]:
    """Do something as soon as a call has been listed."""

    class OnListing(InboundCalls):
        def add(self, record: Record) -> None:
            super().add(record)
            do(self, record)

    return OnListing


def before_decline(do: Callable[[InboundCalls, Record], None]) -> type[InboundCalls]:
    """Do something before a ringing call is declined."""

    class BeforeDecline(InboundCalls):
        def reject(self, event: RejectRequested) -> None:
            record = self.find(event.call)
            if record is not None and record.status == "ringing":
                do(self, record)
            super().reject(event)

    return BeforeDecline


def answers(change: Callable[[AnswerRequested], AnswerRequested]) -> type[InboundCalls]:
    """Do what ``change`` returns in place of the answer that the user asked for."""

    class Answers(InboundCalls):
        def answer(self, event: AnswerRequested) -> None:
            super().answer(change(event))

    return Answers


# -- what is shown of a call ----------------------------------------------------------------------


def reads(**fields: Callable[[Any, Any], Any]) -> type[Call]:
    """Make properties of ``Call`` read ``change(call, right value)``."""

    def changed(name: str, change: Callable[[Any, Any], Any]) -> property:
        right = getattr(Call, name).fget
        return property(lambda call: change(call, right(call)))

    return type("Reads", (Call,), {name: changed(name, fields[name]) for name in fields})


Tracks = tuple[Track, ...]


def shows_tracks(change: Callable[[Record, Side, Tracks], Tracks | None]) -> type[InboundCalls]:
    """Emit a stream with other tracks; None emits no stream."""

    class ShowsTracks(InboundCalls):
        def show_stream(self, record: Record, side: Side, tracks: Tracks) -> None:
            changed = change(record, side, tracks)
            if changed is not None:
                super().show_stream(record, side, changed)

    return ShowsTracks


def greets(values: Callable[[tuple[Any, ...], bool], tuple[Any, ...]]) -> type[Subject[Any]]:
    """Give a subscriber ``values(history, first)`` at once, in place of ``history[-1:]``.

    ``history`` is what was emitted so far; ``first`` says that nobody has subscribed before.
    """

    class Greets(Subject[Any]):
        _history: tuple[Any, ...] = ()
        _first = True

        def emit(self, value: object) -> None:
            self._history += (value,)
            super().emit(value)

        def subscribe(
            self, on_value: OnValue[Any], on_complete: OnComplete | None = None
        ) -> Unsubscribe:
            latest = self._latest
            self._latest = greeting = values(self._history, self._first)
            self._first = False
            unsubscribe = super().subscribe(on_value, on_complete)
            if self._latest is greeting:
                self._latest = latest
            return unsubscribe

    return Greets
