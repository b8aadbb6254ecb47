"""Plays one scenario: dials, actions, and how every call comes to its end.

Three phases. *Opening*: all callers dial, the subscriber acts. *Closing*: calls that end by
themselves are waited for, the far side hangs up on the rest. *Settling*: what the client still
owes is waited for, then a barrier proves that nothing more is coming. Waiting is always for a
trace entry; the only sleeps are the scenario's own delays.
"""

from __future__ import annotations

from ringproof.call_tracker import Leg, OriginCall
from ringproof.play.backend import Backend
from ringproof.play.browser_calls import BrowserCalls
from ringproof.play.carrying_out import carry_out
from ringproof.play.clock import Group
from ringproof.play.context import Context, ScenarioFault
from ringproof.play.fault_injection import FaultInjection
from ringproof.play.media_probe import watch_media, watch_restart
from ringproof.play.natural_end import natural_end_ms, taken_by_vanished
from ringproof.play.returning import Returning
from ringproof_scenarios.faults import MediaCut, Timed
from ringproof_scenarios.model import (
    RING_WAITED_MS,
    Answer,
    AnyAction,
    HangUp,
    Hold,
    OfAPage,
    Open,
    Reject,
    RestartIce,
    Transfer,
    Unhold,
    Vanish,
)
from ringproof_scenarios.reloads import pages_before
from ringproof_scenarios.waiting import waiting_ms

_AFTER_PROBE = (HangUp, Vanish, Hold, Unhold, RestartIce, Transfer)
"""What waits until the packets of real media have been counted, also after a restart."""


