"""Records what the adapter reported: lists, statuses, streams, received commands.

The events of a session come in the order of their ``n``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ringproof import trace
from ringproof.checks.records import CallRecord, Command, History, Removal
from ringproof.checks.statuses import ENDING

MODIFYING: Final = frozenset({"call.hold", "call.unhold", "call.restart_ice", "call.transfer"})
"""Ops that change a connected call."""

_BEFORE_RINGING = frozenset({"new", "trying"})
"""Documented statuses before ringing: a call that shows one first has not left ringing yet."""


def _emission(history: History, index: int, event: trace.Calls) -> None:
    session = history.sessions[event.s]
    number = len(session.emissions)
    if event.observer:
        session.late_lists.setdefault(event.observer, (event, number, index))
        return
    session.emissions.append(event)
    session.emission_at.append(index)
    before = session.current
    now: dict[str, CallRecord] = {}
    arrival = False
    calls = history.calls_by_id
    for item in event.list:
        call = calls.get(item.c)
        if call is None or call.session is not session:
            call = history.call(event.s, item.c)
        if item.c in now:
            session.listed_twice = session.listed_twice or (event, item.c)
            continue
        now[item.c] = call
        if call.shown.listed_at < 0:
            arrival = True
            call.shown.listed_at = index
        call.shown.entries.append(item)
        call.shown.listings.append(number)
        if call.shown.after_ringing >= 0 and call.commands.late_answer is None:
            if item.status == "ringing" and call.shown.stale_listing is None:
                call.shown.stale_listing = event
            if call.shown.destroyed is not None and session.destroyed_listed is None:
                session.destroyed_listed = (event, call)
    if now.keys() == before.keys():
        if number:
            session.duplicates.append(number)
    elif before:
        for c, call in before.items():
            if c not in now:
                words = call.shown.words
                alive = not words or words[-1] not in ENDING
                call.shown.removals.append(Removal(event, index, len(words), alive, arrival))
    session.current = now
    if len(now) > 1:
        session.longest_list = max(session.longest_list, len(now))
        if not session.rang_together:
            session.rang_together = sum(call.shown.after_ringing < 0 for call in now.values()) > 1


def _status(history: History, index: int, event: trace.Status) -> None:
    call = history.calls_by_id.get(event.c)
    if call is None or call.session.id != event.s:
        call = history.call(event.s, event.c)
    shown = call.shown
    if event.observer:
        shown.late_statuses.append(event)
        return
    word = event.status
    if call.commands.late_answer is not None and (shown.revived or word not in ENDING):
        shown.revived.append(event)
        return
    if (
        word != "ringing"
        and shown.after_ringing < 0
        and (shown.words or word not in _BEFORE_RINGING)
    ):
        shown.after_ringing = len(shown.words)
    shown.words.append(word)
    shown.statuses.append(event)
    shown.status_at.append(index)
    if word in ENDING:
        if shown.over is None:
            shown.over, shown.over_at = event, index
        if word == "destroyed" and shown.destroyed is None:
            shown.destroyed, shown.destroyed_at = event, index


def _dialled(history: History, index: int, event: trace.Dialled) -> None:
    history.call(event.s, event.c).wire.outbound = True


def _stream(history: History, index: int, event: trace.Stream) -> None:
    call = history.call(event.s, event.c)
    if event.observer:
        call.shown.late_streams.append(event)
    elif call.commands.late_answer is not None:
        pass  # what a late answer brings about is judged by its own clause
    elif event.side == "local":
        call.shown.local.append(event)
    else:
        call.shown.remote.append(event)


def _complete(history: History, index: int, event: trace.Complete) -> None:
    if event.observer or not event.c:
        return
    shown = history.call(event.s, event.c).shown
    if event.what == "status":
        shown.status_done = shown.status_done or event
    elif event.what == "local_stream":
        shown.local_done = shown.local_done or event
    elif event.what == "remote_stream":
        shown.remote_done = shown.remote_done or event


def _getter(history: History, index: int, event: trace.Getter) -> None:
    shown = history.call(event.s, event.c).shown
    if shown.words and not shown.revived:
        shown.getters.append((event, shown.words[-1]))


def _packets(history: History, index: int, event: trace.Packets) -> None:
    shown = history.call(event.s, event.c).shown
    shown.packets.append(event)
    if event.content:
        shown.looked_into.append((index, event))


def _error(history: History, index: int, event: trace.SutError) -> None:
    if event.c:
        history.call(event.s, event.c).shown.errors.append((index, event))
    else:
        history.session(event.s).error_at.append(index)


def _devices(history: History, index: int, event: trace.DeviceRequest) -> None:
    call = history.call(event.s, event.c)
    call.wire.faults |= {"devices"}
    call.shown.requests.append((index, event))


def _issue(history: History, index: int, event: trace.Issue) -> None:
    history.call(event.s, event.c).shown.issues.append((index, event))


def _reread(history: History, index: int, event: trace.Reread) -> None:
    history.sessions[event.s].rereads.append(event)


def _registered(history: History, index: int, event: trace.Registered) -> None:
    session = history.sessions[event.s]
    if session.registered is None:
        session.registered, session.registered_at = event, index


def _received(history: History, index: int, event: trace.Received) -> None:
    command = history.commands.get(event.id)
    if command is not None and command.op in ("session.offline", "session.online"):
        command.received_at, command.n = index, event.n
    if command is None or not command.c or command.received_at >= 0:
        return
    call = history.call(event.s, command.c)
    command.received_at, command.n = index, event.n
    command.words_before = len(call.shown.words)
    command.local_before, command.remote_before = len(call.shown.local), len(call.shown.remote)
    _classify(call, command)
    if command.args.get("what") == "list":
        call.session.list_requests[command.id] = command, len(call.session.emissions)


def _settled(history: History, index: int, event: trace.Settled) -> None:
    session = history.sessions[event.s]
    session.reports_settled = True
    command = history.commands.get(event.id)
    if command is not None and command.settled is None:
        command.settled, command.settled_at = event, index


def _classify(call: CallRecord, command: Command) -> None:
    """Sort a received command into what it means for its call, as the SUT saw it just then."""
    shown, commands = call.shown, call.commands
    op = command.op
    if op in MODIFYING:
        commands.modifies.append(command)
    elif op == "observe":
        commands.observed.append(command)
    elif shown.over is not None:
        if op == "call.answer" and commands.late_answer is None and _ended_by_platform(call):
            commands.late_answer = command
    elif op == "call.answer":
        if commands.decline is None and commands.hangup is None:
            if commands.accept is None and shown.after_ringing < 0:
                commands.accept = command
            elif _lacks_devices(call):
                commands.answer_again = commands.answer_again or command
            elif commands.accept is not None and commands.second_answer is None:
                commands.second_answer = command
    elif op == "call.reject":
        if commands.accept is not None and not (_lacks_devices(call) and shown.after_ringing < 0):
            if commands.late_reject is None and commands.hangup is None:
                commands.late_reject = command
        elif commands.decline is None and commands.hangup is None and shown.after_ringing < 0:
            # A client that has answered by itself has nothing left to decline.
            commands.decline = command
    elif op == "call.hangup" and commands.decline is None and commands.hangup is None:
        commands.hangup = command


def _lacks_devices(call: CallRecord) -> bool:
    """Say whether the accept of a call did not get its devices: the user may decide anew."""
    requests = call.shown.requests
    return bool(requests) and requests[-1][1].state == "failed"


def _ended_by_platform(call: CallRecord) -> bool:
    """Say whether the call was over for the SUT because the platform had said so."""
    return call.wire.platform_first and call.wire.bye_out_at < call.shown.over_at


def _sources(history: History, index: int, event: trace.Sources) -> None:
    history.call(event.s, event.c).shown.sources.append((index, event))


def _user(history: History, index: int, event: trace.User) -> None:
    history.sessions[event.s].users.append((index, event))


HANDLERS: Final[dict[type, Callable[[History, int, Any], None]]] = {
    trace.Calls: _emission,
    trace.Dialled: _dialled,
    trace.Status: _status,
    trace.Stream: _stream,
    trace.Complete: _complete,
    trace.Received: _received,
    trace.Settled: _settled,
    trace.Getter: _getter,
    trace.Reread: _reread,
    trace.Registered: _registered,
    trace.Packets: _packets,
    trace.SutError: _error,
    trace.Issue: _issue,
    trace.DeviceRequest: _devices,
    trace.User: _user,
    trace.Sources: _sources,
}
"""By the type of the event; each takes the history, the trace index and the event."""
