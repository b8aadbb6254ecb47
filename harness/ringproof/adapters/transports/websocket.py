"""The ``ws`` carrier: the harness listens on 127.0.0.1, the SUT dials the URL it is given.

Each URL carries a token that admits one connection, once. Any page or process on this machine may
knock; only the one that was invited gets in.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from types import TracebackType

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from ringproof.adapters.channel import Conversation
from ringproof.adapters.protocol import AdapterError, Command, Hello, Listener, Reply
from ringproof.adapters.wire import LINE_LIMIT_BYTES

Launch = Callable[[str], Awaitable[None]]
"""Brings the SUT up with the URL that it must dial."""

DIAL_TIMEOUT_S = 30.0
FAULT = 4001
"""Close code with which an adapter reports its own fault; the reason says what."""


class Invitation:
    """A URL for one connection, and the conversation with whoever dials it."""

    def __init__(self, url: str, listener: Listener, who: str) -> None:
        self.url = url
        self.who = who
        self.ended = asyncio.Event()
        """Set when the connection is over, or was never made and is not wanted any more."""
        self.conversation = Conversation(self._send, listener, who)
        self._dialled = asyncio.Event()
        self._connection: ServerConnection | None = None

    async def dialled(self, timeout_s: float = DIAL_TIMEOUT_S) -> Conversation:
        """Wait for the SUT to dial in. Raises ``AdapterError`` when it does not in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._dialled.wait()
        except TimeoutError as error:
            raise AdapterError(
                f"{self.who} did not dial its carrier within {timeout_s:g} s: see its own log"
            ) from error
        if self._connection is None:
            raise self.conversation.failure or AdapterError(f"{self.who}: no longer invited")
        return self.conversation

    async def carry(self, connection: ServerConnection) -> None:
        """Serve the one connection until it closes."""
        self._connection = connection
        self._dialled.set()
        try:
            async for message in connection:
                if not isinstance(message, str):
                    raise AdapterError(f"{self.who} sent a binary message: JSON text is expected")
                self.conversation.feed(message)
        except AdapterError as violation:
            self.conversation.fail(violation)
            await connection.close(CloseCode.POLICY_VIOLATION, "protocol violation")
        except ConnectionClosed as error:
            if error.sent is not None and error.sent.code == CloseCode.MESSAGE_TOO_BIG:
                what = f"sent a message of more than {LINE_LIMIT_BYTES} bytes"
                self.conversation.fail(AdapterError(f"{self.who} {what}"))
        finally:
            self.conversation.fail(_closed(self.who, connection))
            self.ended.set()

    def fail(self, reason: AdapterError) -> None:
        """End the conversation, or the waiting for it, with ``reason``."""
        self.conversation.fail(reason)
        self._dialled.set()

    async def dismiss(self, reason: AdapterError) -> None:
        """End the conversation with ``reason`` and close the connection, if there is one."""
        self.fail(reason)
        if self._connection is not None:
            await self._connection.close()
        else:
            self.ended.set()

    async def _send(self, line: str) -> None:
        if self._connection is None:
            raise AdapterError(f"{self.who} has not dialled in")
        try:
            await self._connection.send(line)
        except ConnectionClosed as error:
            raise _closed(self.who, self._connection) from error


def _closed(who: str, connection: ServerConnection) -> AdapterError:
    code, reason = connection.close_code, connection.close_reason
    if code == FAULT:
        return AdapterError(f"{who} reports a fault of its own: {reason}")
    return AdapterError(f"{who} closed its carrier (code {code})")


class WebSocketCarrier:
    """The listening side; one for any number of invitations."""

    def __init__(self) -> None:
        self._server: Server | None = None
        self._open: dict[str, Invitation] = {}

    async def __aenter__(self) -> WebSocketCarrier:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._admit,
            max_size=LINE_LIMIT_BYTES,
            compression=None,
            # A SUT under a debugger, or a busy page, is slow but not gone.
            ping_interval=None,
            close_timeout=1,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()
        gone = AdapterError("the harness has closed the carrier")
        for invitation in self._open.values():
            await invitation.dismiss(gone)
        self._open.clear()

    def invite(self, listener: Listener, who: str = "the adapter") -> Invitation:
        """Return a fresh invitation; events of its connection go to ``listener``."""
        assert self._server is not None, "enter the carrier first"
        port = next(iter(self._server.sockets)).getsockname()[1]
        path = "/" + secrets.token_urlsafe(24)
        invitation = Invitation(f"ws://127.0.0.1:{port}{path}", listener, who)
        self._open[path] = invitation
        return invitation

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path not in self._open:
            return connection.respond(
                HTTPStatus.FORBIDDEN, "This URL was used already, or was never given out.\n"
            )
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None, "the handshake is over"
        # Two may have been admitted with one token; the first to get here takes it.
        invitation = self._open.pop(connection.request.path, None)
        if invitation is None:
            await connection.close(CloseCode.POLICY_VIOLATION, "used already")
            return
        await invitation.carry(connection)


class WebSocketAdapter:
    """An adapter for any SUT that dials one WebSocket: a process, a device, a debugger.

    ``who`` is what faults call it. One that ``insists`` gives up on a SUT that hangs.
    """

    def __init__(
        self,
        launch: Launch,
        *,
        dial_timeout_s: float = DIAL_TIMEOUT_S,
        who: str = "the adapter",
        insists: bool = False,
    ) -> None:
        self._launch = launch
        self._dial_timeout_s = dial_timeout_s
        self._who = who
        self._insists = insists
        self._carrier = WebSocketCarrier()
        self._invitation: Invitation | None = None

    async def start(self, listener: Listener) -> Hello:
        """Listen, launch the SUT with the URL, and greet it. Raises ``AdapterError``."""
        await self._carrier.__aenter__()
        self._invitation = self._carrier.invite(listener, self._who)
        await self._launch(self._invitation.url)
        conversation = await self._invitation.dialled(self._dial_timeout_s)
        return await conversation.greet(carrier="ws")

    async def send(self, command: Command) -> Reply:
        """Deliver one command and wait for its reply; see ``Adapter``."""
        assert self._invitation is not None, "start the adapter first"
        conversation = self._invitation.conversation
        if not self._insists:
            return await conversation.ask(command)
        try:
            return await conversation.insist(command)
        except AdapterError as error:
            conversation.fail(error)
            raise

    def fail(self, failure: AdapterError) -> None:
        """End the conversation, or the waiting for it: everything asked from now on raises this."""
        if self._invitation is not None:
            self._invitation.fail(failure)

    async def close(self) -> None:
        """Say bye and hang up. Never raises; may be called twice."""
        await self.leave()

    async def leave(self) -> bool:
        """Close, and say whether the SUT agreed to it."""
        invitation, self._invitation = self._invitation, None
        if invitation is None:
            return False
        bye = Command(id=secrets.token_hex(8), op="bye", deadline_ms=1_000)
        try:
            said = not (await invitation.conversation.ask(bye)).error
        except AdapterError:
            said = False  # it is gone already
        await invitation.dismiss(AdapterError("the adapter was closed"))
        await self._carrier.__aexit__(None, None, None)
        return said
