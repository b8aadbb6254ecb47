"""Mutants of the family status: the statuses of a call, their order, and who gets them."""

from __future__ import annotations

from typing import Any

from ringproof.client.calls import InboundCalls
from ringproof.client.events import LocalMediaReady, MediaConnected, RejectRequested
from ringproof.client.lifecycle import Status
from ringproof.client.observable import OnComplete, OnValue, Subject, Unsubscribe
from ringproof.client.record import Record
from ringproof.client.session import Call
from ringproof.client.wire import RpcError
from ringproof.mutants.hooks import Calls, ignores, reads, replays, rewords
from ringproof.mutants.mutant import Mutants

mutants = Mutants()


def first_gets(*words: str) -> type[Subject[Any]]:
    """Give the first subscriber these words while the call rings."""
    return replays(
        lambda history, first: words if first and history[-1:] == ("ringing",) else history[-1:]
    )


@mutants.breaks("status/single-exit", "status-rings-again")
class _RingsAgain(InboundCalls):
    """Rings again when the microphone is open, and connects again."""

    def local_media_ready(self, event: LocalMediaReady) -> None:
        super().local_media_ready(event)
        record = self.find(event.call)
        if record is not None and record.status == "connecting":
            self.show_status(record, "ringing")
            self.show_status(record, "connecting")


mutants.add(
    "status/single-exit",
    "status-completes-while-ringing: Shows no end when the caller gives up",
    rewords(ended_while=("ringing",), disconnected=(), destroyed=()),
    # A call that stops in ringing has not shown its end when it leaves the list, nor when it is
    # answered too late.
    entails=("status/gave-up-order", "list/stays-through-status", "outcome/glare"),
)


@mutants.breaks("status/answer-order", "status-connects-by-itself", entails=("outcome/glare",))
class _ConnectsWithoutAnswer(InboundCalls):
    """Shows connected without sending its answer to the platform."""

    def send_answer(self, record: Record, sdp: str) -> None:
        record.media_connected = True
        self.confirmed(record)

    def start_timer(self, record: Record, purpose: str) -> None:
        if purpose != "answer":
            super().start_timer(record, purpose)


@mutants.breaks("status/answer-order", "status-never-connects")
class _NeverConnects(InboundCalls):
    """Waits in connecting for a second media event that never comes."""

    def media_connected(self, event: MediaConnected) -> None:
        record = self.find(event.call)
        if record is not None and record.media_connected:
            super().media_connected(event)
        elif record is not None:
            record.media_connected = True


@mutants.breaks("status/reject-order", "status-reject-skips-disconnected")
class _RejectSkipsDisconnected(InboundCalls):
    """Destroys a declined call without disconnected."""

    _declining = ""

    def reject(self, event: RejectRequested) -> None:
        self._declining = event.call
        super().reject(event)
        self._declining = ""

    def show_status(self, record: Record, status: Status) -> None:
        if record.info.id != self._declining:
            super().show_status(record, status)


@mutants.breaks("status/reject-order", "status-reject-never-destroys")
class _RejectNeverDestroys(Calls):
    """Waits for a bye from the far side before it destroys a declined call."""

    def bye_replied(self, call: str, error: RpcError | None) -> None:
        record = self.find(call)
        if record is None or record.status != "disconnected":
            super().bye_replied(call, error)
        else:
            self.stop_timer(record)


@mutants.breaks("status/hangup-order", "status-hangup-skips-disconnected")
class _HangupSkipsDisconnected(InboundCalls):
    """Goes from disconnecting straight to destroyed."""

    _hung_up: frozenset[str] = frozenset()

    def show_status(self, record: Record, status: Status) -> None:
        if status == "disconnecting":
            self._hung_up |= {record.info.id}
        if status != "disconnected" or record.info.id not in self._hung_up:
            super().show_status(record, status)


mutants.add(
    "status/hangup-order",
    "status-terminal-lost: Never shows destroyed: disconnected is the last status",
    rewords(destroyed=()),
    # Every way to end has destroyed as its last status, and a call may leave the list only then.
    entails=(
        "status/reject-order",
        "status/gave-up-order",
        "end/remote-hangup",
        "end/transfer-keeps-call",
        "end/script-finishes",
        "end/expired-call",
        "media/timeout-ends-call",
        "outcome/glare",
        "list/leaves-only-when-destroyed",
    ),
)


