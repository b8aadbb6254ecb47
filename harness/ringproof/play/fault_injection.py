"""The faults of a running scenario: planned, injected at their moment, and counted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from ringproof.call_tracker import Leg, OriginCall
from ringproof.play.context import Context
from ringproof.play.device_faults import DeviceFaults
from ringproof.trace import SutError
from ringproof_fakeserver.protocol import journal
from ringproof_fakeserver.protocol.events import (
    ByeRequested,
    CutRequested,
    FaultsPlanned,
    MediaCutRequested,
    PingRequested,
    PingsOverdue,
    SilenceRequested,
    TokenExpiryRequested,
)
from ringproof_scenarios import faults
from ringproof_scenarios.data import Anchor
from ringproof_scenarios.faults import (
    ConnectFails,
    Cut,
    GoesSilent,
    MediaCut,
    StrayBye,
    StunFails,
    Timed,
    TokenExpires,
)


class FaultInjection:
    """What the platform and the network do to the devices of one context."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._recorder = context.recorder
        self._planned = context.scenario.faults
        self.devices = DeviceFaults(context)
        self._struck: set[tuple[str, str]] = set()
        """(dialog, point) of what a fault has hit."""
        self._never_rings: set[str] = set()
        """Dialogs whose invite was lost."""
        self._delayed = 0
        """Frames that a fault still delays."""
        self._copies_due: set[str] = set()
        """Dialogs whose invite is to come a second time."""
        cuts = [fault.back_ms for fault in self._planned if isinstance(fault, Cut)]
        kept_out = [one for one in self._planned if isinstance(one, ConnectFails)]
        self._back_ms = sum(cuts) + context.deadlines.back_ms
        self._back_ms += sum([faults.holds_up_ms(fault) for fault in kept_out])
        if any(back_ms > faults.RETRIED_MS for back_ms in cuts):
            self._back_ms += sum([fault.times * faults.RETRIED_LATE_MS for fault in kept_out])
        self.extra_ms = sum([faults.holds_up_ms(fault) for fault in self._planned])
        """How much longer than usual a client may have to wait for something."""
        self._bye_replies_due: dict[str, str] = {}
        """Dialog → session: byes that the platform has read and not answered."""
        self._refused: set[str] = set()
        """Sessions that are not let in again, for their token has expired."""
        self._told: set[str] = set()
        """Those of them whose client has reported an error since."""
        if self._planned:
            context.tracker.events[SutError] = self._note_error
            context.tracker.facts[journal.FaultFact] = self._note_fault
            self._track_frame = context.tracker.facts[journal.FrameFact]
            context.tracker.facts[journal.FrameFact] = self._note_frame
        self._plan()

    def _plan(self) -> None:
        """Give the platform the faults that strike by themselves."""
        for device, session in enumerate(self._context.tracker.sessions):
            rules = faults.rules(self._planned, device)
            if rules:
                self._context.server.dispatch(FaultsPlanned(session, rules))

    async def finish(self) -> None:
        """Wait until no frame is delayed any more, and withdraw what has not struck."""
        if not self._planned:
            return
        bye_reply_ms = self._context.scenario.platform.bye_reply_ms
        await self._context.clock.wait(
            lambda: self._delayed <= 0 and self._byes_answered(),
            bye_reply_ms + self.extra_ms + self._context.deadlines.back_ms,
        )
        for session in self._context.tracker.sessions:
            self._context.server.dispatch(FaultsPlanned(session, ()))

    async def copies_sent(self, call: OriginCall) -> None:
        """Wait for the second invites of a call, which are not sent once the call has ended."""
        await self._context.clock.wait(
            lambda: not any(leg.dialog in self._copies_due for leg in call.legs.values()),
            self.extra_ms + self._context.deadlines.back_ms,
            call.caller,
        )

    async def inject(self, fault: Timed, anchored: Callable[[Timed], Awaitable[bool]]) -> None:
        """Inject a fault at its moment; after a cut, wait until the client is back."""
        if not await anchored(fault):
            self._recorder.note("skipped", f"{type(fault).__name__}: never {fault.on}")
            return
        await self._context.clock.sleep(fault.after_ms)
        context, session = self._context, self._context.tracker.sessions[fault.device]
        if fault.device in context.vanished:
            return
        match fault:
            case StrayBye():
                context.server.dispatch(ByeRequested(session, context.fresh_id()))
            case Cut():
                context.tracker.detached.add(session)
                context.server.dispatch(CutRequested(session, fault.back_ms, fault.resume))
                await self.reconnected(fault.device)
            case MediaCut():
                await self._cut_media(fault, session)
            case GoesSilent():
                await self._fall_silent(fault, session)
                await self.reconnected(fault.device)
            case TokenExpires():
                if context.scenario.platform.expired_token_closes:
                    context.tracker.detached.add(session)
                if fault.renewed:
                    token = context.renewed_token(fault.device)
                    await context.require("session.token", fault.device, token=token)
                context.server.dispatch(TokenExpiryRequested(session))
                await self.reconnected(fault.device)

    async def _fall_silent(self, fault: GoesSilent, session: str) -> None:
        dispatch, platform = self._context.server.dispatch, self._context.scenario.platform
        dispatch(SilenceRequested(session, silent=True))
        for _ in range(max(1, platform.unanswered_pings)):
            await self._context.clock.sleep(fault.ping_ms)
            dispatch(PingRequested(session, journal.KEEP_ALIVE))
        await self._context.clock.sleep(fault.ping_ms)
        dispatch(PingsOverdue(session))
        dispatch(SilenceRequested(session, silent=False))

    async def _cut_media(self, fault: MediaCut, session: str) -> None:
        lost = fault.way != "to-client", fault.way != "from-client"
        cut = MediaCutRequested(session, str(fault.call), *lost)
        self._context.server.dispatch(cut)
        if fault.back_ms:
            await self._context.clock.sleep(fault.back_ms)
            mended = MediaCutRequested(session, str(fault.call), False, False)
            self._context.server.dispatch(mended)

    async def reconnected(self, device: int) -> None:
        """Wait until a device has its socket again; one that never comes back counts as gone."""
        tracker = self._context.tracker
        session = tracker.sessions[device]
        if session in tracker.detached and device not in self._context.vanished:
            await self._context.clock.wait(
                lambda: session not in tracker.detached or session in self._told, self._back_ms
            )
            if session in tracker.detached:
                self._recorder.note("lost", session)
                self._context.vanish(device)

    @property
    def opens(self) -> bool:
        """Whether the opening of a session is a part of the scenario, or no other will open."""
        devices = range(len(self._context.devices))
        spent = any(isinstance(fault, TokenExpires | StunFails) for fault in self._planned)
        return spent or any(faults.may_not_open(self._planned, device) for device in devices)

    def callable(self, devices: Iterable[int]) -> list[int]:
        """Return those devices that can be called as far as is known.

        One that a fault may keep from that counts once the platform has taken it to be online.
        """
        sessions, registered = self._context.tracker.sessions, self._context.tracker.registered
        return [
            device
            for device in devices
            if sessions[device] in registered or not faults.may_not_open(self._planned, device)
        ]

    def struck(self, leg: Leg, *points: str) -> bool:
        """Say whether any of these was hit for a call on a device."""
        return any((leg.dialog, point) in self._struck for point in points)

    def unheard_ms(self, leg: Leg) -> int:
        """Return when a client that is cut off falls victim to the media timeout; 0: never."""
        timeout_ms = self._context.scenario.platform.media_timeout_ms
        return timeout_ms if self.struck(leg, "media-in") else 0

    def prevents(self, leg: Leg, anchor: Anchor) -> bool:
        """Say whether a fault keeps the anchor from ever happening to a call on a device."""
        if anchor == "connected" and (
            self.struck(leg, "media") or self.devices.keep_from_connecting(leg)
        ):
            return True
        return anchor in ("listed", "connected") and leg.dialog in self._never_rings

    def end_lost(self, leg: Leg) -> bool:
        """Say whether a fault keeps the client from learning that a call is over.

        A client that sends bye itself gives up waiting for the reply, and has to show the end.
        """
        return self.struck(leg, "bye") and not self.struck(leg, "bye-reply", "bye-request")

    def _byes_answered(self) -> bool:
        """Say whether no reply to a bye is to come, which a fault may still strike."""
        detached = self._context.tracker.detached
        return all(session in detached for session in self._bye_replies_due.values())

    # -- facts of the platform ---------------------------------------------------------------

    def _note_frame(self, fact: journal.FrameFact) -> None:
        self._track_frame(fact)
        if fact.method != "verto.bye":
            return
        from_client = fact.direction is journal.Direction.FROM_CLIENT
        if from_client and fact.kind == "request":
            self._bye_replies_due[fact.dialog] = fact.session
        elif not from_client and fact.kind != "request":
            self._bye_replies_due.pop(fact.dialog, "")
            self._context.clock.notify()

    def _note_error(self, event: SutError) -> None:
        if event.s in self._refused and not event.c:
            self._told.add(event.s)
            self._context.clock.notify()

    def _note_fault(self, fact: journal.FaultFact) -> None:
        if fact.what in ("released", "withdrawn"):
            self._delayed -= 1
            if fact.point == "invite":
                self._copies_due.discard(fact.dialog)
        elif fact.what == "mended":
            self._struck.discard((fact.dialog, fact.point))
        elif fact.point == "token":
            self._refused.add(fact.session)
        else:
            self._struck.add((fact.dialog, fact.point))
            if (fact.what, fact.point) == ("ignore", "look-up"):
                self._context.tracker.lookups_open -= 1  # there is nothing to wait for
            if fact.point == "bye-reply":
                self._bye_replies_due.pop(fact.dialog, None)
            if fact.what == "drop" and fact.point == "invite":
                self._never_rings.add(fact.dialog)
            if fact.what in ("delay", "duplicate", "reorder"):
                self._delayed += 1
                if (fact.what, fact.point) == ("duplicate", "invite"):
                    self._copies_due.add(fact.dialog)
            elif fact.what == "expire":
                # Its calls end with the session, and nothing says so to the client.
                legs = [
                    call.legs.get(fact.session) for call in self._context.tracker.calls.values()
                ]
                self._struck.update((leg.dialog, "bye") for leg in legs if leg is not None)
        self._context.clock.notify()
