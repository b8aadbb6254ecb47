"""Presence: which devices want calls. ``subscriber.online`` and ``subscriber.offline``."""

from __future__ import annotations

from collections.abc import Callable

from ringproof_fakeserver.protocol.calls import Calls
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import CancelTimer, StartTimer
from ringproof_fakeserver.protocol.faults import Faults
from ringproof_fakeserver.protocol.incoming import Incoming
from ringproof_fakeserver.protocol.messages import OK

TIMER = "online"

NOT_VALIDATED = -32003
ENDPOINT_NOT_REGISTERED = "WebRTC endpoint registration failed"
"""The text with which the live service was seen to refuse ``subscriber.online``."""


class Presence:
    """Lets devices come online and go offline."""

    def __init__(
        self, buffer: CommandBuffer, calls: Calls, ids: Callable[[], str], faults: Faults
    ) -> None:
        self._buffer = buffer
        self._calls = calls
        self._ids = ids
        self._faults = faults
        self._late: dict[str, Incoming] = {}
        """By timer: requests to come online that are answered later."""

    def online(self, incoming: Incoming) -> None:
        """Answer ``subscriber.online``, perhaps later; a second one changes nothing.

        Guests and embeds cannot be called. Assumed: refused with -32003; the documentation says
        only that they are never offered a call.
        """
        session = incoming.session
        self._buffer.received(incoming)
        if session.claims.kind != "subscriber":
            problem = "only subscribers can be called: this token is for outbound calls"
            self._buffer.refuse(incoming, NOT_VALIDATED, problem)
            return
        rule = self._faults.strikes("online", session.subscriber, session.jti)
        if rule is not None:
            self._buffer.refuse(incoming, rule.code, ENDPOINT_NOT_REGISTERED)
            return
        settings = self._buffer.settings
        delay_ms = self._calls.platform(session.subscriber).online_delay_ms
        delay_ms = delay_ms or settings.online_delay_ms
        if delay_ms and len(self._late) < settings.delayed_frames:
            name = f"{TIMER}:{self._ids()}"
            self._late[name] = incoming
            self._buffer.add(StartTimer(name, delay_ms))
        else:
            self._come_online(incoming)

    def due(self, timer: str) -> None:
        """Answer a request that was held back, unless its socket is lost."""
        incoming = self._late.pop(timer, None)
        session = incoming.connection.session if incoming is not None else None
        if incoming is None or session is None or session.socket != incoming.connection.socket:
            return
        self._come_online(incoming)

    def _come_online(self, incoming: Incoming) -> None:
        session = incoming.session
        self._buffer.answer(incoming, OK)
        if not session.online:
            session.online = True
            self._buffer.record_session(session, "online")
            self._calls.devices.came_online(session)

    def offline(self, incoming: Incoming) -> None:
        """Answer ``subscriber.offline``: no new calls. Present calls go on. Assumed.

        Requests to come online that came before are answered before.
        """
        session = incoming.session
        self._buffer.received(incoming)
        for timer, late in tuple(self._late.items()):
            if late.connection is incoming.connection:
                self._buffer.add(CancelTimer(timer))
                self.due(timer)
        self._buffer.answer(incoming, OK)
        if session.online:
            session.online = False
            self._buffer.record_session(session, "offline")
