"""SIP messages: read from bytes within limits, and written (RFC 3261 section 7).

What is read is checked as far as every later step relies on it; the rest is read where it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ringproof_fakeserver.sip.addresses import Party, Via, read_party, read_via, split

HEAD_BYTES = 16 * 1024
"""Largest start line and headers together."""
BODY_BYTES = 48 * 1024
HEADERS = 128
"""Most header lines of a message; 20 are usual."""
LARGEST_NUMBER = 2**31
VERSION = "SIP/2.0"

COMPACT = {
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "v": "Via",
}
ONE_ONLY = ("from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type")
ECHOED = ("via", "from", "to", "call-id", "cseq")
"""What a reply takes from its request."""

_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]{1,64}")
_START = re.compile(r"(\S{1,64}) (\S{1,2048}) (\S{1,32})")
_STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9][0-9])(?: (.*))?")
_NUMBER = re.compile(r"[0-9]{1,10}")
_SURROGATE = re.compile("[\ud800-\udfff\x00]")

REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "Version Not Supported",
    513: "Message Too Large",
    603: "Decline",
}

Header = tuple[str, str]


class Message(msgspec.Struct, eq=False, kw_only=True):
    """What requests and responses have in common."""

    headers: list[Header]
    """Name, long form, and value, in the order of the message."""
    body: bytes = b""

    def get(self, name: str) -> str:
        """Return the first value of a header, in any case; empty where there is none."""
        wanted = name.lower()
        return next((value for each, value in self.headers if each.lower() == wanted), "")

    def all(self, name: str) -> Iterator[str]:
        """Yield every value of a header that is a list. Raises ``ValueError``."""
        wanted = name.lower()
        for each, value in self.headers:
            if each.lower() == wanted:
                yield from split(value)

    def has(self, name: str) -> bool:
        """Whether there is such a header."""
        wanted = name.lower()
        return any(each.lower() == wanted for each, _ in self.headers)

    @property
    def call_id(self) -> str:
        """The ``Call-ID``."""
        return self.get("Call-ID")

    @property
    def from_(self) -> Party:
        """Who sent the request."""
        return read_party(self.get("From"))

    @property
    def to(self) -> Party:
        """Who the request is for."""
        return read_party(self.get("To"))

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method."""
        return read_cseq(self.get("CSeq"))

    @property
    def via(self) -> Via:
        """The nearest hop."""
        return read_via(next(self.all("Via")))

    def _written(self, start: str) -> bytes:
        lines = [start, *(f"{name}: {value}" for name, value in self.headers)]
        lines.append(f"Content-Length: {len(self.body)}")
        head = "\r\n".join(lines) + "\r\n\r\n"
        return head.encode("utf-8", "surrogateescape") + self.body


class Request(Message, eq=False, kw_only=True):
    """A request."""

    method: str
    uri: str

    def written(self) -> bytes:
        """Return the message for the wire; ``Content-Length`` is added."""
        return self._written(f"{self.method} {self.uri} {VERSION}")


class Response(Message, eq=False, kw_only=True):
    """A response."""

    status: int
    reason: str

    def written(self) -> bytes:
        """Return the message for the wire; ``Content-Length`` is added."""
        return self._written(f"{VERSION} {self.status} {self.reason}")


