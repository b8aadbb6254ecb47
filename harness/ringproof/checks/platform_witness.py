"""Takes in what the platform witnessed: frames, calls, dialogs, media, sessions, look-ups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringproof.checks.index import Index
from ringproof.checks.wire import NEVER
from ringproof_fakeserver.protocol.journal import (
    KEEP_ALIVE,
    CallFact,
    DialogFact,
    Direction,
    FaultFact,
    FrameFact,
    LookupFact,
    MediaFact,
    SessionFact,
)

_HARMLESS = frozenset({"duplicate", "released", "withdrawn", "stray"})
"""What takes nothing from a client: it had what it needs, or gets it now."""


class PlatformWitness:
    """Fills the platform's half of the records."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.handlers: dict[type, Callable[[int, Any], None]] = {
            FrameFact: self._frame,
            CallFact: self._call_fact,
            DialogFact: self._dialog_fact,
            MediaFact: self._media_fact,
            SessionFact: self._session_fact,
            LookupFact: self._lookup_fact,
            FaultFact: self._fault_fact,
        }
        """By the type of the fact; each takes its trace index and the fact."""

    def _frame(self, index: int, fact: FrameFact) -> None:
        if not fact.dialog:
            if fact.method == "signalwire.ping":
                self._ping(index, fact)
            return
        outward = fact.direction is Direction.TO_CLIENT
        method = fact.method
        if fact.kind == "request":
            call = self._index.calls.get(fact.dialog) or self._index.call(fact.session, fact.dialog)
            if method == "verto.invite":
                if not outward:
                    call.wire.outbound = True
                elif call.wire.invite is None:
                    call.wire.invite, call.wire.invite_at = fact, index
                    if call.wire.bye_out is not None:
                        # It overtook its invite, and told the client nothing about this call.
                        call.wire.bye_out, call.wire.bye_out_at = None, NEVER
                        call.wire.faults |= {"bye"}
            elif method == "verto.bye":
                if outward and call.wire.bye_out is None:
                    call.wire.bye_out, call.wire.bye_out_at = fact, index
                elif not outward and call.wire.bye_in is None:
                    call.wire.bye_in, call.wire.bye_in_at = fact, index
            elif method == "verto.answer" and not outward:
                call.wire.answers += 1
                if call.wire.answer is None:
                    call.wire.answer, call.wire.answer_at = fact, index
                # The first frame after an accept is that accept's own, however late it comes in.
                owed = call.commands.accept is not None and call.wire.answers == 1
                if (
                    call.commands.late_answer is not None
                    and not owed
                    and call.wire.late_answer_at < 0
                ):
                    call.wire.late_answer_at = index
        elif outward and method == "verto.bye":
            self._index.call(fact.session, fact.dialog).wire.bye_result_at = index
        elif method == "verto.invite" and not outward:
            call = self._index.call(fact.session, fact.dialog)
            if call.wire.invite_read_at < 0:
                call.wire.invite_read_at = index

    def _ping(self, index: int, fact: FrameFact) -> None:
        if fact.detail.get("ping") == KEEP_ALIVE:
            return  # its answer would be taken for that to the ping of a barrier
        session = self._index.session(fact.session)
        if fact.direction is Direction.TO_CLIENT:
            if fact.kind == "request":
                session.ping_sent = index
        elif fact.kind != "request":
            session.ping_covers = session.ping_sent

    def _call_fact(self, index: int, fact: CallFact) -> None:
        origin = self._index.origin(fact.call)
        origin.facts.append(fact)
        if fact.state == "created" and origin.created_at < 0:
            origin.created_at = index
        elif fact.state == "ended" and origin.ended is None:
            origin.ended, origin.ended_at = fact, index

    def _dialog_fact(self, index: int, fact: DialogFact) -> None:
        call = self._index.call(fact.session, fact.dialog)
        if call.origin is None:
            call.origin = self._index.origin(fact.call)
            call.origin.dialogs.append(call)
        if fact.state == "winner":
            if call.origin.winner is None:
                call.origin.winner, call.origin.winner_at = call, index
        elif fact.state in ("ended", "lost") and call.wire.ended_at < 0:
            call.wire.ended_at, call.wire.ended_reason = index, fact.reason

    def _media_fact(self, index: int, fact: MediaFact) -> None:
        call = self._index.calls.get(fact.dialog)
        if call is None:
            return
        if fact.state == "connected":
            call.wire.media_at, call.wire.real = index, fact.real
        elif fact.state == "packets":
            call.wire.packets, call.wire.packets_at = fact, index

    def _session_fact(self, index: int, fact: SessionFact) -> None:
        session = self._index.session(fact.session)
        if fact.state in ("detached", "closed"):
            session.lost_at.append(index)
            session.away = True
        elif fact.state == "resumed":
            session.away = False
        elif fact.state == "online":
            session.away = False
            session.online_at = index if session.online_at < 0 else session.online_at

    def _fault_fact(self, index: int, fact: FaultFact) -> None:
        if fact.dialog and fact.what not in _HARMLESS:
            call = self._index.call(fact.session, fact.dialog)
            call.wire.faults |= {fact.point}

    def _lookup_fact(self, index: int, fact: LookupFact) -> None:
        if fact.state == "asked":
            self._index.lookups_open += 1
            self._index.history.asked_at.append(index)
        else:
            self._index.lookups_open -= 1
            self._index.history.looked_up_at.append(index)
