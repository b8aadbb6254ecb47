"""SIP user agents that ring: a device of a subscriber whom the exchange invites (RFC 3261 13.2)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import msgspec

from ringproof_fakeserver.protocol import causes
from ringproof_fakeserver.protocol.causes import Cause
from ringproof_fakeserver.protocol.sip_commands import (
    SipBye,
    SipInvite,
)
from ringproof_fakeserver.protocol.sip_events import (
    SipDeviceAnswered,
    SipDeviceEnded,
    SipDeviceRinging,
    SipReoffered,
)
from ringproof_fakeserver.sip import description
from ringproof_fakeserver.sip import dialog as dialogs
from ringproof_fakeserver.sip.addresses import quote, quoted_user, read_uri
from ringproof_fakeserver.sip.context import Context
from ringproof_fakeserver.sip.dialog import MAX_FORWARDS, Dialog, DialogId
from ringproof_fakeserver.sip.flow import Flow
from ringproof_fakeserver.sip.message import Header, Request, Response
from ringproof_fakeserver.sip.registrar import Binding
from ringproof_fakeserver.sip.transactions import (
    ClientTransaction,
    ServerTransaction,
    State,
    Transactions,
)

CAUSES = {
    404: Cause("UNALLOCATED_NUMBER", 1),
    408: causes.NO_ANSWER,
    480: causes.NO_ANSWER,
    486: causes.USER_BUSY,
    487: causes.CANCEL,
    488: causes.INCOMPATIBLE,
    600: causes.USER_BUSY,
    603: causes.REJECTED,
}
"""By the status of a device's refusal; others are ``causes.DEVICE_GONE``."""


class Stage(Enum):
    """How far a device's dialog got."""

    INVITED = "invited"
    CANCELLED = "cancelled"
    """The exchange has ended it before an answer; a 200 that crosses gets a BYE."""
    ANSWERED = "answered"


class Device(msgspec.Struct, eq=False, kw_only=True):
    """One INVITE of ours and the dialog that it began."""

    name: str
    """The exchange's id of the dialog."""
    invite: ClientTransaction
    stage: Stage = Stage.INVITED
    dialog: Dialog | None = None
    reoffer: ServerTransaction | None = None
    """A new INVITE of the device that is not answered yet."""
    reoffer_answered: ServerTransaction | None = None
    """One whose ACK is still to come."""


