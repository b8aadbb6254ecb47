"""Runs the exchange: hands it events one by one and performs the commands that it returns.

All commands of an event are performed before the next event is handled, so the record of facts has
one order.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable
from http import HTTPStatus

from ringproof_fakeserver.config import Limits
from ringproof_fakeserver.media_manager import MediaManager
from ringproof_fakeserver.protocol import commands, events, sip_commands, swml
from ringproof_fakeserver.protocol.commands import AnswerLookup, AnyCommand
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.journal import AnyFact, Fact
from ringproof_fakeserver.signalling import Socket
from ringproof_fakeserver.sip_shell import SipShell
from ringproof_fakeserver.tasks import Spawn
from ringproof_fakeserver.webhooks import FetchError, WebhookClient

EVERYBODY = "*"
"""Watch this instead of a subscriber's id to get every fact."""

FAULTS_KEPT = 100

Watcher = Callable[[AnyFact], None]

logger = logging.getLogger("ringproof.exchange")


class ExchangeRunner:
    """Runs one exchange. All methods must be called in the event loop's own thread."""

    def __init__(
        self,
        exchange: Exchange,
        webhooks: WebhookClient,
        spawn: Spawn,
        clock: Callable[[], int],
        limits: Limits,
    ) -> None:
        self._exchange = exchange
        self._webhooks = webhooks
        self._spawn = spawn
        self._clock = clock
        self._limits = limits
        self.media: MediaManager | None = None
        """Performs media commands; set it before the first call."""
        self.sip: SipShell | None = None
        """Talks to SIP user agents; None: there are none."""
        self.faults: deque[Exception] = deque(maxlen=FAULTS_KEPT)
        """Exceptions of our own code, newest last: a harness blames itself for them."""
        self._events: deque[events.AnyEvent] = deque()
        self._busy = False
        self._sockets: dict[str, Socket] = {}
        self._numbers = itertools.count(1)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._lookups: dict[str, asyncio.Future[AnswerLookup]] = {}
        self._watchers: dict[str, list[Watcher]] = {}

    def attach(self, socket: Socket) -> str:
        """Register a socket and return its name."""
        name = f"socket-{next(self._numbers)}"
        self._sockets[name] = socket
        return name

    def detach(self, name: str) -> None:
        """Forget a socket."""
        self._sockets.pop(name, None)

    def socket_count(self) -> int:
        """Return how many WebSockets are open."""
        return len(self._sockets)

    def timer_count(self) -> int:
        """Return how many timers run."""
        return len(self._timers)

    def dispatch(self, event: events.AnyEvent) -> None:
        """Handle the event now, or after the one that is being handled."""
        self._events.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._events:
                self._handle(self._events.popleft())
        finally:
            self._busy = False

    def notify(self, fact: AnyFact) -> None:
        """Pass a fact to those who watch its subscriber, in the order they began to."""
        for key in (fact.subscriber, EVERYBODY):
            for watcher in tuple(self._watchers.get(key, ())):
                try:
                    watcher(fact)
                except Exception as error:
                    self.fault(error, f"a watcher of {key}")

    def watch(self, subscriber: str, watcher: Watcher) -> Callable[[], None]:
        """Call ``watcher`` with every fact of a subscriber id; returns how to stop that."""
        watchers = self._watchers.setdefault(subscriber, [])
        watchers.append(watcher)

        def unwatch() -> None:
            if watcher in watchers:
                watchers.remove(watcher)
            if not watchers and self._watchers.get(subscriber) is watchers:
                del self._watchers[subscriber]

        return unwatch

    def fault(self, error: Exception, where: str) -> None:
        """Log and keep an exception of our own code, and carry on."""
        logger.error("internal error in %s", where, exc_info=error)
        self.faults.append(error)

    async def look_up(self, subscriber: str, name: str, session: str = "") -> AnswerLookup:
        """Ask the exchange for an address; the answer may be delayed, or an error, on purpose.

        ``session`` is the ``jti`` of the token that asks.
        """
        lookup = f"lookup-{next(self._numbers)}"
        future: asyncio.Future[AnswerLookup] = asyncio.get_running_loop().create_future()
        self._lookups[lookup] = future
        self.dispatch(events.LookupAsked(lookup, subscriber, name, session))
        try:
            async with asyncio.timeout(self._limits.lookup_s):
                return await future
        except TimeoutError:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            return AnswerLookup(lookup, status, {"error": status.phrase})
        finally:
            del self._lookups[lookup]

    def close(self) -> None:
        """Stop timers and answer waiting look-ups; after ``ServerStopping``."""
        for handle in self._timers.values():
            handle.cancel()
        self._timers.clear()
        for lookup, future in self._lookups.items():
            if not future.done():
                body = {"error": "stopping"}
                future.set_result(AnswerLookup(lookup, HTTPStatus.SERVICE_UNAVAILABLE, body))

    def _handle(self, event: events.AnyEvent) -> None:
        try:
            for command in self._exchange.handle(event, self._clock()):
                self._perform(command)
        except Exception as error:
            self.fault(error, type(event).__name__)
            if isinstance(event, events.FrameReceived) and event.socket in self._sockets:
                self._sockets[event.socket].close(1011, "internal error of the stand-in")

    def _perform(self, command: AnyCommand) -> None:
        if isinstance(command, Fact):
            self.notify(command)
            return
        match command:
            case commands.SendFrame(name, fact, text):
                socket = self._sockets.get(name)
                if socket is not None and socket.send(text):
                    self.notify(fact)
            case commands.CloseSocket(name, code, reason):
                if name in self._sockets:
                    self._sockets[name].close(code, reason)
            case commands.CutSocket(name):
                if name in self._sockets:
                    self._sockets[name].cut()
            case commands.StartTimer(name, delay_ms):
                self._start_timer(name, delay_ms)
            case commands.CancelTimer(name):
                if (handle := self._timers.pop(name, None)) is not None:
                    handle.cancel()
            case commands.FetchScript():
                self._spawn(self._fetch(command))
            case commands.SendRequest():
                self._spawn(self._request(command))
            case commands.PostCallback(call, url, body, retries):
                self._webhooks.post(call, url, body, retries=retries)
            case AnswerLookup():
                future = self._lookups.get(command.lookup)
                if future is not None and not future.done():
                    future.set_result(command)
            case (
                sip_commands.SipCallerProgressed()
                | sip_commands.SipInvite()
                | sip_commands.SipBye()
                | sip_commands.SipReofferAnswered()
                | sip_commands.SipReferAnswered()
                | sip_commands.SipReferProgressed()
            ):
                assert self.sip is not None, "the exchange knows SIP user agents from the shell"
                self.sip.perform(command)
            case _:
                assert self.media is not None, "media is set before the first call"
                self.media.perform(command)

    def _start_timer(self, name: str, delay_ms: int) -> None:
        if (running := self._timers.get(name)) is not None:
            running.cancel()
        loop = asyncio.get_running_loop()
        self._timers[name] = loop.call_later(delay_ms / 1000, self._fire, name)

    def _fire(self, name: str) -> None:
        del self._timers[name]
        self.dispatch(events.TimerFired(name))

    async def _fetch(self, command: commands.FetchScript) -> None:
        script, problem = None, ""
        try:
            data = await self._webhooks.fetch(command.url, command.method, command.body)
            script = swml.parse(data)
        except (FetchError, swml.ScriptError) as error:
            problem = str(error)
        self.dispatch(events.ScriptFetched(command.call, command.number, script, problem))

    async def _request(self, command: commands.SendRequest) -> None:
        response = await self._webhooks.request(
            command.method, command.url, command.headers, command.body
        )
        self.dispatch(events.RequestAnswered(command.call, command.number, response))
