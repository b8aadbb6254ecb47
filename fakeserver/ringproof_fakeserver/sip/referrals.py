"""REFER: a user agent hands its call over to another address (RFC 3515, blind transfer).

The exchange decides what becomes of the call. Here the REFER is answered, its sender is told in
NOTIFY requests how the destination takes the call, and its own dialog ends with the last of them.
"""

from __future__ import annotations

import msgspec

from ringproof_fakeserver.protocol.sip_commands import SipReferAnswered, SipReferProgressed
from ringproof_fakeserver.protocol.sip_events import SipReferred
from ringproof_fakeserver.sip.addresses import (
    SCHEMES,
    quoted_user,
    read_parameters,
    read_party,
    read_uri,
)
from ringproof_fakeserver.sip.callers import ENDED
from ringproof_fakeserver.sip.context import Context
from ringproof_fakeserver.sip.dialog import Dialog, DialogId
from ringproof_fakeserver.sip.flow import Flow
from ringproof_fakeserver.sip.message import REASONS, Header, Request
from ringproof_fakeserver.sip.transactions import ServerTransaction, Transactions

SUBSCRIBED_S = 3_600
"""How long the sender is told; a call that is handed over is answered or over long before."""
FRAGMENT = "message/sipfrag;version=2.0"
STATUSES = {"no-route": 404, "not-possible": 403}
"""By the problem that the exchange has with a transfer."""


class RefusedReferral(Exception):
    """A REFER that is refused; ``reason`` names what is wrong or not simulated."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Referral(msgspec.Struct, eq=False, kw_only=True):
    """One REFER that was accepted, or waits for the exchange."""

    leg: str
    dialog: Dialog
    request: ServerTransaction
    accepted: bool = False
    left: bool = False
    """The exchange has ended the leg, so that the dialog ends with the last NOTIFY."""


class Referrals:
    """All calls that user agents hand over."""

    def __init__(self, context: Context, transactions: Transactions) -> None:
        self._context = context
        self._transactions = transactions
        self._by_leg: dict[str, Referral] = {}
        self._by_dialog: dict[DialogId, Referral] = {}

    def __len__(self) -> int:
        return len(self._by_leg)

    # What the user agent says.

    def referred(self, leg: str, dialog: Dialog, transaction: ServerTransaction) -> None:
        """Take a REFER within the dialog of a leg."""
        try:
            if leg in self._by_leg:
                raise RefusedReferral(491, "the call is being transferred")
            destination = read_destination(transaction.request)
        except RefusedReferral as refusal:
            self._refuse(transaction, refusal)
            return
        referral = Referral(leg=leg, dialog=dialog, request=transaction)
        self._by_leg[leg] = self._by_dialog[dialog.id] = referral
        self._context.add(SipReferred(leg, destination))

    def in_dialog(self, dialog: DialogId) -> Referral | None:
        """Return the referral of a dialog whose leg has ended, or None."""
        referral = self._by_dialog.get(dialog)
        return referral if referral is not None and referral.left else None

    def hung_up(self, referral: Referral) -> None:
        """Forget a user agent that has ended the dialog: it need not be told any more."""
        self._forget(referral)

    def lost(self, flow: Flow) -> None:
        """Forget the user agents of a TCP connection that is gone."""
        for referral in tuple(self._by_leg.values()):
            if referral.dialog.flow == flow:
                self._forget(referral)

    # What the exchange says.

    def answered(self, command: SipReferAnswered) -> None:
        """Accept or refuse the REFER of a leg."""
        referral = self._by_leg.get(command.leg)
        if referral is None:
            return
        if command.problem:
            status = STATUSES[command.problem]
            self._refuse(referral.request, RefusedReferral(status, command.reason))
            self._forget(referral)
            return
        referral.accepted = True
        contact = ("Contact", self._context.contact(referral.dialog.flow))
        self._transactions.respond(referral.request, 202, headers=[contact])
        self._notify(referral, 100)

    def keeps(self, leg: str) -> bool:
        """Take over the dialog of a leg that has ended because it was handed over.

        False: it was not, and whoever asks has to end the dialog.
        """
        referral = self._by_leg.get(leg)
        if referral is None or not referral.accepted:
            return False
        referral.left = True
        return True

    def progressed(self, command: SipReferProgressed) -> None:
        """Tell the sender how the destination takes the call."""
        referral = self._by_leg.get(command.leg)
        if referral is None:
            return
        match command.state:
            case "ringing":
                self._notify(referral, 180)
                return
            case "answered":
                self._notify(referral, 200)
            case "ended":
                self._notify(referral, ENDED.get(command.reason, 480))
        flow = referral.dialog.flow
        bye = referral.dialog.request("BYE", self._context.via(flow))
        self._transactions.send(bye, flow, "")
        self._forget(referral)

    def _notify(self, referral: Referral, status: int) -> None:
        state = f"active;expires={SUBSCRIBED_S}"
        if status >= 200:
            state = "terminated;reason=noresource"
        flow = referral.dialog.flow
        headers: list[Header] = [
            ("Contact", self._context.contact(flow)),
            ("Event", "refer"),
            ("Subscription-State", state),
            ("Content-Type", FRAGMENT),
        ]
        body = f"SIP/2.0 {status} {REASONS[status]}\r\n".encode()
        request = referral.dialog.request(
            "NOTIFY", self._context.via(flow), headers=headers, body=body
        )
        self._transactions.send(request, flow, "")

    def _refuse(self, transaction: ServerTransaction, refusal: RefusedReferral) -> None:
        warning = ("Warning", f'399 ringproof "{refusal.reason}"')
        self._transactions.respond(transaction, refusal.status, headers=[warning])

    def _forget(self, referral: Referral) -> None:
        self._by_leg.pop(referral.leg, None)
        self._by_dialog.pop(referral.dialog.id, None)


def read_destination(request: Request) -> str:
    """Return the SIP URI that a REFER names. Raises ``RefusedReferral``."""
    try:
        values = list(request.all("Refer-To"))
        if len(values) != 1:
            raise RefusedReferral(400, "a REFER names one destination in Refer-To")
        uri = read_party(values[0]).uri
        if uri.partition(":")[0].lower() not in SCHEMES:
            raise RefusedReferral(416, "a call is handed over to SIP URIs only")
        if _names_dialog(uri):
            raise RefusedReferral(501, "attended transfer (Replaces) is not simulated")
        read = read_uri(uri)
        method = read_parameters(read.parameters).get("method", "INVITE")
    except ValueError as error:
        raise RefusedReferral(400, "Refer-To cannot be read") from error
    if method.upper() != "INVITE":
        raise RefusedReferral(501, "a REFER asks for an INVITE, or is not simulated")
    if not read.user:
        raise RefusedReferral(404, "a destination without a user part")
    return f"{read.scheme}:{quoted_user(read.user)}@{read.host}"


def _names_dialog(uri: str) -> bool:
    """Whether the URI brings a ``Replaces`` header: a dialog that the new call takes over."""
    headers = uri.partition("?")[2].split("&")
    return any(header.partition("=")[0].strip().lower() == "replaces" for header in headers)
