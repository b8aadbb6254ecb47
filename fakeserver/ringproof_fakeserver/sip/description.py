"""Session descriptions of plain RTP: one section of G.711 sound, with key presses (RFC 3264).

Other sections of an offer are refused with port 0. SRTP is not simulated: a section that needs it
cannot be used.
"""

from __future__ import annotations

import ipaddress
import re

import msgspec

from ringproof_fakeserver.protocol.sdp import DIRECTIONS, answer_to, sections_of

CODECS = {"PCMU": 0, "PCMA": 8}
"""By name: the static payload type. First the one that is taken where an offer has both equally."""
EVENTS = 101
"""Payload type of key presses in our own offers (RFC 4733)."""
PROFILES = frozenset({"RTP/AVP", "RTP/AVPF"})
SECTIONS = 16
"""Most sections of a description."""
LARGEST_PORT = 65_535

_RTPMAP = re.compile(r"a=rtpmap:([0-9]{1,3}) ([\w.-]{1,32})/([0-9]{1,6})", re.IGNORECASE)


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """What the other end has described: the section of sound that is used."""

    section: int
    """Its place among all sections."""
    host: str
    """IP address where it wants to receive."""
    port: int
    codec: str
    """``PCMU`` or ``PCMA``: the first that it names of those."""
    number: int
    """Payload type of the codec."""
    events: int | None
    """Payload type of key presses; None where it has none."""
    direction: str
    """As the other end sees it; on hold with the address 0.0.0.0, ``inactive``."""
    headers: tuple[str, ...]
    """The ``m=`` lines of all sections."""

    @property
    def wants(self) -> bool:
        """Whether it wants to receive."""
        return self.direction in ("sendrecv", "recvonly")


def read(sdp: str) -> Sound:
    """Find the section to use in an offer or answer. Raises ``ValueError`` if there is none."""
    session, *sections = sections_of(sdp)
    if len(sections) > SECTIONS:
        raise ValueError("too many sections")
    headers = tuple([section[0] for section in sections])
    for place, section in enumerate(sections):
        words = section[0].removeprefix("m=").split()
        if len(words) < 4 or words[0] != "audio" or words[2].upper() not in PROFILES:
            continue
        port = words[1].partition("/")[0]
        codec = _codec(section, words[3:])
        if (
            codec is None
            or not re.fullmatch(r"[0-9]{1,5}", port)
            or not 0 < int(port) <= LARGEST_PORT
        ):
            continue
        host, held = _host(section) or _host(session) or ("", False)
        if not host:
            raise ValueError("no IP address")
        direction = _direction(section) or _direction(session) or "sendrecv"
        return Sound(
            section=place,
            host=host,
            port=int(port),
            codec=codec[0],
            number=codec[1],
            events=_number(section, words[3:], "telephone-event"),
            direction="inactive" if held else direction,
            headers=headers,
        )
    raise ValueError("no section with PCMU or PCMA over RTP")


def is_usable(sdp: str, host: str) -> bool:
    """Whether ``read`` finds a section that receives at the IP address ``host``, or is on hold.

    Whoever describes another machine would have us send it sound that it did not ask for.
    """
    try:
        named = ipaddress.ip_address(read(sdp).host)
        return named.is_unspecified or named == ipaddress.ip_address(host)
    except ValueError:
        return False


def offer(host: str, port: int, version: int, codecs: tuple[str, ...] = ()) -> str:
    """Return an offer of sound. ``codecs`` are the names of a dial; none of ours named: ours."""
    names = [name for name in codecs if name in CODECS] or list(CODECS)
    formats = [(CODECS[name], name) for name in names]
    return _text(host, version, _section(host, port, formats, EVENTS, "sendrecv"))


def answer(sound: Sound, host: str, port: int, version: int) -> str:
    """Return the answer to an offer that was read as ``sound``."""
    lines: list[str] = []
    for place, header in enumerate(sound.headers):
        if place == sound.section:
            direction = answer_to({"audio": sound.direction})["audio"]
            formats = [(sound.number, sound.codec)]
            lines += _section(host, port, formats, sound.events, direction)
        else:
            words = header.split()
            lines.append(" ".join([words[0], "0", *words[2:]]))
    return _text(host, version, lines)


def _section(
    host: str, port: int, formats: list[tuple[int, str]], events: int | None, direction: str
) -> list[str]:
    numbers = [number for number, _ in formats] + ([] if events is None else [events])
    lines = [f"m=audio {port} RTP/AVP {' '.join(map(str, numbers))}"]
    lines += [f"a=rtpmap:{number} {name}/8000" for number, name in formats]
    if events is not None:
        lines += [f"a=rtpmap:{events} telephone-event/8000", f"a=fmtp:{events} 0-15"]
    return [*lines, "a=ptime:20", f"a={direction}"]


def _text(host: str, version: int, sections: list[str]) -> str:
    family = "IP6" if ":" in host else "IP4"
    head = [
        "v=0",
        f"o=ringproof 1 {version} IN {family} {host}",
        "s=ringproof",
        f"c=IN {family} {host}",
        "t=0 0",
    ]
    return "\r\n".join([*head, *sections]) + "\r\n"


def _codec(section: list[str], numbers: list[str]) -> tuple[str, int] | None:
    """Return the first codec of the section that is one of ours, and its payload type."""
    names = {str(number): name for name, number in CODECS.items()}
    for line in section:
        if (match := _RTPMAP.match(line)) is not None:
            name = match[2].upper()
            names[match[1]] = name if match[3] == "8000" else ""
    for number in numbers:
        if names.get(number) in CODECS:
            return names[number], int(number)
    return None


def _number(section: list[str], numbers: list[str], name: str) -> int | None:
    for line in section:
        match = _RTPMAP.match(line)
        found = match is not None and match[2].lower() == name and match[3] == "8000"
        if match is not None and found and match[1] in numbers:
            return int(match[1])
    return None


def _host(lines: list[str]) -> tuple[str, bool] | None:
    """Return the address of the ``c=`` line, and whether it means that the sound is on hold."""
    for line in lines:
        words = line.split()
        if line.startswith("c=IN IP") and len(words) == 3:
            try:
                address = ipaddress.ip_address(words[2].partition("/")[0])
            except ValueError:
                return None
            return str(address), address.is_unspecified
    return None


def _direction(lines: list[str]) -> str:
    return next((line[2:] for line in lines if line[2:] in DIRECTIONS and line[:2] == "a="), "")
