"""The faults of a running scenario: planned, injected at their moment, and counted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ringproof.call_tracker import Leg
from ringproof.play.context import Context
from ringproof_fakeserver.protocol import journal
from ringproof_fakeserver.protocol.events import ByeRequested, CutRequested, FaultsPlanned
from ringproof_scenarios import faults
from ringproof_scenarios.data import Anchor
from ringproof_scenarios.faults import Cut, StrayBye, Timed


class FaultInjection:
    """What the platform and the network do to the devices of one context."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._recorder = context.recorder
        self._planned = context.scenario.faults
        self._struck: set[tuple[str, str]] = set()
        """(dialog, point) of what a fault has hit."""
        self._never_rings: set[str] = set()
        """Dialogs whose invite was lost."""
        self._delayed = 0
        """Frames that a fault still delays."""
        cuts = [fault.back_ms for fault in self._planned if isinstance(fault, Cut)]
        self._back_ms = max(cuts, default=0) + context.deadlines.back_ms
        self.extra_ms = sum([faults.holds_up_ms(fault) for fault in self._planned])
        """How much longer than usual a client may have to wait for something."""
        if self._planned:
            context.tracker.facts[journal.FaultFact] = self._note_fault

    def plan(self) -> None:
        """Give the platform the faults that strike by themselves."""
        simulated = self._recorder.trace.header.mode == "simulated"
        for device, session in enumerate(self._context.tracker.sessions):
            rules = faults.rules(self._planned, device, simulated=simulated)
            if rules:
                self._context.server.dispatch(FaultsPlanned(session, rules))

    async def finish(self) -> None:
        """Wait until no frame is delayed any more, and withdraw what has not struck."""
        if not self._planned:
            return
        await self._context.clock.wait(
            lambda: self._delayed <= 0, self.extra_ms + self._context.deadlines.back_ms
        )
        for session in self._context.tracker.sessions:
            self._context.server.dispatch(FaultsPlanned(session, ()))

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

    async def reconnected(self, device: int) -> None:
        """Wait until a device has its socket again; one that never comes back counts as gone."""
        tracker = self._context.tracker
        session = tracker.sessions[device]
        if session in tracker.detached and device not in self._context.vanished:
            await self._context.clock.wait(lambda: session not in tracker.detached, self._back_ms)
            if session in tracker.detached:
                self._recorder.note("lost", session)
                self._context.vanish(device)

    def struck(self, leg: Leg, *points: str) -> bool:
        """Say whether any of these was hit for a call on a device."""
        return any((leg.dialog, point) in self._struck for point in points)

    def prevents(self, leg: Leg, anchor: Anchor) -> bool:
        """Say whether a fault keeps the anchor from ever happening to a call on a device."""
        if anchor == "connected" and self.struck(leg, "media", "devices"):
            return True
        return anchor in ("listed", "connected") and leg.dialog in self._never_rings

    def end_lost(self, leg: Leg) -> bool:
        """Say whether a fault keeps the client from learning that a call is over.

        A client that sends bye itself gives up waiting for the reply, and has to show the end.
        """
        return self.struck(leg, "bye") and not self.struck(leg, "bye-reply", "bye-request")

    # -- facts of the platform ---------------------------------------------------------------

    def _note_fault(self, fact: journal.FaultFact) -> None:
        if fact.what in ("released", "withdrawn"):
            self._delayed -= 1
        else:
            self._struck.add((fact.dialog, fact.point))
            if fact.what == "drop" and fact.point == "invite":
                self._never_rings.add(fact.dialog)
            if fact.what in ("delay", "duplicate", "reorder"):
                self._delayed += 1
            elif fact.what == "expire":
                # Its calls end with the session, and nothing says so to the client.
                legs = [
                    call.legs.get(fact.session) for call in self._context.tracker.calls.values()
                ]
                self._struck.update((leg.dialog, "bye") for leg in legs if leg is not None)
        self._context.clock.notify()
