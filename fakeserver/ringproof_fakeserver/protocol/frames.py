"""Frames of clients: read, judged, written down, and handed to whom they are for."""

from __future__ import annotations

from collections.abc import Callable

from ringproof_fakeserver.protocol import jsonrpc, registrar, verto
from ringproof_fakeserver.protocol.errors import FrameError
from ringproof_fakeserver.protocol.jsonrpc import Message
from ringproof_fakeserver.protocol.messages import OK
from ringproof_fakeserver.protocol.registrar import Registrar
from ringproof_fakeserver.protocol.session import Connection, Sent, Session
from ringproof_fakeserver.protocol.verto import VertoDesk
from ringproof_fakeserver.protocol.wire import Wire

PING = "signalwire.ping"
DISCONNECT = "signalwire.disconnect"
LAYOUTS = "call.layout.list"

Handler = Callable[[Connection, Session, Message, str], None]


class FrameDesk:
    """Takes text frames. Nothing a frame says reaches another session than its own."""

    def __init__(self, wire: Wire, registrar_: Registrar, verto_desk: VertoDesk) -> None:
        self._wire = wire
        self._registrar = registrar_
        self._methods: dict[str, Handler] = {
            verto.METHOD: verto_desk.handle,
            registrar.ONLINE: registrar_.online,
            registrar.OFFLINE: registrar_.offline,
            registrar.REAUTHENTICATE: registrar_.reauthenticate,
            PING: self._ping,
            DISCONNECT: self._acknowledge,
        }

    def receive(self, connection: Connection, text: str) -> None:
        """Take one frame of an open socket."""
        try:
            message = jsonrpc.parse(text)
        except FrameError as error:
            detail = {"code": error.code, "message": error.message}
            self._wire.received(connection, text, "malformed", detail=detail)
            self._wire.refuse(connection, error.request_id, "", error.code, error.message)
            return
        if message.method is None:
            self._response(connection, message, text)
            return
        limit = self._wire.settings.recent_ids
        if not connection.first_use(message.id or "", limit):
            self._wire.received(connection, text, "request", message.method)
            self._refuse(connection, message, jsonrpc.INVALID_REQUEST, "id is in use already")
        elif message.method == registrar.CONNECT:
            if self._registrar.connect(connection, message, text):
                self._release(connection)
        elif connection.session is None:
            self._early(connection, message, text)
        else:
            self._dispatch(connection, connection.session, message, text)

    def _dispatch(
        self, connection: Connection, session: Session, message: Message, text: str
    ) -> None:
        method = message.method or ""
        handler = self._methods.get(method)
        if handler is not None:
            handler(connection, session, message, text)
        elif method.startswith("call."):
            self._acknowledge(connection, session, message, text)
        else:
            self._wire.received(connection, text, "request", method)
            problem = f"Method not found: {method[:64]}"
            self._refuse(connection, message, jsonrpc.METHOD_NOT_FOUND, problem)

    def _early(self, connection: Connection, message: Message, text: str) -> None:
        """Hold a request that came before connect: clients flush their queue on a new socket."""
        if message.method == registrar.REAUTHENTICATE or (
            len(connection.held) >= self._wire.settings.held_frames
        ):
            self._wire.received(connection, text, "request", message.method or "")
            problem = "signalwire.connect must come first"
            self._refuse(connection, message, registrar.AUTHENTICATION_FAILED, problem)
        else:
            connection.held.append((message, text))

    def _release(self, connection: Connection) -> None:
        assert connection.session is not None, "released once connected"
        held, connection.held = connection.held, []
        for message, text in held:
            self._dispatch(connection, connection.session, message, text)

    def _response(self, connection: Connection, message: Message, text: str) -> None:
        """Write down an answer to a request of ours; unknown and repeated ones are tolerated."""
        sent: Sent | None = None
        if connection.session is not None:
            sent = connection.session.sent.pop(message.id or "", None)
        kind = "result" if message.error is None else "error"
        detail: dict[str, object] = {}
        if message.error is not None:
            detail = {"code": message.error.code, "message": message.error.message}
        if sent is None:
            self._wire.received(connection, text, kind, detail=detail)
            return
        if sent.ping:
            detail["ping"] = sent.ping
        self._wire.received(connection, text, kind, sent.method, sent.dialog, detail)

    def _ping(self, connection: Connection, _session: Session, message: Message, text: str) -> None:
        self._wire.received(connection, text, "request", PING)
        value = {"timestamp": self._wire.now_ms / 1000}
        self._wire.answer(connection, message.id or "", PING, value)

    def _acknowledge(
        self, connection: Connection, _session: Session, message: Message, text: str
    ) -> None:
        """Answer ``call.*`` and the like: taken, and without any effect."""
        method = message.method or ""
        self._wire.received(connection, text, "request", method)
        value: dict[str, object] = dict(OK)
        if method == LAYOUTS:
            value["layouts"] = ["grid-responsive"]
        self._wire.answer(connection, message.id or "", method, value)

    def _refuse(self, connection: Connection, message: Message, code: int, problem: str) -> None:
        self._wire.refuse(connection, message.id, message.method or "", code, problem)
