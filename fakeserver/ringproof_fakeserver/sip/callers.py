"""SIP user agents that call: an INVITE becomes a call of the exchange (RFC 3261 13.3)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import msgspec

from ringproof_fakeserver.protocol.directory import CONTEXT
from ringproof_fakeserver.protocol.sip_commands import (
    SipCallerProgressed,
)
from ringproof_fakeserver.protocol.sip_endpoints import SipEndpoint
from ringproof_fakeserver.protocol.sip_events import (
    SipCallerAnswered,
    SipCallerLeft,
    SipCallPlaced,
    SipReoffered,
)
from ringproof_fakeserver.sip import description
from ringproof_fakeserver.sip import dialog as dialogs
from ringproof_fakeserver.sip.context import CALL_HEADER, Context
from ringproof_fakeserver.sip.dialog import Dialog, DialogId
from ringproof_fakeserver.sip.flow import Flow
from ringproof_fakeserver.sip.message import Header, Request
from ringproof_fakeserver.sip.transactions import ServerTransaction, Transactions

ENDED = {
    "decline": 603,
    "busy": 486,
    "noAnswer": 480,
    "cancel": 487,
    "hangup": 480,
    "error": 480,
}
"""What a caller is answered whose call ended with a reason before anybody answered."""
UNUSABLE = 488


class Stage(Enum):
    """How far a caller's dialog got."""

    CALLING = "calling"
    ANSWERED = "answered"
    """The 200 was sent."""
    CONFIRMED = "confirmed"
    """Its ACK came."""


class Caller(msgspec.Struct, eq=False, kw_only=True):
    """One INVITE and the dialog that it began."""

    call: str
    dialog: Dialog
    invite: ServerTransaction
    offered: bool
    """Whether the INVITE brought an offer; if not, our 200 does and the ACK answers it."""
    stage: Stage = Stage.CALLING
    reoffer: ServerTransaction | None = None
    """A new INVITE within the dialog that is not answered yet."""