class Devices:
    """All devices that are being rung or talked to. ``binding`` finds a registration.

    ``is_kept`` says of a dialog that the exchange has ended whether it goes on here: its call was
    handed over.
    """

    def __init__(
        self,
        context: Context,
        transactions: Transactions,
        binding: Callable[[str], Binding | None],
        is_kept: Callable[[str], bool],
    ) -> None:
        self._context = context
        self._transactions = transactions
        self._binding = binding
        self._is_kept = is_kept
        self._by_name: dict[str, Device] = {}
        self._by_dialog: dict[DialogId, Device] = {}

    def __len__(self) -> int:
        return len(self._by_name)

    # What the exchange says.

    def invite(self, command: SipInvite) -> None:
        """Ring a device."""
        binding = self._binding(command.device)
        if binding is None:
            self._context.add(SipDeviceEnded(command.dialog, causes.DEVICE_GONE))
            return
        flow = dialogs.reply_flow(binding.flow, binding.contact)
        request = self._request(command, binding.contact, flow)
        transaction = self._transactions.send(request, flow, command.dialog)
        self._by_name[command.dialog] = Device(name=command.dialog, invite=transaction)

    def _request(self, command: SipInvite, contact: str, flow: Flow) -> Request:
        context = self._context
        headers, body = context.described(flow, command.sdp)
        display = f"{quote(command.from_name)} " if command.from_name else ""
        caller = f"<sip:{quoted_user(_user(command.from_))}@{context.host}>"
        uri = read_uri(contact)
        called: list[Header] = [
            ("Via", context.via(flow)),
            ("Max-Forwards", MAX_FORWARDS),
            ("From", f"{display}{caller};tag={context.fresh()}"),
            ("To", f"<{uri.scheme}:{quoted_user(uri.user)}@{uri.host}>" if uri.user else contact),
            ("Call-ID", context.fresh()),
            ("CSeq", "1 INVITE"),
            *headers,
        ]
        return Request(method="INVITE", uri=contact, headers=called, body=body)

    def bye(self, command: SipBye) -> None:
        """Cancel what rings, or hang up."""
        device = self._by_name.get(command.dialog)
        if device is None:
            return
        if device.stage is Stage.ANSWERED:
            self._hang_up(device)
        elif device.stage is Stage.INVITED:
            device.stage = Stage.CANCELLED
            # Before the first answer there is nothing to cancel (RFC 3261 9.1).
            if device.invite.state is State.PROCEEDING:
                self._cancel(device)

    def _hang_up(self, device: Device) -> None:
        assert device.dialog is not None, "a device that answered has a dialog"
        flow = device.dialog.flow
        if not self._is_kept(device.name):
            bye = device.dialog.request("BYE", self._context.via(flow))
            self._transactions.send(bye, flow, "")
        self._forget(device)

    def _cancel(self, device: Device) -> None:
        if device.invite.cancelled:
            return
        device.invite.cancelled = True
        invite = device.invite.request
        same = ("via", "max-forwards", "from", "to", "call-id", "route")
        headers = [header for header in invite.headers if header[0].lower() in same]
        headers.append(("CSeq", f"{invite.cseq[0]} CANCEL"))
        request = Request(method="CANCEL", uri=invite.uri, headers=headers)
        self._transactions.send(request, device.invite.flow, "")
        self._transactions.limit(device.invite)

    def reoffer_answered(self, name: str, sdp: str) -> None:
        """Answer a new INVITE of the device; an empty ``sdp`` refuses it."""
        device = self._by_name.get(name)
        if device is None or device.reoffer is None or device.dialog is None:
            return
        transaction, device.reoffer = device.reoffer, None
        if not sdp:
            self._transactions.respond(transaction, 488)
            return
        device.reoffer_answered = transaction
        headers, body = self._context.described(device.dialog.flow, sdp)
        self._transactions.respond(transaction, 200, headers=headers, body=body)

    # What the device says.

    def response(self, transaction: ClientTransaction, response: Response) -> None:
        """Take an answer to an INVITE of ours."""
        device = self._by_name.get(transaction.owner)
        if device is None or transaction is not device.invite:
            return
        if response.status < 200:
            if device.stage is Stage.CANCELLED:
                self._cancel(device)
            elif response.status > 100:
                self._context.add(SipDeviceRinging(device.name))
        elif response.status < 300:
            self._answered(device, transaction, response)
        else:
            self._over(device, CAUSES.get(response.status, causes.DEVICE_GONE))

    def timeout(self, transaction: ClientTransaction) -> None:
        """Give up a device that does not answer our INVITE at all."""
        device = self._by_name.get(transaction.owner)
        if device is not None and transaction is device.invite:
            self._over(device, causes.DEVICE_GONE)

    def _answered(self, device: Device, transaction: ClientTransaction, response: Response) -> None:
        flow = transaction.flow
        device.dialog = dialog = dialogs.of_response(transaction.request, response, flow)
        via = self._context.via(dialog.flow)
        ack = dialog.request("ACK", via, cseq=transaction.request.cseq[0])
        self._transactions.acknowledge(transaction, ack, dialog.flow)
        if device.stage is Stage.CANCELLED:
            self._hang_up(device)
            return
        device.stage = Stage.ANSWERED
        self._by_dialog[dialog.id] = device
        sdp = response.body.decode("utf-8", "replace")
        # The leg refuses an empty description, which ends the call.
        usable = description.is_usable(sdp, dialog.flow.host)
        self._context.add(SipDeviceAnswered(device.name, sdp if usable else ""))

    def in_dialog(self, dialog: DialogId) -> Device | None:
        """Return the device of a dialog, or None."""
        return self._by_dialog.get(dialog)

    def hung_up(self, device: Device) -> None:
        """End the dialog of a device that sent a BYE."""
        self._over(device, causes.NORMAL)

    def reoffered(self, device: Device, transaction: ServerTransaction) -> None:
        """Take a new INVITE within the dialog."""
        assert device.dialog is not None, "found by its dialog"
        sdp = transaction.request.body.decode("utf-8", "replace")
        if device.reoffer is not None:
            self._transactions.respond(transaction, 491)
        elif not description.is_usable(sdp, device.dialog.flow.host):
            self._transactions.respond(transaction, 488)
        else:
            device.dialog.refresh(transaction.request)
            device.reoffer = transaction
            self._transactions.respond(transaction, 100)
            self._context.add(SipReoffered(device.name, sdp))

    def acknowledged(self, device: Device, request: Request) -> None:
        """Note the ACK of our 200 to a new INVITE of the device."""
        answered = device.reoffer_answered
        if answered is not None and answered.request.cseq[0] == request.cseq[0]:
            self._transactions.accepted(answered)
            device.reoffer_answered = None

    def lost(self, flow: Flow) -> None:
        """End the dialogs of a TCP connection that is gone."""
        for device in tuple(self._by_name.values()):
            if device.invite.flow == flow:
                self._over(device, causes.DEVICE_GONE)

    def _over(self, device: Device, cause: Cause) -> None:
        self._forget(device)
        if device.stage is not Stage.CANCELLED:
            self._context.add(SipDeviceEnded(device.name, cause))

    def _forget(self, device: Device) -> None:
        if device.reoffer is not None:
            self._transactions.respond(device.reoffer, 487)
        if device.reoffer_answered is not None:  # its 200 need not be repeated any more
            self._transactions.accepted(device.reoffer_answered)
        self._by_name.pop(device.name, None)
        if device.dialog is not None:
            self._by_dialog.pop(device.dialog.id, None)


def _user(address: str) -> str:
    """Return the user part for a caller: ``/private/alice`` and ``sip:alice@host`` are alice."""
    scheme, _, rest = address.partition(":")
    if scheme in ("sip", "sips") and rest:
        address = rest.partition("@")[0]
    return address.rpartition("/")[2].partition("?")[0] or "anonymous"
