"""Builds the indexed view of a trace, in one pass over its entries and with no judgement.

Order inside the SUT is that of ``n``; should a carrier have shuffled events, they are put back in
order first. Unknown ids and impossible orders are recorded as they come: a check decides on them.
"""

from __future__ import annotations

from ringproof.checks import platform_facts, sut_events
from ringproof.checks.records import NEVER, Command, History, RequestRecord
from ringproof.trace import (
    AnyEntry,
    CalledBack,
    Commanded,
    Emitted,
    Note,
    Platformed,
    Replied,
    Rested,
    Trace,
)


def build(trace: Trace) -> History:
    """Index a trace. Never raises, whatever the SUT did."""
    history = History(trace)
    if not _index(history, trace.entries):
        history = History(trace)
        _index(history, _in_order(trace.entries))
    return history


def _index(history: History, entries: list[AnyEntry]) -> bool:
    """Index all entries; False, and nothing to be used, if a session's ``n`` went back."""
    sessions = history.sessions
    fact_handlers, event_handlers = platform_facts.HANDLERS.get, sut_events.HANDLERS.get
    for index, entry in enumerate(entries):
        if type(entry) is Platformed:
            handler = fact_handlers(type(entry.fact))
            if handler is not None:
                handler(history, index, entry.fact)
        elif type(entry) is Emitted:
            event = entry.event
            session = sessions.get(event.s) or history.session(event.s)
            if event.n < session.last_n:
                return False
            session.last_n = event.n
            handler = event_handlers(type(event))
            if handler is not None:
                handler(history, index, event)
        elif type(entry) is Commanded:
            _commanded(history, index, entry)
        elif type(entry) is Replied:
            _replied(history, index, entry)
        elif type(entry) is Note:
            _note(history, index, entry)
        elif type(entry) is Rested:
            earlier = tuple(history.requests)
            request = RequestRecord(str(len(earlier)), history, index, entry, earlier)
            history.requests.append(request)
        elif type(entry) is CalledBack:
            history.origin(entry.call).callbacks.append((index, entry.state))
    return True


def _commanded(history: History, index: int, entry: Commanded) -> None:
    command = Command(entry.id, entry.op, entry.s, entry.c, entry.args, index)
    history.commands[entry.id] = command
    if entry.op == "session.open":
        history.session(entry.s).opening = command
    elif entry.op == "session.token":
        history.session(entry.s).renewals.append(index)
    elif entry.op == "session.return":
        history.session(entry.s).returned = command
    elif entry.op in ("session.offline", "session.online"):
        history.session(entry.s).presence_commands.append(command)
    elif entry.op in ("session.vanish", "session.close"):
        session = history.session(entry.s)
        if session.gone_at < 0:
            session.gone_at = index
        # A page that has lost its socket already can vanish without anybody seeing it.
        seen = entry.op == "session.vanish" and not session.offline
        if seen and session.vanished is None:
            session.vanished = command


def _replied(history: History, index: int, entry: Replied) -> None:
    command = history.commands.get(entry.id)
    if command is None:
        return
    command.error, command.replied_at = entry.error, index
    # A client that has not opened its session in time is judged for just that.
    if not entry.definite and command.op != "session.open":
        history.indefinite_ids.append(entry.id)
    if command.op in ("rest.dial", "browser.dial", "sip.dial") and entry.text:
        history.origin(entry.text).dial = command


def _note(history: History, index: int, entry: Note) -> None:
    if entry.what == "settled":
        history.settled_at = index
        if history.lookups_open > 0:
            return  # a client that still waits for the directory has nothing to show yet
    elif entry.what == "stalled":
        history.stalls.append((index, int(entry.text) if entry.text.isdigit() else 0))
        return
    elif entry.what in ("lost", "unopened"):
        session = history.session(entry.text)
        session.never_back = entry.what == "lost" and session.gone_at < 0
        session.gone_at = index if session.gone_at < 0 else session.gone_at
        return
    elif entry.what != "waited":
        return
    for session in history.sessions.values():
        if session.gone_at < 0:
            covers = session.ping_covers if entry.what == "settled" else NEVER
            session.barriers.append(covers if covers >= 0 else index)


def _in_order(entries: list[AnyEntry]) -> list[AnyEntry]:
    """Return the entries with each session's events sorted by ``n``, in the places they had."""
    events: dict[str, list[tuple[int, Emitted]]] = {}
    for index, entry in enumerate(entries):
        if isinstance(entry, Emitted):
            events.setdefault(entry.event.s, []).append((index, entry))
    ordered = list(entries)
    for placed in events.values():
        in_order = sorted(placed, key=lambda one: one[1].event.n)
        for (index, _), (_, entry) in zip(placed, in_order, strict=True):
            ordered[index] = entry
    return ordered
