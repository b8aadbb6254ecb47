"""Faults of the end family: how an end reaches the other side, and what its promise says."""

from __future__ import annotations

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import Settle
from ringproof.client.events import HangupRequested
from ringproof.client.lifecycle import Status
from ringproof.client.record import Record
from ringproof.mutants.family import Family

faults = Family()

# -- hangup-tells-server --------------------------------------------------------------------------


@faults.breaks("end/hangup-tells-server", name="end-hangup-stays-local")
class _HangupStaysLocal(InboundCalls):
    """Hangs up on its own side only: the platform hears no bye."""

    def hang_up(self, event: HangupRequested) -> None:
        record = self.find(event.call)
        if record is None:
            super().hang_up(event)
        elif self.step(record, "hang_up"):
            record.waiters += (event.promise,)
            self.end(record)


@faults.breaks("end/hangup-tells-server", name="end-hangup-resolves-at-once")
class _ResolvesAtOnce(InboundCalls):
    """Resolves the promise of hangup() before anything is torn down."""

    def hang_up(self, event: HangupRequested) -> None:
        self.emit(Settle(event.promise))
        super().hang_up(HangupRequested(event.call, ""))


@faults.breaks("end/hangup-tells-server", name="end-hangup-rejects")
class _HangupRejects(InboundCalls):
    """Rejects the promise of hangup() because the call is over."""

    def hang_up(self, event: HangupRequested) -> None:
        super().hang_up(event)
        record = self.find(event.call)
        if record is not None and record.status == "disconnecting":
            self._rejected = (*self._rejected, event.promise)

    _rejected: tuple[str, ...] = ()

    def settle(self, record: Record, error: str = "") -> None:
        for promise in record.waiters:
            if promise in self._rejected:
                self.emit(Settle(promise, "the call is over"))
        super().settle(record, error)


@faults.breaks("end/hangup-tells-server", name="end-hangup-never-resolves")
class _NeverResolves(InboundCalls):
    """Leaves whoever waits for hangup() waiting."""

    def hang_up(self, event: HangupRequested) -> None:
        super().hang_up(HangupRequested(event.call, ""))


@faults.breaks(
    "end/hangup-tells-server",
    name="end-hangup-on-the-wrong-call",
    # The call that was meant goes on, to be answered or to end some other way; one that nobody
    # touched ends.
    entails=("list/no-pick", "stream/never-without-accept", "status/hangup-order"),
)
class _WrongCall(InboundCalls):
    """Hangs up on a call that rings, if there is one, whichever was meant."""

    def hang_up(self, event: HangupRequested) -> None:
        ringing = [record.info.id for record in self.listed if record.status == "ringing"]
        if self.find(event.call) is not None and ringing:
            event = HangupRequested(ringing[0], event.promise)
        super().hang_up(event)


# -- the far side's end ---------------------------------------------------------------------------


@faults.breaks("end/remote-hangup", name="end-remote-skips-disconnected")
class _RemoteSkips(InboundCalls):
    """Destroys a call whose far side hung up without disconnected."""

    _left = ""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status in ("connecting", "connected"):
            self._left = call
        super().ended(call)

    def show_status(self, record: Record, status: Status) -> None:
        if status != "disconnected" or record.info.id != self._left:
            super().show_status(record, status)


@faults.breaks(
    "end/remote-hangup",
    name="end-stays-connected",
    # A script's end and a person's come to the client as the same bye.
    entails=("end/script-finishes",),
)
class _StaysConnected(InboundCalls):
    """Stays connected when the far side hangs up."""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is None or record.status != "connected":
            super().ended(call)


@faults.breaks(
    "end/script-finishes",
    name="end-waits-for-its-user",
    # As above: one bye for both.
    entails=("end/remote-hangup",),
)
class _WaitsForUser(InboundCalls):
    """Shows disconnecting when the far side has gone, and waits for its own user to hang up."""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is None or record.status != "connected" or not self.step(record, "hang_up"):
            super().ended(call)


@faults.breaks(
    "end/script-finishes",
    name="end-waits-to-be-dismissed",
    # As above: one bye for both.
    entails=("end/remote-hangup",),
)
class _WaitsToBeDismissed(InboundCalls):
    """Shows disconnected when the far side has gone, and is never destroyed after that."""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is None or record.status != "connected" or not self.step(record, "end"):
            super().ended(call)
