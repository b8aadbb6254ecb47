"""The microphone and the camera of the subscriber, which fail or wait when a call is answered.

Only the adapter can bring that about: before an answer the player sends it ``session.devices``. A
setting holds for every request of the session, so answers and dials on one device take turns: the
next one is given once the request of the one before was made. A dial finds all devices working.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

import msgspec

from ringproof.adapters.wire import DeviceState
from ringproof.call_tracker import Leg
from ringproof.play.context import Context
from ringproof_scenarios.faults import NoDevices, Prompt
from ringproof_scenarios.model import Answer

OP = "session.devices"


class Setting(TypedDict):
    """What a request for devices gets, as ``session.devices`` says it."""

    microphone: DeviceState
    camera: DeviceState
    after_ms: int


class _Turn(msgspec.Struct, frozen=True):
    """The answer that was given last on a device."""

    leg: Leg
    requests: int
    """How many requests had been made for its call before."""

    def is_over(self) -> bool:
        """Say whether nothing more can ask for devices on its account."""
        leg = self.leg
        decided = leg.ended or leg.given_up or leg.call.state in ("answered", "ended")
        return decided or leg.devices_asked > self.requests


class DeviceFaults:
    """What becomes of requests for devices in one scenario."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._faults = [
            fault for fault in context.scenario.faults if isinstance(fault, NoDevices | Prompt)
        ]
        self._planned = Counter(
            (action.call, action.device)
            for action in context.scenario.actions
            if isinstance(action, Answer)
        )
        self._given: Counter[tuple[int, int]] = Counter()
        """Answers that were given, by call and device."""
        self._turns: dict[int, _Turn] = {}
        """By device."""
        self._last: dict[str, _Turn] = {}
        """By dialog."""
        self._dialling: set[int] = set()
        """Devices whose client has been told to dial, and has not replied."""
        self.wait_ms = sum(fault.delay_ms for fault in self._faults if isinstance(fault, Prompt))
        """An upper bound of how long the user's decisions take."""

    @property
    def used(self) -> bool:
        """Whether the devices of a session were changed: it serves no other scenario."""
        return bool(self._turns)

    async def before_answer(self, answer: Answer, leg: Leg | None) -> None:
        """Set the devices for an answer that is about to be given."""
        call, device = answer.call, answer.device
        if leg is None or not any(fault.device == device for fault in self._faults):
            return
        context = self._context
        await self._turn_of(device)
        self._turns[device] = self._last[leg.dialog] = _Turn(leg, leg.devices_asked)
        setting = setting_of(self._concerning(call, device))
        self._given[call, device] += 1
        await context.require(OP, device, c=leg.dialog, **setting)

    @asynccontextmanager
    async def dialling(self, device: int) -> AsyncIterator[None]:
        """Let a client dial in the block, in which no answer is given on its device."""
        await self._turn_of(device)
        self._dialling.add(device)
        try:
            turn = self._turns.get(device)
            if turn is not None:
                await self._context.require(OP, device, c=turn.leg.dialog, **setting_of([]))
            yield
        finally:
            self._dialling.discard(device)
            self._context.clock.notify()

    async def _turn_of(self, device: int) -> None:
        """Wait until nothing more asks for the devices on account of what came before."""
        clock = self._context.clock
        within_ms = self._context.deadlines.effect_ms + self.wait_ms
        while (turn := self._turns.get(device)) is not None and not turn.is_over():
            if not await clock.wait(turn.is_over, within_ms):
                break
        await clock.wait(lambda: device not in self._dialling, within_ms)

    def _concerning(self, call: int, device: int) -> list[NoDevices | Prompt]:
        again = self._given[call, device] > 0
        return [
            fault
            for fault in self._faults_of(call, device)
            if not (again and isinstance(fault, NoDevices) and fault.once)
        ]

    def keep_from_connecting(self, leg: Leg) -> bool:
        """Say whether the devices failed, and no further answer() is to come."""
        turn = self._last.get(leg.dialog)
        if turn is None or leg.call.caller is None:
            return False
        if not leg.devices_failed or leg.devices_asked == turn.requests:
            return False
        answers = (leg.call.caller, self._context.tracker.sessions.index(leg.session))
        return self._given[answers] >= self._planned[answers]

    async def decided(self) -> None:
        """Wait until the user has decided about everything that was asked.

        A client that was granted its devices too late has some time to make an answer that it
        should not send: no barrier reaches what a browser does meanwhile.
        """
        asked = [leg for leg in self._context.tracker.legs if leg.devices_asked]
        wait, deadlines = self._context.clock.wait, self._context.deadlines
        within_ms = self.wait_ms + deadlines.ended_ms
        await wait(lambda: not any(leg.devices_open for leg in asked), within_ms)
        late = [leg for leg in asked if not leg.devices_failed]
        await wait(lambda: all(leg.answered_media for leg in late), deadlines.surfaces_ms)
        self._note_unmet()

    def _note_unmet(self) -> None:
        """Take note of each fault that no request has met: it changed nothing, and judges nothing.

        A client that needs no such device, or has asked before the answer, makes no such request.
        """
        for call, device in self._given:
            leg = self._context.tracker.leg(call, device)
            if leg is None or not self._faults_of(call, device) or leg.devices_asked:
                continue
            text = "no request for devices since answer() that the fault concerns"
            self._context.recorder.note("skipped", f"devices of call {call}: {text}")

    def _faults_of(self, call: int, device: int) -> list[NoDevices | Prompt]:
        return [fault for fault in self._faults if (fault.call, fault.device) == (call, device)]


def setting_of(faults: list[NoDevices | Prompt]) -> Setting:
    """Return the setting that these faults of one answer amount to."""
    microphone: DeviceState = "works"
    camera: DeviceState = "works"
    after_ms = 0
    for fault in faults:
        if isinstance(fault, Prompt):
            after_ms = max(after_ms, fault.delay_ms)
            if not fault.granted:
                microphone = camera = "refused"
    for fault in faults:
        if isinstance(fault, NoDevices):
            microphone = fault.reason if fault.which != "camera" else microphone
            camera = fault.reason if fault.which != "microphone" else camera
    return Setting(microphone=microphone, camera=camera, after_ms=after_ms)
