"""Faults of the status family: the words a call shows, up to its end, and who hears them."""

from __future__ import annotations

from typing import cast

from ringproof.client.calls import InboundCalls
from ringproof.client.events import LocalMediaReady, MediaConnected
from ringproof.client.lifecycle import Status
from ringproof.client.observable import OnComplete, OnValue, Subject, Unsubscribe
from ringproof.client.record import Record
from ringproof.client.session import Call
from ringproof.mutants.family import Family

faults = Family()

Statuses = Subject[Status]

# -- starts-ringing -------------------------------------------------------------------------------


@faults.breaks("status/starts-ringing", name="status-starts-new", part="statuses")
class _StartsNew(Statuses):
    """Shows new before ringing."""

    _begun = False

    def subscribe(
        self, on_value: OnValue[Status], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        if not self._begun and self.latest == "ringing":
            on_value(cast(Status, "new"))
        self._begun = True
        return super().subscribe(on_value, on_complete)


@faults.breaks("status/starts-ringing", name="status-starts-silent", part="statuses")
class _StartsSilent(Statuses):
    """Shows the first subscriber nothing until the status changes."""

    _begun = False

    def subscribe(
        self, on_value: OnValue[Status], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        if not self._begun:
            self._latest, latest = (), self._latest
            unsubscribe = super().subscribe(on_value, on_complete)
            self._begun, self._latest = True, latest
            return unsubscribe
        return super().subscribe(on_value, on_complete)


# -- single-exit ----------------------------------------------------------------------------------


@faults.breaks("status/single-exit", name="status-rings-again")
class _RingsAgain(InboundCalls):
    """Rings once more when the microphone is there, and connects again."""

    def local_media_ready(self, event: LocalMediaReady) -> None:
        super().local_media_ready(event)
        record = self.find(event.call)
        if record is not None and record.status == "connecting":
            self.show_status(record, "ringing")
            self.show_status(record, "connecting")


@faults.breaks(
    "status/single-exit",
    name="status-completes-while-ringing",
    # What stopped in ringing has not shown its end when it leaves the list, nor when it is
    # answered too late.
    entails=("status/gave-up-order", "list/stays-through-status", "outcome/glare"),
)
class _CompletesWhileRinging(InboundCalls):
    """Completes a call whose caller gave up, and shows no status for that."""

    _gone = ""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status == "ringing":
            self._gone = call
        super().ended(call)

    def show_status(self, record: Record, status: Status) -> None:
        if record.info.id != self._gone:
            super().show_status(record, status)


@faults.breaks("status/single-exit", name="status-reset-at-teardown")
class _ResetAtTeardown(InboundCalls):
    """Goes back to its first status before it is destroyed."""

    def show_status(self, record: Record, status: Status) -> None:
        if status == "destroyed":
            super().show_status(record, "ringing")
        super().show_status(record, status)


# -- answer-order ---------------------------------------------------------------------------------


@faults.breaks("status/answer-order", name="status-skips-connecting")
class _SkipsConnecting(InboundCalls):
    """Never shows connecting."""

    def show_status(self, record: Record, status: Status) -> None:
        if status != "connecting":
            super().show_status(record, status)


@faults.breaks("status/answer-order", name="status-skips-connected")
class _SkipsConnected(InboundCalls):
    """Never shows connected."""

    def show_status(self, record: Record, status: Status) -> None:
        if status != "connected":
            super().show_status(record, status)


@faults.breaks("status/answer-order", name="status-connects-backwards")
class _ConnectsBackwards(InboundCalls):
    """Goes back to connecting right after connected."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == "connected":
            super().show_status(record, "connecting")


@faults.breaks("status/answer-order", name="status-connects-by-itself", entails=("outcome/glare",))
class _ConnectsByItself(InboundCalls):
    """Shows connected without sending the platform its answer."""

    def send_answer(self, record: Record, sdp: str) -> None:
        record.media_connected = True
        self.confirmed(record)

    def start_timer(self, record: Record, purpose: str) -> None:
        if purpose != "answer":
            super().start_timer(record, purpose)


@faults.breaks("status/answer-order", name="status-never-connects")
class _NeverConnects(InboundCalls):
    """Waits in connecting for a second sign of media that never comes."""

    def media_connected(self, event: MediaConnected) -> None:
        record = self.find(event.call)
        if record is not None and record.media_connected:
            super().media_connected(event)
        elif record is not None:
            record.media_connected = True


# -- known-words and no-repeat --------------------------------------------------------------------


@faults.breaks("status/known-words", name="status-says-ended")
class _SaysEnded(InboundCalls):
    """Shows a word of its own, ended, between disconnected and destroyed."""

    def show_status(self, record: Record, status: Status) -> None:
        if status == "destroyed":
            super().show_status(record, cast(Status, "ended"))
        super().show_status(record, status)


@faults.breaks(
    "status/known-words",
    name="status-property-in-its-own-words",
    # Whatever is not documented is not what the stream said either.
    entails=("status/getter-agrees",),
)
class _OwnWords(Call):
    """Reads finished where the stream says destroyed."""

    @property
    def status(self) -> Status:
        status = super().status
        return cast(Status, "finished") if status == "destroyed" else status


@faults.breaks("status/no-repeat", name="status-connected-twice")
class _ConnectedTwice(InboundCalls):
    """Shows connected twice: for the signalling and for the media."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == "connected":
            super().show_status(record, status)


@faults.breaks("status/no-repeat", name="status-ringing-twice", part="statuses")
class _RingingTwice(Statuses):
    """Tells the first subscriber twice that the call rings."""

    _begun = False

    def subscribe(
        self, on_value: OnValue[Status], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        if not self._begun and self.latest == "ringing":
            on_value("ringing")
        self._begun = True
        return super().subscribe(on_value, on_complete)


# -- getter-agrees and late-subscriber ------------------------------------------------------------


@faults.breaks("status/getter-agrees", name="status-property-stuck-at-the-end")
class _StuckAtTheEnd(Call):
    """Reads disconnected for ever, though the stream said destroyed."""

    @property
    def status(self) -> Status:
        status = super().status
        return "disconnected" if status == "destroyed" else status


@faults.breaks("status/getter-agrees", name="status-property-stops-at-connected")
class _StopsAtConnected(Call):
    """Reads connected for ever once the call was connected."""

    _connected = False

    @property
    def status(self) -> Status:
        return "connected" if self._connected else super().status

    def show(self, status: Status) -> None:
        super().show(status)
        self._connected = self._connected or status == "connected"


@faults.breaks("status/late-subscriber", name="status-late-silence", part="statuses")
class _LateSilence(Statuses):
    """Tells late subscribers nothing until the next change."""

    _begun = False

    def subscribe(
        self, on_value: OnValue[Status], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        if self._begun:
            self._latest = ()
        self._begun = True
        return super().subscribe(on_value, on_complete)


@faults.breaks("status/late-subscriber", name="status-late-deafness", part="statuses")
class _LateDeafness(Statuses):
    """Never tells late subscribers anything."""

    _begun = False

    def subscribe(
        self, on_value: OnValue[Status], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        if self._begun:
            return lambda: None
        self._begun = True
        return super().subscribe(on_value, on_complete)


@faults.breaks("status/late-subscriber", name="status-late-history", part="statuses")
class _LateHistory(Statuses):
    """Tells late subscribers the whole history, oldest first."""

    _history: tuple[Status, ...] = ()

    def emit(self, value: Status) -> None:
        self._history += (value,)
        super().emit(value)

    def subscribe(
        self, on_value: OnValue[Status], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        for status in self._history[:-1]:
            on_value(status)
        return super().subscribe(on_value, on_complete)
