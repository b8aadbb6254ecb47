"""Mutants that mix up the calls they place with those of the list, or fail to hand a call over."""

from __future__ import annotations

from typing import Any

from ringproof.client import commands, events
from ringproof.client.calls import InboundCalls
from ringproof.client.modify import Modifications
from ringproof.client.outbound import OutboundCalls
from ringproof.client.record import Record
from ringproof.client.wire import RpcError
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import causes
from ringproof_fakeserver.protocol.dialog import Dialog, Trigger
from ringproof_fakeserver.protocol.exchange import Exchange

mutants = Mutants()


class _Emits(OutboundCalls):
    """Emits the list when a call is placed."""

    def shown(self, record: Record) -> tuple[str, ...]:
        """Return the list that it emits."""
        return tuple([one.info.id for one in self.calls.listed])

    def place(self, record: Record) -> None:
        super().place(record)
        self.calls.show_list(self.shown(record))


@mutants.breaks("list/no-duplicate-emission", "outbound-emits-the-list")
class _EmitsTheList(_Emits):
    """Emits the inbound list again when the client places a call of its own."""


@mutants.breaks(
    "list/inbound-only",
    "outbound-is-listed",
    # The next emission leaves it out, and it is listed while it is no ringing call.
    entails=("list/no-pick", "list/every-change", "list/no-duplicate-emission"),
)
class _IsListed(_Emits):
    """Lists a call that the client places."""

    def shown(self, record: Record) -> tuple[str, ...]:
        return (*super().shown(record), record.info.id)


@mutants.breaks("stream/same-as-outbound", "outbound-without-local-stream")
class _WithoutLocalStream(InboundCalls):
    """Shows no local stream of the calls that it places."""

    def show_stream(
        self, record: Record, side: commands.Side, tracks: tuple[events.Track, ...]
    ) -> None:
        if not record.outbound or side != "local":
            super().show_stream(record, side, tracks)


@mutants.breaks("stream/same-as-outbound", "outbound-shows-single-tracks")
class _SingleTracks(InboundCalls):
    """Shows each track of the far side alone, in the calls that it places."""

    def show_stream(
        self, record: Record, side: commands.Side, tracks: tuple[events.Track, ...]
    ) -> None:
        alone = record.outbound and side == "remote"
        super().show_stream(record, side, tracks[-1:] if alone else tracks)


@mutants.breaks("end/transfer-keeps-call", "transfer-hangs-up")
class _HangsUp(Modifications):
    """Hangs up in place of a transfer."""

    def transfer(self, event: events.TransferRequested) -> None:
        self.calls.hang_up(events.HangupRequested(event.call, event.promise))


@mutants.breaks("end/transfer-keeps-call", "transfer-loses-the-folder")
class _LosesTheFolder(Modifications):
    """Transfers to the last part of the address."""

    def send(
        self, record: Record, action: str, promise: str, sdp: str = "", destination: str = ""
    ) -> None:
        super().send(record, action, promise, sdp, destination.rpartition("/")[2])


class _AfterTheReply(Modifications):
    """Does something wrong once the platform has replied to a transfer."""

    def replied(self, number: str, error: RpcError | None) -> None:
        pending = self._pending.get(number)
        super().replied(number, error)
        record = self.calls.find(pending.call) if pending is not None else None
        if pending is not None and pending.action == "transfer" and record is not None:
            self.then(record, error)

    def then(self, record: Record, error: RpcError | None) -> None:
        """Do it."""


@mutants.breaks("end/transfer-keeps-call", "transfer-ends-when-refused")
class _EndsWhenRefused(_AfterTheReply):
    """Ends a call whose transfer was refused."""

    def then(self, record: Record, error: RpcError | None) -> None:
        if error is not None:
            self.calls.fail(record, "the transfer was refused")


@mutants.breaks("end/transfer-keeps-call", "platform-transfer-ends-the-call")
class _PlatformEndsTheCall(Exchange):
    """Ends the far party's call with the transfer."""

    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401 - those of its base class
        super().__init__(*arguments)
        self._calls.transfers.transfer = self._end  # type: ignore[method-assign]

    def _end(self, dialog: Dialog, destination: str) -> None:
        call = self._calls.live[dialog.call]
        self._calls.end(call, "hangup", "callee", causes.NORMAL, Trigger.ORIGIN_END)


@mutants.breaks("end/transfer-keeps-call", "platform-transfer-rings-nobody")
class _PlatformRingsNobody(Exchange):
    """Accepts a transfer, and rings nobody at the destination."""

    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401 - those of its base class
        super().__init__(*arguments)
        self._calls.transfers.ring = lambda call: None  # type: ignore[method-assign]
