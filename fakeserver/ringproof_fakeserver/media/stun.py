"""A STUN responder that answers every client with the same invented public address.

The browser SDK sends a description only when every m-section has a candidate that is not a host
candidate, and a browser drops a reflexive candidate that equals its host candidate. With the true
address, a responder on loopback would keep every call ringing for ever. This one maps everybody to
a documentation address; nothing answers there, so the host candidates carry the media. Binding
requests of RFC 8489 only, without authentication.
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

_HEADER = struct.Struct("!HHI12s")
_MAGIC_COOKIE = 0x2112A442
_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_XOR_MAPPED_ADDRESS = 0x0020
_FAMILY_IPV4 = 0x01
_FAMILY_IPV6 = 0x02
_LARGEST_REQUEST_BYTES = 548  # RFC 8489 section 6.1: what any IPv4 path carries


def respond(request: bytes, port: int, *, ipv6: bool = False) -> bytes | None:
    """Return the success response to a Binding request from ``port``; None for anything else.

    The response is 32 bytes, or 44 to a client of ``ipv6``, so a forged source address gains
    little. Source: RFC 8489 sections 5, 6.3 and 14.2.
    """
    if not _HEADER.size <= len(request) <= _LARGEST_REQUEST_BYTES:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(request)
    if (kind, cookie) != (_BINDING_REQUEST, _MAGIC_COOKIE):
        return None
    if length % 4 or length != len(request) - _HEADER.size:
        return None
    mask = cookie.to_bytes(4) + transaction
    family = _FAMILY_IPV6 if ipv6 else _FAMILY_IPV4
    address = bytes(a ^ b for a, b in zip(_mapped(ipv6), mask, strict=False))
    value = struct.pack("!xBH", family, port ^ (_MAGIC_COOKIE >> 16)) + address
    attribute = struct.pack("!HH", _XOR_MAPPED_ADDRESS, len(value)) + value
    return _HEADER.pack(_BINDING_SUCCESS, len(attribute), cookie, transaction) + attribute


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