class Callers:
    """All callers. ``ids`` gives the ids of calls.

    ``is_kept`` says of a call that has ended whether its dialog goes on: it was handed over.
    """

    def __init__(
        self,
        context: Context,
        transactions: Transactions,
        ids: Callable[[], str],
        is_kept: Callable[[str], bool],
    ) -> None:
        self._context = context
        self._transactions = transactions
        self._ids = ids
        self._is_kept = is_kept
        self._by_call: dict[str, Caller] = {}
        self._by_dialog: dict[DialogId, Caller] = {}
        self._by_invite: dict[int, Caller] = {}
        """By the transaction of the INVITE; a new one that was accepted takes its place."""

    def __len__(self) -> int:
        return len(self._by_call)

    def place(
        self, transaction: ServerTransaction, endpoint: SipEndpoint, name: str, number: str
    ) -> None:
        """Call the subscriber with the address ``name`` for a caller who proved who it is."""
        request = transaction.request
        sdp = request.body.decode("utf-8", "replace")
        if sdp and not description.is_usable(sdp, transaction.flow.host):
            self._transactions.respond(transaction, UNUSABLE)
            return
        dialog = dialogs.of_request(request, transaction.tag, transaction.flow)
        caller = Caller(call=self._ids(), dialog=dialog, invite=transaction, offered=bool(sdp))
        self._transactions.respond(transaction, 100, headers=[(CALL_HEADER, caller.call)])
        self._by_call[caller.call] = caller
        self._by_dialog[dialog.id] = caller
        self._by_invite[transaction.number] = caller
        self._context.add(
            SipCallPlaced(
                call=caller.call,
                endpoint=endpoint.id,
                owner=endpoint.subscriber,
                from_=number,
                from_name=request.from_.display or None,
                to=CONTEXT + name,
                offer=sdp,
            )
        )

    def in_dialog(self, dialog: DialogId) -> Caller | None:
        """Return the caller of a dialog, or None."""
        return self._by_dialog.get(dialog)

    # What the exchange says.

    def call_changed(self, command: SipCallerProgressed) -> None:
        """Pass on how the call goes on."""
        caller = self._by_call.get(command.call)
        if caller is None:
            return
        match command.state:
            case "ringing":
                headers, _ = self._described(caller, "")
                self._transactions.respond(caller.invite, 180, headers=headers)
            case "answered":
                self._accept(caller, command.sdp)
            case "ended":
                self._ended(caller, command.reason)

    def _accept(self, caller: Caller, sdp: str) -> None:
        caller.stage = Stage.ANSWERED
        headers, body = self._described(caller, sdp)
        headers += [("Record-Route", route) for route in caller.dialog.routes]
        self._transactions.respond(caller.invite, 200, headers=headers, body=body)

    def _described(self, caller: Caller, sdp: str) -> tuple[list[Header], bytes]:
        headers, body = self._context.described(caller.dialog.flow, sdp)
        return [*headers, (CALL_HEADER, caller.call)], body

    def _ended(self, caller: Caller, reason: str) -> None:
        self._forget(caller)
        if caller.stage is Stage.CALLING:
            self._transactions.respond(caller.invite, ENDED.get(reason, UNUSABLE))
            return
        # A bye may not overtake the ACK of the 200, but the call is over now (RFC 3261 15):
        # no further repetition of the 200 is needed either.
        self._transactions.accepted(caller.invite)
        if not self._is_kept(caller.call):
            self._bye(caller)

    def _bye(self, caller: Caller) -> None:
        flow = caller.dialog.flow
        request = caller.dialog.request("BYE", self._context.via(flow))
        self._transactions.send(request, flow, "")

    def reoffer_answered(self, call: str, sdp: str) -> None:
        """Answer a new INVITE; an empty ``sdp`` refuses it."""
        caller = self._by_call.get(call)
        if caller is None or caller.reoffer is None:
            return
        transaction, caller.reoffer = caller.reoffer, None
        if not sdp:
            self._transactions.respond(transaction, UNUSABLE)
            return
        del self._by_invite[caller.invite.number]
        caller.invite = transaction
        self._by_invite[transaction.number] = caller
        headers, body = self._context.described(caller.dialog.flow, sdp)
        self._transactions.respond(transaction, 200, headers=headers, body=body)

    # What the caller says.

    def cancelled(self, invite: ServerTransaction) -> None:
        """Give up the call of an INVITE that is not answered finally yet."""
        caller = self._by_invite.get(invite.number)
        if caller is None or caller.stage is not Stage.CALLING:
            return
        self._gone(caller)
        self._transactions.respond(invite, 487)

    def hung_up(self, caller: Caller) -> None:
        """End the call of a caller who sent a BYE."""
        ringing = caller.stage is Stage.CALLING
        self._gone(caller)
        if ringing:
            self._transactions.respond(caller.invite, 487)

    def acknowledged(self, caller: Caller, request: Request) -> None:
        """Note the ACK of a 200; it may bring the answer to our offer."""
        first = caller.stage is Stage.ANSWERED
        if caller.stage is Stage.CALLING or request.cseq[0] != caller.invite.request.cseq[0]:
            return
        caller.stage = Stage.CONFIRMED
        self._transactions.accepted(caller.invite)
        if first and not caller.offered:
            sdp = request.body.decode("utf-8", "replace")
            # The leg refuses an empty description, which ends the call.
            usable = description.is_usable(sdp, caller.dialog.flow.host)
            self._context.add(SipCallerAnswered(caller.call, sdp if usable else ""))

    def unacknowledged(self, invite: ServerTransaction) -> None:
        """Hang up where the ACK of a 200 never came (RFC 3261 13.3.1.4)."""
        caller = self._by_invite.get(invite.number)
        if caller is not None and caller.invite is invite and invite.final == 200:
            self._gone(caller)
            self._bye(caller)

    def reoffered(self, caller: Caller, transaction: ServerTransaction) -> None:
        """Take a new INVITE within the dialog."""
        sdp = transaction.request.body.decode("utf-8", "replace")
        if caller.stage is not Stage.CONFIRMED or caller.reoffer is not None:
            self._transactions.respond(transaction, 491)
        elif not description.is_usable(sdp, caller.dialog.flow.host):
            self._transactions.respond(transaction, UNUSABLE)
        else:
            caller.dialog.refresh(transaction.request)
            caller.reoffer = transaction
            self._transactions.respond(transaction, 100)
            self._context.add(SipReoffered(caller.call, sdp))

    def lost(self, flow: Flow) -> None:
        """End the calls of a TCP connection that is gone."""
        for caller in tuple(self._by_call.values()):
            if caller.dialog.flow == flow:
                self._gone(caller)

    def _gone(self, caller: Caller) -> None:
        self._forget(caller)
        self._context.add(SipCallerLeft(caller.call))

    def _forget(self, caller: Caller) -> None:
        if caller.reoffer is not None:
            self._transactions.respond(caller.reoffer, 487)
        del self._by_call[caller.call]
        del self._by_dialog[caller.dialog.id]
        del self._by_invite[caller.invite.number]
