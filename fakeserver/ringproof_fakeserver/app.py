"""The server: core and shells put together. Several can run side by side."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
import secrets
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import msgspec

from ringproof_fakeserver import footprint, tls
from ringproof_fakeserver.config import Config, default_state_dir
from ringproof_fakeserver.exchange_runner import ExchangeRunner
from ringproof_fakeserver.footprint import Footprint
from ringproof_fakeserver.forwarding import Forwarding
from ringproof_fakeserver.keep_alive import KeepAlive
from ringproof_fakeserver.listener import Listener, bind
from ringproof_fakeserver.media import speech
from ringproof_fakeserver.media.recorder import Recordings
from ringproof_fakeserver.media_manager import Backends, MediaManager, open_backends
from ringproof_fakeserver.names import Names
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.events import AnyEvent, ServerStopping
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.journal import AnyFact
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_fakeserver.rest import application
from ringproof_fakeserver.rest.context import RestContext
from ringproof_fakeserver.signalling import socket_class
from ringproof_fakeserver.sip.context import Context
from ringproof_fakeserver.sip.core import SipCore
from ringproof_fakeserver.sip_shell import SipShell, SipSockets, sip_sockets
from ringproof_fakeserver.tasks import BackgroundTasks
from ringproof_fakeserver.webhooks import WebhookClient

logger = logging.getLogger("ringproof.server")


class Server:
    """A running stand-in: ``async with Server(config) as server``.

    The attributes below exist once it runs. ``async with`` raises ``OSError`` when a port is taken
    and ``CertificateError`` (``ringproof_fakeserver.tls``) when the authority is unusable or cannot
    be kept.
    """

    project: str
    """Project id, the user name of Basic auth."""
    api_token: str
    """API token, the password of Basic auth."""
    ca_file: Path
    """What clients must trust, PEM."""
    fingerprint: str
    """Of the server's own certificate: SHA-256, in hex."""
    host_header: str
    """``fabric.ringproof.localhost:PORT``, or with the public name in its place: the origin's
    authority, and the ``ch`` of tokens."""
    origin: str
    """``https://`` and the host header."""
    space_url: str
    """The same by the public name alone, else by the address that was bound, for clients that
    cannot resolve ``*.localhost``."""
    http_url: str
    """The plain HTTP port, by the same name or address."""
    websocket_url: str
    """Where to connect by address on this machine; send ``host_header`` as the Host header."""
    local_url: str
    """``https://`` and the address by which programs on this machine find it, whatever names they
    can resolve."""
    forwarding: Forwarding
    """Paths whose WebSockets are handed to another listener of this machine."""
    sip_address: tuple[str, int] | None = None
    """Address and port of SIP, over UDP and TCP; None where there is none."""
    exchange: Exchange

    def __init__(
        self,
        config: Config | None = None,
        *,
        exchange: type[Exchange] = Exchange,
        rest: type[RestContext] | None = None,
        unix_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.config = config or Config()
        self.names = Names(self.config.host, self.config.public_name)
        self._make_exchange = exchange
        self._make_rest = rest or RestContext
        self._unix_ns = unix_ns
        self.project = self.config.project or str(uuid.uuid4())
        self.api_token = self.config.api_token or "PT" + secrets.token_hex(24)
        self.clock_offset_ms = 0
        """Added to the real time: set it to make tokens expire. Timers are not affected."""
        self._runner: ExchangeRunner
        self._media: MediaManager
        self._stopping = asyncio.Event()
        self._main: asyncio.Task[None] | None = None
        self._tasks: BackgroundTasks
        self._listeners: tuple[Listener, ...] = ()
        self._opening_sip = asyncio.Lock()
        self._stack: contextlib.AsyncExitStack

    @property
    def faults(self) -> tuple[Exception, ...]:
        """Exceptions of our own code so far: a harness blames itself for them."""
        return tuple(self._runner.faults)

    def watch(self, subscriber: str, callback: Callable[[AnyFact], None]) -> Callable[[], None]:
        """Call back with every fact of a subscriber id (``"*"``: of everybody), in order.

        The callback runs in the loop's thread and must not block. Returns how to stop it.
        """
        return self._runner.watch(subscriber, callback)

    def dispatch(self, event: AnyEvent) -> None:
        """Have the exchange handle an event, and perform its commands."""
        self._runner.dispatch(event)

    def set_media(self, subscriber: str, real: bool) -> None:
        """Choose the media of a subscriber's next calls: real (the default) or the event model."""
        self._media.set_real(subscriber, real)

    async def count_packets(self, dialog: str) -> None:
        """Write a ``MediaFact`` with state ``packets`` for a dialog that has a leg."""
        await self._media.count(dialog)

    def footprint(self) -> Footprint:
        """Count what the server holds now; call it in the event loop's own thread."""
        return Footprint(
            connections=sum(listener.connections() for listener in self._listeners),
            sockets=self._runner.socket_count(),
            sessions=len(self.exchange.attached()),
            calls=self.exchange.call_count(),
            legs=self._media.leg_count(),
            timers=self._runner.timer_count(),
            tasks=len(asyncio.all_tasks()),
            descriptors=footprint.descriptors(),
            resident_kb=footprint.resident_kb(),
        )

    async def __aenter__(self) -> Self:
        # The task group lives in a task of its own, because the two ends of an ``async with`` in a
        # test fixture may run in two different tasks.
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._main = asyncio.create_task(self._run(ready), name="ringproof server")
        try:
            await asyncio.wait((self._main, ready), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self._stop()
            raise
        if self._main.done():
            ready.cancel()
            await self._main
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        assert self._main is not None
        self._stopping.set()
        await self._main

    async def _run(self, ready: asyncio.Future[None]) -> None:
        config = self.config
        if not self.names.is_loopback:
            logger.warning("%s", _exposed(config))
        async with contextlib.AsyncExitStack() as stack:
            secure = stack.enter_context(bind(config.host, config.port))
            plain = stack.enter_context(bind(config.host, config.http_port))
            phones = stack.enter_context(sip_sockets(self.names.local, config.sip_port))
            now = _aware(self._unix_ns())
            folder = (config.state_dir or default_state_dir()) / "tls"
            identity = tls.prepare(folder, now, self.names.certificate)
            self.ca_file, self.fingerprint = identity.ca_file, identity.fingerprint()
            port, http_port = secure.getsockname()[1], plain.getsockname()[1]
            self._locate(port, http_port)
            backends = await stack.enter_async_context(open_backends(config))
            files = Path(stack.enter_context(TemporaryDirectory(prefix="ringproof-recordings-")))
            recordings = Recordings(files, self.space_url, secrets.token_urlsafe(24))
            backends = msgspec.structs.replace(backends, recordings=recordings)
            async with asyncio.TaskGroup() as group:
                self._tasks = BackgroundTasks(
                    group, lambda error: self._runner.fault(error, "background work")
                )
                context = self._assemble(backends, stack)
                self._stack = stack
                if phones is not None:
                    await self._serve_sip(phones)
                served = application.build(context, config.mounts, self.ca_file)
                self.forwarding = Forwarding(self._tasks.spawn)
                sockets = socket_class(self._runner, config.limits, self.forwarding)
                https = Listener(served, sockets, identity.server_context())
                http = Listener(served, sockets, None)
                self._listeners = (https, http)
                group.create_task(https.serve([secure]))
                group.create_task(http.serve([plain]))
                await https.ready.wait()
                await http.ready.wait()
                alive = group.create_task(self._keep_alive().run())
                ready.set_result(None)
                await self._stopping.wait()
                alive.cancel()
                self._runner.dispatch(ServerStopping())
                self._runner.close()
                await self._tasks.stop(config.limits.stop_s)
                https.stop()
                http.stop()

    def _locate(self, port: int, http_port: int) -> None:
        """Set the attributes that say where the server is."""
        names = self.names
        self.host_header = f"{names.fabric_host}:{port}"
        self.origin = f"https://{self.host_header}"
        self.space_url = f"https://{names.shown}:{port}"
        self.http_url = f"http://{names.shown}:{http_port}"
        self.websocket_url = f"wss://{names.address}:{port}/"
        self.local_url = f"https://{names.address}:{port}"

    def _assemble(self, backends: Backends, stack: contextlib.AsyncExitStack) -> RestContext:
        """Put core and shells together; the stack closes them."""
        settings = Settings(
            key=secrets.token_bytes(32),
            ch=self.host_header,
            project_id=self.project,
            space_id=str(uuid.uuid4()),
            ice_servers=backends.ice_servers,
            mute_ice_servers=backends.mute_ice_servers,
            sip_refuses_offline=self.config.sip_refuses_offline,
            sip_hosts=(self.names.address, self.names.shown, self.names.fabric_host),
            speech=speech.program() is not None,
            script_requests=self.config.script_requests,
            origins=self.config.origins,
            strict_origins=self.config.strict_origins,
            online_delay_ms=self.config.online_delay_ms,
        )
        self.exchange = self._make_exchange(Directory(), settings, _fresh_id)
        spawn = self._tasks.spawn
        webhooks = WebhookClient(self.config, spawn)
        stack.push_async_callback(webhooks.close)
        self._runner = runner = ExchangeRunner(
            self.exchange, webhooks, spawn, self._now_ms, self.config.limits
        )
        self._media = MediaManager(backends, runner.dispatch, runner.notify, spawn)
        runner.media = self._media
        stack.push_async_callback(self._media.close)
        return self._make_rest(
            exchange=self.exchange,
            runner=runner,
            webhooks=webhooks,
            api_token=self.api_token,
            now_ms=self._now_ms,
            ids=_fresh_id,
            recordings=backends.recordings,
        )

    async def open_sip(self) -> tuple[str, int]:
        """Serve SIP on a free port, unless it is served, and return its address and port.

        Raises ``OSError``.
        """
        async with self._opening_sip:
            if self.sip_address is None:
                sockets = self._stack.enter_context(sip_sockets(self.names.local, 0))
                assert sockets is not None, "a port was asked for"
                await self._serve_sip(sockets)
        assert self.sip_address is not None, "it is served now"
        return self.sip_address

    async def _serve_sip(self, sockets: SipSockets) -> None:
        """Let SIP user agents register and call."""
        runner = self._runner
        context = Context(*sockets.address, lambda: secrets.token_hex(12))
        core = SipCore(context, self.exchange, secrets.token_bytes(32), _fresh_id)
        shell = SipShell(core, runner.dispatch, self._now_ms, runner.fault)
        self.exchange.sip_endpoints.on_removed.append(shell.endpoint_removed)
        runner.sip = shell
        self._stack.callback(shell.close)
        await shell.open(sockets)
        self.sip_address = sockets.address

    def _keep_alive(self) -> KeepAlive:
        config, runner = self.config, self._runner
        every_s, within_s = config.ping_every_s, config.pong_within_s
        return KeepAlive(every_s, within_s, self.exchange.attached, runner.dispatch, self._now_ms)

    def _now_ms(self) -> int:
        return self._unix_ns() // 1_000_000 + self.clock_offset_ms


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def _aware(unix_ns: int) -> datetime.datetime:
    return _EPOCH + datetime.timedelta(microseconds=unix_ns // 1000)


def _exposed(config: Config) -> str:
    """Return the warning about a server that other machines reach."""
    said = f"listening on {config.host}: anybody who reaches it can place calls"
    if config.public_name is None:
        said += "; without a public name, tokens lead each client to its own machine"
    return said


def _fresh_id() -> str:
    return str(uuid.uuid4())
