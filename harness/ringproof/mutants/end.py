"""Mutants of the family end: how an end reaches the other side, and when hangup() resolves."""

from __future__ import annotations

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import Settle
from ringproof.client.events import HangupRequested
from ringproof.client.record import Record
from ringproof.mutants.hooks import Calls, changes, ignores, rewords, steps_on_bye
from ringproof.mutants.mutant import Mutants

mutants = Mutants()


@mutants.breaks("end/hangup-tells-server", "end-hangup-stays-local")
class _HangupStaysLocal(InboundCalls):
    """Hangs up on its own side only: the platform gets no bye."""

    def hang_up(self, event: HangupRequested) -> None:
        record = self.find(event.call)
        if record is None:
            super().hang_up(event)
        elif self.step(record, "hang_up"):
            record.waiters += (event.promise,)
            self.end(record)


@mutants.breaks("end/hangup-tells-server", "end-hangup-resolves-at-once")
class _ResolvesAtOnce(InboundCalls):
    """Resolves the promise of hangup() before the tear-down."""

    def hang_up(self, event: HangupRequested) -> None:
        self.emit(Settle(event.promise))
        super().hang_up(HangupRequested(event.call, ""))


@mutants.breaks("end/hangup-tells-server", "end-hangup-rejects")
class _HangupRejects(Calls):
    """Rejects the promise of hangup() because the call is over."""

    _rejected: tuple[str, ...] = ()

    def hang_up(self, event: HangupRequested) -> None:
        super().hang_up(event)
        if self.status_of(event.call) == "disconnecting":
            self._rejected += (event.promise,)

    def settle(self, record: Record, error: str = "") -> None:
        for promise in record.waiters:
            if promise in self._rejected:
                self.emit(Settle(promise, "the call is over"))
        super().settle(record, error)


@mutants.breaks(
    "end/hangup-tells-server",
    "end-hangup-on-the-wrong-call",
    # The call that was meant goes on, to be answered or to end some other way; an untouched one
    # ends.
    entails=("list/no-pick", "stream/never-without-accept", "status/hangup-order"),
)
class _WrongCall(Calls):
    """Hangs up on the oldest ringing call, if there is one, whichever was meant."""

    def hang_up(self, event: HangupRequested) -> None:
        ringing = self.ids("ringing")
        if self.find(event.call) is not None and ringing:
            event = HangupRequested(ringing[0], event.promise)
        super().hang_up(event)


# The bye is the same, whether a person or a script hangs up: each of these breaks both clauses.

mutants.add(
    "end/remote-hangup",
    "end-stays-connected: Stays connected when the far side hangs up",
    ignores(ended=lambda calls, call: calls.status_of(call) == "connected"),
    entails=("end/script-finishes",),
)
mutants.add(
    "end/script-finishes",
    "end-waits-for-its-user: Stays disconnecting at the far side's hangup",
    steps_on_bye("hang_up"),
    entails=("end/remote-hangup",),
)
mutants.add(
    "end/script-finishes",
    "end-waits-to-be-dismissed: Stays disconnected at the far side's hangup",
    steps_on_bye("end"),
    entails=("end/remote-hangup",),
)
mutants.table(
    {
        "end/hangup-tells-server": {
            "end-hangup-never-resolves: Never resolves the promise of hangup()": changes(
                hang_up=lambda event: HangupRequested(event.call, "")
            ),
        },
        "end/remote-hangup": {
            "end-remote-skips-disconnected: Skips disconnected at remote hangup": rewords(
                ended_while=("connecting", "connected"), disconnected=()
            ),
        },
    }
)
