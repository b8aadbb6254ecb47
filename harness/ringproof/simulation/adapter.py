"""The adapter of a simulated scenario."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec.structs import replace

from ringproof.adapters.protocol import Command, Listener, Reply
from ringproof.adapters.recorder import Recorder as SessionRecorder
from ringproof.adapters.recorder import setting_of
from ringproof.client.events import Started
from ringproof.client.promise import Promise
from ringproof.client.session import Call
from ringproof.client.user import PATH
from ringproof.simulation.phone import Phone
from ringproof.simulation.scheduler import Scheduler

Fetch = Callable[[str, str], Awaitable[Mapping[str, Any]]]

PAGE_GONE = 1001
REGISTER_WITHIN_MS = 20_000


class SimulatedAdapter:
    """Performs commands on simulated devices; a recorder each numbers what they emit."""

    def __init__(self, listener: Listener, clock: Scheduler, fetch: Fetch) -> None:
        """``fetch`` answers what a client asks of REST: the path, and its token."""
        self._listener = listener
        self._fetch = fetch
        self._clock = clock
        self._phones: dict[str, tuple[Phone, SessionRecorder]] = {}
        self._made: dict[str, Phone] = {}
        """Devices that no ``session.open`` has started yet."""

    def add(self, phone: Phone) -> None:
        """Take a device that ``session.open`` is to start."""
        self._made[phone.jti] = phone

    async def start(
        self, session: str, within_ms: int = REGISTER_WITHIN_MS, *, register: bool = True
    ) -> Reply:
        """Bring a device online, and watch it from then on; the reply has no id.

        Without ``register`` it is only switched on.
        """
        phone = self._made.pop(session)
        phone.dispatch(Started())
        if not register:
            self._watch(phone, registered=False)
            return Reply(re="", ok={})
        promise = phone.session.register()
        promise.then(lambda _: self._clock.notify())
        if not await self._clock.wait(lambda: promise.settled, within_ms):
            phone.vanish(PAGE_GONE)
            return Reply(re="", error="timeout", text="no answer", definite=False)
        if promise.error:
            phone.vanish(PAGE_GONE)
            return Reply(re="", error="sut_error", text=str(promise.error))
        self._watch(phone)
        return Reply(re="", ok={})

    def _watch(self, phone: Phone, *, registered: bool = True) -> None:
        recorder = SessionRecorder(phone.jti, self._listener, lambda: self._clock.now_us)
        self._phones[phone.jti] = phone, recorder
        session = phone.session
        recorder.watch(session.incoming_calls, session.errors, registered=registered)
        phone.devices.report = recorder.asked_for_devices

    async def send(self, command: Command) -> Reply:
        """Carry one command out at once; virtual time passes for a ``sync`` alone."""
        if command.op in ("session.open", "session.return"):
            if command.of:
                self._made[command.s].restore(self._phones[command.of][0].stored)
            started = await self.start(command.s, command.deadline_ms, register=command.register)
            return replace(started, re=command.id)
        known = self._phones.get(command.s)
        if known is None:
            return Reply(re=command.id, error="bad_request", text=f"no session {command.s}")
        phone, recorder = known
        if command.op == "sync":
            await phone.caught_up()
            recorder.reread()
        elif command.op == "session.vanish":
            recorder.received(command.id)
            phone.vanish(PAGE_GONE)
        elif command.op in ("session.offline", "session.online"):
            recorder.received(command.id)
            goes = command.op == "session.offline"
            promise = phone.session.unregister() if goes else phone.session.register()
            recorder.follow(command.id, promise)
        elif command.op == "session.token":
            recorder.received(command.id)
            phone.renew(command.token)
        elif command.op == "user":
            recorder.told_of_user(phone.users.read(await self._fetch(PATH, phone.token)))
        elif command.op == "call.dial":
            return await self._dial(command, phone, recorder)
        elif command.op == "session.devices":
            phone.devices.setting = setting_of(command)
        else:
            return self._on_call(command, recorder)
        return Reply(re=command.id, ok={})

    async def _dial(self, command: Command, phone: Phone, recorder: SessionRecorder) -> Reply:
        media = command.media if isinstance(command.media, dict) else {}
        recorder.received(command.id)
        call, taken = phone.session.dial(
            command.to, media.get("audio", True), media.get("video", False)
        )
        recorder.dialled(command.id, call)
        recorder.follow(command.id, taken)
        taken.then(lambda _: self._clock.notify())
        if not await self._clock.wait(lambda: taken.settled, command.deadline_ms):
            return Reply(re=command.id, error="timeout", text="no reply", definite=False)
        if taken.error:
            return Reply(re=command.id, error="sut_error", text=taken.error)
        return Reply(re=command.id, ok={"c": call.id})

    def _on_call(self, command: Command, recorder: SessionRecorder) -> Reply:
        call = recorder.call(command.c)
        if call is None:
            return Reply(re=command.id, error="no_such_call", text=command.c)
        recorder.received(command.id)
        if command.devices:
            recorder.choose(command.c)
        if command.op == "observe":
            recorder.observe(command.id, call, command.what)
        else:
            recorder.follow(command.id, _act(command, call))
        return Reply(re=command.id, ok={})


def _act(command: Command, call: Call) -> Promise:
    if command.op == "call.answer":
        media = command.media if isinstance(command.media, dict) else {}
        return call.answer(media.get("audio"), media.get("video"), **command.devices)
    if command.op == "call.reject":
        return call.reject()
    if command.op == "call.hangup":
        return call.hangup()
    if command.op == "call.hold":
        return call.hold()
    if command.op == "call.unhold":
        return call.unhold()
    if command.op == "call.restart_ice":
        return call.restart_ice()
    if command.op == "call.transfer":
        return call.transfer(command.destination)
    raise AssertionError(f"the scenario player sends no {command.op}")
