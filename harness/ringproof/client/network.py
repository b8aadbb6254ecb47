"""The I/O of a client: sockets, timers, directory requests. It decides nothing.

One task group owns every task; ``run`` is that group's life.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import CloseCode
from websockets.protocol import State

from ringproof.client import commands, events
from ringproof.client.devices import Devices
from ringproof.client.endpoint import Endpoint
from ringproof.client.media import EventModelMedia, Media

FRAME_LIMIT_BYTES = 1024 * 1024
OUTBOX_FRAMES = 512


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long the network is waited for, in seconds."""

    open_s: float = 10.0
    close_s: float = 1.0
    lookup_s: float = 4.5
    """Below the 5 s that ``Lookup`` promises."""


LIMITS = Limits()


class Network:
    """Performs what the core asks for, in ``run``; outcomes are given to ``deliver``."""

    def __init__(
        self,
        socket_at: Endpoint,
        rest_at: Endpoint,
        token: str,
        context: ssl.SSLContext,
        deliver: Callable[[events.Event], None],
        *,
        real_media: bool,
        limits: Limits,
    ) -> None:
        self._socket_at = socket_at
        self._limits = limits
        self._deliver = deliver
        self._context = context
        self._outbox: asyncio.Queue[str | commands.CloseSocket] | None = None
        self._socket: ClientConnection | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._done = asyncio.Event()
        self._rest = httpx.AsyncClient(
            base_url=f"https://{rest_at.address}:{rest_at.address_port}",
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/json",
                "Host": rest_at.authority,
            },
            verify=context,
            trust_env=False,
            timeout=limits.lookup_s,
        )
        self._rest_name = rest_at.name
        self.media: Media = EventModelMedia(deliver)
        if real_media:
            # Imported here because aiortc costs 0.4 s.
            from ringproof.client.rtc import AiortcMedia

            self.media = AiortcMedia(deliver, self.spawn)
        self.devices = Devices(self._call_later)
        media = self.media
        self._performers: dict[type, Callable[[Any], None]] = {
            commands.SendFrame: lambda frame: self._write(frame.text),
            commands.OpenSocket: lambda wanted: self.spawn(self._run_socket(wanted.delay_ms)),
            commands.CloseSocket: self._write,
            commands.Lookup: lambda wanted: self.spawn(self._look_up(wanted)),
            commands.StartTimer: self._start_timer,
            commands.CancelTimer: lambda timer: self._cancel_timer(timer.name),
            commands.ApplyOffer: lambda offer: media.apply_offer(offer.call, offer.sdp),
            commands.AcquireMedia: self._acquire,
            commands.UseIceServers: lambda wanted: media.use_ice_servers(wanted.urls),
            commands.MakeAnswer: lambda wanted: media.make_answer(wanted.call),
            commands.MakeRestartOffer: lambda wanted: media.make_restart_offer(wanted.call),
            commands.ApplyRestartAnswer: lambda new: media.apply_restart_answer(new.call, new.sdp),
            commands.PrepareOffer: lambda wanted: media.prepare_offer(wanted.call, wanted.kinds),
            commands.MakeOffer: lambda wanted: media.make_offer(wanted.call),
            commands.ApplyAnswer: lambda answer: media.apply_answer(answer.call, answer.sdp),
            commands.CloseMedia: lambda over: media.close(over.call),
        }

    async def run(self) -> None:
        """Live until ``stop`` or ``abort``; then everything is closed."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                self._deliver(events.Started())
                await self._done.wait()
                await self._await_close()
                for task in self._tasks:
                    task.cancel()
                await self.media.aclose()
        finally:
            self._group = None
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
            await self._rest.aclose()

    async def _await_close(self) -> None:
        """Wait up to ``close_s`` for the peer to close, then cut the connection."""
        socket = self._socket
        if socket is None:
            return
        try:
            async with asyncio.timeout(self._limits.close_s):
                await socket.wait_closed()
        except TimeoutError:
            socket.transport.abort()

    def stop(self) -> None:
        """End ``run`` once the socket has been closed in good order."""
        self._done.set()

    def abort(self) -> None:
        """Disappear as a closed page does: what was written, close code 1001; ``run`` ends."""
        outbox, self._outbox = self._outbox, None
        if self._socket is not None:
            # The browser closes the socket of a page that goes away with 1001 (RFC 6455 7.4.1).
            protocol, transport = self._socket.protocol, self._socket.transport
            if protocol.state is State.OPEN:
                while outbox is not None and not outbox.empty():
                    if isinstance(item := outbox.get_nowait(), str):
                        protocol.send_text(item.encode())
                protocol.send_close(CloseCode.GOING_AWAY)
                transport.writelines(protocol.data_to_send())
            transport.close()
        self._done.set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine until it ends or the client does."""
        if self._group is None or self._done.is_set():
            work.close()
            return
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def perform(self, command: commands.Outward) -> None:
        """Do what the core asks; outcomes come back as events."""
        self._performers[type(command)](command)

    def _start_timer(self, command: commands.StartTimer) -> None:
        self._cancel_timer(command.name)
        loop = asyncio.get_running_loop()
        self._timers[command.name] = loop.call_later(
            command.delay_ms / 1000, self._fire, command.name
        )

    def _cancel_timer(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()

    def _call_later(self, delay_ms: int, callback: Callable[[], None]) -> None:
        def unless_over() -> None:
            if not self._done.is_set():
                callback()

        asyncio.get_running_loop().call_later(delay_ms / 1000, unless_over)

    def _acquire(self, wanted: commands.AcquireMedia) -> None:
        call, audio, video = wanted.call, wanted.audio, wanted.video
        self.devices.ask(
            audio,
            video,
            granted=lambda: self.media.acquire(call, audio, video, wanted.chosen),
            failed=lambda error: self._deliver(events.MediaFailed(call, error)),
        )

    def _fire(self, name: str) -> None:
        del self._timers[name]
        self._deliver(events.TimerFired(name))

    async def _look_up(self, command: commands.Lookup) -> None:
        """Ask the directory; the call rings whatever it replies, and if it does not."""
        given_up = False
        try:
            async with asyncio.timeout(self._limits.lookup_s):
                await self._rest.get(
                    "/api/fabric/addresses",
                    params={"name": command.name},
                    extensions={"sni_hostname": self._rest_name},
                )
        except (httpx.TimeoutException, TimeoutError):
            given_up = True
        except httpx.HTTPError:
            pass
        self._deliver(events.LookupAnswered(command.call, given_up))

    def use_token(self, token: str) -> None:
        """Ask the directory with another token from now on."""
        self._rest.headers["Authorization"] = f"Bearer {token}"

    async def fetch(self, path: str) -> dict[str, Any]:
        """Return the object that the directory answers. Raises ``ValueError`` if it does not."""
        try:
            reply = await self._rest.get(path, extensions={"sni_hostname": self._rest_name})
        except httpx.HTTPError as error:
            raise ValueError(f"no answer to {path}: {type(error).__name__}") from error
        body = reply.json() if reply.is_success else None
        if not isinstance(body, dict):
            raise ValueError(f"{path} was answered with {reply.status_code}")
        return body

    # -- the socket --------------------------------------------------------------------------

    def _write(self, item: str | commands.CloseSocket) -> None:
        outbox = self._outbox
        if outbox is None:
            return
        try:
            outbox.put_nowait(item)
        except asyncio.QueueFull:
            # The server takes nothing any more: a new socket, and a resume, may go better.
            if self._socket is not None:
                self._socket.transport.abort()

    async def _run_socket(self, delay_ms: int) -> None:
        """Open one socket and pump it until it closes."""
        await asyncio.sleep(delay_ms / 1000)
        try:
            socket = await self._open()
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            self._deliver(
                events.SocketClosed(CloseCode.ABNORMAL_CLOSURE, f"cannot connect: {error}")
            )
            return
        self._socket = socket
        outbox: asyncio.Queue[str | commands.CloseSocket] = asyncio.Queue(OUTBOX_FRAMES)
        self._outbox = outbox
        writer = asyncio.ensure_future(_pump_out(socket, outbox))
        try:
            self._deliver(events.SocketOpened())
            with contextlib.suppress(websockets.ConnectionClosedError):
                async for text in socket:
                    self._deliver(events.FrameReceived(text))
        finally:
            self._outbox = self._socket = None
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            await socket.close()
        if not self._done.is_set():
            code = socket.close_code or CloseCode.ABNORMAL_CLOSURE
            self._deliver(events.SocketClosed(code, socket.close_reason or ""))

    async def _open(self) -> ClientConnection:
        at = self._socket_at
        return await connect(
            f"wss://{at.authority}/",
            host=at.address,
            port=at.address_port,
            ssl=self._context,
            server_hostname=at.name,
            proxy=None,
            compression=None,
            open_timeout=self._limits.open_s,
            close_timeout=self._limits.close_s,
            max_size=FRAME_LIMIT_BYTES,
        )


async def _pump_out(
    socket: ClientConnection, outbox: asyncio.Queue[str | commands.CloseSocket]
) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        while not isinstance(item := await outbox.get(), commands.CloseSocket):
            await socket.send(item)
        await socket.close(item.code, item.reason)
