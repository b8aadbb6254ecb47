"""Drives the reference client, or a mutant of it, inside the harness's own process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from ringproof.adapters.protocol import (
    AUTOMATIC,
    CONTENT,
    DEVICE_CHOICE,
    OPEN_OUTCOME,
    PROTOCOL,
    REATTACH,
    AdapterError,
    Command,
    Hello,
    Listener,
    Reply,
)
from ringproof.adapters.recorder import Recorder, setting_of
from ringproof.client.client import Client
from ringproof.client.connection import NOTHING, Stored
from ringproof.client.promise import ClientError, Promise
from ringproof.client.session import Call

VERSION = "0.1.0"
"""Of the reference client, in reports."""

SESSIONS = 1_000
"""Sessions open at once at most: no more than a bound."""


class _Refusal(Exception):
    """Raised with the code and the text of the error that answers a command."""


class InProcessAdapter:
    """Implements ``adapters.protocol.Adapter`` over clients made as ``Client`` is."""

    def __init__(
        self, client_factory: Callable[..., Client] = Client, name: str = "reference"
    ) -> None:
        self._make = client_factory
        self._ops: dict[str, Callable[[Command], Awaitable[dict[str, Any] | None]]] = {
            "session.open": self._session_open,
            "call.answer": self._answer,
            "call.reject": partial(self._act, Call.reject),
            "call.hangup": partial(self._act, Call.hangup),
            "call.hold": partial(self._act, Call.hold),
            "call.unhold": partial(self._act, Call.unhold),
            "call.restart_ice": partial(self._act, Call.restart_ice),
            "call.dial": self._dial,
            "call.transfer": self._transfer,
            "observe": self._observe,
            "session.vanish": self._vanish,
            "session.return": self._session_open,
            "session.offline": partial(self._change_presence, Client.unregister),
            "session.online": partial(self._change_presence, Client.register),
            "session.token": self._renew,
            "user": self._read_user,
            "session.devices": self._set_devices,
            "media": self._count,
            "sync": self._sync,
            "session.close": self._session_close,
            "bye": lambda _: self.close(),
        }
        self._hello = Hello(
            protocol=PROTOCOL,
            name=name,
            version=VERSION,
            language="python",
            carrier="python",
            media="rtp",
            sessions=SESSIONS,
            ops=("hello", *self._ops),
            features=(
                "display_name",
                "unload",
                OPEN_OUTCOME,
                REATTACH,
                AUTOMATIC,
                DEVICE_CHOICE,
                CONTENT,
            ),
        )
        self._listener: Listener | None = None
        self._open: dict[str, tuple[Client, Recorder]] = {}
        self._opening: set[str] = set()
        self._stored: dict[str, Stored] = {}
        """What clients that vanished have left for their return, by session."""

    async def start(self, listener: Listener) -> Hello:
        """Begin handing events to ``listener``."""
        self._listener = listener
        return self._hello

    async def send(self, command: Command) -> Reply:
        """Carry out one command; the reply says that the client has it, not that it is done.

        ``session.open`` is the exception: its reply comes when the client is online. Raises
        ``AdapterError`` before ``start``.
        """
        if self._listener is None:
            raise AdapterError("start the adapter before sending commands")
        if command.op == "hello":
            return Reply(re=command.id, ok=msgspec.to_builtins(self._hello))
        perform = self._ops.get(command.op)
        if perform is None:
            return Reply(re=command.id, error="unsupported", text=f"no op {command.op!r}")
        try:
            async with asyncio.timeout(command.deadline_ms / 1000):
                outcome = await perform(command)
        except TimeoutError:
            text = f"{command.op} took longer than {command.deadline_ms} ms"
            return Reply(re=command.id, error="timeout", text=text, definite=False)
        except _Refusal as refusal:
            code, text = refusal.args
            return Reply(re=command.id, error=code, text=text)
        except ClientError as error:
            return Reply(re=command.id, error="sut_error", text=str(error))
        return Reply(re=command.id, ok=outcome or {})

    async def close(self) -> None:
        """Close every session."""
        clients = [client for client, _ in self._open.values()]
        self._open.clear()
        await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)

    async def _session_open(self, command: Command) -> None:
        if not command.s or not command.token:
            raise _Refusal("bad_request", "session.open needs s and token")
        if command.s in self._open or command.s in self._opening:
            raise _Refusal("bad_request", f"session {command.s} is open already")
        if len(self._open) >= SESSIONS:
            raise _Refusal("not_ready", f"{SESSIONS} sessions are open: close some")
        assert self._listener is not None
        recorder = Recorder(command.s, self._listener, lambda: time.monotonic_ns() // 1_000)
        self._opening.add(command.s)
        client: Client | None = None
        try:
            client = self._make(
                command.token,
                url=command.url or None,
                rest_url=command.rest_url or None,
                ca_file=command.ca_file or None,
                real_media=command.real_media,
                stored=self._stored_by(command.of),
                reattach=command.reattach,
            )
            if command.register:
                await client.register()
            recorder.watch(client.incoming_calls, client.errors, registered=command.register)
            client.devices.report = recorder.asked_for_devices
            self._open[command.s] = client, recorder
            client = None
        finally:
            self._opening.discard(command.s)
            if client is not None:
                await client.vanish()

    def _stored_by(self, session: str) -> Stored:
        """Return what a page of this session has left; nothing for no session."""
        return self._stored.pop(session, NOTHING)

    async def _change_presence(self, method: Callable[[Client], Promise], command: Command) -> None:
        client, recorder = self._session(command)
        recorder.received(command.id)
        recorder.follow(command.id, method(client))

    async def _renew(self, command: Command) -> None:
        client, recorder = self._session(command)
        recorder.received(command.id)
        client.renew(command.token)

    async def _read_user(self, command: Command) -> None:
        client, recorder = self._session(command)
        recorder.told_of_user(await client.user())

    async def _vanish(self, command: Command) -> None:
        client, recorder = self._session(command)
        recorder.received(command.id)
        recorder.stop()
        del self._open[command.s]
        if command.returns:
            self._stored[command.s] = client.stored
        await client.vanish()

    async def _set_devices(self, command: Command) -> None:
        client, _ = self._session(command)
        try:
            client.devices.setting = setting_of(command)
        except msgspec.ValidationError as error:
            raise _Refusal("bad_request", f"session.devices: {error}") from error

    async def _session_close(self, command: Command) -> None:
        client, _ = self._session(command)
        del self._open[command.s]
        await client.close()

    def _session(self, command: Command) -> tuple[Client, Recorder]:
        session = self._open.get(command.s)
        if session is None:
            raise _Refusal("not_ready", f"no session {command.s!r} is open")
        return session

    def _call(self, command: Command) -> tuple[Recorder, Call]:
        _, recorder = self._session(command)
        call = recorder.call(command.c)
        if call is None:
            raise _Refusal("no_such_call", f"call {command.c!r} was never listed")
        return recorder, call

    async def _act(self, method: Callable[[Call], Promise], command: Command) -> None:
        recorder, call = self._call(command)
        recorder.received(command.id)
        recorder.follow(command.id, method(call))

    async def _transfer(self, command: Command) -> None:
        if not command.destination:
            raise _Refusal("bad_request", "call.transfer needs destination")
        await self._act(partial(Call.transfer, destination=command.destination), command)

    async def _dial(self, command: Command) -> dict[str, Any]:
        client, recorder = self._session(command)
        if not command.to:
            raise _Refusal("bad_request", "call.dial needs to")
        media = _media(command)
        recorder.received(command.id)
        call, taken = client.place(
            command.to, audio=media.get("audio", True), video=media.get("video", False)
        )
        recorder.dialled(command.id, call)
        recorder.follow(command.id, taken)
        await taken
        return {"c": call.id}

    async def _answer(self, command: Command) -> None:
        media = _media(command)
        chosen = command.devices
        microphone, camera = chosen.get("microphone", 0), chosen.get("camera", 0)
        if chosen:
            self._call(command)[0].choose(command.c)

        def answer(call: Call) -> Promise:
            sent = media.get("audio"), media.get("video")
            return call.answer(*sent, microphone=microphone, camera=camera)

        await self._act(answer, command)

    async def _observe(self, command: Command) -> None:
        recorder, call = self._call(command)
        if command.what not in ("status", "local_stream", "remote_stream", "list"):
            raise _Refusal("bad_request", f"nothing to observe: {command.what!r}")
        recorder.received(command.id)
        recorder.observe(command.id, call, command.what)

    async def _count(self, command: Command) -> None:
        recorder, call = self._call(command)
        client, _ = self._session(command)
        recorder.counted(call.id, await client.count_packets(call.id))

    async def _sync(self, command: Command) -> None:
        _, recorder = self._session(command)
        # What has been read is handled at once; one turn of the loop hands on what lies ready.
        await asyncio.sleep(0)
        recorder.reread()


def _media(command: Command) -> dict[str, bool]:
    media = {} if command.media is msgspec.UNSET else command.media
    if unknown := media.keys() - {"audio", "video"}:
        raise _Refusal("bad_request", f"no media kind {min(unknown)!r}")
    return media
