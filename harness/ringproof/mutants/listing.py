"""Mutants of the families register and list: entries and emissions that are wrong or missing."""

from __future__ import annotations

from typing import cast

from ringproof.client import wire
from ringproof.client.calls import InboundCalls
from ringproof.client.commands import AddCall, CallInfo
from ringproof.client.events import AnswerRequested, HangupRequested
from ringproof.client.lifecycle import Status
from ringproof.client.observable import Subject
from ringproof.client.record import Record
from ringproof.client.session import Call, Session
from ringproof.mutants.hooks import (
    Calls,
    Ids,
    OwnEntries,
    Rows,
    ShownList,
    UnlistsAt,
    after,
    ignores,
    lists,
    replays,
    unlists_at,
)
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import messages

mutants = Mutants()

Listed = tuple[Call, ...]


@mutants.breaks(
    "register/sync-point",
    "register-swallows-the-first-change",
    entails=("list/silent-directory", "list/every-change", "register/any-origin"),
)
class _SwallowsFirstChange(ShownList):
    """Takes the first call for part of the list it came online with, and does not emit it."""

    _changes = 0

    def visible(self, ids: Ids) -> Ids:
        self._changes += 1
        return ids if self._changes > 1 else ()


@mutants.breaks(
    "list/whole-list",
    "list-removes-the-wrong-index",
    # The entry that is removed instead is a live call, in whatever status.
    entails=("list/no-pick", "list/stays-through-status", "list/leaves-only-when-destroyed"),
)
class _RemovesWrongIndex(Rows):
    """Removes the entry after the one that has ended, if there is one."""

    def without(self, ended: Call) -> Listed:
        after = min(self.rows.index(ended) + 1, len(self.rows) - 1)
        return self.rows[:after] + self.rows[after + 1 :]


@mutants.breaks(
    "list/whole-list",
    "list-removes-one-too-late",
    # After the last call no other ends.
    entails=("list/every-change",),
)
class _RemovesTooLate(Rows):
    """Takes an ended call off the list when the next one ends."""

    _dead: Call | None = None

    def without(self, ended: Call) -> Listed:
        if ended is self._dead:
            return self.rows
        gone, self._dead = self._dead, ended
        return tuple([call for call in self.rows if call is not gone])


@mutants.breaks("list/no-queue", "list-busy-signal", entails=("list/no-dedupe",))
class _BusySignal(InboundCalls):
    """Declines by itself whoever calls while there is another call, and does not show it."""

    def add(self, record: Record) -> None:
        if self.listed:
            self.send_bye(record, cause="USER_BUSY", cause_code="17")
        else:
            super().add(record)


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


@mutants.breaks("list/leaves-only-when-destroyed", "list-drops-on-bye")
class _DropsOnBye(UnlistsAt):
    """Shows disconnecting when the far side hangs up, and takes the call off the list with it."""

    at = "disconnecting"

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status == "connected":
            self.step(record, "hang_up")
        super().ended(call)


@mutants.breaks("list/inbound-only", "list-shows-an-outbound-call")
class _ShowsOutbound(OwnEntries):
    """Lists a call of its own, to the voice mail, once there is an inbound call."""

    def add(self, record: Record) -> None:
        if not self.entries:
            to = "/private/voice-mail"
            self.enter(CallInfo("outbound-1", record.info.to, "", to, "Voice mail"))
        super().add(record)


@mutants.breaks("list/inbound-only", "list-shows-what-it-dials")
class _ShowsWhatItDials(OwnEntries):
    """Calls back at once, and lists that call of its own."""

    def add(self, record: Record) -> None:
        if not self.entries:
            info = record.info
            back = CallInfo(f"back-to-{info.id}", info.to, "", info.from_, info.from_name)
            self.enter(back)
            params = messages.ClientVerto(dialog_params=wire.dialog(back), sdp=record.offer)
            self.connection.request("verto.invite", record.node, params, lambda _: None)
        super().add(record)


@mutants.breaks("list/inbound-only", "list-shows-missed-calls")
class _ShowsMissed(OwnEntries):
    """Puts an entry of its own on the list for each call that was missed."""

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status == "ringing":
            info = record.info
            missed = CallInfo(f"missed-{call}", info.from_, info.from_name, info.to, info.to_name)
            self.enter(missed)
        super().ended(call)