class ScenarioPlayer:
    """Plays a scenario; made before its sessions open. Call ``play`` once, then ``settle``."""

    def __init__(self, context: Context, *, sut_counts: bool, sut_lists: bool = True) -> None:
        """``sut_counts``: it can be asked for packets. ``sut_lists``: it keeps a list of calls."""
        self.context = context
        self.scenario = context.scenario
        self.tracker = context.tracker
        self._sut_counts = sut_counts
        self._sut_lists = sut_lists
        self._clock = context.clock
        self._probing: set[int] = set()
        """Calls whose media is still to be watched."""
        self._accepted: set[str] = set()
        """Dialogs that the subscriber was made to answer."""
        self._hung_up: set[int] = set()
        """Calls on which the subscriber's own hang-up was sent."""
        self._deadlines = context.deadlines
        self.slowest_end_ms = 0
        """The longest successful wait for an end, without what its reason was known to take."""
        self._faults = FaultInjection(context)
        self._devices = self._faults.devices
        self._backend = Backend(context)
        self._browsers = BrowserCalls(context)
        self._lookup_ms = self.scenario.platform.lookup_delay_ms + self._faults.extra_ms
        self._returning = Returning(context, self._probing, self._lookup_ms, sut_counts=sut_counts)
        self._waiting_ms = waiting_ms(self.scenario)

    async def play(self) -> None:
        """Play opening and closing. Raises what went wrong, possibly as an ``ExceptionGroup``."""
        late = [action for action in self.scenario.actions if action.on == "gone"]
        early = [action for action in self.scenario.actions if action.on != "gone"]
        await self._backend.ask_all()
        async with self._clock.group() as background:
            for action in late:
                background.create_task(self._act(action))
            async with self._clock.group() as opening:
                for number in range(len(self.scenario.callers)):
                    opening.create_task(self._call(number, background))
                for action in early:
                    opening.create_task(self._act(action))
                for fault in self.scenario.faults:
                    if isinstance(fault, Timed):
                        group = background if fault.on == "gone" else opening
                        group.create_task(self._faults.inject(fault, self._anchored))
            async with self._clock.group() as closing:
                for number in range(len(self.scenario.callers)):
                    closing.create_task(self._conclude(number))

    async def settle(self) -> None:
        """Wait for what the client owes, and prove with a barrier that nothing more is coming."""
        await self._faults.finish()
        await self._devices.decided()
        stuck: set[str] = set()
        for _ in range(2):  # a call may be listed only after the first barrier
            legs = [leg for leg in self.context.legs_present() if leg.dialog not in stuck]
            await self._wait_for_ends(legs)
            stuck.update(leg.dialog for leg in legs if not leg.over)
            for device in self.context.present:
                await self._barrier(device)
            if all(leg.over or leg.dialog in stuck for leg in legs):
                break
        await self._backend.called_back()
        self.context.recorder.note("settled")

    async def _wait_for_ends(self, legs: list[Leg]) -> None:
        """Wait for what the client has to show at the end; what it does not show is noted."""
        recorder, tracker = self.context.recorder, self.tracker
        looked_up_ms = self._lookup_ms + self._deadlines.listed_ms
        if not await self._clock.wait(lambda: tracker.lookups_open <= 0, looked_up_ms):
            recorder.note("waited", f"a directory look-up is open after {looked_up_ms} ms")
        surfaces_ms = self._deadlines.surfaces_ms
        await self._clock.wait(lambda: all(leg.listed for leg in legs), surfaces_ms)
        owed = [leg for leg in legs if self._owes_end(leg)]
        extra_ms = self._faults.extra_ms + self.scenario.platform.bye_reply_ms
        ended_ms = self._deadlines.ended_ms + extra_ms
        since_us = self._clock.now_us
        if await self._clock.wait(lambda: all(leg.over for leg in owed), ended_ms):
            self._note_end(since_us, extra_ms)
        else:
            text = f"not every call is destroyed and off the list within {ended_ms} ms"
            recorder.note("waited", text)

    def _note_end(self, since_us: int, known_ms: int) -> None:
        took_ms = (self._clock.now_us - since_us) // 1000 - known_ms
        self.slowest_end_ms = max(self.slowest_end_ms, took_ms)

    def _owes_end(self, leg: Leg) -> bool:
        """Say whether the client has to show the end of a call that is over.

        One that keeps no list has no way to show it for a call that its app never accepted.
        """
        shown = self._sut_lists or leg.dialog in self._accepted
        return shown and not self._faults.end_lost(leg)

    @property
    def clean(self) -> bool:
        """Nothing of this scenario is left in any session, and no session is lost or offline.

        A call that was never listed may still be listed once the client has read the reply to its
        directory look-up: that session is not used again.
        """
        quiet = all(leg.listed and leg.over for leg in self.context.legs_present())
        lost = self.context.vanished or self.tracker.stale_sessions or self.tracker.offline
        gone = bool(lost) or self._faults.opens or self.scenario.automatic
        return quiet and not gone and not self._devices.used

    async def _call(self, number: int, background: Group) -> None:
        caller, context = self.scenario.callers[number], self.context
        await self._clock.sleep(caller.at_ms)
        address = context.addresses[caller.alias]
        request, talk_ms = f"dial-{number}", None if context.real_media else caller.talk_ms
        if number in self._browsers:
            call = await self._browsers.dial(number, address, request)
            if talk_ms is not None:
                background.create_task(self._browsers.talk(number, talk_ms, self._waiting_ms))
        else:
            context.recorder.asked(request, "rest.dial", {"caller": number, "to": address})
            placed = await self._backend.dial(number, caller, address, talk_ms)
            call = context.recorder.bind(number, placed.call, request)
        if caller.patience_ms is not None:
            background.create_task(self._give_up(number, caller.patience_ms))
        if context.real_media:
            self._probing.add(number)
            background.create_task(self._talk(number))
        await self._clock.wait(
            lambda: call.state == "ended" or self._listed(call),
            self._lookup_ms + self._deadlines.listed_ms,
            number,
        )

    async def _give_up(self, number: int, patience_ms: int) -> None:
        call, wait = self._call_of(number), self._clock.wait
        # Patience counts from the first ring; a caller whose call rings nowhere gives up too.
        rings_ms = self._deadlines.rings_ms if self.context.reachable else 0
        await wait(lambda: call.state not in ("", "created"), max(patience_ms, rings_ms), number)
        if not await wait(lambda: call.state not in ("created", "ringing"), patience_ms, number):
            await self._end(number, "cancel")

    async def _talk(self, number: int) -> None:
        """Wait until real media flows; only then the caller's talking time starts to run."""
        call, caller = self._call_of(number), self.scenario.callers[number]
        try:
            await self._clock.wait(
                lambda: call.state in ("answered", "ended"), self._waiting_ms + 60_000, number
            )
            leg = call.winning_leg
            if leg is None or call.state != "answered":
                return
            await self._wait_connected(call, leg)
            device = self.tracker.sessions.index(call.winner)
            if leg.connected and not leg.ended and device in self.context.present:
                counts, plays = self._sut_counts, caller.plays
                await watch_media(self.context, leg, device, sut_counts=counts, plays=plays)
            if caller.talk_ms is not None and number in self._browsers:
                await self._browsers.talk(number, caller.talk_ms, 0)
            elif caller.talk_ms is not None and call.alive:
                self.context.recorder.asked(f"talk-{number}", "rest.update", {"caller": number})
                await self.context.rest.update(call.id, talk_ms=caller.talk_ms)
        finally:
            self._probing.discard(number)
            self._clock.notify()

    async def _act(self, action: AnyAction) -> None:
        context = self.context
        if not await self._anchored(action):
            context.recorder.note("skipped", f"{type(action).__name__}: never {action.on}")
            return
        again = isinstance(action, Open) and action.of is not None  # its page vanishes only then
        if action.on == "connected" and (again or isinstance(action, _AFTER_PROBE)):
            await self._wait_for_probe(action.call)
            await self._clock.sleep(action.after_ms)
            await self._wait_for_probe(action.call)  # of a restart meanwhile
        else:
            await self._clock.sleep(action.after_ms)
        leg = self.tracker.leg(action.call, action.device)
        if isinstance(action, Open) and action.of in context.present:
            context.recorder.note("skipped", f"Open: the page of device {action.of} is still there")
            return
        if action.device in context.vanished or (leg is None and not isinstance(action, OfAPage)):
            context.recorder.note("skipped", f"{type(action).__name__}: no call on that device")
            return
        await self._perform(action, leg)

    async def _perform(self, action: AnyAction, leg: Leg | None) -> None:
        if isinstance(action, Answer) and leg is not None:
            self._accepted.add(leg.dialog)
            await self._devices.before_answer(action, leg)
        elif isinstance(action, HangUp):
            self._hung_up.add(action.call)
        if isinstance(action, RestartIce) and leg is not None and self.context.real_media:
            await watch_restart(self.context, action, leg, self._probing)
            return
        reply = await carry_out(self.context, action, leg, self._devices)
        if isinstance(action, Open) and action.reattach and not reply.error:
            await self._returning.wait(action)
        if leg is not None and not reply.error and action.on != "gone":
            await self._wait_for_effect(action, leg)

    async def _wait_for_effect(self, action: AnyAction, leg: Leg) -> None:
        call, accepts = self._call_of(action.call), isinstance(action, Answer)
        if not accepts and (call.winner or not isinstance(action, Reject | HangUp)):
            return
        effect = "answered or over" if accepts else f"over on device {action.device}"
        lost = "answer" if accepts else "bye-request"
        await self.context.expect(
            f"call {action.call} is {effect}",
            lambda: (
                call.state in ("answered", "ended")
                or leg.ended
                or (accepts and leg.resigned)
                or self._faults.struck(leg, lost)
            ),
            self._deadlines.effect_ms + (self._devices.wait_ms if accepts else 0),
            action.call,
        )

    async def _barrier(self, device: int) -> None:
        faults = self._faults
        await faults.reconnected(device)
        while device in self.context.present:
            losses = self.tracker.losses
            try:
                return await self.context.barrier(device)
            except ScenarioFault:
                if self.tracker.losses == losses:
                    # An adapter that died since its last command raises here, with the reason.
                    await self.context.send("sync", device)
                    raise
            await faults.reconnected(device)  # the ping was lost with its socket
        return None

    async def _anchored(self, action: AnyAction | Timed) -> bool:
        """Wait for the action's anchor; False when it cannot happen any more."""
        tracker, wait = self.tracker, self._clock.wait
        if action.on == "start":
            return isinstance(action, OfAPage) or await wait(
                lambda: tracker.leg(action.call, action.device) is not None,
                self._waiting_ms + 3_000,
                action.call,
            )
        device = action.anchor if isinstance(action, Open) else action.device
        if action.on == "connected" and not self._answers(action.call, device):
            return False
        where = (action.on, action.call, device)
        within_ms = 2 * self._waiting_ms + self._deadlines.listed_ms + self._deadlines.connected_ms
        if action.on == "gone":
            within_ms += RING_WAITED_MS + self._deadlines.media_ms + self._deadlines.ended_ms
        await wait(
            lambda: tracker.reached(*where) is not False or self._prevented(action),
            within_ms,
            action.call,
        )
        if tracker.reached(*where) is None:
            await wait(
                lambda: tracker.lookups_open <= 0, self._lookup_ms + self._deadlines.listed_ms
            )
            await self._barrier(device)
        if isinstance(action, MediaCut):
            await self._wait_for_probe(action.call)
        return bool(tracker.reached(*where))

    def _prevented(self, action: AnyAction | Timed) -> bool:
        leg = self.tracker.leg(action.call, action.device)
        return leg is not None and self._faults.prevents(leg, action.on)

    def _answers(self, call: int, device: int) -> bool:
        """Say whether the scenario has the subscriber answer this call on this device."""
        pages = pages_before(self.scenario, device)
        return any(
            isinstance(action, Answer) and action.call == call and action.device in pages
            for action in self.scenario.actions
        )

    async def _conclude(self, number: int) -> None:
        """Wait for an end that is coming by itself; else end the call from the far side."""
        call = self._call_of(number)
        while call.alive:
            if await self._ended_by_page(call):
                break
            state = call.state
            hung_up = number in self._hung_up
            natural_ms = natural_end_ms(self.context, self._faults, call, number, hung_up=hung_up)
            if natural_ms is None:
                break
            since_us = self._clock.now_us
            if not await self.context.expect(
                f"call {number} ends by itself while {state}",
                lambda: call.state != state,  # noqa: B023 - awaited in this very turn
                natural_ms + self._deadlines.ended_ms,
                number,
            ):
                break
            self._note_end(since_us, natural_ms)
        if call.alive and call.state == "answered":
            if call.winning_leg is not None:
                await self._wait_connected(call, call.winning_leg)
            await self._wait_for_probe(number)
        await self._faults.copies_sent(call)
        if call.alive:
            await self._end(number, "hangup" if call.state == "answered" else "cancel")
        since_us = self._clock.now_us
        if await self.context.expect(
            f"call {number} ends", lambda: not call.alive, self._deadlines.ended_ms, number
        ):
            self._note_end(since_us, 0)

    async def _ended_by_page(self, call: OriginCall) -> bool:
        """Say whether the page that took the call and vanished ended it.

        Its bye, if it sends one, comes before its socket closes.
        """
        if taken_by_vanished(self.context, call):
            detached = self.tracker.detached
            await self._clock.wait(
                lambda: call.winner in detached or not call.alive, self._deadlines.vanished_ms
            )
        return not call.alive

    async def _wait_connected(self, call: OriginCall, leg: Leg) -> None:
        device = self.tracker.sessions.index(leg.session)
        if device in self.context.vanished or self._faults.struck(leg, "media"):
            return
        await self.context.expect(
            "the answered call is connected or over",
            lambda: leg.connected or leg.ended or leg.given_up or call.state == "ended",
            self._deadlines.connected_ms + self._faults.extra_ms,
            call.caller,
        )

    async def _wait_for_probe(self, number: int) -> None:
        if self.context.real_media:
            await self._clock.wait(lambda: number not in self._probing, self._deadlines.probed_ms)

    async def _end(self, number: int, reason: str) -> None:
        if number in self._browsers:
            await self._browsers.hang_up(number)
            return
        self.context.recorder.asked(f"end-{number}", "rest.end", {"caller": number})
        await self.context.rest.end(self._call_of(number).id, reason)

    def _listed(self, call: OriginCall) -> bool:
        sessions, faults = self.tracker.sessions, self._faults
        for device in faults.callable(self.context.reachable):
            if device in self.scenario.late:
                continue  # the call may have been answered before it opened
            leg = call.legs.get(sessions[device])
            if leg is None or not (leg.listed or leg.ended or faults.prevents(leg, "listed")):
                return False
        return True

    def _call_of(self, number: int) -> OriginCall:
        """Return the caller's call; its dial was answered."""
        call = self.tracker.call(number)
        assert call is not None, "asked for only after the dial"
        return call
