"""Faults of the list family: calls that are missing from the list, or that do not belong there."""

from __future__ import annotations

from collections.abc import Callable

from ringproof.client import wire
from ringproof.client.calls import Emit, InboundCalls
from ringproof.client.commands import AddCall, CallInfo, EmitList, Outward
from ringproof.client.connection import Connection
from ringproof.client.core import ClientCore
from ringproof.client.events import AnswerRequested, HangupRequested
from ringproof.client.lifecycle import Status
from ringproof.client.record import Record
from ringproof.client.session import Call, Session, SessionParts
from ringproof.mutants.family import Family
from ringproof.mutants.shown_list import ShownList
from ringproof_fakeserver.protocol import messages

faults = Family()

# -- whole-list -----------------------------------------------------------------------------------


@faults.breaks("list/whole-list", name="list-newest-only")
class _NewestOnly(ShownList):
    """Lists the newest call and no other."""

    def visible(self, calls: tuple[str, ...]) -> tuple[str, ...]:
        return calls[-1:]


@faults.breaks("list/whole-list", name="list-entry-twice")
class _EntryTwice(ShownList):
    """Enters a call again when another arrives: the oldest is listed twice."""

    def visible(self, calls: tuple[str, ...]) -> tuple[str, ...]:
        return (*calls, calls[0]) if len(calls) > 1 else calls


class _Rows(Session):
    """Keeps the list as rows of its own, so that ended calls can be left on it."""

    def __init__(
        self,
        core: ClientCore,
        perform: Callable[[Outward], None],
        report: Callable[[Exception], None],
        parts: SessionParts,
    ) -> None:
        super().__init__(core, perform, report, parts)
        self._rows: list[Call] = []
        self._known: set[str] = set()

    def show_list(self, command: EmitList) -> None:
        before = tuple(self._rows)
        for call in before:
            if call.id not in command.calls and call in self._rows:
                self._drop(call)
        for new in (call for call in command.calls if call not in self._known):
            self._known.add(new)
            self._rows.append(self.calls[new])
        if tuple(self._rows) != before:
            self.emit_list(tuple(self._rows))

    def _drop(self, ended: Call) -> None:
        self._rows.remove(ended)


@faults.breaks(
    "list/whole-list",
    name="list-removes-the-wrong-index",
    # The entry that goes in its place was alive, whatever it was doing just then.
    entails=("list/no-pick", "list/stays-through-status", "list/leaves-only-when-destroyed"),
)
class _RemovesWrongIndex(_Rows):
    """Removes the entry after the one that has ended, if there is one."""

    def _drop(self, ended: Call) -> None:
        after = self._rows.index(ended) + 1
        del self._rows[min(after, len(self._rows) - 1)]


@faults.breaks(
    "list/whole-list",
    name="list-removes-one-too-late",
    # After the last call nothing ends any more.
    entails=("list/every-change",),
)
class _RemovesTooLate(_Rows):
    """Takes an ended call off the list when the next one ends."""

    _dead: Call | None = None

    def _drop(self, ended: Call) -> None:
        if ended is not self._dead:
            if self._dead is not None:
                self._rows.remove(self._dead)
            self._dead = ended


# -- no-queue and no-dedupe -----------------------------------------------------------------------