@mutants.breaks("status/destroyed-last", "status-completes-too-early", part="statuses")
class _CompletesTooEarly(Subject[Status]):
    """Completes the status stream, and emits destroyed after that."""

    _waiting: tuple[OnComplete, ...] = ()

    def subscribe(
        self, on_value: OnValue[Status], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        if on_complete is not None and not self.completed:
            self._waiting += (on_complete,)
            on_complete = None
        return super().subscribe(on_value, on_complete)

    def emit(self, value: Status) -> None:
        if value == "destroyed":
            for on_complete in self._waiting:
                on_complete()
        super().emit(value)


mutants.add(
    "status/destroyed-last",
    "status-destroyed-twice: Tears a call down twice, and shows destroyed twice",
    rewords(destroyed=("destroyed", "destroyed")),
    # Nothing comes between the two.
    entails=("status/no-repeat",),
)


mutants.add(
    "status/known-words",
    "status-property-in-its-own-words: Reads finished where the stream says destroyed",
    reads(status=lambda _, status: "finished" if status == "destroyed" else status),
    # The stream never said finished.
    entails=("status/getter-agrees",),
)


@mutants.breaks("status/getter-agrees", "status-property-stops-at-connected")
class _StopsAtConnected(Call):
    """Reads connected for ever once the call was connected."""

    _connected = False

    @property
    def status(self) -> Status:
        return "connected" if self._connected else super().status

    def show(self, status: Status) -> None:
        super().show(status)
        self._connected = self._connected or status == "connected"


@mutants.breaks("status/late-subscriber", "status-late-deafness", part="statuses")
class _IgnoresLateSubscribers(Subject[Status]):
    """Never gives late subscribers anything."""

    _subscribed = False

    def subscribe(
        self, on_value: OnValue[Status], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        if self._subscribed:
            return lambda: None
        self._subscribed = True
        return super().subscribe(on_value, on_complete)


mutants.table(
    {
        "status/starts-ringing": {
            "status-starts-new: Shows new before ringing": first_gets("new", "ringing"),
            "status-starts-silent: Shows the first subscriber no status at first": replays(
                lambda history, first: () if first else history[-1:]
            ),
        },
        "status/no-repeat": {
            "status-ringing-twice: Shows ringing twice to the first subscriber": first_gets(
                "ringing", "ringing"
            ),
        },
        "status/late-subscriber": {
            "status-late-silence: Gives late subscribers nothing until the next change": replays(
                lambda history, first: history[-1:] if first else ()
            ),
            "status-late-history: Gives late subscribers the whole history": replays(
                lambda history, _: history
            ),
        },
    },
    part="statuses",
)

mutants.table(
    {
        "status/single-exit": {
            "status-reset-at-teardown: Goes back to ringing before destroyed": rewords(
                destroyed=("ringing", "destroyed")
            ),
        },
        "status/answer-order": {
            "status-skips-connecting: Never shows connecting": rewords(connecting=()),
            "status-skips-connected: Never shows connected": rewords(connected=()),
            "status-connects-backwards: Goes back to connecting right after connected": rewords(
                connected=("connected", "connecting")
            ),
        },
        "status/gave-up-order": {
            "status-rings-after-give-up: Goes on ringing after give-up": ignores(
                ended=lambda calls, call: calls.status_of(call) == "ringing"
            ),
            "status-give-up-skips-disconnected: Skips disconnected at give-up": rewords(
                ended_while=("ringing",), disconnected=()
            ),
            "status-give-up-is-a-failure: Shows failed at give-up": rewords(
                ended_while=("ringing",), disconnected=("failed",)
            ),
        },
        "status/hangup-order": {
            "status-hangup-skips-disconnecting: Never shows disconnecting": rewords(
                disconnecting=()
            ),
        },
        "status/destroyed-last": {
            "status-never-completes: Leaves the status stream open after destroyed": ignores(
                show_complete=lambda calls, record, what: what == "status"
            ),
            "status-disconnected-after-destroyed: Shows disconnected after destroyed": rewords(
                destroyed=("destroyed", "disconnected")
            ),
        },
        "status/known-words": {
            "status-says-ended: Shows ended, an undocumented word, before destroyed": rewords(
                destroyed=("ended", "destroyed")
            ),
        },
        "status/no-repeat": {
            "status-connected-twice: Shows connected twice: for signalling and media": rewords(
                connected=("connected", "connected")
            ),
        },
        "status/getter-agrees": {
            "status-property-stuck-at-the-end: Reads disconnected after destroyed": reads(
                status=lambda _, status: "disconnected" if status == "destroyed" else status
            ),
        },
    }
)
