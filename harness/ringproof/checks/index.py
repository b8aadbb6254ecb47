"""Who is who while a trace is being indexed: sessions, calls, origin calls and commands by id."""

from __future__ import annotations

from ringproof.checks.commands import Command
from ringproof.checks.records import CallRecord, History, OriginRecord, SessionRecord
from ringproof.trace import Trace


class Index:
    """Finds records by id and makes those that are missing."""

    __slots__ = ("calls", "commands", "history", "lookups_open", "sessions")

    def __init__(self, trace: Trace) -> None:
        self.history = History(trace)
        self.sessions = self.history.sessions
        self.calls: dict[str, CallRecord] = {}
        self.commands: dict[str, Command] = {}
        self.lookups_open = 0

    def session(self, id: str) -> SessionRecord:
        """Return the session of that id."""
        session = self.sessions.get(id)
        if session is None:
            session = self.sessions[id] = SessionRecord(id, self.history)
        return session

    def call(self, s: str, c: str) -> CallRecord:
        """Return the call ``c`` as it is on session ``s``."""
        call = self.calls.get(c)
        if call is not None and call.session.id == s:
            return call
        if call is None:
            key = c
        else:  # one id on two sessions: never by the platform's doing
            key = f"{s}\n{c}"
            call = self.calls.get(key)
        if call is None:
            session = self.session(s)
            call = self.calls[key] = CallRecord(c, session)
            session.calls.append(call)
            self.history.calls.append(call)
        return call

    def origin(self, id: str) -> OriginRecord:
        """Return the caller's call of that id."""
        origin = self.history.origins.get(id)
        if origin is None:
            origin = self.history.origins[id] = OriginRecord(id, self.history)
        return origin
