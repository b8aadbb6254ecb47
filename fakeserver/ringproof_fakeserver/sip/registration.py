"""REGISTER: contacts come, are renewed and go (RFC 3261 10.3)."""

from __future__ import annotations

import re

from ringproof_fakeserver.protocol.sip_events import (
    SipDeviceCame,
    SipDeviceWent,
)
from ringproof_fakeserver.sip.addresses import Party, read_party, read_uri
from ringproof_fakeserver.sip.context import Context
from ringproof_fakeserver.sip.flow import CancelTimer, Flow, StartTimer
from ringproof_fakeserver.sip.message import Request
from ringproof_fakeserver.sip.registrar import DEFAULT_S, Change, Registrations
from ringproof_fakeserver.sip.transactions import ServerTransaction, Transactions

TIMER = "binding"

_SECONDS = re.compile(r"[0-9]{1,10}")


class RegistrationHandler:
    """Answers REGISTER requests of endpoints that proved who they are."""

    def __init__(self, context: Context, transactions: Transactions) -> None:
        self._context = context
        self._transactions = transactions
        self.registrations = Registrations()
        self._subscribers: dict[str, str] = {}
        """By endpoint: whose it is."""

    def register(self, transaction: ServerTransaction, endpoint: str, subscriber: str) -> None:
        """Handle one request."""
        try:
            change = self._change(transaction, endpoint)
        except ValueError as error:
            self._transactions.respond(transaction, 400, reason=f"Bad Request: {error}")
            return
        self._subscribers[endpoint] = subscriber
        self._apply(change)
        now_ms = self._context.now_ms
        contacts = [
            ("Contact", f"<{each.contact}>;expires={(each.expires_ms - now_ms) // 1000}")
            for each in self.registrations.of(endpoint)
        ]
        self._transactions.respond(transaction, 200, headers=contacts)

    def _change(self, transaction: ServerTransaction, endpoint: str) -> Change:
        request = transaction.request
        values = list(request.all("Contact"))
        if values == ["*"]:
            if request.get("Expires") != "0":
                raise ValueError("Contact: * needs Expires: 0")
            return self.registrations.clear(endpoint)
        contacts = [_contact(value, request) for value in values]
        return self.registrations.update(
            endpoint,
            contacts,
            transaction.flow,
            request.call_id,
            request.cseq[0],
            self._context.now_ms,
        )

    def expired(self, device: str) -> None:
        """End a registration that was not renewed."""
        self._apply(self.registrations.remove(device))

    def lost(self, flow: Flow) -> None:
        """End the registrations of a connection that is gone."""
        for device in self.registrations.over(flow):
            self._apply(self.registrations.remove(device))

    def removed(self, endpoint: str) -> None:
        """End the registrations of an endpoint that is no more."""
        self._apply(self.registrations.clear(endpoint))

    def _apply(self, change: Change) -> None:
        for binding in change.went:
            self._context.add(CancelTimer(f"{TIMER}:{binding.device}"))
            self._context.add(SipDeviceWent(binding.device))
        for binding in (*change.came, *change.renewed):
            if binding not in change.went:
                delay_ms = binding.expires_ms - self._context.now_ms
                self._context.add(StartTimer(f"{TIMER}:{binding.device}", delay_ms))
        for binding in change.came:
            if binding not in change.went:
                owner = self._subscribers[binding.endpoint]
                self._context.add(SipDeviceCame(binding.device, binding.endpoint, owner))


def _contact(value: str, request: Request) -> tuple[Party, int]:
    contact = read_party(value)
    read_uri(contact.uri)
    text = contact.parameters.get("expires") or request.get("Expires")
    # A value that cannot be read counts as the default (RFC 3261 20.10).
    return contact, int(text) if _SECONDS.fullmatch(text) else DEFAULT_S