class MessageError(Exception):
    """Bytes that are no usable message."""

    def __init__(self, reason: str, status: int = 400, headers: list[Header] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        """What a request like this is answered with."""
        self.headers = headers
        """The headers that such an answer repeats; None where it cannot be answered."""


def respond(
    request: Request,
    status: int,
    reason: str = "",
    *,
    tag: str = "",
    headers: list[Header] | None = None,
    body: bytes = b"",
) -> Response:
    """Return a response to ``request``; ``tag`` is added to a ``To`` that has none."""
    return Response(
        status=status,
        reason=reason or REASONS[status],
        headers=[*echoed(request.headers, tag), *(headers or [])],
        body=body,
    )


def echoed(headers: list[Header], tag: str = "") -> list[Header]:
    """Return the headers of a request that its response repeats."""
    found = [(name, value) for name, value in headers if name.lower() in ECHOED]
    if not tag:
        return found
    return [
        (name, _tagged(value, tag)) if name.lower() == "to" else (name, value)
        for name, value in found
    ]


def _tagged(to: str, tag: str) -> str:
    try:
        has_tag = bool(read_party(to).tag)
    except ValueError:
        has_tag = True
    return to if has_tag else f"{to};tag={tag}"


def head_end(data: bytes | bytearray) -> int:
    """Return where the empty line after the headers ends, or -1."""
    place = data.find(b"\r\n\r\n")
    return -1 if place < 0 else place + 4


def parse(data: bytes) -> Request | Response:
    """Read one datagram, or one message of a stream. Raises ``MessageError``."""
    end = head_end(data)
    head = data if end < 0 else data[: end - 4]
    if len(head) > HEAD_BYTES:
        raise MessageError("headers too large", 513)
    start, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    headers = _headers(lines)
    is_response = start.startswith("SIP/")
    answer = None if is_response else _answerable(headers, start)
    if end < 0:
        raise MessageError("no empty line after the headers", headers=answer)
    if isinstance(headers, str):
        raise MessageError(headers, headers=answer)
    body = _body(headers, data[end:], answer)
    plain = [(name, value) for name, value in headers if name.lower() != "content-length"]
    message = _response(start, plain, body) if is_response else _request(start, plain, body, answer)
    _check(message, answer)
    return message


def _response(start: str, headers: list[Header], body: bytes) -> Response:
    match = _STATUS.fullmatch(start)
    if match is None:
        raise MessageError("not a status line")
    return Response(status=int(match[1]), reason=match[2] or "", headers=headers, body=body)


def _request(
    start: str, headers: list[Header], body: bytes, answer: list[Header] | None
) -> Request:
    match = _START.fullmatch(start)
    if match is None or not _TOKEN.fullmatch(match[1]):
        raise MessageError("not a request line", headers=answer)
    if match[3].upper() != VERSION:
        raise MessageError("another version of SIP", 505, answer)
    return Request(method=match[1], uri=match[2], headers=headers, body=body)


def _headers(lines: list[str]) -> list[Header] | str:
    """Return the headers, folded lines joined; a sentence where they cannot be read."""
    if len(lines) > HEADERS:
        return "too many headers"
    parts: list[list[str]] = []
    for line in lines:
        if line[:1] in (" ", "\t"):
            if not parts:
                return "a folded line without a header"
            parts[-1].append(line.strip())
        else:
            parts.append([line])
    headers = []
    for part in parts:
        name, colon, value = " ".join(part).partition(":")
        name = name.rstrip()
        if not colon or not _TOKEN.fullmatch(name):
            return "a line that is no header"
        headers.append((COMPACT.get(name.lower(), name), value.strip()))
    return headers


def _answerable(headers: list[Header] | str, start: str) -> list[Header] | None:
    """Return the headers that a refusal repeats; None for what must not or cannot be answered."""
    if isinstance(headers, str) or start.startswith("ACK "):
        return None
    names = [name.lower() for name, _ in headers]
    complete = all(name in names for name in ECHOED)
    return echoed(headers) if complete else None


def _body(headers: list[Header], data: bytes, answer: list[Header] | None) -> bytes:
    lengths = {value for name, value in headers if name.lower() == "content-length"}
    if not lengths:
        length = len(data)
    else:
        text = lengths.pop()
        if lengths or not _NUMBER.fullmatch(text) or int(text) > len(data):
            raise MessageError("Content-Length and body do not agree", headers=answer)
        length = int(text)
    if length > BODY_BYTES:
        raise MessageError("body too large", 513, answer)
    return data[:length]


def _check(message: Message, answer: list[Header] | None) -> None:
    """Refuse what later steps could not work with. Raises ``MessageError``."""
    names = [name.lower() for name, _ in message.headers]
    if any(_SURROGATE.search(value) for _, value in message.headers):
        raise MessageError("headers that are not UTF-8", headers=answer)
    for name in ECHOED:
        if name not in names:
            raise MessageError(f"no {name} header", headers=answer)
    for name in ONE_ONLY:
        if names.count(name) > 1:
            raise MessageError(f"more than one {name} header", headers=answer)
    try:
        if not message.via or not message.call_id or any(map(str.isspace, message.call_id)):
            raise ValueError("no Call-ID")
        if not message.from_.tag and isinstance(message, Response):
            raise ValueError("no tag")
        _, _, (_, method) = message.from_, message.to, message.cseq
        # Lists that are not well formed are found here, and nowhere later.
        for name in ("contact", "record-route", "route", "require", "proxy-require", "via"):
            tuple(message.all(name))
    except (ValueError, StopIteration) as error:
        raise MessageError(str(error) or "a malformed header", headers=answer) from error
    if isinstance(message, Request) and method != message.method:
        raise MessageError("CSeq names another method", headers=answer)


def read_cseq(text: str) -> tuple[int, str]:
    """Read ``CSeq``. Raises ``ValueError``."""
    number, _, method = text.partition(" ")
    method = method.strip()
    if not _NUMBER.fullmatch(number) or not _TOKEN.fullmatch(method):
        raise ValueError("not a CSeq")
    if int(number) >= LARGEST_NUMBER:
        raise ValueError("a CSeq that is too large")
    return int(number), method
