"""Pages that are opened again and get the calls of the page before them: what is waited for."""

from __future__ import annotations

from ringproof.call_tracker import CallTracker, OriginCall
from ringproof.play.context import Context
from ringproof.play.media_probe import probe
from ringproof_scenarios.model import Open


def refused(tracker: CallTracker, call: OriginCall) -> bool:
    """Say whether a page asked for this call in vain."""
    return any(leg.dialog in tracker.refused for leg in call.legs.values())


class Returning:
    """Waits for the calls of pages that were opened again.

    ``probing`` holds the callers whose media is still to be watched; ``lookup_ms`` is how long a
    client may have to wait for the directory.
    """

    def __init__(
        self, context: Context, probing: set[int], lookup_ms: int, *, sut_counts: bool
    ) -> None:
        self._context = context
        self._tracker = context.tracker
        self._probing = probing
        self._lookup_ms = lookup_ms
        self._sut_counts = sut_counts

    async def wait(self, opened: Open) -> None:
        """Wait until the page has its connected calls back, or cannot."""
        sessions = self._tracker.sessions
        assert opened.of is not None, "only a page that was there before had calls"
        pages = (sessions[opened.of], sessions[opened.device])
        for call in tuple(self._tracker.calls.values()):
            before = call.legs.get(pages[0])
            if before is not None and before.connected and call.winner in pages:
                await self._wait_for(call, opened.device)

    async def _wait_for(self, call: OriginCall, device: int) -> None:
        context, number = self._context, call.caller
        assert number is not None, "it was dialled by a caller of the scenario"
        if context.real_media:
            self._probing.add(number)
        try:
            await context.expect(
                f"device {device} has call {number} back, or is refused it",
                lambda: self._back(call, device),
                context.deadlines.connected_ms + self._lookup_ms,
            )
            leg = call.legs.get(self._tracker.sessions[device])
            if context.real_media and leg is not None and leg.connected and call.alive:
                await probe(context, leg, device, sut_counts=self._sut_counts)
        finally:
            self._probing.discard(number)
            context.clock.notify()

    def _back(self, call: OriginCall, device: int) -> bool:
        leg = call.legs.get(self._tracker.sessions[device])
        if leg is not None:
            return leg.connected or leg.ended or leg.given_up
        gone = device in self._context.vanished
        return gone or not call.alive or refused(self._tracker, call)
