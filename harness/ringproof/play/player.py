"""Plays one scenario: dials, actions, and how every call comes to its end.

Three phases. *Opening*: everybody dials, the subscriber acts. *Closing*: calls that end by
themselves are waited for, the far side hangs up on the rest. *Settling*: both witnesses are heard
out, then a barrier proves that nothing more is coming. Waiting is always for a trace entry; the
only sleeps are the scenario's own delays.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringproof.call_tracker import Leg, OriginCall
from ringproof.play.clock import Group
from ringproof.play.context import Context, ScenarioFault
from ringproof.play.fault_injection import FaultInjection
from ringproof.play.media_probe import MEDIA_WITHIN_MS, probe
from ringproof_scenarios.faults import Timed
from ringproof_scenarios.model import (
    RING_WAITED_MS,
    Answer,
    AnyAction,
    HangUp,
    Observe,
    Reject,
    Vanish,
    waiting_ms,
)

LISTED_WITHIN_MS = 3_000
"""From the invite to the list, beyond the platform's look-up delay. Chromium: 30 ms, busy 400."""

RINGS_WITHIN_MS = 3_000
"""From the dial to the first invite: 3 ms, but the first real leg loads aiortc (0.4 to 1 s)."""

EFFECT_WITHIN_MS = 6_000
"""From answer, reject or hang-up to what the platform sees of it. ICE gathering in a browser waits
for its STUN servers, 0.1 to 1 s here; the published SDK gives up its own requests after 5 s."""

CONNECTED_WITHIN_MS = 6_000
"""From the accepted answer to ``connected``: ICE and DTLS took up to 1.2 s on two busy cores."""

ENDED_WITHIN_MS = 4_000
"""From a reason to end to the platform's end, and from there to ``destroyed`` in the client."""

SURFACES_WITHIN_MS = 400
"""From an answered look-up to the listing of a call that has ended meanwhile: such a call is listed
late or never, and no barrier reaches what a client still has to do with an HTTP response. The
published SDK in Chromium: 30 ms, busy 200."""

PROBED_WITHIN_MS = 80_000
"""How long an end is held back for media to be watched: every wait inside is shorter."""

VANISHED_WITHIN_MS = 5_000
"""How long the platform may keep the call of a page that is gone (``Settings.page_gone_ms``)."""


