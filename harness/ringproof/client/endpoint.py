"""Where a client connects: the host of the token's header, or a URL given instead."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import msgspec

from ringproof.client.promise import CredentialError

LOOPBACK = "127.0.0.1"


class _TokenHeader(msgspec.Struct):
    ch: str = ""


class Endpoint(msgspec.Struct, frozen=True):
    """One server: the name it goes by and the address that is really connected to."""

    name: str
    """Host name for TLS and the Host header."""
    port: int
    """Port of that name, as URLs show it."""
    address: str
    """Host to connect to. ``*.localhost`` is loopback, though getaddrinfo may not know it."""
    address_port: int

    @property
    def authority(self) -> str:
        """``host:port`` as URLs and the Host header show it; without the port when it is 443."""
        return self.name if self.port == 443 else f"{self.name}:{self.port}"


def _channel(token: str) -> str:
    """Read ``ch`` from the header of a token. Raises ``CredentialError``."""
    head = token.partition(".")[0]
    try:
        padded = head + "=" * (-len(head) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_TokenHeader).ch
    except (ValueError, msgspec.DecodeError) as error:
        raise CredentialError("the token has no readable header: copy all of it") from error


def _endpoint(authority: str, url: str | None) -> Endpoint:
    name, _, port_text = authority.partition(":")
    port = int(port_text) if port_text else 443
    if url is None:
        address = LOOPBACK if name.endswith(".localhost") else name
        return Endpoint(name, port, address, port)
    parts = urlsplit(url)
    return Endpoint(name, port, parts.hostname or LOOPBACK, parts.port or 443)


def locate(token: str, url: str | None, rest_url: str | None) -> tuple[Endpoint, Endpoint]:
    """Return the WebSocket and the REST endpoint of a token.

    ``url`` and ``rest_url`` say where to connect instead of resolving the token's names, which
    stay in use for TLS and the Host header. Source: the token's ``ch`` is cut at its first dot;
    REST lives at ``fabric.`` plus the rest. Raises ``CredentialError``.
    """
    channel = _channel(token)
    host, dot, domain = channel.partition(".")
    if not (host and dot and domain):
        raise CredentialError(f"the token names no host to connect to (ch is {channel!r})")
    try:
        return _endpoint(channel, url), _endpoint(f"fabric.{domain}", rest_url)
    except ValueError as error:
        raise CredentialError(f"the token names an impossible host ({channel!r})") from error