@mutants.breaks(
    "list/every-change",
    "list-one-visit-only",
    # An invite may be on its way, beside the last call, when the list becomes empty.
    entails=("list/no-queue", "list/no-dedupe", "register/rings-again"),
)
class _OneVisitOnly(InboundCalls):
    """Lists no call any more once the list was empty again."""

    _over = False

    def invited(self, invite: messages.Invite, node: str) -> None:
        if not self._over:
            super().invited(invite, node)

    def remove(self, record: Record) -> None:
        super().remove(record)
        self._over = not self.listed


@mutants.breaks("list/no-duplicate-emission", "list-emits-on-status")
class _EmitsOnStatus(Calls):
    """Emits the same list again whenever a call connects."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status in ("connecting", "connected"):
            self.show_list(self.ids())


@mutants.breaks(
    "list/ringing-filter",
    "list-holds-copies",
    # A copy shows nothing of what became of a call that was given back, or was not.
    entails=("return/reattaches", "return/refused-reattach"),
)
class _HoldsCopies(Session):
    """Lists copies from the second emission on, whose status no longer changes."""

    _copies: Listed = ()

    def add_call(self, command: AddCall) -> None:
        super().add_call(command)
        self._copies += (Call(command.info, self),)

    def emit_list(self, calls: Listed) -> None:
        known = {call.id for call in self.incoming_calls.latest or ()}
        copies = {copy.id: copy for copy in self._copies if copy.id in known}
        super().emit_list(tuple([copies.get(call.id, call) for call in calls]))


@mutants.breaks("list/ringing-filter", "list-entry-new-until-watched")
class _NewUntilWatched(Call):
    """Lists a call as new: its status is read for the first time when somebody subscribes."""

    _watched = False

    @property
    def status(self) -> Status:
        return super().status if self._watched else cast(Status, "new")

    @property
    def statuses(self) -> Subject[Status]:
        self._watched = True
        return self._statuses


@mutants.breaks("list/snapshot", "list-one-object-for-all")
class _OneObject(Session):
    """Emits one list object again and again, and changes it in place."""

    _object: list[Call] | None = None

    def emit_list(self, calls: Listed) -> None:
        if self._object is None:
            self._object = []
        self._object[:] = calls
        super().emit_list(cast(Listed, self._object))


@mutants.breaks("list/snapshot", "list-cleans-up-the-past")
class _EditsPastLists(Session):
    """Takes an ended call out of every list that it has emitted."""

    _emitted: tuple[list[Call], ...] = ()

    def emit_list(self, calls: Listed) -> None:
        for emitted in self._emitted:
            emitted[:] = [call for call in emitted if call in calls]
        self._emitted = (*self._emitted[-99:], list(calls))
        super().emit_list(cast(Listed, self._emitted[-1]))


mutants.table(
    {
        "list/no-queue": {
            "list-deaf-while-talking: Ignores other callers while it is in a call": ignores(
                invited=lambda calls, invite, _: calls.talking_to() - {invite.caller_id_number}
            ),
        },
        "list/no-dedupe": {
            "list-dedupes-by-caller: Takes a second call from one address for the first": ignores(
                add=lambda calls, record: any(
                    one.info.from_ == record.info.from_ for one in calls.listed
                )
            ),
            "list-ignores-redial: Ignores a second call from a caller with whom it talks": ignores(
                invited=lambda calls, invite, _: invite.caller_id_number in calls.talking_to()
            ),
        },
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
        "list/every-change": {
            "list-silent-removals: Takes ended calls off the list when the next one arrives": lists(
                lambda ids, shown: ids if set(ids) - set(shown) else shown
            ),
        },
        "list/no-duplicate-emission": {
            "list-emits-removals-twice: Emits the list twice when it removes an ended call": after(
                remove=lambda calls, _: calls.show_list(calls.ids())
            ),
        },
    }
)

mutants.add(
    "list/current-on-subscribe",
    "list-late-silence: Gives late subscribers no list before the next change",
    replays(lambda history, first: history[-1:] if first else ()),
    part="listing",
)
mutants.add(
    "list/current-on-subscribe",
    "list-silent-while-empty: Emits nothing while no call is listed",
    replays(lambda history, _: history[-1:] if history[-1] else ()),
    part="listing",
)
