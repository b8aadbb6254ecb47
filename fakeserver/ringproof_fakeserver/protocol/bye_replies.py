"""Replies to the byes of clients, which production sends half a second after the call has ended."""

from __future__ import annotations

from typing import Any

from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import CancelTimer, StartTimer
from ringproof_fakeserver.protocol.incoming import VertoRequest

TIMER = "bye-reply"


class ByeReplies:
    """Holds replies back; beyond ``limit`` of them a reply is sent at once."""

    def __init__(self, buffer: CommandBuffer, limit: int) -> None:
        self._buffer = buffer
        self._limit = limit
        self._due: dict[str, tuple[VertoRequest, dict[str, Any]]] = {}
        """By the name of the timer."""
        self._count = 0

    def send(self, request: VertoRequest, value: dict[str, Any], delay_ms: int) -> None:
        """Answer a bye after ``delay_ms``; 0 is at once."""
        if delay_ms <= 0 or len(self._due) >= self._limit:
            self._buffer.answer_verto(request, value)
            return
        self._count += 1
        timer = f"{TIMER}:{self._count}"
        self._due[timer] = request, value
        self._buffer.add(StartTimer(timer, delay_ms))

    def holds(self, request: VertoRequest) -> bool:
        """Say whether the reply to this very request is still to come: it was sent again."""
        return any(
            held.id == request.id and held.session is request.session
            for held, _ in self._due.values()
        )

    def release(self, timer: str) -> None:
        """Send the reply of this timer."""
        held = self._due.pop(timer, None)
        if held is not None:
            self._buffer.answer_verto(*held)

    def release_all(self) -> None:
        """Send every reply at once."""
        for timer in tuple(self._due):
            self._buffer.add(CancelTimer(timer))
            self.release(timer)
