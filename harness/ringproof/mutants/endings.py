"""Mutants of the families outcome and end: how ringing ends, and how a call ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import Observable, Settle, StartTimer
from ringproof.client.events import AnswerRequested, HangupRequested, RejectRequested, Track
from ringproof.client.lifecycle import Status
from ringproof.client.media import answer_directions
from ringproof.client.observable import OnValue
from ringproof.client.promise import Promise
from ringproof.client.record import Record
from ringproof.client.session import Call
from ringproof.mutants.hooks import (
    FAR_SIDE_ENDS,
    Calls,
    after,
    changes,
    ignores,
    rewords,
    steps_on_bye,
    while_ringing,
)
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import sdp

mutants = Mutants()

GIVEN_UP_MAX = 256
"""Calls that are kept after their callers gave up; the oldest go first."""


def audio_answer(record: Record) -> str:
    """Return an answer to a call's offer that sends audio, as the event model writes it."""
    directions = answer_directions(sdp.directions(record.offer), frozenset({"audio"}))
    return sdp.event_model(directions)


# Faults that entail ``list/no-pick`` break it beside another call.


@mutants.breaks("outcome/three-ways", "outcome-own-ring-time", entails=("list/no-pick",))
class _OwnRingTime(InboundCalls):
    """Stops ringing after 50 ms, by a timer of its own."""

    def add(self, record: Record) -> None:
        super().add(record)
        self.emit(StartTimer(f"ring:{record.info.id}", 50))

    def timer(self, purpose: str, call: str) -> None:
        record = self.find(call)
        if purpose != "ring":
            super().timer(purpose, call)
        elif record is not None and record.status == "ringing":
            self.end(record)


def _answer_alone(calls: InboundCalls, record: Record) -> None:
    if len(calls.listed) == 1:
        calls.answer(AnswerRequested(record.info.id, ""))


def _decline_nameless(calls: InboundCalls, record: Record) -> None:
    if record.info.from_name == "_undef_":
        calls.reject(RejectRequested(record.info.id, ""))


mutants.add(
    "outcome/three-ways",
    "outcome-answers-by-itself: Accepts every call that rings alone, as a kiosk would",
    after(add=_answer_alone),
    # The call that is answered was not accepted.
    entails=("list/no-pick", "stream/never-without-accept", "end/unload-is-no-decline"),
)
mutants.add(
    "outcome/three-ways",
    "outcome-screens-callers: Declines callers without a name",
    after(add=_decline_nameless),
    entails=("list/no-pick",),
)