@faults.breaks(
    "list/no-queue",
    name="list-queues-the-second-caller",
    # A call that waits for its turn may be over before it comes, whoever it is from.
    entails=("list/no-dedupe",),
)
class _Queues(InboundCalls):
    """Holds a call back until those before it are over."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._held: dict[str, Record] = {}

    def add(self, record: Record) -> None:
        if self.listed:
            self._held[record.info.id] = record
        else:
            super().add(record)

    def ended(self, call: str) -> None:
        if self._held.pop(call, None) is None:
            super().ended(call)

    def remove(self, record: Record) -> None:
        super().remove(record)
        if self._held and not self.listed:
            self.add(self._held.pop(next(iter(self._held))))


@faults.breaks("list/no-queue", name="list-deaf-while-talking")
class _DeafWhileTalking(InboundCalls):
    """Ignores whoever else calls while it talks to somebody."""

    def invited(self, invite: messages.Invite, node: str) -> None:
        talking = [record for record in self.listed if record.status != "ringing"]
        if all(record.info.from_ == invite.caller_id_number for record in talking):
            super().invited(invite, node)


@faults.breaks("list/no-queue", name="list-busy-signal", entails=("list/no-dedupe",))
class _BusySignal(InboundCalls):
    """Declines by itself whoever calls while there is another call, and shows nothing of it."""

    def add(self, record: Record) -> None:
        if self.listed:
            self.send_bye(record, cause="USER_BUSY", cause_code="17")
        else:
            super().add(record)


@faults.breaks("list/no-dedupe", name="list-dedupes-by-caller")
class _DedupesByCaller(InboundCalls):
    """Takes a second call from one address for the first."""

    def add(self, record: Record) -> None:
        if all(other.info.from_ != record.info.from_ for other in self.listed):
            super().add(record)


@faults.breaks("list/no-dedupe", name="list-ignores-redial")
class _IgnoresRedial(InboundCalls):
    """Takes a call from somebody it talks to already for a glitch."""

    def invited(self, invite: messages.Invite, node: str) -> None:
        talking = (other for other in self.listed if other.status != "ringing")
        if all(other.info.from_ != invite.caller_id_number for other in talking):
            super().invited(invite, node)


# -- no-pick --------------------------------------------------------------------------------------


@faults.breaks("list/no-pick", name="list-answer-declines-the-rest")
class _AnswerDeclinesRest(InboundCalls):
    """Declines every other ringing call when one is answered."""

    def answer(self, event: AnswerRequested) -> None:
        super().answer(event)
        for other in self.listed:
            if other.info.id != event.call and self.step(other, "decline"):
                self.send_bye(other, cause="USER_BUSY", cause_code="17")


@faults.breaks("list/no-pick", name="list-hangup-kills-the-other-call")
class _HangupKillsOther(InboundCalls):
    """Hangs up on whoever rings as well when a call is hung up."""

    def hang_up(self, event: HangupRequested) -> None:
        super().hang_up(event)
        for other in self.listed:
            if other.info.id != event.call and other.status == "ringing":
                super().hang_up(HangupRequested(other.info.id, ""))


@faults.breaks(
    "list/no-pick",
    name="list-loss-hides-the-rest",
    # A call whose own bye is on its way counts as touched.
    entails=("list/stays-through-status",),
)
class _LossHidesRest(ShownList):
    """Clears the list of all that ring when one caller gives up."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._hidden: set[str] = set()

    def ended(self, call: str) -> None:
        lost = self.find(call)
        if lost is not None and lost.status == "ringing":
            ringing = [record.info.id for record in self.listed if record.status == "ringing"]
            self._hidden.update(ringing)
        super().ended(call)

    def visible(self, calls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple([call for call in calls if call not in self._hidden])


@faults.breaks(
    "list/no-pick",
    name="list-late-answer-takes-another",
    # What is answered was not accepted, and the microphone is opened for it.
    entails=("stream/never-without-accept",),
)
class _LateAnswerTakesAnother(InboundCalls):
    """Answers the oldest ringing call when the one that was meant has gone."""

    def answer(self, event: AnswerRequested) -> None:
        ringing = [record.info.id for record in self.listed if record.status == "ringing"]
        if self.find(event.call) is None and ringing:
            super().answer(AnswerRequested(ringing[0], event.promise, event.audio, event.video))
        else:
            super().answer(event)


# -- simultaneous-together ------------------------------------------------------------------------


@faults.breaks(
    "list/simultaneous-together",
    name="list-one-ringing-at-a-time",
    # A call that waits for its turn may be over before it comes, or see the other one end.
    entails=("list/no-queue", "list/no-dedupe"),
)
class _OneRingingAtATime(ShownList):
    """Shows the second of two ringing calls once the first is decided."""

    def visible(self, calls: tuple[str, ...]) -> tuple[str, ...]:
        ringing = [call for call in calls if self._rings(call)]
        return tuple([call for call in calls if call not in ringing[1:]])

    def _rings(self, call: str) -> bool:
        record = self.find(call)
        return record is not None and record.status == "ringing"

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == "connecting":
            self.refresh()


# -- stays-through-status and leaves-only-when-destroyed ------------------------------------------


class _Hiding(ShownList):
    """Takes a call off the list when it shows ``hiding``."""

    hiding: Status

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._hidden: set[str] = set()

    def visible(self, calls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple([call for call in calls if call not in self._hidden])

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == self.hiding:
            self._hidden.add(record.info.id)
            self.refresh()


@faults.breaks("list/stays-through-status", name="list-drops-connected")
class _DropsConnected(_Hiding):
    """Takes a call off the list when it connects."""

    hiding = "connected"


@faults.breaks("list/stays-through-status", name="list-holds-ringing-only")
class _HoldsRingingOnly(_Hiding):
    """Takes a call off the list when it is answered: only what rings is listed."""

    hiding = "connecting"


@faults.breaks("list/leaves-only-when-destroyed", name="list-drops-on-hangup")
class _DropsOnHangup(_Hiding):
    """Takes a call off the list when its user hangs up, before it is over."""

    hiding = "disconnecting"


@faults.breaks("list/leaves-only-when-destroyed", name="list-drops-on-bye")
class _DropsOnBye(_Hiding):
    """Shows disconnecting when the far side hangs up, and takes the call off the list with it."""

    hiding = "disconnecting"

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status == "connected":
            self.step(record, "hang_up")
        super().ended(call)


# -- inbound-only ---------------------------------------------------------------------------------


class _Stranger(ShownList):
    """Can put an entry on the list that the platform never offered."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._strangers: list[str] = []

    def _enter(self, info: CallInfo) -> None:
        self._strangers.append(info.id)
        self.emit(AddCall(info))

    def visible(self, calls: tuple[str, ...]) -> tuple[str, ...]:
        return (*calls, *self._strangers)


@faults.breaks("list/inbound-only", name="list-shows-an-outbound-call")
class _ShowsOutbound(_Stranger):
    """Lists a call of its own, to the voice mail, once somebody calls."""

    def add(self, record: Record) -> None:
        if not self._strangers:
            to = "/private/voice-mail"
            self._enter(CallInfo("outbound-1", record.info.to, "", to, "Voice mail"))
        super().add(record)


@faults.breaks("list/inbound-only", name="list-shows-what-it-dials")
class _ShowsWhatItDials(_Stranger):
    """Calls back at once, and lists that call of its own."""

    def add(self, record: Record) -> None:
        if not self._strangers:
            info = record.info
            back = CallInfo(f"back-to-{info.id}", info.to, "", info.from_, info.from_name)
            self._enter(back)
            params = messages.ClientVerto(dialog_params=wire.dialog(back), sdp=record.offer)
            self.connection.request("verto.invite", record.node, params, lambda _: None)
        super().add(record)


@faults.breaks("list/inbound-only", name="list-shows-missed-calls")
class _ShowsMissed(_Stranger):
    """Puts an entry of its own on the list for each call that was missed."""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status == "ringing":
            info = record.info
            missed = CallInfo(f"missed-{call}", info.from_, info.from_name, info.to, info.to_name)
            self._enter(missed)
        super().ended(call)
