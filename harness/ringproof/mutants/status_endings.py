"""Faults of the status family: how a call walks to its end, for each way to end."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from ringproof.client.calls import Emit, InboundCalls
from ringproof.client.commands import Observable
from ringproof.client.connection import Connection
from ringproof.client.events import RejectRequested
from ringproof.client.lifecycle import Status
from ringproof.client.observable import OnComplete, OnValue, Subject, Unsubscribe
from ringproof.client.record import Record
from ringproof.client.wire import RpcError
from ringproof.mutants.family import Family

faults = Family()

# -- reject-order ---------------------------------------------------------------------------------


@faults.breaks("status/reject-order", name="status-reject-skips-disconnected")
class _RejectSkips(InboundCalls):
    """Destroys a declined call without disconnected."""

    _declining = ""

    def reject(self, event: RejectRequested) -> None:
        self._declining = event.call
        super().reject(event)
        self._declining = ""

    def show_status(self, record: Record, status: Status) -> None:
        if record.info.id != self._declining:
            super().show_status(record, status)


@faults.breaks("status/reject-order", name="status-reject-never-destroys")
class _RejectNeverDestroys(InboundCalls):
    """Waits for a bye from the far side before it destroys a declined call."""

    def bye_replied(self, call: str, error: RpcError | None) -> None:
        record = self.find(call)
        if record is None or record.status != "disconnected":
            super().bye_replied(call, error)
        else:
            self.stop_timer(record)


# -- gave-up-order --------------------------------------------------------------------------------


@faults.breaks("status/gave-up-order", name="status-rings-after-give-up")
class _RingsAfterGiveUp(InboundCalls):
    """Rings on when the caller has given up."""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is None or record.status != "ringing":
            super().ended(call)


@faults.breaks("status/gave-up-order", name="status-give-up-skips-disconnected")
class _GiveUpSkips(InboundCalls):
    """Destroys a call whose caller gave up without disconnected."""

    _lost = ""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status == "ringing":
            self._lost = call
        super().ended(call)

    def show_status(self, record: Record, status: Status) -> None:
        if status != "disconnected" or record.info.id != self._lost:
            super().show_status(record, status)


@faults.breaks("status/gave-up-order", name="status-give-up-is-a-failure")
class _GiveUpFails(_GiveUpSkips):
    """Shows failed for a call whose caller gave up."""

    def show_status(self, record: Record, status: Status) -> None:
        if status == "disconnected" and record.info.id == self._lost:
            InboundCalls.show_status(self, record, cast(Status, "failed"))
        super().show_status(record, status)


# -- hangup-order ---------------------------------------------------------------------------------


@faults.breaks("status/hangup-order", name="status-hangup-skips-disconnecting")
class _SkipsDisconnecting(InboundCalls):
    """Never shows disconnecting."""

    def show_status(self, record: Record, status: Status) -> None:
        if status != "disconnecting":
            super().show_status(record, status)


@faults.breaks("status/hangup-order", name="status-hangup-skips-disconnected")
class _HangupSkips(InboundCalls):
    """Goes from disconnecting straight to destroyed."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._hung_up: set[str] = set()

    def show_status(self, record: Record, status: Status) -> None:
        if status == "disconnecting":
            self._hung_up.add(record.info.id)
        elif status == "disconnected" and record.info.id in self._hung_up:
            self._hung_up.remove(record.info.id)
            return
        super().show_status(record, status)


@faults.breaks(
    "status/hangup-order",
    name="status-terminal-lost",
    # Every way to end has destroyed for its last word, and a call may leave the list only then.
    entails=(
        "status/reject-order",
        "status/gave-up-order",
        "end/remote-hangup",
        "end/script-finishes",
        "outcome/glare",
        "list/leaves-only-when-destroyed",
    ),
)
class _TerminalLost(InboundCalls):
    """Never shows destroyed: the stream completes after disconnected."""

    def show_status(self, record: Record, status: Status) -> None:
        if status != "destroyed":
            super().show_status(record, status)


# -- destroyed-last -------------------------------------------------------------------------------


@faults.breaks("status/destroyed-last", name="status-disconnected-after-destroyed")
class _LateDisconnected(InboundCalls):
    """Shows disconnected again after destroyed."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == "destroyed":
            super().show_status(record, "disconnected")


@faults.breaks("status/destroyed-last", name="status-never-completes")
class _NeverCompletes(InboundCalls):
    """Leaves the status stream open after destroyed."""

    def show_complete(self, record: Record, what: Observable) -> None:
        if what != "status":
            super().show_complete(record, what)


@faults.breaks("status/destroyed-last", name="status-completes-too-early", part="statuses")
class _CompletesTooEarly(Subject[Status]):
    """Completes the status stream, and emits destroyed after that."""

    def __init__(self, report: Callable[[Exception], None], *, replays: bool = True) -> None:
        super().__init__(report, replays=replays)
        self._watchers: list[OnComplete] = []

    def subscribe(
        self, on_value: OnValue[Status], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        if on_complete is not None and not self.completed:
            self._watchers.append(on_complete)
            on_complete = None
        return super().subscribe(on_value, on_complete)

    def emit(self, value: Status) -> None:
        if value == "destroyed":
            for on_complete in self._watchers:
                on_complete()
        super().emit(value)


@faults.breaks(
    "status/destroyed-last",
    name="status-destroyed-twice",
    # Nothing stands between the two.
    entails=("status/no-repeat",),
)
class _DestroyedTwice(InboundCalls):
    """Tears a call down twice, and shows destroyed twice."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == "destroyed":
            super().show_status(record, status)
