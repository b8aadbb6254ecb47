"""The adapter of a simulated scenario."""

from __future__ import annotations

from collections.abc import Callable

from ringproof.adapters.protocol import Command, Listener, Reply
from ringproof.adapters.recorder import Recorder as SessionRecorder
from ringproof.client.promise import Promise
from ringproof.client.session import Call
from ringproof.simulation.phone import Phone

PAGE_GONE = 1001


class SimulatedAdapter:
    """Performs commands on simulated devices; a recorder each numbers what they emit."""

    def __init__(self, listener: Listener, clock_us: Callable[[], int]) -> None:
        self._listener = listener
        self._clock_us = clock_us
        self._phones: dict[str, tuple[Phone, SessionRecorder]] = {}

    def add(self, phone: Phone) -> None:
        """Watch a device from the moment it is online."""
        recorder = SessionRecorder(phone.jti, self._listener, self._clock_us)
        self._phones[phone.jti] = phone, recorder
        recorder.watch(phone.session.incoming_calls, phone.session.errors)

    async def send(self, command: Command) -> Reply:
        """Carry one command out at once; virtual time passes for a ``sync`` alone."""
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
        else:
            return self._on_call(command, recorder)
        return Reply(re=command.id, ok={})

    def _on_call(self, command: Command, recorder: SessionRecorder) -> Reply:
        call = recorder.call(command.c)
        if call is None:
            return Reply(re=command.id, error="no_such_call", text=command.c)
        recorder.received(command.id)
        if command.op == "observe":
            recorder.observe(command.id, call, command.what)
        else:
            recorder.follow(command.id, _act(command, call))
        return Reply(re=command.id, ok={})


def _act(command: Command, call: Call) -> Promise:
    if command.op == "call.answer":
        media = command.media if isinstance(command.media, dict) else {}
        return call.answer(media.get("audio"), media.get("video"))
    if command.op == "call.reject":
        return call.reject()
    if command.op == "call.hangup":
        return call.hangup()
    raise AssertionError(f"the scenario player sends no {command.op}")
