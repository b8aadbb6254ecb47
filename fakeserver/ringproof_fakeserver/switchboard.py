"""The shell around the exchange: the one place where its commands are performed.

Sockets, requests, timers and media legs bring events here, one after the other; the exchange
answers with commands, and all commands of an event are performed before the next event is looked
at, so the record of facts has one order.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from ringproof_fakeserver.callbacks import FetchError, Outbox
from ringproof_fakeserver.media_desk import MediaDesk
from ringproof_fakeserver.protocol import commands, swml
from ringproof_fakeserver.protocol.commands import AnyCommand
from ringproof_fakeserver.protocol.events import (
    AnyEvent,
    FrameReceived,
    LookupAsked,
    ScriptFetched,
    TimerFired,
)
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.journal import AnyFact, Fact
from ringproof_fakeserver.rest.desk import Reply
from ringproof_fakeserver.signalling import Socket

LOOKUP_LIMIT_S = 120.0
"""The longest a directory request is kept waiting; a longer platform delay is answered with 500."""

EVERYBODY = "*"
"""Watch this instead of a subscriber's id to get every fact."""

FAULTS_KEPT = 100

Watcher = Callable[[AnyFact], None]
Spawn = Callable[[Coroutine[Any, Any, None]], object]

logger = logging.getLogger("ringproof.switchboard")


class Switchboard:
    """Feeds one exchange and does what it says. All methods are for the loop's own thread."""

    def __init__(
        self, exchange: Exchange, outbox: Outbox, spawn: Spawn, clock: Callable[[], int]
    ) -> None:
        self._exchange = exchange
        self._clock = clock
        self._outbox = outbox
        self._spawn = spawn
        self._media: MediaDesk | None = None
        self._events: deque[AnyEvent] = deque()
        self._busy = False
        self._sockets: dict[str, Socket] = {}
        self._numbers = itertools.count(1)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._lookups: dict[str, asyncio.Future[Reply]] = {}
        self._watchers: dict[str, list[Watcher]] = {}
        self.faults: deque[Exception] = deque(maxlen=FAULTS_KEPT)
        """Exceptions of our own code, newest last: a harness blames itself for them."""

    def use_media(self, media: MediaDesk) -> None:
        """Say who performs media commands; before the first event."""
        self._media = media

    # For sockets.

    def attach(self, socket: Socket) -> str:
        """Take a socket in and name it."""
        name = f"socket-{next(self._numbers)}"
        self._sockets[name] = socket
        return name

    def detach(self, name: str) -> None:
        """Forget a socket."""
        self._sockets.pop(name, None)

    # For everybody.

    def dispatch(self, event: AnyEvent) -> None:
        """Have the event handled now, or after the one that is being handled."""
        self._events.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._events:
                self._handle(self._events.popleft())
        finally:
            self._busy = False

    def note(self, fact: AnyFact) -> None:
        """Hand a fact to those who watch its subscriber, in the order they began to."""
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
        """Remember and log a mistake of our own code, and carry on."""
        logger.error("a fault of ours in %s", where, exc_info=error)
        self.faults.append(error)

    # For REST.

    async def look_up(self, subscriber: str, name: str, session: str = "") -> Reply:
        """Ask the exchange for an address; the reply may be delayed, or an error, on purpose.

        ``session`` is the ``jti`` of the token that asks.
        """
        lookup = f"lookup-{next(self._numbers)}"
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._lookups[lookup] = future
        self.dispatch(LookupAsked(lookup, subscriber, name, session))
        try:
            async with asyncio.timeout(LOOKUP_LIMIT_S):
                return await future
        except TimeoutError:
            return Reply(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "Internal Server Error"})
        finally:
            del self._lookups[lookup]

    def hold_callbacks(self, call: str) -> None:
        """Keep the call's callbacks until ``release_callbacks``."""
        self._outbox.hold(call)

    def release_callbacks(self, call: str) -> None:
        """Send what was kept."""
        self._outbox.release(call)

    def close(self) -> None:
        """Stop timers and let waiting directory requests go; after ``ServerStopping``."""
        for handle in self._timers.values():
            handle.cancel()
        self._timers.clear()
        for future in self._lookups.values():
            if not future.done():
                future.set_result(Reply(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "stopping"}))

    # Inside.

    def _handle(self, event: AnyEvent) -> None:
        try:
            for command in self._exchange.handle(event, self._clock()):
                self._perform(command)
        except Exception as error:
            self.fault(error, type(event).__name__)
            if isinstance(event, FrameReceived) and event.socket in self._sockets:
                self._sockets[event.socket].close(1011, "internal error of the stand-in")

    def _perform(self, command: AnyCommand) -> None:
        if isinstance(command, Fact):
            self.note(command)
            return
        match command:
            case commands.SendFrame(name, fact, text):
                socket = self._sockets.get(name)
                if socket is not None and socket.send(text):
                    self.note(fact)
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
            case commands.PostCallback(call, url, body):
                self._outbox.post(call, url, body)
            case commands.AnswerLookup(lookup, status, body):
                future = self._lookups.get(lookup)
                if future is not None and not future.done():
                    future.set_result(Reply(status, body))
            case _:
                assert self._media is not None, "use_media comes before the first call"
                self._media.perform(command)

    def _start_timer(self, name: str, delay_ms: int) -> None:
        if (running := self._timers.get(name)) is not None:
            running.cancel()
        loop = asyncio.get_running_loop()
        self._timers[name] = loop.call_later(delay_ms / 1000, self._ring, name)

    def _ring(self, name: str) -> None:
        del self._timers[name]
        self.dispatch(TimerFired(name))

    async def _fetch(self, command: commands.FetchScript) -> None:
        try:
            data = await self._outbox.fetch(command.url, command.method, command.body)
            script = swml.parse(data)
        except (FetchError, swml.ScriptError) as error:
            self.dispatch(ScriptFetched(command.call, None, str(error)))
        else:
            self.dispatch(ScriptFetched(command.call, script))
