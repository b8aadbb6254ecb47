"""Builds the indexed view of a trace, in one pass over its entries and with no judgement.

Order inside the SUT is that of ``n``; should a carrier have shuffled events, they are put back in
order first. Unknown ids and impossible orders are taken as they come: a check decides on them.
"""

from __future__ import annotations

from ringproof.checks.commands import Command
from ringproof.checks.index import Index
from ringproof.checks.platform_witness import PlatformWitness
from ringproof.checks.records import History
from ringproof.checks.sut_witness import SutWitness
from ringproof.checks.wire import NEVER
from ringproof.trace import AnyEntry, Commanded, Emitted, Note, Packets, Platformed, Replied, Trace


def build(trace: Trace) -> History:
    """Index a trace. Never raises, whatever the SUT did."""
    builder = _Builder(trace)
    if not builder.run(trace.entries):
        builder = _Builder(trace)
        builder.run(_in_order(trace.entries))
    return builder.history


class _Builder:
    """The pass itself; used once."""

    def __init__(self, trace: Trace) -> None:
        self._index = Index(trace)
        self.history = self._index.history

    def run(self, entries: list[AnyEntry]) -> bool:
        """Index all entries; False, and nothing to be used, if a session's ``n`` went back."""
        facts, events = (
            PlatformWitness(self._index).handlers.get,
            SutWitness(self._index).handlers.get,
        )
        sessions = self._index.sessions
        for index, entry in enumerate(entries):
            if type(entry) is Platformed:
                fact = entry.fact
                handler = facts(type(fact))
                if handler is not None:
                    handler(index, fact)
            elif type(entry) is Emitted:
                event = entry.event
                session = sessions.get(event.s) or self._index.session(event.s)
                n = event.n
                if n < session.last_n:
                    return False
                session.last_n = n
                handler = events(type(event))
                if handler is not None:
                    handler(index, event)
                elif type(event) is Packets:
                    self._index.call(event.s, event.c).shown.rtp.append(entry)
            elif type(entry) is Commanded:
                self._commanded(index, entry)
            elif type(entry) is Replied:
                self._replied(entry)
            elif type(entry) is Note:
                self._note(index, entry)
        return True

    def _commanded(self, index: int, entry: Commanded) -> None:
        command = Command(entry.id, entry.op, entry.s, entry.c, entry.args, index)
        self._index.commands[entry.id] = command
        if entry.op in ("session.vanish", "session.close"):
            session = self._index.session(entry.s)
            if session.gone_at < 0:
                session.gone_at = index
            # A page that has lost its socket already can vanish without anybody seeing it.
            seen = entry.op == "session.vanish" and not session.away
            if seen and session.vanished is None:
                session.vanished = command

    def _replied(self, entry: Replied) -> None:
        command = self._index.commands.get(entry.id)
        if command is None:
            return
        command.error = entry.error
        if not entry.definite:
            self.history.doubtful.append(entry.id)
        if command.op == "rest.dial" and entry.text:
            self._index.origin(entry.text).dial = command

    def _note(self, index: int, entry: Note) -> None:
        if entry.what == "settled":
            self.history.settled_at = index
            if self._index.lookups_open > 0:
                return  # a client that still waits for the directory has nothing to show yet
        elif entry.what == "lost":
            session = self._index.session(entry.text)
            session.gone_at = index if session.gone_at < 0 else session.gone_at
            return
        elif entry.what != "waited":
            return
        for session in self._index.sessions.values():
            if session.gone_at < 0:
                covers = session.ping_covers if entry.what == "settled" else NEVER
                session.barriers.append(covers if covers >= 0 else index)


def _in_order(entries: list[AnyEntry]) -> list[AnyEntry]:
    """Return the entries with each session's events sorted by ``n``, in the places they had."""
    places: dict[str, list[int]] = {}
    for index, entry in enumerate(entries):
        if isinstance(entry, Emitted):
            places.setdefault(entry.event.s, []).append(index)
    ordered = list(entries)
    for indexes in places.values():
        events = [entry for index in indexes if isinstance(entry := entries[index], Emitted)]
        events.sort(key=lambda entry: entry.event.n)
        for index, entry in zip(indexes, events, strict=True):
            ordered[index] = entry
    return ordered
