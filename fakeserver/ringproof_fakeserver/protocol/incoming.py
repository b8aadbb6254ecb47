"""A frame of a client: its connection, its JSON-RPC message, and the verto request in it."""

from __future__ import annotations

import msgspec

from ringproof_fakeserver.protocol.jsonrpc import Message
from ringproof_fakeserver.protocol.messages import ClientVerto
from ringproof_fakeserver.protocol.session import Session


class Connection(msgspec.Struct, eq=False, kw_only=True):
    """One open WebSocket, and what must be remembered of its frames."""

    socket: str
    reached: str = ""
    """See ``SocketOpened``."""
    session: Session | None = None
    """None until ``signalwire.connect`` succeeded."""
    early: list[Incoming] = []
    """Requests that came before ``signalwire.connect``; handled once connected."""
    used: dict[str, None] = {}
    """The latest request ids, bounded, oldest first."""


class Incoming(msgspec.Struct, frozen=True, eq=False):
    """One text frame of a client."""

    connection: Connection
    message: Message
    text: str

    @property
    def id(self) -> str:
        """The request id; empty when the frame had no usable one."""
        return self.message.id or ""

    @property
    def method(self) -> str:
        """The JSON-RPC method; empty for responses and malformed frames."""
        return self.message.method or ""

    @property
    def session(self) -> Session:
        """The session of the connection, which must have one."""
        assert self.connection.session is not None, "signalwire.connect comes first"
        return self.connection.session


class VertoRequest(msgspec.Struct, frozen=True, eq=False):
    """A ``webrtc.verto`` request, decoded."""

    session: Session
    id: str
    """Id of the outer envelope."""
    inner_id: str | int
    method: str
    """The verto method, as ``verto.answer``."""
    dialog: str
    params: ClientVerto
