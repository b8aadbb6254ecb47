"""Pings of answered calls: a call whose client leaves one unanswered ends when the next is due.

Each call has a clock of its own, which a lost socket does not stop. A ping that is due while there
is no socket is never sent, and counts as unanswered like any other. A pong names a call and no
ping, so a late one rescues the call, and so does one for a ping that the client never saw.
"""

from __future__ import annotations

from collections.abc import Callable

from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import CancelTimer, StartTimer
from ringproof_fakeserver.protocol.dialog import Dialog
from ringproof_fakeserver.protocol.platform import Platform

TIMER = "ping"
METHOD = "verto.ping"


class Pings:
    """The pings of all answered dialogs.

    ``platform`` returns the variant of a subscriber's calls; ``expired`` ends a call whose ping was
    not answered.
    """

    def __init__(
        self,
        buffer: CommandBuffer,
        platform: Callable[[str], Platform],
        expired: Callable[[Dialog], None],
    ) -> None:
        self._buffer = buffer
        self._platform = platform
        self._expired = expired

    def start(self, dialog: Dialog) -> None:
        """Begin to ping a dialog that was answered, unless the platform variant has no pings."""
        platform = self._platform(dialog.session.subscriber)
        if platform.verto_ping_ms and not dialog.session.sip_device:
            dialog.pinged = True
            self._wait(dialog, platform.verto_ping_first_ms)

    def stop(self, dialog: Dialog) -> None:
        """Ping a dialog no more."""
        if dialog.pinged:
            dialog.pinged = False
            self._buffer.add(CancelTimer(_timer(dialog)))

    def due(self, dialog: Dialog) -> None:
        """Send the next ping, or end the call if the last one was not answered."""
        if not dialog.pinged:
            return
        if dialog.unanswered_ping:
            self._expired(dialog)
            return
        dialog.unanswered_ping = True
        if dialog.session.socket is not None:
            params = {"callID": dialog.id, "dialogParams": {"callID": dialog.id}}
            self._buffer.verto(dialog.session, METHOD, params, dialog.id, {})
        self._wait(dialog, self._platform(dialog.session.subscriber).verto_ping_ms)

    def pong(self, dialog: Dialog) -> None:
        """Take the client's pong."""
        dialog.unanswered_ping = False

    def _wait(self, dialog: Dialog, delay_ms: int) -> None:
        self._buffer.add(StartTimer(_timer(dialog), delay_ms))


def _timer(dialog: Dialog) -> str:
    return f"{TIMER}:{dialog.id}"
