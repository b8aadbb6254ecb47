"""A STUN responder that answers every client with the same invented public address.

The browser SDK sends a description only when every m-section has a candidate that is not a host
candidate, and a browser drops a reflexive candidate that equals its host candidate. With the true
address, a responder on loopback would keep every call ringing for ever. This one maps everybody to
a documentation address; nothing answers there, so the host candidates carry the media. Binding
requests of RFC 8489, without authentication; requests for a TURN relay (RFC 8656) are refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any, cast

MAPPED_ADDRESS = "203.0.113.7"
"""The address that clients get: TEST-NET-3 of RFC 5737, routed nowhere."""
MAPPED_IPV6_ADDRESS = "2001:db8::7"
"""Its like for clients that ask over IPv6 (RFC 3849)."""

REALM = b"ringproof"

_HEADER = struct.Struct("!HHI12s")
_MAGIC_COOKIE = 0x2112A442
_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_ALLOCATE_REQUEST = 0x0003
_ALLOCATE_ERROR = 0x0113
_MESSAGE_INTEGRITY = 0x0008
_ERROR_CODE = 0x0009
_REALM = 0x0014
_NONCE = 0x0015
_UNAUTHORIZED = 401, b"Unauthorized"
_NO_RELAY = 508, b"Insufficient Capacity"
"""What a server that has no relay to give answers (RFC 8656 section 7.2)."""
_XOR_MAPPED_ADDRESS = 0x0020
_FAMILY_IPV4 = 0x01
_FAMILY_IPV6 = 0x02
_LARGEST_REQUEST_BYTES = 548  # RFC 8489 section 6.1: what any IPv4 path carries


def respond(request: bytes, port: int, *, ipv6: bool = False) -> bytes | None:
    """Return the response to a request from ``port``; None for what is no request of these two.

    A Binding request succeeds. An Allocate request is refused at once, so that nobody waits for a
    relay: first with a demand for credentials, for Chromium ignores any other refusal of a request
    without them, and sends it again for ten seconds. Credentials are not checked, and refusals
    are not signed, so a client that insists on that sends its request again. A response has
    at most 68 bytes, so a forged source address gains little. Source: RFC 8489 sections 5, 6.3,
    9.2, 14.2 and 14.8.
    """
    if not _HEADER.size <= len(request) <= _LARGEST_REQUEST_BYTES:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(request)
    if cookie != _MAGIC_COOKIE or length % 4 or length != len(request) - _HEADER.size:
        return None
    if kind == _ALLOCATE_REQUEST:
        refusal = _error(*_NO_RELAY)
        if _MESSAGE_INTEGRITY not in _attributes(request):
            refusal = _error(*_UNAUTHORIZED) + _attribute(_REALM, REALM)
            refusal += _attribute(_NONCE, transaction[:8].hex().encode())
        return _HEADER.pack(_ALLOCATE_ERROR, len(refusal), cookie, transaction) + refusal
    if kind != _BINDING_REQUEST:
        return None
    mask = cookie.to_bytes(4) + transaction
    family = _FAMILY_IPV6 if ipv6 else _FAMILY_IPV4
    address = bytes(a ^ b for a, b in zip(_mapped(ipv6), mask, strict=False))
    value = struct.pack("!xBH", family, port ^ (_MAGIC_COOKIE >> 16)) + address
    attribute = _attribute(_XOR_MAPPED_ADDRESS, value)
    return _HEADER.pack(_BINDING_SUCCESS, len(attribute), cookie, transaction) + attribute


def _attributes(message: bytes) -> set[int]:
    """Return the types of a message's attributes, up to the first that is damaged."""
    kinds, at = set(), _HEADER.size
    while at + 4 <= len(message):
        kind, length = struct.unpack_from("!HH", message, at)
        kinds.add(kind)
        at += 4 + length + -length % 4
    return kinds


def _error(code: int, reason: bytes) -> bytes:
    return _attribute(_ERROR_CODE, struct.pack("!xxBB", code // 100, code % 100) + reason)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _mapped(ipv6: bool) -> bytes:
    if ipv6:
        return socket.inet_pton(socket.AF_INET6, MAPPED_IPV6_ADDRESS)
    return socket.inet_aton(MAPPED_ADDRESS)


class _Responder(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python 3.11's own datagram transport is no subclass, so this cannot be asserted.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        # A socket for both families shows the address of an IPv4 client in this form.
        ipv6 = ":" in addr[0] and not addr[0].startswith("::ffff:")
        # Without room for the answer it is dropped: the client asks again (RFC 8489 6.2.1).
        answer = None if self._full else respond(data, addr[1], ipv6=ipv6)
        if answer and self._transport:
            self._transport.sendto(answer, addr)


@contextlib.asynccontextmanager
async def mute_server(host: str = "127.0.0.1", told: str = "127.0.0.1") -> AsyncIterator[str]:
    """Take a free UDP port of ``host`` and answer nothing; the URL is as that of ``stun_server``.

    Nobody reads what is sent there: a port without a socket would be refused at once.
    """
    with socket.socket(
        socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM
    ) as one:
        one.bind((host, 0))
        yield f"stun:{told}:{one.getsockname()[1]}"


@contextlib.asynccontextmanager
async def stun_server(host: str = "127.0.0.1", told: str = "127.0.0.1") -> AsyncIterator[str]:
    """Answer on a free UDP port of ``host``; yield the URL for ``urls`` of ``ice_servers``.

    ``told`` is the host in that URL, of IPv6 in brackets.
    """
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_Responder, local_addr=(host, 0))
    try:
        yield f"stun:{told}:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()
