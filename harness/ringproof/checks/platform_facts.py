"""Records the platform's journal: frames, calls, dialogs, media, sessions, look-ups, faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ringproof.checks.records import NEVER, CallRecord, History, earliest
from ringproof_fakeserver.protocol import journal

_NOTHING_LOST = frozenset({"duplicate", "released", "withdrawn", "stray", "mended"})
"""What takes nothing from a client: it had what it needs, or gets it now."""


def _dialog_of(
    history: History, fact: journal.FrameFact | journal.DialogFact | journal.FaultFact
) -> CallRecord:
    """Return the call of a dialog: that of the page that was offered it, whoever is told now."""
    return history.calls_by_id.get(fact.dialog) or history.call(fact.session, fact.dialog)


def _frame(history: History, index: int, fact: journal.FrameFact) -> None:
    if not fact.dialog:
        if fact.method == "signalwire.ping":
            _ping(history, index, fact)
        elif fact.method == "subscriber.online" and fact.kind == "request":
            history.session(fact.session).online_asked_at.append(index)
        return
    outward = fact.direction is journal.Direction.TO_CLIENT
    method = fact.method
    if fact.detail.get("reattach"):
        wire = history.take_over(fact.dialog, fact.session).wire
        wire.reattach, wire.reattach_at = fact, index
    elif fact.kind == "request":
        call = _dialog_of(history, fact)
        wire = call.wire
        if method == "verto.invite":
            if not outward:
                wire.outbound, wire.dialled = True, fact
            elif wire.invite is None:
                wire.invite, wire.invite_at = fact, index
                if call.session.id != fact.session:
                    history.hand_over(call, fact.session)
                if wire.bye_out is not None:  # it overtook its invite: the client ignored it
                    wire.bye_out, wire.bye_out_at = None, NEVER
                    wire.faults |= {"bye"}
        elif method == "verto.bye":
            if outward and wire.bye_out is None:
                wire.bye_out, wire.bye_out_at = fact, index
            elif not outward and wire.bye_in is None:
                wire.bye_in, wire.bye_in_at = fact, index
        elif method == "verto.answer" and outward:
            wire.platform_answer = fact
        elif method == "verto.ping" and outward:
            wire.pings_at += (index,)
        elif method == "verto.pong" and not outward:
            wire.pongs_at += (index,)
        elif method == "verto.answer" and not outward:
            wire.answers += 1
            if wire.answer is None:
                wire.answer, wire.answer_at = fact, index
            # The first frame after an accept is that accept's own, however late it comes in.
            of_accept = call.commands.accept is not None and wire.answers == 1
            if call.commands.late_answer is not None and not of_accept and wire.late_answer_at < 0:
                wire.late_answer_at = index
        elif method == "verto.modify" and not outward:
            wire.modifies.append((index, fact))
    elif outward and method == "verto.modify":
        _dialog_of(history, fact).wire.modify_replies.append((index, fact))
    elif outward and method == "verto.invite":
        if fact.kind == "error":
            wire = _dialog_of(history, fact).wire
            if wire.reattach is not None and wire.reattach_refused_at < 0:
                wire.reattach_refused_at = index
    elif outward and method == "verto.bye":
        _dialog_of(history, fact).wire.bye_result_at = index
    elif method == "verto.ping" and not outward:
        _dialog_of(history, fact).wire.ping_read_at = index
    elif method == "verto.invite" and not outward:
        wire = _dialog_of(history, fact).wire
        wire.invite_read_at = index if wire.invite_read_at < 0 else wire.invite_read_at


def _ping(history: History, index: int, fact: journal.FrameFact) -> None:
    if fact.detail.get("ping") == journal.KEEP_ALIVE:
        return  # its answer would be taken for that to the ping of a barrier
    session = history.session(fact.session)
    if fact.direction is journal.Direction.TO_CLIENT:
        if fact.kind == "request":
            session.ping_sent = index
    elif fact.kind != "request":
        session.ping_covers = session.ping_sent


def _call(history: History, index: int, fact: journal.CallFact) -> None:
    origin = history.origin(fact.call)
    origin.facts.append(fact)
    if fact.state == "created" and origin.created_at < 0:
        origin.created_at = index
    elif fact.state == "answered" and origin.answered_at < 0:
        origin.answered_at = index
    elif fact.state == "ended" and origin.ended is None:
        origin.ended, origin.ended_at = fact, index


def _dialog(history: History, index: int, fact: journal.DialogFact) -> None:
    call = _dialog_of(history, fact)
    if call.origin is None:
        call.origin = history.origin(fact.call)
        call.origin.dialogs.append(call)
    if fact.state == "winner":
        if call.origin.winner is None:
            call.origin.winner, call.origin.winner_at = call, index
    elif fact.state == "reattached":
        call.wire.reattached_at, call.origin.holder = index, call
    elif fact.state in ("ended", "lost") and call.wire.ended_at < 0:
        call.wire.ended_at, call.wire.ended_reason = index, fact.reason


def _media(history: History, index: int, fact: journal.MediaFact) -> None:
    call = history.calls_by_id.get(fact.dialog)
    if call is None:
        return
    if fact.state == "connected":
        call.wire.media_at, call.wire.real = index, fact.real
    elif fact.state == "silent":
        call.wire.silent_at = index
    elif fact.state == "packets":
        call.wire.packets, call.wire.packets_at = fact, index
        call.wire.counts.append((index, fact))
    elif fact.state == "restarted":
        call.wire.restarted_at.append(index)


def _session(history: History, index: int, fact: journal.SessionFact) -> None:
    session = history.session(fact.session)
    if fact.state in ("online", "offline"):
        session.presence.append((index, fact.state))
    if fact.state in ("detached", "closed"):
        session.lost_at.append(index)
        session.offline = True
        if fact.state == "detached" and session.vanished is not None and session.left_at < 0:
            session.left_at, session.left_code = index, fact.code
    elif fact.state == "resumed":
        session.offline = False
        session.resumed_at.append(index)
    elif fact.state == "connected":
        session.offline = False
        session.connected_at = index if session.connected_at < 0 else session.connected_at
    elif fact.state == "online":
        session.offline = False
        session.online_at = index if session.online_at < 0 else session.online_at


def _fault(history: History, index: int, fact: journal.FaultFact) -> None:
    if fact.dialog and fact.what not in _NOTHING_LOST:
        wire = _dialog_of(history, fact).wire
        wire.faults |= {fact.point}
        if fact.point == "pong":
            wire.pong_lost_at = index
            wire.pong_refused = wire.pong_refused or fact.what == "refuse"
    if fact.point in ("media-in", "media-out"):
        cuts = _dialog_of(history, fact).wire.cuts
        cut_at, _ = cuts.get(fact.point, (index, NEVER))
        cuts[fact.point] = (cut_at, index if fact.what == "mended" else NEVER)
    if fact.what in ("silence", "heard"):
        session = history.session(fact.session)
        (session.silent_at if fact.what == "silence" else session.heard_at).append(index)
    if (fact.what, fact.point) == ("ignore", "look-up"):
        history.session(fact.session).unanswered_at.append(index)
    elif fact.point == "stun":
        session = history.session(fact.session)
        session.stun_ignored_at = earliest(session.stun_ignored_at, index)
    elif fact.point == "token":
        history.session(fact.session).token_refused_at.append(index)
    elif fact.point == "connect":
        history.session(fact.session).kept_out.append((index, fact.what))
    elif fact.point == "online":
        history.session(fact.session).online_refused_at.append(index)


def _transfer(history: History, index: int, fact: journal.TransferFact) -> None:
    history.origin(fact.call).rung_elsewhere_at.append(index)


def _lookup(history: History, index: int, fact: journal.LookupFact) -> None:
    if fact.state == "asked":
        history.lookups_open += 1
        history.asked_at.append(index)
    else:
        history.lookups_open -= 1
        history.looked_up_at.append(index)


def _script(history: History, index: int, fact: journal.ScriptFact) -> None:
    origin = history.origin(fact.call)
    if fact.verb == "play" and origin.played_at < 0:
        origin.played_at = index


HANDLERS: Final[dict[type, Callable[[History, int, Any], None]]] = {
    journal.FrameFact: _frame,
    journal.CallFact: _call,
    journal.DialogFact: _dialog,
    journal.MediaFact: _media,
    journal.SessionFact: _session,
    journal.TransferFact: _transfer,
    journal.LookupFact: _lookup,
    journal.FaultFact: _fault,
    journal.ScriptFact: _script,
}
"""By the type of the fact; each takes the history, the trace index and the fact."""
