"""Cuts the bytes of a TCP connection into SIP messages (RFC 3261 section 18.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringproof_fakeserver.sip.message import BODY_BYTES, HEAD_BYTES, MessageError

_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
_DIGITS = re.compile(rb"\d{1,7}")
NEWLINE = b"\r\n"
PING = 2
"""How many newlines are a keep-alive (RFC 5626 section 3.5.1); the answer is one."""


class Frames:
    """Messages of one connection; keeps at most one message that is not complete."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._searched = 0
        """How much of the head was searched for its end already."""
        self._whole = 0
        """Size of the message whose head is complete; 0 while it is not."""
        self._newlines = 0
        """How many came between messages, beyond those of keep-alives that were counted."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add what has arrived and yield the messages that are complete.

        Raises ``MessageError`` when the rest of the stream cannot be cut: close the connection.
        """
        self._data += data
        while (message := self._next()) is not None:
            yield message

    def take_pings(self) -> int:
        """Return how many keep-alives came since this was asked last."""
        pings, self._newlines = divmod(self._newlines, PING)
        return pings

    def _next(self) -> bytes | None:
        if not self._whole and not self._measure():
            return None
        if len(self._data) < self._whole:
            return None
        message = bytes(self._data[: self._whole])
        del self._data[: self._whole]
        self._whole = self._searched = 0
        return message

    def _measure(self) -> bool:
        """Find out how long the next message is; False while its head is not complete."""
        self._skip_pings()
        end = self._data.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self._searched = len(self._data)
            if len(self._data) > HEAD_BYTES:
                raise MessageError("headers too large", 513)
            return False
        end += 4
        if end > HEAD_BYTES:
            raise MessageError("headers too large", 513)
        lengths = set(_LENGTH.findall(bytes(self._data[:end])))
        if len(lengths) != 1:
            raise MessageError("a stream needs one Content-Length in each message")
        text = lengths.pop().strip()
        if not _DIGITS.fullmatch(text) or int(text) > BODY_BYTES:
            raise MessageError("a Content-Length that cannot be", 513)
        self._whole = end + int(text)
        return True

    def _skip_pings(self) -> None:
        place = 0
        while self._data[place : place + 2] == NEWLINE:
            place += 2
        if place:
            self._newlines += place // len(NEWLINE)
            del self._data[:place]
            self._searched = 0