class ScenarioPlayer:
    """The run of one scenario on its context; call ``play`` once."""

    def __init__(self, context: Context, *, sut_counts: bool, sut_lists: bool = True) -> None:
        """``sut_counts``: it can be asked for packets. ``sut_lists``: it keeps a list of calls."""
        self.context = context
        self.scenario = context.scenario
        self.tracker = context.tracker
        self._sut_counts = sut_counts
        self._sut_lists = sut_lists
        self._clock = context.recorder.clock
        self._probing: set[int] = set()
        """Calls whose media is still to be watched."""
        self._accepted: set[str] = set()
        """Dialogs that the subscriber was made to answer."""
        self._hung_up: set[int] = set()
        """Calls on which the subscriber's own hang-up was sent."""
        self._troubles = FaultInjection(context)
        self._lookup_ms = self.scenario.platform.lookup_delay_ms + self._troubles.extra_ms
        self._waiting_ms = waiting_ms(self.scenario)

    async def play(self) -> None:
        """Play opening and closing. Raises what went wrong, possibly as an ``ExceptionGroup``."""
        late = [action for action in self.scenario.actions if action.on == "gone"]
        early = [action for action in self.scenario.actions if action.on != "gone"]
        troubles = self._troubles
        troubles.arm()
        async with self._clock.group() as background:
            for action in late:
                background.spawn(self._act(action))
            async with self._clock.group() as opening:
                for number in range(len(self.scenario.callers)):
                    opening.spawn(self._call(number, background))
                for action in early:
                    opening.spawn(self._act(action))
                for fault in troubles.timed():
                    group = background if fault.on == "gone" else opening
                    group.spawn(troubles.strike(fault, self._anchored))
            async with self._clock.group() as closing:
                for number in range(len(self.scenario.callers)):
                    closing.spawn(self._conclude(number))

    async def settle(self) -> None:
        """Hear both witnesses out, and prove with a barrier that there is nothing more."""
        await self._troubles.over()
        stuck: set[str] = set()
        for _ in range(2):  # a call may surface only behind the first barrier
            legs = [leg for leg in self._legs_present() if leg.dialog not in stuck]
            await self._heard_out(legs)
            stuck.update(leg.dialog for leg in legs if not leg.over)
            for device in self.context.present:
                await self._barrier(device)
            if all(leg.over or leg.dialog in stuck for leg in legs):
                break
        self.context.recorder.note("settled")

    async def _heard_out(self, legs: list[Leg]) -> None:
        """Wait for what a client owes at the end; a deadline that passes stands for a barrier."""
        recorder, tracker = self.context.recorder, self.tracker
        looked_up_ms = self._lookup_ms + LISTED_WITHIN_MS
        if not await recorder.wait(lambda: tracker.lookups_open <= 0, looked_up_ms):
            recorder.note("waited", f"a directory look-up is open after {looked_up_ms} ms")
        hidden = [leg for leg in legs if not leg.listed]
        await recorder.wait(lambda: all(leg.listed for leg in hidden), SURFACES_WITHIN_MS)
        told = [leg for leg in legs if self._owes_end(leg)]
        ended_ms = ENDED_WITHIN_MS + self._troubles.extra_ms
        if not await recorder.wait(lambda: all(leg.over for leg in told), ended_ms):
            text = f"not every call is destroyed and off the list within {ended_ms} ms"
            recorder.note("waited", text)

    def _owes_end(self, leg: Leg) -> bool:
        """Say whether the client has to show the end of a call that is over.

        One that keeps no list has no way to show it for a call that its app never accepted.
        """
        shown = self._sut_lists or leg.dialog in self._accepted
        return shown and not self._troubles.untold(leg)

    @property
    def clean(self) -> bool:
        """Nothing of this scenario is left in any session, and no session is lost.

        A call that was never listed may still surface, when the client is through with its
        directory look-up: that session is not used again.
        """
        quiet = all(leg.listed and leg.over for leg in self._legs_present())
        return quiet and not self.context.vanished and not self.tracker.strangers

    async def _call(self, number: int, background: Group) -> None:
        caller, context = self.scenario.callers[number], self.context
        await self._clock.sleep(caller.at_ms)
        address = context.addresses[caller.alias]
        request = f"dial-{number}"
        context.recorder.asked(request, "rest.dial", {"caller": number, "to": address})
        real = context.real_media
        talk_ms = None if real else caller.talk_ms
        call = context.recorder.bind(
            number,
            await context.rest.dial(caller, address, talk_ms=talk_ms, label=str(number)),
            request,
        )
        if caller.patience_ms is not None:
            background.spawn(self._give_up(number, caller.patience_ms))
        if real:
            self._probing.add(number)
            background.spawn(self._talk(number))
        await context.recorder.wait(
            lambda: call.state == "ended" or self._listed(call),
            self._lookup_ms + LISTED_WITHIN_MS,
            number,
        )

    async def _give_up(self, number: int, patience_ms: int) -> None:
        call, wait = self._known(number), self.context.recorder.wait
        # Patience is about ringing; a caller whom nobody hears gives up all the same.
        rings_ms = max(patience_ms, RINGS_WITHIN_MS) if self.context.present else patience_ms
        await wait(lambda: call.state not in ("", "created"), rings_ms, number)
        if not await wait(lambda: call.state not in ("created", "ringing"), patience_ms, number):
            await self._end(number, "cancel")

    async def _talk(self, number: int) -> None:
        """With real media, watch it flow first; only then the caller's clock starts to run."""
        call, caller = self._known(number), self.scenario.callers[number]
        try:
            await self.context.recorder.wait(
                lambda: call.state in ("answered", "ended"), self._waiting_ms + 60_000, number
            )
            leg = call.winning_leg
            if leg is None or call.state != "answered":
                return
            await self._connected(call, leg)
            device = self.tracker.sessions.index(call.winner)
            if leg.connected and not leg.ended and device in self.context.present:
                await probe(self.context, leg, device, sut_counts=self._sut_counts)
            if caller.talk_ms is not None and call.alive:
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
        if action.on == "connected" and isinstance(action, HangUp | Vanish):
            await self._media_seen(action.call)
        await self._clock.sleep(action.after_ms)
        leg = self.tracker.leg(action.call, action.device)
        if action.device in context.vanished or (leg is None and not isinstance(action, Vanish)):
            context.recorder.note("skipped", f"{type(action).__name__}: no call on that device")
            return
        await self._perform(action, leg)

    async def _perform(self, action: AnyAction, leg: Leg | None) -> None:
        tell, device, c = self.context.tell, action.device, leg.dialog if leg else ""
        match action:
            case Answer():
                self._accepted.add(c)
                chosen = {"audio": action.audio, "video": action.video}
                media = {kind: value for kind, value in chosen.items() if value is not None}
                reply = await tell("call.answer", device, c=c, media=media)
            case Reject():
                reply = await tell("call.reject", device, c=c)
            case HangUp():
                self._hung_up.add(action.call)
                reply = await tell("call.hangup", device, c=c)
            case Observe():
                reply = await tell("observe", device, c=c, what=action.what)
            case Vanish():
                self.context.vanish(device)
                reply = await tell("session.vanish", device)
        if leg is not None and not reply.error and action.on != "gone":
            await self._effect(action, leg)

    async def _effect(self, action: AnyAction, leg: Leg) -> None:
        call, troubles = self._known(action.call), self._troubles
        if isinstance(action, Answer):
            await self.context.hear(
                f"call {action.call} is answered or over",
                lambda: (
                    call.state in ("answered", "ended")
                    or leg.ended
                    or leg.given_up
                    or troubles.struck(leg, "answer")
                ),
                EFFECT_WITHIN_MS,
                action.call,
            )
        elif isinstance(action, Reject | HangUp) and not call.winner:
            await self.context.hear(
                f"call {action.call} is over on device {action.device}",
                lambda: (
                    call.state in ("answered", "ended")
                    or leg.ended
                    or troubles.struck(leg, "bye-request")
                ),
                EFFECT_WITHIN_MS,
                action.call,
            )

    async def _barrier(self, device: int) -> None:
        troubles = self._troubles
        await troubles.back(device)
        while device in self.context.present:
            losses = self.tracker.losses
            try:
                return await self.context.barrier(device)
            except ScenarioFault:
                if self.tracker.losses == losses:
                    # One that has died since its last command says so here, with its last words.
                    await self.context.tell("sync", device)
                    raise
            await troubles.back(device)  # the ping went down with its socket
        return None

    async def _anchored(self, action: AnyAction | Timed) -> bool:
        """Wait for the action's anchor; False when it cannot happen any more."""
        if action.on == "start":
            return await self._started(action)
        if not self._possible(action):
            return False
        tracker, wait = self.tracker, self.context.recorder.wait
        where = (action.on, action.call, action.device)
        within_ms = 2 * self._waiting_ms + LISTED_WITHIN_MS + CONNECTED_WITHIN_MS
        if action.on == "gone":
            within_ms += RING_WAITED_MS + MEDIA_WITHIN_MS + ENDED_WITHIN_MS
        await wait(
            lambda: tracker.reached(*where) is not False or self._never(action),
            within_ms,
            action.call,
        )
        if tracker.reached(*where) is None:
            await wait(lambda: tracker.lookups_open <= 0, self._lookup_ms + LISTED_WITHIN_MS)
            await self._barrier(action.device)
        return bool(tracker.reached(*where))

    def _never(self, action: AnyAction | Timed) -> bool:
        leg = self.tracker.leg(action.call, action.device)
        return leg is not None and self._troubles.never(leg, action.on)

    async def _started(self, action: AnyAction | Timed) -> bool:
        if isinstance(action, Vanish):
            return True
        tracker, where = self.tracker, ("start", action.call, action.device)
        return await self.context.recorder.wait(
            lambda: tracker.leg(where[1], where[2]) is not None,
            self._waiting_ms + 3_000,
            action.call,
        )

    def _possible(self, action: AnyAction | Timed) -> bool:
        if action.on != "connected":
            return True
        return any(
            isinstance(other, Answer)
            and other.call == action.call
            and other.device == action.device
            for other in self.scenario.actions
        )

    async def _conclude(self, number: int) -> None:
        """Wait for an end that is coming by itself; else end the call from the far side."""
        call = self._known(number)
        while call.alive:
            state = call.state
            natural_ms = self._natural_end_ms(number, call)
            if natural_ms is None:
                break
            if not await self.context.hear(
                f"call {number} ends by itself while {state}",
                lambda: call.state != state,  # noqa: B023 - awaited in this very turn
                natural_ms + ENDED_WITHIN_MS,
                number,
            ):
                break
        if call.alive and call.state == "answered":
            leg = call.winning_leg
            if leg is not None:
                await self._connected(call, leg)
            await self._media_seen(number)
        if call.alive:
            await self._end(number, "hangup" if call.state == "answered" else "cancel")
        await self.context.hear(
            f"call {number} ends", lambda: not call.alive, ENDED_WITHIN_MS, number
        )

    def _natural_end_ms(self, number: int, call: OriginCall) -> int | None:
        caller = self.scenario.callers[number]
        if call.state == "answered":
            if call.winner and self.tracker.sessions.index(call.winner) in self.context.vanished:
                return VANISHED_WITHIN_MS
            leg = call.winning_leg
            # Without media the caller's script waits for ever; nothing but a hang-up ends the call.
            media_dead = leg is not None and self._troubles.struck(leg, "media")
            if caller.talk_ms is not None and not media_dead:
                media_ms = CONNECTED_WITHIN_MS + MEDIA_WITHIN_MS
                return caller.talk_ms + (media_ms if self.context.real_media else 0)
            return 0 if number in self._hung_up else None
        if not call.legs:
            return None  # it rings nowhere: no device was online
        ring_ms = self.scenario.platform.ring_ms
        ends = [] if caller.patience_ms is None else [caller.patience_ms]
        ends += [ring_ms] if ring_ms <= RING_WAITED_MS else []
        return min(ends, default=None)

    async def _connected(self, call: OriginCall, leg: Leg) -> None:
        if self.tracker.sessions.index(leg.session) in self.context.vanished:
            return
        if self._troubles.struck(leg, "media"):
            return
        await self.context.hear(
            "the answered call is connected or over",
            lambda: leg.connected or leg.ended or leg.given_up or call.state == "ended",
            CONNECTED_WITHIN_MS + self._troubles.extra_ms,
            call.caller,
        )

    async def _media_seen(self, number: int) -> None:
        if self.context.real_media:
            await self.context.recorder.wait(lambda: number not in self._probing, PROBED_WITHIN_MS)

    async def _end(self, number: int, reason: str) -> None:
        call = self._known(number)
        self.context.recorder.asked(f"end-{number}", "rest.end", {"caller": number})
        await self.context.rest.end(call.id, reason)

    def _listed(self, call: OriginCall) -> bool:
        sessions, troubles = self.tracker.sessions, self._troubles
        for device in self.context.present:
            leg = call.legs.get(sessions[device])
            if leg is None or not (leg.listed or leg.ended or troubles.never(leg, "listed")):
                return False
        return True

    def _known(self, number: int) -> OriginCall:
        """Return the caller's call; its dial was answered."""
        call = self.tracker.call(number)
        assert call is not None, "asked for only after the dial"
        return call

    def _legs_present(self) -> Iterator[Leg]:
        present = {self.tracker.sessions[device] for device in self.context.present}
        return (leg for leg in self.tracker.legs if leg.session in present)
