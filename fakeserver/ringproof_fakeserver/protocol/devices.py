"""Devices that come, go and come back: what that means for the calls that ring them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringproof_fakeserver.protocol import causes
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Dialog, State, Trigger
from ringproof_fakeserver.protocol.session import Session

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.calls import Calls


class Devices:
    """All devices, as far as calls are concerned."""

    def __init__(self, buffer: CommandBuffer, calls: Calls) -> None:
        self._buffer = buffer
        self._calls = calls

    def dialogs(self, session: Session) -> list[Dialog]:
        """Return the dialogs of a device that have not ended."""
        return [self._calls.dialogs[dialog_id] for dialog_id in session.dialogs]

    def came_online(self, session: Session) -> None:
        """Ring a device for the calls that ring its subscriber and not yet this device."""
        for call in self._calls.live.values():
            ours = call.ringing and call.subscriber == session.subscriber
            if ours and call.wants(session) and session.protocol not in call.dialogs:
                self._calls.prepare(call, session)

    def detached(self, session: Session) -> None:
        """Stop ringing a device that lost its socket, as mod_verto does.

        The calls themselves ring until their time is over, as they do for a subscriber who is
        offline: the device may come back, or another may come online. Answered calls are kept.
        """
        for dialog in self.dialogs(session):
            if dialog.state in (State.PREPARING, State.RINGING):
                self._calls.end_dialog(dialog, Trigger.DEVICE_GONE, causes.DEVICE_GONE)
                del self._calls.live[dialog.call].dialogs[session.protocol]

    def attached(self, session: Session) -> None:
        """Send a device that has a socket again what it missed, then what rings now."""
        missed, session.missed = session.missed, {}
        for dialog_id, cause in missed.items():
            self._buffer.bye(session, dialog_id, cause)
        for dialog in self.dialogs(session):
            if dialog.state is State.RINGING and not dialog.invited:
                self._calls.invite(dialog)
            elif dialog.outbound:
                self._calls.outbound.send_answer(dialog)
        if session.online:
            self.came_online(session)

    def dropped(self, session: Session) -> None:
        """End every dialog of a device that will not come back."""
        for dialog in filter(lambda each: each.alive, self.dialogs(session)):
            call = self._calls.live[dialog.call]
            if call.winner is dialog or dialog.outbound:
                cause = causes.RECOVERY_EXPIRED
                self._calls.end(call, "hangup", "platform", cause, Trigger.DEVICE_GONE)
            else:
                self._calls.end_dialog(dialog, Trigger.DEVICE_GONE, causes.DEVICE_GONE)
                call.dialogs.pop(session.protocol, None)
