"""Faults of the outcome family: how ringing ends, and that it ends one way only."""

from __future__ import annotations

from ringproof.client.calls import Emit, InboundCalls
from ringproof.client.commands import Observable, Settle, StartTimer
from ringproof.client.connection import Connection
from ringproof.client.events import AnswerRequested, HangupRequested, RejectRequested, Track
from ringproof.client.lifecycle import Status
from ringproof.client.media import answer_directions
from ringproof.client.observable import OnValue
from ringproof.client.promise import Promise
from ringproof.client.record import Record
from ringproof.client.session import Call
from ringproof.client.wire import RpcError
from ringproof.mutants.family import Family
from ringproof_fakeserver.protocol import sdp

faults = Family()

REMEMBERED = 256
"""Calls that are kept after their end; the oldest go first."""

PICK = ("list/no-pick",)
"""Beside another call the same wilfulness is judged by this clause."""


def audio_answer(record: Record) -> str:
    """Return an answer to a call's offer that sends audio, as the event model writes it."""
    directions = answer_directions(sdp.directions(record.offer), frozenset({"audio"}))
    return sdp.event_model(directions)


# -- three-ways -----------------------------------------------------------------------------------


@faults.breaks("outcome/three-ways", name="outcome-own-ring-time", entails=PICK)
class _OwnRingTime(InboundCalls):
    """Stops ringing after 50 ms by its own watch."""

    def add(self, record: Record) -> None:
        super().add(record)
        self.emit(StartTimer(f"ring:{record.info.id}", 50))

    def timer(self, purpose: str, call: str) -> None:
        if purpose != "ring":
            super().timer(purpose, call)
            return
        record = self.find(call)
        if record is not None and record.status == "ringing":
            self.end(record)


@faults.breaks(
    "outcome/three-ways",
    name="outcome-answers-by-itself",
    # As above; and what is answered was not accepted.
    entails=("list/no-pick", "stream/never-without-accept"),
)
class _AnswersByItself(InboundCalls):
    """Accepts every call that rings alone, as a kiosk would."""

    def add(self, record: Record) -> None:
        super().add(record)
        if len(self.listed) == 1:
            self.answer(AnswerRequested(record.info.id, ""))


@faults.breaks("outcome/three-ways", name="outcome-screens-callers", entails=PICK)
class _ScreensCallers(InboundCalls):
    """Declines callers without a name."""

    def add(self, record: Record) -> None:
        super().add(record)
        if record.info.from_name == "_undef_":
            self.reject(RejectRequested(record.info.id, ""))


# -- declining ------------------------------------------------------------------------------------


@faults.breaks(
    "outcome/decline-no-media",
    name="outcome-answers-after-decline",
    # Where the platform has refused the bye, the answer picks up.
    entails=("outcome/decline-never-picks-up",),
)
class _AnswersAfterDecline(InboundCalls):
    """Sends an answer right after the bye that declines the call."""

    def reject(self, event: RejectRequested) -> None:
        record = self.find(event.call)
        declines = record is not None and record.status == "ringing"
        super().reject(event)
        if record is not None and declines:
            bye = record.request
            self.send_answer(record, audio_answer(record))
            record.request = bye


@faults.breaks("outcome/decline-no-media", name="outcome-decline-stays-local")
class _DeclineStaysLocal(InboundCalls):
    """Declines on its own side only: the platform hears nothing."""

    def reject(self, event: RejectRequested) -> None:
        record = self.find(event.call)
        if record is None or record.status != "ringing":
            super().reject(event)
        else:
            record.waiters += (event.promise,)
            self.end(record)


@faults.breaks(
    "outcome/decline-no-media",
    name="outcome-decline-opens-the-microphone",
    # A declined call was never accepted.
    entails=("stream/never-without-accept",),
)
class _DeclineOpensMicrophone(InboundCalls):
    """Opens the microphone in order to decline."""

    def reject(self, event: RejectRequested) -> None:
        record = self.find(event.call)
        if record is not None and record.status == "ringing":
            self.show_stream(record, "local", (Track("microphone", "audio"),))
        super().reject(event)


@faults.breaks(
    "outcome/decline-never-picks-up",
    name="outcome-declines-by-answering",
    # The answer that picks up carries a session description.
    entails=("outcome/decline-no-media",),
)
class _DeclinesByAnswering(InboundCalls):
    """Answers a call in order to hang up on it when its user declines."""

    def reject(self, event: RejectRequested) -> None:
        record = self.find(event.call)
        if record is not None and record.status == "ringing":
            self.send_answer(record, audio_answer(record))
        super().reject(event)


@faults.breaks(
    "outcome/decline-never-picks-up",
    name="outcome-declines-through-connecting",
    # Nobody accepted, and ringing was left for connecting.
    entails=("outcome/three-ways", "list/no-pick"),
)
class _DeclinesThroughConnecting(InboundCalls):
    """Shows connecting on the way from ringing to a decline."""

    def reject(self, event: RejectRequested) -> None:
        record = self.find(event.call)
        if record is not None and record.status == "ringing":
            self.show_status(record, "connecting")
        super().reject(event)


