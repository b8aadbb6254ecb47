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
from typing import cast

MAPPED_ADDRESS = "203.0.113.7"
"""The address that clients get: TEST-NET-3 of RFC 5737, routed nowhere."""

_HEADER = struct.Struct("!HHI12s")
_MAGIC_COOKIE = 0x2112A442
_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_XOR_MAPPED_ADDRESS = 0x0020
_FAMILY_IPV4 = 0x01
_LARGEST_REQUEST_BYTES = 548  # RFC 8489 section 6.1: what any IPv4 path carries


def respond(request: bytes, port: int) -> bytes | None:
    """Return the success response to a Binding request from ``port``; None for anything else.

    The response is 32 bytes, so a forged source address gains little. Source: RFC 8489 sections
    5, 6.3 and 14.2.
    """
    if not _HEADER.size <= len(request) <= _LARGEST_REQUEST_BYTES:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(request)
    if (kind, cookie) != (_BINDING_REQUEST, _MAGIC_COOKIE):
        return None
    if length % 4 or length != len(request) - _HEADER.size:
        return None
    address = int.from_bytes(socket.inet_aton(MAPPED_ADDRESS)) ^ _MAGIC_COOKIE
    value = struct.pack("!xBHI", _FAMILY_IPV4, port ^ (_MAGIC_COOKIE >> 16), address)
    attribute = struct.pack("!HH", _XOR_MAPPED_ADDRESS, len(value)) + value
    return _HEADER.pack(_BINDING_SUCCESS, len(attribute), cookie, transaction) + attribute


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

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        # Without room for the answer it is dropped: the client asks again (RFC 8489 6.2.1).
        answer = None if self._full else respond(data, addr[1])
        if answer and self._transport:
            self._transport.sendto(answer, addr)


@contextlib.asynccontextmanager
async def stun_server(host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Answer on a free UDP port; yield the URL for ``urls`` of an entry of ``ice_servers``."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_Responder, local_addr=(host, 0))
    try:
        yield f"stun:{host}:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()
