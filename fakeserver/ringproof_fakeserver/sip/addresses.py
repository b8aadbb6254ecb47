"""SIP addresses and parameters: URIs, ``From``-like fields, ``Via``, and lists (RFC 3261 25.1).

Every reader goes over its text once, and raises ``ValueError`` for what it cannot read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import msgspec

DEFAULT_PORT = 5060
SCHEMES = ("sip", "sips")
LARGEST_PORT = 65_535

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?")
_SENT_PROTOCOL = re.compile(r"SIP\s*/\s*2\.0\s*/\s*([A-Za-z]{1,16})\s+(.+)", re.DOTALL)
_NO_TEXT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Uri(msgspec.Struct, frozen=True):
    """A SIP URI without its headers; ``user`` is empty where there is none, else decoded."""

    scheme: str
    user: str
    host: str
    """As in the text; an IPv6 address keeps its brackets."""
    port: int | None
    parameters: str
    """From the first semicolon, that included; empty where there is none."""

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The URI as it is written."""
        before = f"{quoted_user(self.user)}@" if self.user else ""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}:{before}{self.host}{port}{self.parameters}"

    @property
    def address(self) -> tuple[str, int]:
        """Host, without brackets, and port."""
        return self.host.strip("[]"), self.port or DEFAULT_PORT


class Party(msgspec.Struct, frozen=True):
    """A field such as ``From``, ``To`` and ``Contact``."""

    display: str
    """Empty where there is none."""
    uri: str
    """As in the text: read it with ``read_uri``."""
    parameters: dict[str, str]
    """Lower-case name → value; the value of a parameter without one is empty."""

    @property
    def tag(self) -> str:
        """Empty where there is none."""
        return self.parameters.get("tag", "")


class Via(msgspec.Struct, frozen=True):
    """One hop."""

    transport: str
    """In upper case."""
    host: str
    port: int | None
    parameters: dict[str, str]

    @property
    def branch(self) -> str:
        """Empty where there is none."""
        return self.parameters.get("branch", "")


def quoted_user(user: str) -> str:
    """Return the user part as a URI spells it."""
    return "".join(
        c if c.isascii() and (c.isalnum() or c in "-_.!~*'()&=+$,;?/") else _escaped(c)
        for c in user
    )


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def read_uri(text: str) -> Uri:
    """Read a SIP URI; its headers (after ``?``) are dropped. Raises ``ValueError``."""
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if not colon or scheme not in SCHEMES:
        raise ValueError("not a SIP URI")
    if any(character.isspace() for character in text):
        raise ValueError("a URI with a space")
    user, at, where = rest.rpartition("@")
    if not at:
        user, where = "", rest
    where = where.partition("?")[0]
    host, semicolon, parameters = where.partition(";")
    name, port = read_host(host)
    # A password after the user name is nothing that anybody should be asked for.
    user = unquote(user.partition(":")[0], errors="strict")
    if _NO_TEXT.search(user):
        raise ValueError("a user name with control characters")
    return Uri(scheme, user, name, port, semicolon + parameters)


def read_host(text: str) -> tuple[str, int | None]:
    """Read ``host`` or ``host:port``. Raises ``ValueError``."""
    match = _HOST.fullmatch(text)
    if match is None:
        raise ValueError("not a host")
    if match[1] is None:
        return text, None
    port = int(match[1])
    if not 0 < port <= LARGEST_PORT:
        raise ValueError("not a port")
    return text[: match.start(1) - 1], port


def read_party(text: str) -> Party:
    """Read one ``"Display" <uri>;parameters`` or ``uri;parameters``. Raises ``ValueError``."""
    text = text.strip()
    display = ""
    if text.startswith('"'):
        display, end = _quoted(text, 0)
        text = text[end:].lstrip()
        if not text.startswith("<"):
            raise ValueError("a display name without an address in <>")
    before, opening, rest = text.partition("<")
    if not opening:
        uri, _, parameters = text.partition(";")
        return Party("", _some(uri.strip()), read_parameters(parameters))
    uri, closing, after = rest.partition(">")
    if not closing:
        raise ValueError("an address without its >")
    after = after.strip()
    if after and not after.startswith(";"):
        raise ValueError("text after an address")
    display = display or " ".join(before.split())
    return Party(display, _some(uri.strip()), read_parameters(after[1:]))


def _some(uri: str) -> str:
    if not uri or any(character.isspace() for character in uri):
        raise ValueError("no address")
    return uri


def read_via(text: str) -> Via:
    """Read one value of ``Via``. Raises ``ValueError``."""
    protocol = _SENT_PROTOCOL.fullmatch(text.strip())
    if protocol is None:
        raise ValueError("a Via of another protocol")
    sent_by, _, parameters = protocol[2].partition(";")
    host, port = read_host("".join(sent_by.split()))
    return Via(protocol[1].upper(), host, port, read_parameters(parameters))


def read_parameters(text: str, separator: str = ";") -> dict[str, str]:
    """Read ``name=value`` pairs; the first of a name counts. Raises ``ValueError``."""
    found: dict[str, str] = {}
    for part in split(text, separator):
        name, equals, value = part.partition("=")
        name, value = name.strip().lower(), value.strip()
        if not name or any(character.isspace() for character in name):
            raise ValueError("a parameter without a name")
        if equals and value.startswith('"'):
            value, _ = _quoted(value, 0)
        found.setdefault(name, value)
    return found


def split(text: str, separator: str = ",") -> Iterator[str]:
    """Yield the parts of a list that are not empty; quotes and ``<>`` hide separators.

    Raises ``ValueError`` for a quote or a ``<`` that does not end.
    """
    start = place = 0
    enclosed = False
    while place < len(text):
        character = text[place]
        if character == '"':
            place = _quoted_end(text, place)
            continue
        if character == "<":
            enclosed = True
        elif character == ">":
            enclosed = False
        elif character == separator and not enclosed:
            if part := text[start:place].strip():
                yield part
            start = place + 1
        place += 1
    if enclosed:
        raise ValueError("an address without its >")
    if part := text[start:].strip():
        yield part


def _quoted(text: str, start: int) -> tuple[str, int]:
    """Return what the quotes at ``start`` hold, and the place after them."""
    end = _quoted_end(text, start)
    return re.sub(r"\\(.)", r"\1", text[start + 1 : end - 1], flags=re.DOTALL), end


def _quoted_end(text: str, start: int) -> int:
    place = start + 1
    while place < len(text):
        if text[place] == "\\":
            place += 1
        elif text[place] == '"':
            return place + 1
        place += 1
    raise ValueError("a quote that does not end")


def quote(text: str) -> str:
    """Return ``text`` in quotes, without control characters."""
    clean = _NO_TEXT.sub("", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{clean}"'