@faults.breaks("outcome/decline-never-picks-up", name="outcome-declined-call-connects")
class _DeclinedConnects(InboundCalls):
    """Shows connecting for a declined call before it is destroyed."""

    _declined = ""

    def reject(self, event: RejectRequested) -> None:
        record = self.find(event.call)
        if record is not None and record.status == "ringing":
            self._declined = event.call
        super().reject(event)

    def show_status(self, record: Record, status: Status) -> None:
        if status == "destroyed" and record.info.id == self._declined:
            super().show_status(record, "connecting")
        super().show_status(record, status)


# -- the caller has gone --------------------------------------------------------------------------


class _RemembersLost(InboundCalls):
    """Keeps the calls whose callers gave up, for an answer that comes too late."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._lost: dict[str, Record] = {}

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status == "ringing":
            self._lost[call] = record
            if len(self._lost) > REMEMBERED:
                del self._lost[next(iter(self._lost))]
        super().ended(call)

    def answer(self, event: AnswerRequested) -> None:
        record = self._lost.pop(event.call, None)
        if record is None:
            super().answer(event)
            return
        self.revive(record)
        self.emit(Settle(event.promise))

    def revive(self, record: Record) -> None:
        """Do what is wrong about answering this call."""


@faults.breaks("outcome/gave-up-no-resurrection", name="outcome-resurrects-cancelled")
class _Resurrects(_RemembersLost):
    """Sends an answer for a call whose caller has given up."""

    def revive(self, record: Record) -> None:
        self.send_answer(record, audio_answer(record))


@faults.breaks("outcome/gave-up-no-resurrection", name="outcome-relists-cancelled")
class _Relists(_RemembersLost):
    """Puts a call back on the list when it is answered after its caller has given up."""

    def revive(self, record: Record) -> None:
        record.status = "ringing"
        self.add(record)


@faults.breaks("outcome/gave-up-no-resurrection", name="outcome-connects-with-nobody")
class _ConnectsWithNobody(Call):
    """Shows connecting when it is answered after its caller has given up."""

    _decided = False
    _watchers: tuple[OnValue[Status], ...] = ()

    def complete(self, what: Observable) -> None:
        if what == "status":
            watching = self._statuses._subscribers.values()
            self._watchers = tuple([on_value for on_value, _ in watching])
        super().complete(what)

    def answer(self, audio: bool | None = None, video: bool | None = None) -> Promise:
        for watcher in self._watchers if not self._decided else ():
            watcher("connecting")
        self._decided = True
        return super().answer(audio, video)

    def reject(self) -> Promise:
        self._decided = True
        return super().reject()

    def hangup(self) -> Promise:
        self._decided = True
        return super().hangup()


@faults.breaks("outcome/glare", name="outcome-connects-the-gone")
class _ConnectsTheGone(InboundCalls):
    """Shows connected, and then the end, when the caller gives up before the answer is through."""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status == "connecting" and not record.answered:
            self.step(record, "establish")
        super().ended(call)


@faults.breaks(
    "outcome/glare",
    name="outcome-deaf-while-answering",
    # Where the platform has the answer and cannot say so, the far side hangs up just like this.
    entails=("end/remote-hangup", "end/script-finishes"),
)
class _DeafWhileAnswering(InboundCalls):
    """Waits for ever when the caller gives up before the answer is through."""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is None or record.status != "connecting" or record.answered:
            super().ended(call)

    def answer_replied(self, call: str, error: RpcError | None) -> None:
        if error is None:
            super().answer_replied(call, error)


# -- out of season --------------------------------------------------------------------------------


@faults.breaks("outcome/reject-after-answer", name="outcome-reject-hangs-up")
class _RejectHangsUp(InboundCalls):
    """Hangs up when an answered call is rejected."""

    def reject(self, event: RejectRequested) -> None:
        record = self.find(event.call)
        if record is not None and record.status in ("connecting", "connected"):
            self.hang_up(HangupRequested(event.call, event.promise))
        else:
            super().reject(event)


@faults.breaks("outcome/reject-after-answer", name="outcome-reject-forgets-the-call")
class _RejectForgets(InboundCalls):
    """Tears an answered call down on its own side when it is rejected."""

    def reject(self, event: RejectRequested) -> None:
        record = self.find(event.call)
        super().reject(event)
        if record is not None and record.status in ("connecting", "connected"):
            self.end(record)


@faults.breaks("outcome/answer-twice", name="outcome-answers-twice-on-the-wire")
class _AnswersTwice(InboundCalls):
    """Sends an answer again when it is told to answer a connected call."""

    def answer(self, event: AnswerRequested) -> None:
        record = self.find(event.call)
        super().answer(event)
        if record is not None and record.status == "connected":
            self.send_answer(record, audio_answer(record))


@faults.breaks(
    "outcome/answer-twice",
    name="outcome-answer-starts-over",
    # Whoever starts over walks backwards first.
    entails=("status/answer-order",),
)
class _AnswerStartsOver(InboundCalls):
    """Connects a second time when it is told to answer a connected call."""

    def answer(self, event: AnswerRequested) -> None:
        super().answer(event)
        record = self.find(event.call)
        if record is not None and record.status == "connected":
            self.show_status(record, "connecting")
            self.show_status(record, "connected")


@faults.breaks("outcome/answer-twice", name="outcome-answer-toggles")
class _AnswerToggles(InboundCalls):
    """Hangs up when it is told to answer twice."""

    def answer(self, event: AnswerRequested) -> None:
        record = self.find(event.call)
        if record is not None and record.status in ("connecting", "connected"):
            self.hang_up(HangupRequested(event.call, event.promise))
        else:
            super().answer(event)
