"""SIP endpoints: the accounts with which a subscriber's SIP user agents register and call."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from ringproof_fakeserver.protocol.errors import LocalError

CIPHERS = (
    "AEAD_AES_256_GCM_8",
    "AES_256_CM_HMAC_SHA1_80",
    "AES_CM_128_HMAC_SHA1_80",
    "AES_256_CM_HMAC_SHA1_32",
    "AES_CM_128_HMAC_SHA1_32",
)
CODECS = ("OPUS", "G722", "PCMU", "PCMA")
ENCRYPTION = ("required", "optional", "default")


def session_of(endpoint: str) -> str:
    """Return the name of the session of an endpoint's user agents in facts, and for labels."""
    return f"sip:{endpoint}"


class SipEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One account, as the REST interface has it. No ``repr`` shows the password."""

    id: str
    subscriber: str
    """Id of the subscriber whose user agents use it."""
    username: str
    password: str
    caller_id: str = ""
    """What a called subscriber sees as the caller's number; empty: the user agent's own."""
    send_as: str = ""
    ciphers: tuple[str, ...] = CIPHERS
    codecs: tuple[str, ...] = CODECS
    encryption: str = "default"

    def __repr__(self) -> str:
        return f"SipEndpoint(id={self.id!r}, username={self.username!r})"


class SipEndpoints:
    """All endpoints of a project. ``on_removed`` is called with the id of one that is no more."""

    def __init__(self) -> None:
        self._by_id: dict[str, SipEndpoint] = {}
        self._by_username: dict[str, SipEndpoint] = {}
        self.on_removed: list[Callable[[str], None]] = []

    def put(self, endpoint: SipEndpoint) -> None:
        """Add an endpoint, or change one. Raises ``LocalError`` if its user name is another's."""
        holder = self._by_username.get(endpoint.username)
        if holder is not None and holder.id != endpoint.id:
            raise LocalError(f"the SIP user name {endpoint.username} is taken")
        before = self._by_id.get(endpoint.id)
        if before is not None:
            del self._by_username[before.username]
        self._by_id[endpoint.id] = self._by_username[endpoint.username] = endpoint
        if before is not None and before.username != endpoint.username:
            self._removed(endpoint.id)

    def get(self, endpoint_id: str) -> SipEndpoint | None:
        """Return an endpoint by id, or None."""
        return self._by_id.get(endpoint_id)

    def by_username(self, username: str) -> SipEndpoint | None:
        """Return an endpoint by the user name that it registers with, or None."""
        return self._by_username.get(username)

    def count(self) -> int:
        """Return how many there are."""
        return len(self._by_id)

    def of(self, subscriber: str) -> Iterator[SipEndpoint]:
        """Yield the endpoints of a subscriber in the order they were made."""
        return (each for each in self._by_id.values() if each.subscriber == subscriber)

    def remove(self, endpoint: SipEndpoint) -> None:
        """Remove an endpoint; its registrations end."""
        del self._by_id[endpoint.id]
        del self._by_username[endpoint.username]
        self._removed(endpoint.id)

    def _removed(self, endpoint_id: str) -> None:
        for callback in self.on_removed:
            callback(endpoint_id)
