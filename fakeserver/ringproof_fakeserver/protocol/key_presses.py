"""Key presses across joined legs: what one side sends, in its media or by ``verto.info``, the other
side gets as telephone events in its media (RFC 4733).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ringproof_fakeserver.protocol.call import Call
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import SendDigits

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.calls import Calls

DIGITS: Final = frozenset("0123456789*#ABCD")
MOST_DIGITS: Final = 64
"""Of one ``verto.info``."""
MOST_UNDELIVERED: Final = 100
"""Digits that wait on one leg. A client may press keys faster than they can be played."""


class KeyPresses:
    """Passes digits on."""

    def __init__(self, buffer: CommandBuffer, calls: Calls, ids: Callable[[], str]) -> None:
        self._buffer = buffer
        self._calls = calls
        self._ids = ids
        self.connected: Callable[[Call], Call | None] = lambda call: None
        """Returns the call to which a script has connected this one, or None."""
        self._undelivered: dict[str, dict[str, int]] = {}
        """By leg and sending: how many digits."""

    def __len__(self) -> int:
        """Return on how many legs digits are being sent."""
        return len(self._undelivered)

    def pressed(self, leg: str, call: Call, digits: str) -> None:
        """Give digits of a leg to whatever waits for them, and to the leg that hears it."""
        valid = "".join(each for each in digits[:MOST_DIGITS].upper() if each in DIGITS)
        if call.winner is not None and call.winner.id == leg:
            self._calls.operations.digits(call, valid)
        other = self._other(leg, call)
        if other:
            self._send(other, valid)

    def _send(self, leg: str, digits: str) -> None:
        """Send as many digits as fit into what the leg has still to send."""
        fit = digits[: MOST_UNDELIVERED - sum(self._undelivered.get(leg, {}).values())]
        if fit:
            sending = self._ids()
            self._undelivered.setdefault(leg, {})[sending] = len(fit)
            self._buffer.add(SendDigits(leg, sending, fit))

    def sent(self, leg: str, sending: str) -> bool:
        """Take note that digits were sent; False where they were none of a key press."""
        waiting = self._undelivered.get(leg, {})
        was_press = waiting.pop(sending, None) is not None
        if was_press and not waiting:
            del self._undelivered[leg]
        return was_press

    def forget(self, leg: str) -> None:
        """Forget what a leg has still to send: it is closed, or another takes its place."""
        self._undelivered.pop(leg, None)

    def _other(self, leg: str, call: Call) -> str:
        """Return the leg that hears this one; empty where there is none with media."""
        winner, far = call.winner, call.far_party
        if winner is None or not winner.media:
            return ""
        if winner.id != leg:
            return winner.id
        if far is not None:
            return far.leg if far.media else ""
        target = self.connected(call)
        heard = target.winner if target is not None else None
        return heard.id if heard is not None and heard.media else ""