@mutants.breaks(
    "outcome/decline-no-media",
    "outcome-answers-after-decline",
    # If the platform has refused the bye, the answer connects the call.
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


@mutants.breaks("outcome/decline-no-media", "outcome-decline-stays-local")
class _DeclineStaysLocal(InboundCalls):
    """Declines on its own side only: nothing is sent to the platform."""

    def reject(self, event: RejectRequested) -> None:
        record = self.find(event.call)
        if record is None or record.status != "ringing":
            super().reject(event)
        else:
            record.waiters += (event.promise,)
            self.end(record)


mutants.add(
    "outcome/decline-no-media",
    "outcome-decline-opens-the-microphone: Opens the microphone in order to decline",
    while_ringing(
        reject=lambda calls, record: calls.show_stream(
            record, "local", (Track("microphone", "audio"),)
        )
    ),
    # A declined call was never accepted.
    entails=("stream/never-without-accept",),
)
mutants.add(
    "outcome/decline-never-picks-up",
    "outcome-declines-by-answering: Answers a call in order to decline it",
    while_ringing(reject=lambda calls, record: calls.send_answer(record, audio_answer(record))),
    # The answer carries a session description.
    entails=("outcome/decline-no-media",),
)
mutants.add(
    "outcome/decline-never-picks-up",
    "outcome-declines-through-connecting: Shows connecting before a decline",
    while_ringing(reject=lambda calls, record: calls.show_status(record, "connecting")),
    # Nobody accepted, and the call went from ringing to connecting.
    entails=("outcome/three-ways", "list/no-pick"),
)


@mutants.breaks("outcome/decline-never-picks-up", "outcome-declined-call-connects")
class _DeclinedConnects(Calls):
    """Shows connecting for a declined call before it is destroyed."""

    _declined = ""

    def reject(self, event: RejectRequested) -> None:
        if self.status_of(event.call) == "ringing":
            self._declined = event.call
        super().reject(event)

    def show_status(self, record: Record, status: Status) -> None:
        if status == "destroyed" and record.info.id == self._declined:
            super().show_status(record, "connecting")
        super().show_status(record, status)


def revives(do: Callable[[InboundCalls, Record], None]) -> type[InboundCalls]:
    """Do something to a call that is answered after its caller has given up."""

    class Revives(Calls):
        _given_up: tuple[Record, ...] = ()

        def ended(self, call: str) -> None:
            record = self.find(call)
            if record is not None and record.status == "ringing":
                self._given_up = (*self._given_up, record)[-GIVEN_UP_MAX:]
            super().ended(call)

        def answer(self, event: AnswerRequested) -> None:
            record = next((one for one in self._given_up if one.info.id == event.call), None)
            if record is None:
                super().answer(event)
                return
            self._given_up = tuple([one for one in self._given_up if one is not record])
            record.status = "ringing"
            do(self, record)
            self.emit(Settle(event.promise))

    return Revives


mutants.add(
    "outcome/gave-up-no-resurrection",
    "outcome-resurrects-cancelled: Sends an answer for a call whose caller has given up",
    revives(lambda calls, record: calls.send_answer(record, audio_answer(record))),
)
mutants.add(
    "outcome/gave-up-no-resurrection",
    "outcome-relists-cancelled: Lists a call again when it is answered after the give-up",
    revives(InboundCalls.add),
)


@mutants.breaks("outcome/gave-up-no-resurrection", "outcome-connects-with-nobody")
class _ConnectsWithNobody(Call):
    """Shows connecting when it is answered after its caller has given up."""

    _decided = False
    _watchers: tuple[OnValue[Status], ...] = ()

    def complete(self, what: Observable) -> None:
        if what == "status":
            self._watchers = tuple([one for one, _ in self._statuses._subscribers.values()])
        super().complete(what)

    def answer(self, *args: Any, **chosen: Any) -> Promise:  # noqa: ANN401 - passed on
        for watcher in self._watchers if not self._decided else ():
            watcher("connecting")
        self._decided = True
        return super().answer(*args, **chosen)

    def reject(self) -> Promise:
        self._decided = True
        return super().reject()

    def hangup(self) -> Promise:
        self._decided = True
        return super().hangup()


def _answering(calls: InboundCalls, call: str) -> Record | None:
    """Return the record of a call whose answer is not confirmed yet."""
    record = calls.find(call)
    if record is None or record.status != "connecting" or record.answered:
        return None
    return record


@mutants.breaks("outcome/glare", "outcome-connects-the-gone")
class _ConnectsTheGone(InboundCalls):
    """Shows connected, then the end, when the caller gives up before the answer is confirmed."""

    def ended(self, call: str) -> None:
        record = _answering(self, call)
        if record is not None:
            self.step(record, "establish")
        super().ended(call)


mutants.add(
    "outcome/glare",
    "outcome-deaf-while-answering: Waits for ever when the caller gives up before the answer is "
    "confirmed",
    ignores(ended=_answering, answer_replied=lambda calls, call, error: error is not None),
    # Where the platform's reply to the answer is lost, the far side's hangup looks the same.
    entails=("end/remote-hangup", "end/script-finishes"),
)


def _hang_up_if_answered(calls: Calls, event: RejectRequested | AnswerRequested) -> bool:
    answered = calls.status_of(event.call) in ("connecting", "connected")
    if answered:
        calls.hang_up(HangupRequested(event.call, event.promise))
    return answered


@mutants.breaks("outcome/reject-after-answer", "outcome-reject-forgets-the-call")
class _RejectForgets(InboundCalls):
    """Tears an answered call down on its own side when it is rejected."""

    def reject(self, event: RejectRequested) -> None:
        record = self.find(event.call)
        super().reject(event)
        if record is not None and record.status in ("connecting", "connected"):
            self.end(record)


@mutants.breaks("outcome/answer-twice", "outcome-answers-twice-on-the-wire")
class _AnswersTwice(InboundCalls):
    """Sends an answer again when asked to answer a connected call."""

    def answer(self, event: AnswerRequested) -> None:
        record = self.find(event.call)
        super().answer(event)
        if record is not None and record.status == "connected":
            self.send_answer(record, audio_answer(record))


@mutants.breaks(
    "outcome/answer-twice",
    "outcome-answer-starts-over",
    # It first goes back to connecting.
    entails=("status/answer-order",),
)
class _AnswerStartsOver(InboundCalls):
    """Connects a second time when asked to answer a connected call."""

    def answer(self, event: AnswerRequested) -> None:
        super().answer(event)
        record = self.find(event.call)
        if record is not None and record.status == "connected":
            self.show_status(record, "connecting")
            self.show_status(record, "connected")


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
    # The call that was meant goes on, and one that nobody touched ends.
    entails=("list/no-pick", "stream/never-without-accept", "status/hangup-order"),
)
class _WrongCall(Calls):
    """Hangs up on the oldest ringing call, if there is one, whichever was meant."""

    def hang_up(self, event: HangupRequested) -> None:
        ringing = self.ids("ringing")
        if self.find(event.call) is not None and ringing:
            event = HangupRequested(ringing[0], event.promise)
        super().hang_up(event)


mutants.add(
    "end/remote-hangup",
    "end-stays-connected: Stays connected when the far side hangs up",
    ignores(ended=lambda calls, call: calls.status_of(call) == "connected"),
    entails=("end/script-finishes", *FAR_SIDE_ENDS),
)
mutants.add(
    "end/remote-hangup",
    "end-remote-skips-disconnected: Skips disconnected at remote hangup",
    rewords(ended_while=("connecting", "connected"), disconnected=()),
    entails=("end/expired-call", "media/timeout-ends-call"),
)
mutants.add(
    "end/script-finishes",
    "end-waits-for-its-user: Stays disconnecting at the far side's hangup",
    steps_on_bye("hang_up"),
    entails=("end/remote-hangup", *FAR_SIDE_ENDS),
)
mutants.add(
    "end/script-finishes",
    "end-waits-to-be-dismissed: Stays disconnected at the far side's hangup",
    steps_on_bye("end"),
    entails=("end/remote-hangup", *FAR_SIDE_ENDS),
)
mutants.table(
    {
        "outcome/reject-after-answer": {
            "outcome-reject-hangs-up: Hangs up when an answered call is rejected": ignores(
                reject=_hang_up_if_answered
            ),
        },
        "outcome/answer-twice": {
            "outcome-answer-toggles: Hangs up when asked to answer twice": ignores(
                answer=_hang_up_if_answered
            ),
        },
        "end/hangup-tells-server": {
            "end-hangup-never-resolves: Never resolves the promise of hangup()": changes(
                hang_up=lambda event: HangupRequested(event.call, "")
            ),
        },
    }
)
