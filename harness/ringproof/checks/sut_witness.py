"""Takes in what the SUT's adapter reported: lists, statuses, streams, received commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringproof.checks.call_record import CallRecord, Command, Removal
from ringproof.checks.index import Index
from ringproof.checks.records import SessionRecord
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
            if call.listed_at < 0:
                arrival = True
                call.listed_at = index
            self._entry(session, call, item, number)
        if now.keys() == before.keys():
            if number:
                session.duplicates.append(number)
        elif before:
            for c, call in before.items():
                if c not in now:
                    call.removals.append(Removal(number, len(call.words), arrival))
        session.current = now
        if len(now) > 1:
            self._crowd(session, now)

    def _entry(
        self, session: SessionRecord, call: CallRecord, item: ListedCall, number: int
    ) -> None:
        call.entries.append(item)
        call.listings.append(number)
        if call.left >= 0 and call.late_answer is None:
            if item.status == "ringing" and call.stale is None:
                call.stale = number
            if call.destroyed is not None and session.zombie is None:
                session.zombie = (number, call)

    def _crowd(self, session: SessionRecord, now: dict[str, CallRecord]) -> None:
        session.most = max(session.most, len(now))
        if not session.together:
            session.together = sum(call.left < 0 for call in now.values()) > 1

    def _status(self, index: int, event: Status) -> None:
        call = self._index.calls.get(event.c)
        if call is None or call.session.id != event.s:
            call = self._index.call(event.s, event.c)
        if event.observer:
            call.late_statuses.append(event)
            return
        word = event.status
        if call.late_answer is not None and (call.revived or word not in ENDING):
            call.revived.append(event)
            return
        if word != "ringing" and call.left < 0 and (call.words or word not in _PRELUDE):
            call.left = len(call.words)
        call.words.append(word)
        call.statuses.append(event)
        call.status_at.append(index)
        if word in ENDING:
            if call.over is None:
                call.over = event
            if word == "destroyed" and call.destroyed is None:
                call.destroyed = event

    def _stream(self, index: int, event: Stream) -> None:
        call = self._index.call(event.s, event.c)
        if event.observer:
            call.late_streams.append(event)
        elif call.late_answer is not None:
            pass  # what a late answer brings about is judged by its own clause
        elif event.side == "local":
            call.local.append(event)
        else:
            call.remote.append(event)

    def _complete(self, index: int, event: Complete) -> None:
        if event.observer or not event.c:
            return
        call = self._index.call(event.s, event.c)
        if event.what == "status":
            call.status_done = call.status_done or event
        elif event.what == "local_stream":
            call.local_done = call.local_done or event
        elif event.what == "remote_stream":
            call.remote_done = call.remote_done or event

    def _getter(self, index: int, event: Getter) -> None:
        call = self._index.call(event.s, event.c)
        if call.words and not call.revived:
            call.getters.append((event, call.words[-1]))

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
        command.words_before = len(call.words)
        command.local_before, command.remote_before = len(call.local), len(call.remote)
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
    op = command.op
    if op == "observe":
        call.observed.append(command)
    elif call.over is not None:
        if op == "call.answer" and call.late_answer is None and _told(call):
            call.late_answer = command
    elif op == "call.answer":
        if call.decline is None and call.hangup is None:
            if call.accept is None and call.left < 0:
                call.accept = command
            elif call.accept is not None and call.again is None:
                call.again = command
    elif op == "call.reject":
        if call.accept is not None:
            if call.reject_again is None and call.hangup is None:
                call.reject_again = command
        elif call.decline is None and call.hangup is None and call.left < 0:
            # A client that has answered by itself has nothing left to decline.
            call.decline = command
    elif op == "call.hangup" and call.decline is None and call.hangup is None:
        call.hangup = command


def _told(call: CallRecord) -> bool:
    """Say whether the call was over for the SUT because the platform had said so."""
    assert call.over is not None, "asked for calls that are over only"
    over_at = call.status_at[call.words.index(call.over.status)]
    return call.platform_first and call.bye_out_at < over_at
