"""Mutants of the families register and list: entries that are missing, or that do not belong."""

from __future__ import annotations

from ringproof.client import wire
from ringproof.client.calls import InboundCalls
from ringproof.client.commands import AddCall, CallInfo, EmitList
from ringproof.client.events import AnswerRequested, HangupRequested
from ringproof.client.lifecycle import Status
from ringproof.client.record import Record
from ringproof.client.session import Call, Session
from ringproof.mutants.hooks import Calls, Ids, ShownList, UnlistsAt, lists, unlists_at
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import messages

mutants = Mutants()

Listed = tuple[Call, ...]

# -- register/sync-point --------------------------------------------------------------------------


@mutants.breaks("register/sync-point", "register-misses-the-first-invite")
class _MissesFirstInvite(InboundCalls):
    """Resolves register() before it listens: the first invite is lost."""

    _listens = False

    def invited(self, invite: messages.Invite, node: str) -> None:
        if self._listens:
            super().invited(invite, node)
        self._listens = True


@mutants.breaks("register/sync-point", "register-swallows-the-first-change")
class _SwallowsFirstChange(ShownList):
    """Takes the first call for part of the list it came online with, and does not emit it."""

    _changes = 0

    def visible(self, ids: Ids) -> Ids:
        self._changes += 1
        return ids if self._changes > 1 else ()


# -- list/whole-list ------------------------------------------------------------------------------


class _Rows(Session):
    """Keeps the list as rows of its own, so that ended calls can be left on it."""

    _rows: Listed = ()
    _known: frozenset[str] = frozenset()

    def show_list(self, command: EmitList) -> None:
        before = self._rows
        for call in before:
            if call.id not in command.calls and call in self._rows:
                self._rows = self.without(call)
        new = [call for call in command.calls if call not in self._known]
        self._known |= set(new)
        self._rows += tuple([self.calls[call] for call in new])
        if self._rows != before:
            self.emit_list(self._rows)

    def without(self, ended: Call) -> Listed:
        raise NotImplementedError


@mutants.breaks(
    "list/whole-list",
    "list-removes-the-wrong-index",
    # The entry that is removed instead is a live call, in whatever status.
    entails=("list/no-pick", "list/stays-through-status", "list/leaves-only-when-destroyed"),
)
class _RemovesWrongIndex(_Rows):
    """Removes the entry after the one that has ended, if there is one."""

    def without(self, ended: Call) -> Listed:
        after = min(self._rows.index(ended) + 1, len(self._rows) - 1)
        return self._rows[:after] + self._rows[after + 1 :]


@mutants.breaks(
    "list/whole-list",
    "list-removes-one-too-late",
    # After the last call no other ends.
    entails=("list/every-change",),
)
class _RemovesTooLate(_Rows):
    """Takes an ended call off the list when the next one ends."""

    _dead: Call | None = None

    def without(self, ended: Call) -> Listed:
        if ended is self._dead:
            return self._rows
        gone, self._dead = self._dead, ended
        return tuple([call for call in self._rows if call is not gone])


# -- list/no-queue and list/no-dedupe -------------------------------------------------------------


@mutants.breaks(
    "list/no-queue",
    "list-queues-the-second-caller",
    # A call that waits for its turn may be over before it comes, whoever it is from.
    entails=("list/no-dedupe",),
)
class _Queues(InboundCalls):
    """Queues a call until those before it are over."""

    _queue: tuple[Record, ...] = ()

    def add(self, record: Record) -> None:
        if self.listed:
            self._queue += (record,)
        else:
            super().add(record)

    def ended(self, call: str) -> None:
        waiting = tuple([record for record in self._queue if record.info.id != call])
        if len(waiting) == len(self._queue):
            super().ended(call)
        else:
            self._queue = waiting

    def remove(self, record: Record) -> None:
        super().remove(record)
        if self._queue and not self.listed:
            following, self._queue = self._queue[0], self._queue[1:]
            self.add(following)


@mutants.breaks("list/no-queue", "list-deaf-while-talking")
class _DeafWhileTalking(Calls):
    """Ignores other callers while it is in a call."""

    def invited(self, invite: messages.Invite, node: str) -> None:
        if self.talking_to() <= {invite.caller_id_number}:
            super().invited(invite, node)


@mutants.breaks("list/no-queue", "list-busy-signal", entails=("list/no-dedupe",))
class _BusySignal(InboundCalls):
    """Declines by itself whoever calls while there is another call, and does not show it."""

    def add(self, record: Record) -> None:
        if self.listed:
            self.send_bye(record, cause="USER_BUSY", cause_code="17")
        else:
            super().add(record)


@mutants.breaks("list/no-dedupe", "list-dedupes-by-caller")
class _DedupesByCaller(InboundCalls):
    """Takes a second call from one address for the first."""

    def add(self, record: Record) -> None:
        if all(other.info.from_ != record.info.from_ for other in self.listed):
            super().add(record)


@mutants.breaks("list/no-dedupe", "list-ignores-redial")
class _IgnoresRedial(Calls):
    """Ignores a second call from a caller with whom it is in a call."""

    def invited(self, invite: messages.Invite, node: str) -> None:
        if invite.caller_id_number not in self.talking_to():
            super().invited(invite, node)


