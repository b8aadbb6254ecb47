"""Half-open sockets: nothing passes any more, in either direction, and nobody is told. Pure."""

from __future__ import annotations

from ringproof_fakeserver.protocol import events, faults
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import AnyCommand, CutSocket, SendFrame
from ringproof_fakeserver.protocol.journal import FaultFact
from ringproof_fakeserver.protocol.session import Session, Sessions


class Silence:
    """The sockets that are half open on purpose."""

    def __init__(self, buffer: CommandBuffer, sessions: Sessions) -> None:
        self._buffer = buffer
        self._sessions = sessions
        self._sockets: set[str] = set()

    @property
    def active(self) -> bool:
        """Whether ``apply`` may change anything."""
        return bool(self._sockets)

    def requested(self, event: events.SilenceRequested) -> None:
        """Let a session's socket fall silent, or have it heard again."""
        for session in self._sessions.by_jti(event.session):
            if event.silent and session.socket is not None:
                self._sockets.add(session.socket)
                self._record(session, "silence")
            elif not event.silent:
                self._sockets.discard(session.socket or "")
                self._record(session, "heard")

    def swallows(self, socket: str) -> bool:
        """Say whether nothing that comes over this socket arrives."""
        return socket in self._sockets

    def apply(self, commands: list[AnyCommand]) -> list[AnyCommand]:
        """Return the commands without the frames that would be lost; each of a call is a fault."""
        kept: list[AnyCommand] = []
        for command in commands:
            if isinstance(command, SendFrame) and command.socket in self._sockets:
                fault = faults.lost(command.fact)
                kept += [] if fault is None else [fault]
                continue
            if isinstance(command, CutSocket):
                self._sockets.discard(command.socket)
            kept.append(command)
        return kept

    def _record(self, session: Session, what: str) -> None:
        fact = FaultFact(subscriber=session.subscriber, session=session.jti, what=what)
        self._buffer.add(fact)
