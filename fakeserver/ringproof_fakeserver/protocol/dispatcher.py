"""Frames of clients: parsed, recorded, and dispatched to the handler of their method."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from ringproof_fakeserver.protocol import jsonrpc, registrar, verto
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer, remember
from ringproof_fakeserver.protocol.errors import FrameError
from ringproof_fakeserver.protocol.incoming import Connection, Incoming
from ringproof_fakeserver.protocol.jsonrpc import Message
from ringproof_fakeserver.protocol.messages import OK
from ringproof_fakeserver.protocol.presence import Presence
from ringproof_fakeserver.protocol.registrar import Registrar
from ringproof_fakeserver.protocol.rooms.methods import RoomMethods
from ringproof_fakeserver.protocol.session import Sent
from ringproof_fakeserver.protocol.verto import VertoHandler

REAUTHENTICATE = "signalwire.reauthenticate"


LONGEST_ID = 64
"""Of a request, as it is remembered; longer ones are remembered by a digest."""


class Dispatcher:
    """Dispatches text frames. A frame can change no session but its own."""

    def __init__(
        self,
        buffer: CommandBuffer,
        registrar_: Registrar,
        presence: Presence,
        verto_handler: VertoHandler,
        room_methods: RoomMethods,
    ) -> None:
        self._buffer = buffer
        self._registrar = registrar_
        self._room_methods = room_methods
        self._handlers: dict[str, Callable[[Incoming], None]] = {
            verto.METHOD: verto_handler.handle,
            "subscriber.online": presence.online,
            "subscriber.offline": presence.offline,
            REAUTHENTICATE: registrar_.reauthenticate,
            "signalwire.ping": self._ping,
            "signalwire.disconnect": self._acknowledge,
        }

    def receive(self, connection: Connection, text: str) -> None:
        """Handle one frame of an open socket."""
        try:
            incoming = Incoming(connection, jsonrpc.parse(text), text)
        except FrameError as error:
            incoming = Incoming(connection, Message(id=error.request_id), text)
            detail = {"code": error.code, "message": error.message}
            self._buffer.received(incoming, "malformed", detail=detail)
            self._buffer.refuse(incoming, error.code, error.message)
            return
        if incoming.message.method is None:
            self._response(incoming)
            return
        known_as = _short(incoming.id)
        if known_as in connection.used:
            self._refuse(incoming, jsonrpc.INVALID_REQUEST, "id is in use already")
            return
        remember(connection.used, known_as, None, self._buffer.settings.recent_ids)
        if incoming.method == "signalwire.connect":
            if self._registrar.connect(incoming):
                early, connection.early = connection.early, []
                for request in early:
                    self._dispatch(request)
        elif connection.session is None:
            self._keep_early(incoming)
        else:
            self._dispatch(incoming)

    def _dispatch(self, incoming: Incoming) -> None:
        handler = self._handlers.get(incoming.method)
        if handler is not None:
            handler(incoming)
        elif incoming.method.startswith("call."):
            self._room_methods.handle(incoming)
        else:
            problem = f"Method not found: {incoming.method[:64]}"
            self._refuse(incoming, jsonrpc.METHOD_NOT_FOUND, problem)

    def _keep_early(self, incoming: Incoming) -> None:
        """Keep a request that came before connect: clients flush their queue on a new socket."""
        early = incoming.connection.early
        settings = self._buffer.settings
        length = len(incoming.text) + sum(len(request.text) for request in early)
        full = len(early) >= settings.early_requests or length > settings.early_characters
        if incoming.method == REAUTHENTICATE or full:
            problem = "signalwire.connect must come first"
            self._refuse(incoming, registrar.AUTHENTICATION_FAILED, problem)
        else:
            early.append(incoming)

    def _response(self, incoming: Incoming) -> None:
        """Record an answer to a request of ours; unknown and repeated ones are tolerated."""
        session, error = incoming.connection.session, incoming.message.error
        sent = session.sent.pop(incoming.id, None) if session is not None else None
        sent = sent or Sent("")
        detail: dict[str, object] = {}
        if error is not None:
            detail = {"code": error.code, "message": error.message}
        if sent.ping:
            detail["ping"] = sent.ping
        kind = "result" if error is None else "error"
        self._buffer.received(incoming, kind, method=sent.method, dialog=sent.dialog, detail=detail)

    def _ping(self, incoming: Incoming) -> None:
        self._buffer.received(incoming)
        self._buffer.answer(incoming, {"timestamp": self._buffer.now_ms / 1000})

    def _acknowledge(self, incoming: Incoming) -> None:
        """Answer a request that has no effect."""
        self._buffer.received(incoming)
        self._buffer.answer(incoming, OK)

    def _refuse(self, incoming: Incoming, code: int, problem: str) -> None:
        self._buffer.received(incoming)
        self._buffer.refuse(incoming, code, problem)


def _short(request_id: str) -> str:
    """Return what stands for an id of any length: a client may send many that are very long."""
    if len(request_id) <= LONGEST_ID:
        return request_id
    return "#" + hashlib.blake2b(request_id.encode(errors="surrogatepass")).hexdigest()
