"""Takes in what the SUT's adapter reported: lists, statuses, streams, received commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringproof.checks.commands import Command
from ringproof.checks.index import Index
from ringproof.checks.records import CallRecord, SessionRecord
from ringproof.checks.shown import Removal
from ringproof.checks.statuses import ENDING
from ringproof.trace import (
    Calls,
    Complete,
    Getter,
    ListedCall,
    Received,
    Registered,
    Reread,
    Settled,
    Status,
    Stream,
)

_PRELUDE = frozenset({"new", "trying"})
"""Documented words that stand before ringing: a call that shows one first has not left it yet."""


class SutWitness:
    """Fills the SUT's half of the records. Events of a session come in the order of their ``n``."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.handlers: dict[type, Callable[[int, Any], None]] = {
            Calls: self._emission,
            Status: self._status,
            Stream: self._stream,
            Complete: self._complete,
            Received: self._received,
            Settled: self._settled,
            Getter: self._getter,
            Reread: self._reread,
            Registered: self._registered,
        }
        """By the type of the event; each takes its trace index and the event."""

    def _emission(self, index: int, event: Calls) -> None:
        session = self._index.sessions[event.s]
        number = len(session.emissions)
        if event.observer:
            session.late_lists.setdefault(event.observer, (event, number))
            return
        session.emissions.append(event)
        session.emission_at.append(index)
        before = session.current
        now: dict[str, CallRecord] = {}
        arrival = False
        calls = self._index.calls
        for item in event.list:
            call = calls.get(item.c)
            if call is None or call.session is not session:
                call = self._index.call(event.s, item.c)
            if item.c in now:
                session.twice = session.twice or (number, item.c)
                continue
            now[item.c] = call
            if call.shown.listed_at < 0:
                arrival = True
                call.shown.listed_at = index
            self._entry(session, call, item, number)
        if now.keys() == before.keys():
            if number:
                session.duplicates.append(number)
        elif before:
            for c, call in before.items():
                if c not in now:
                    call.shown.removals.append(Removal(number, len(call.shown.words), arrival))
        session.current = now
        if len(now) > 1:
            self._crowd(session, now)

    def _entry(
        self, session: SessionRecord, call: CallRecord, item: ListedCall, number: int
    ) -> None:
        call.shown.entries.append(item)
        call.shown.listings.append(number)
        if call.shown.left >= 0 and call.commands.late_answer is None:
            if item.status == "ringing" and call.shown.stale is None:
                call.shown.stale = number
            if call.shown.destroyed is not None and session.destroyed_listed is None:
                session.destroyed_listed = (number, call)

    def _crowd(self, session: SessionRecord, now: dict[str, CallRecord]) -> None:
        session.most = max(session.most, len(now))
        if not session.together:
            session.together = sum(call.shown.left < 0 for call in now.values()) > 1

    def _status(self, index: int, event: Status) -> None:
        call = self._index.calls.get(event.c)
        if call is None or call.session.id != event.s:
            call = self._index.call(event.s, event.c)
        if event.observer:
            call.shown.late_statuses.append(event)
            return
        word = event.status
        if call.commands.late_answer is not None and (call.shown.revived or word not in ENDING):
            call.shown.revived.append(event)
            return
        if word != "ringing" and call.shown.left < 0 and (call.shown.words or word not in _PRELUDE):
            call.shown.left = len(call.shown.words)
        call.shown.words.append(word)
        call.shown.statuses.append(event)
        call.shown.status_at.append(index)
        if word in ENDING:
            if call.shown.over is None:
                call.shown.over = event
            if word == "destroyed" and call.shown.destroyed is None:
                call.shown.destroyed = event

    def _stream(self, index: int, event: Stream) -> None:
        call = self._index.call(event.s, event.c)
        if event.observer:
            call.shown.late_streams.append(event)
        elif call.commands.late_answer is not None:
            pass  # what a late answer brings about is judged by its own clause
        elif event.side == "local":
            call.shown.local.append(event)
        else:
            call.shown.remote.append(event)

    def _complete(self, index: int, event: Complete) -> None:
        if event.observer or not event.c:
            return
        call = self._index.call(event.s, event.c)
        if event.what == "status":
            call.shown.status_done = call.shown.status_done or event
        elif event.what == "local_stream":
            call.shown.local_done = call.shown.local_done or event
        elif event.what == "remote_stream":
            call.shown.remote_done = call.shown.remote_done or event

    def _getter(self, index: int, event: Getter) -> None:
        call = self._index.call(event.s, event.c)
        if call.shown.words and not call.shown.revived:
            call.shown.getters.append((event, call.shown.words[-1]))

    def _reread(self, index: int, event: Reread) -> None:
        self._index.sessions[event.s].rereads.append(event)

    def _registered(self, index: int, event: Registered) -> None:
        session = self._index.sessions[event.s]
        if session.registered is None:
            session.registered, session.registered_at = event, index

    def _received(self, index: int, event: Received) -> None:
        command = self._index.commands.get(event.id)
        if command is None or not command.c or command.received_at >= 0:
            return
        call = self._index.call(event.s, command.c)
        command.received_at, command.n = index, event.n
        command.words_before = len(call.shown.words)
        command.local_before, command.remote_before = len(call.shown.local), len(call.shown.remote)
        _take(call, command)
        if command.args.get("what") == "list":
            session = call.session
            session.lists_asked[command.id] = command, len(session.emissions)

    def _settled(self, index: int, event: Settled) -> None:
        session = self._index.sessions[event.s]
        session.settles = True
        command = self._index.commands.get(event.id)
        if command is not None and command.settled is None:
            command.settled, command.settled_at = event, index


def _take(call: CallRecord, command: Command) -> None:
    """Sort a received command into what it means for its call, as the SUT saw it just then."""
    shown, commands = call.shown, call.commands
    op = command.op
    if op == "observe":
        commands.observed.append(command)
    elif shown.over is not None:
        if op == "call.answer" and commands.late_answer is None and _ended_by_platform(call):
            commands.late_answer = command
    elif op == "call.answer":
        if commands.decline is None and commands.hangup is None:
            if commands.accept is None and shown.left < 0:
                commands.accept = command
            elif commands.accept is not None and commands.again is None:
                commands.again = command
    elif op == "call.reject":
        if commands.accept is not None:
            if commands.reject_again is None and commands.hangup is None:
                commands.reject_again = command
        elif commands.decline is None and commands.hangup is None and shown.left < 0:
            # A client that has answered by itself has nothing left to decline.
            commands.decline = command
    elif op == "call.hangup" and commands.decline is None and commands.hangup is None:
        commands.hangup = command


def _ended_by_platform(call: CallRecord) -> bool:
    """Say whether the call was over for the SUT because the platform had said so."""
    shown = call.shown
    assert shown.over is not None, "asked for calls that are over only"
    over_at = shown.status_at[shown.words.index(shown.over.status)]
    return call.wire.platform_first and call.wire.bye_out_at < over_at
