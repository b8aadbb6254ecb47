"""Where the user agents of SIP endpoints are reached: contacts with an expiry (RFC 3261 10.3)."""

from __future__ import annotations

import msgspec

from ringproof_fakeserver.sip.addresses import Party
from ringproof_fakeserver.sip.flow import Flow

DEFAULT_S = 3_600
LONGEST_S = 3_600
CONTACTS = 8
"""Most contacts of one endpoint; the oldest gives way."""


class Binding(msgspec.Struct, eq=False, kw_only=True):
    """One user agent of an endpoint."""

    endpoint: str
    """Id of the endpoint."""
    contact: str
    """URI where it is reached."""
    flow: Flow
    """The way on which it has registered: requests take the same way back, as through a NAT."""
    call_id: str
    cseq: int
    expires_ms: int
    """Unix time."""

    @property
    def device(self) -> str:
        """Name of the binding among all of them."""
        return f"{self.endpoint} {self.contact}"


class Change(msgspec.Struct, frozen=True):
    """What a registration did: devices that came, that were renewed, and that went."""

    came: tuple[Binding, ...] = ()
    renewed: tuple[Binding, ...] = ()
    went: tuple[Binding, ...] = ()


class Registrations:
    """All bindings."""

    def __init__(self) -> None:
        self._by_endpoint: dict[str, dict[str, Binding]] = {}
        self._by_device: dict[str, Binding] = {}

    def of(self, endpoint: str) -> tuple[Binding, ...]:
        """Return the bindings of an endpoint, oldest first."""
        return tuple(self._by_endpoint.get(endpoint, {}).values())

    def device(self, device: str) -> Binding | None:
        """Return a binding by the name of its device, or None."""
        return self._by_device.get(device)

    def update(
        self,
        endpoint: str,
        contacts: list[tuple[Party, int]],
        flow: Flow,
        call_id: str,
        cseq: int,
        now_ms: int,
    ) -> Change:
        """Bind contacts for so many seconds each; 0 removes one.

        Raises ``ValueError`` for a request that is older than one that was handled.
        """
        bound = self._by_endpoint.setdefault(endpoint, {})
        for contact, _ in contacts:
            known = bound.get(contact.uri)
            if known is not None and known.call_id == call_id and cseq <= known.cseq:
                raise ValueError("a registration out of order")
        came: list[Binding] = []
        renewed: list[Binding] = []
        went: list[Binding] = []
        for contact, expires_s in contacts:
            known = bound.pop(contact.uri, None)
            if expires_s <= 0:
                if known is not None:
                    went.append(known)
                continue
            binding = Binding(
                endpoint=endpoint,
                contact=contact.uri,
                flow=flow,
                call_id=call_id,
                cseq=cseq,
                expires_ms=now_ms + min(expires_s, LONGEST_S) * 1000,
            )
            bound[contact.uri] = binding
            (came if known is None else renewed).append(binding)
        while len(bound) > CONTACTS:
            went.append(bound.pop(next(iter(bound))))
        return self._changed(endpoint, Change(tuple(came), tuple(renewed), tuple(went)))

    def clear(self, endpoint: str) -> Change:
        """Remove every binding of an endpoint."""
        went = tuple(self._by_endpoint.get(endpoint, {}).values())
        self._by_endpoint.get(endpoint, {}).clear()
        return self._changed(endpoint, Change(went=went))

    def remove(self, device: str) -> Change:
        """Remove one binding; its time is over, or its connection is gone."""
        binding = self._by_device.get(device)
        if binding is None:
            return Change()
        self._by_endpoint[binding.endpoint].pop(binding.contact, None)
        return self._changed(binding.endpoint, Change(went=(binding,)))

    def over(self, flow: Flow) -> tuple[str, ...]:
        """Return the devices that are reached over a connection."""
        return tuple([name for name, each in self._by_device.items() if each.flow == flow])

    def _changed(self, endpoint: str, change: Change) -> Change:
        if not self._by_endpoint.get(endpoint):
            self._by_endpoint.pop(endpoint, None)
        for binding in change.went:
            self._by_device.pop(binding.device, None)
        for binding in (*change.came, *change.renewed):
            if binding not in change.went:
                self._by_device[binding.device] = binding
        return change