# -- list/no-pick ---------------------------------------------------------------------------------


@mutants.breaks("list/no-pick", "list-answer-declines-the-rest")
class _AnswerDeclinesRest(InboundCalls):
    """Declines every other ringing call when one is answered."""

    def answer(self, event: AnswerRequested) -> None:
        super().answer(event)
        for other in self.listed:
            if other.info.id != event.call and self.step(other, "decline"):
                self.send_bye(other, cause="USER_BUSY", cause_code="17")


@mutants.breaks("list/no-pick", "list-hangup-kills-the-other-call")
class _HangupEndsOthers(Calls):
    """Hangs up on every ringing call as well when a call is hung up."""

    def hang_up(self, event: HangupRequested) -> None:
        super().hang_up(event)
        for other in self.ids("ringing"):
            if other != event.call:
                super().hang_up(HangupRequested(other, ""))


@mutants.breaks(
    "list/no-pick",
    "list-loss-hides-the-rest",
    # A call whose own bye is on its way counts as touched.
    entails=("list/stays-through-status",),
)
class _LossHidesRest(ShownList):
    """Takes all ringing calls off the list when one caller gives up."""

    def ended(self, call: str) -> None:
        if self.status_of(call) == "ringing":
            self.hidden.update(self.ids("ringing"))
        super().ended(call)


@mutants.breaks(
    "list/no-pick",
    "list-late-answer-takes-another",
    # The call that is answered was not accepted, and the microphone is opened for it.
    entails=("stream/never-without-accept",),
)
class _LateAnswerTakesAnother(Calls):
    """Answers the oldest ringing call when the one that was meant is over."""

    def answer(self, event: AnswerRequested) -> None:
        ringing = self.ids("ringing")
        if self.find(event.call) is None and ringing:
            event = AnswerRequested(ringing[0], event.promise, event.audio, event.video)
        super().answer(event)


# -- list/simultaneous-together -------------------------------------------------------------------


@mutants.breaks(
    "list/simultaneous-together",
    "list-one-ringing-at-a-time",
    # A call that waits for its turn may be over before it comes, or see the other one end.
    entails=("list/no-queue", "list/no-dedupe"),
)
class _OneRingingAtATime(ShownList):
    """Shows the second of two ringing calls once the first is decided."""

    def visible(self, ids: Ids) -> Ids:
        ringing = [call for call in ids if self.status_of(call) == "ringing"]
        return tuple([call for call in ids if call not in ringing[1:]])

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == "connecting":
            self.refresh()


# -- list/stays-through-status and list/leaves-only-when-destroyed --------------------------------


@mutants.breaks("list/leaves-only-when-destroyed", "list-drops-on-bye")
class _DropsOnBye(UnlistsAt):
    """Shows disconnecting when the far side hangs up, and takes the call off the list with it."""

    at = "disconnecting"

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status == "connected":
            self.step(record, "hang_up")
        super().ended(call)


# -- list/inbound-only ----------------------------------------------------------------------------


class _Stranger(ShownList):
    """Can put an entry on the list that the platform never offered."""

    _strangers: Ids = ()

    def _enter(self, info: CallInfo) -> None:
        self._strangers += (info.id,)
        self.emit(AddCall(info))

    def visible(self, ids: Ids) -> Ids:
        return (*ids, *self._strangers)


@mutants.breaks("list/inbound-only", "list-shows-an-outbound-call")
class _ShowsOutbound(_Stranger):
    """Lists a call of its own, to the voice mail, once there is an inbound call."""

    def add(self, record: Record) -> None:
        if not self._strangers:
            to = "/private/voice-mail"
            self._enter(CallInfo("outbound-1", record.info.to, "", to, "Voice mail"))
        super().add(record)


@mutants.breaks("list/inbound-only", "list-shows-what-it-dials")
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


@mutants.breaks("list/inbound-only", "list-shows-missed-calls")
class _ShowsMissed(_Stranger):
    """Puts an entry of its own on the list for each call that was missed."""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status == "ringing":
            info = record.info
            missed = CallInfo(f"missed-{call}", info.from_, info.from_name, info.to, info.to_name)
            self._enter(missed)
        super().ended(call)


# -- faults that need no class of their own -------------------------------------------------------

mutants.table(
    {
        "list/whole-list": {
            "list-newest-only: Lists the newest call and no other": lists(lambda ids, _: ids[-1:]),
            "list-entry-twice: Lists the oldest call twice when another arrives": lists(
                lambda ids, _: (*ids, ids[0]) if len(ids) > 1 else ids
            ),
        },
        "list/stays-through-status": {
            "list-drops-connected: Takes a call off the list when it connects": unlists_at(
                "connected"
            ),
            "list-holds-ringing-only: Lists only calls that ring": unlists_at("connecting"),
        },
        "list/leaves-only-when-destroyed": {
            "list-drops-on-hangup: Takes a call off the list when its user hangs up": unlists_at(
                "disconnecting"
            ),
        },
    }
)
