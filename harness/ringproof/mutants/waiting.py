"""Mutants of the family list that show a call too late: it waits for another, or for a while."""

from __future__ import annotations

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import StartTimer
from ringproof.client.record import Record
from ringproof.mutants.mutant import Mutants

mutants = Mutants()

CALL_WAITING = "call-waiting"
"""Purpose of a timer that the reference client does not have."""


class _Waiting(InboundCalls):
    """Keeps calls off the list until ``show`` takes them."""

    waiting: tuple[Record, ...] = ()

    def show(self, record: Record) -> None:
        """List a call that waits."""
        self.waiting = tuple([one for one in self.waiting if one is not record])
        super().add(record)

    def ended(self, call: str) -> None:
        """Forget a call that is over before it was shown."""
        left = tuple([record for record in self.waiting if record.info.id != call])
        if len(left) == len(self.waiting):
            super().ended(call)
        else:
            self.waiting = left


@mutants.breaks(
    "list/no-queue",
    "list-queues-the-second-caller",
    # A call that waits for its turn may be over before it comes, whoever it is from.
    entails=("list/no-dedupe", "register/any-origin"),
)
class _Queues(_Waiting):
    """Queues a call until those before it are over."""

    def add(self, record: Record) -> None:
        if self.listed:
            self.waiting += (record,)
        else:
            super().add(record)

    def remove(self, record: Record) -> None:
        super().remove(record)
        if self.waiting and not self.listed:
            self.show(self.waiting[0])


@mutants.breaks(
    "list/simultaneous-together",
    "list-waits-before-it-interrupts",
    # By then the call, or the other one, may be over.
    entails=("list/no-queue", "list/no-dedupe"),
)
class _WaitsBeforeItInterrupts(_Waiting):
    """Lists a call that comes while another rings 300 ms later."""

    def add(self, record: Record) -> None:
        if any(one.status == "ringing" for one in self.listed):
            self.waiting += (record,)
            self.emit(StartTimer(f"{CALL_WAITING}:{record.info.id}", 300))
        else:
            super().add(record)

    def timer(self, purpose: str, call: str) -> None:
        if purpose != CALL_WAITING:
            super().timer(purpose, call)
            return
        for record in self.waiting:
            if record.info.id == call:
                self.show(record)
