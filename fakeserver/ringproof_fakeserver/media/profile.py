"""Offers in the shape of the platform's own. Pure.

The platform's descriptions come from FreeSWITCH. No offer of an inbound call was ever published,
but answers were (the end-to-end logs of SDK 3.29.2 and a test's recorded answer, both in the
repository signalwire/signalwire-js), and this shape is theirs: neither BUNDLE nor mids, one
transport for each section, streams named by ``a=ssrc`` lines alone, few codecs, all candidates at
once.

aiortc writes another shape, and needs mids in the answer: ``descriptions.py`` puts them back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ringproof_fakeserver.protocol.sdp import sections_of

OPUS: Final = 111
TELEPHONE_EVENT: Final = 110
VP8: Final = 96

SOUND: Final = ("OPUS", "G722", "PCMU", "PCMA", "G729")
"""Sound codecs that a dial may name. A leg cannot play G729: the call of who picks it ends."""

_DEFAULT: Final = ("OPUS", "VP8")
_FORMATS: Final = {
    "OPUS": (
        OPUS,
        "opus/48000/2",
        "useinbandfec=1; maxaveragebitrate=30000; maxplaybackrate=48000; ptime=20; minptime=10; "
        "maxptime=40",
    ),
    "PCMU": (0, "PCMU/8000", ""),
    "PCMA": (8, "PCMA/8000", ""),
    "G722": (9, "G722/8000", ""),
    "G729": (18, "G729/8000", ""),
}
_VIDEO_FEEDBACK: Final = ("ccm fir", "nack", "nack pli")


def sound_codecs(codecs: Iterable[str]) -> tuple[str, ...]:
    """Return the sound codecs of an offer for a dial that named these; none named: the default."""
    named = tuple([codec for codec in codecs if codec in SOUND])
    return named or _DEFAULT[:1]


def platform_offer(sdp: str, *, msid: bool, codecs: tuple[str, ...] = ()) -> str:
    """Return aiortc's offer as the platform would have written it.

    ``codecs`` are those of the dial; without ``msid`` nothing says which stream a track belongs to.
    Each section must have a candidate.
    """
    session, *sections = sections_of(sdp)
    stream = _stream(sections) if msid else ""
    offer = _head(session, sections[0], stream)
    for section in sections:
        offer += _section(section, stream, codecs)
    return "\r\n".join(offer) + "\r\n"


def platform_answer(sdp: str, offer: str, *, refused: frozenset[int], msid: bool) -> str:
    """Return aiortc's answer to a client's new offer as the platform would have written it.

    ``refused`` are the places of the sections that the offer itself refuses. The stream is that of
    the invite's offer: under another name a browser would announce its tracks anew.
    """
    session, *sections = sections_of(sdp)
    offered = sections_of(offer)[1:]
    live = [lines for place, lines in enumerate(sections) if place not in refused]
    stream = _stream(live) if msid else ""
    answer = _head(session, live[0], stream)
    for place, lines in enumerate(sections):
        if place in refused:
            answer += [" ".join([lines[0].split(" ")[0], "0", *lines[0].split(" ")[2:]])]
            answer += ["a=inactive"]
        else:
            answer += _answered(lines, offered[place], stream)
    return "\r\n".join(answer) + "\r\n"


def _stream(sections: list[list[str]]) -> str:
    """Return the name that aiortc's stream has on the wire."""
    names = [_value(lines, "a=msid:").partition(" ")[0] for lines in sections]
    return next((name for name in names if name), "").replace("-", "")[:32]


def _head(session: list[str], section: list[str], stream: str) -> list[str]:
    """Write the session part; ``stream`` is empty for one that names none."""
    number = next(line.split()[1] for line in session if line.startswith("o="))
    address, _ = _address(section)
    head = [
        "v=0",
        f"o=FreeSWITCH {number} {int(number) + 1} IN IP{_family(address)} {address}",
        "s=FreeSWITCH",
        f"c=IN IP{_family(address)} {address}",
        "t=0 0",
    ]
    return [*head, f"a=msid-semantic: WMS {stream}"] if stream else head


def _answered(lines: list[str], offered: list[str], stream: str) -> list[str]:
    """Write a section of an answer: the codecs and the direction are aiortc's."""
    kind = lines[0].removeprefix("m=").partition(" ")[0]
    address, port = _address(lines)
    numbers = lines[0].split(" ")[3:]
    # aiortc does not know the format of key presses, which it need not play.
    keys = [line for line in offered if " telephone-event/48000" in line][:1]
    numbers += [line.removeprefix("a=rtpmap:").partition(" ")[0] for line in keys]
    codecs = [line for line in lines if line.startswith(("a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"))]
    ways = ("a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive")
    return [
        f"m={kind} {port} UDP/TLS/RTP/SAVPF {' '.join(numbers)}",
        *codecs,
        *keys,
        next(line for line in lines if line in ways),
        *_transport(lines, kind, address, port, setup=_value(lines, "a=setup:"), stream=stream),
    ]


def _transport(
    lines: list[str], kind: str, address: str, port: str, *, setup: str, stream: str = ""
) -> list[str]:
    return [
        f"a=fingerprint:{_value(lines, 'a=fingerprint:')}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
        f"a=rtcp:{port} IN IP{_family(address)} {address}",
        *_sources(lines, kind, stream),
        f"a=ice-ufrag:{_value(lines, 'a=ice-ufrag:')}",
        f"a=ice-pwd:{_value(lines, 'a=ice-pwd:')}",
        *_candidates(lines),
        "a=end-of-candidates",
    ]


def _section(lines: list[str], stream: str, codecs: tuple[str, ...]) -> list[str]:
    """Write one section; ``stream`` is empty for one that names none."""
    kind = lines[0].removeprefix("m=").partition(" ")[0]
    address, port = _address(lines)
    formats = _sound(codecs) if kind == "audio" else _video()
    numbers = " ".join(str(number) for number, _ in formats)
    return [
        f"m={kind} {port} UDP/TLS/RTP/SAVPF {numbers}",
        *[line for _, described in formats for line in described],
        "a=sendrecv",
        *_transport(lines, kind, address, port, setup="actpass", stream=stream),
    ]


def _sound(codecs: tuple[str, ...]) -> list[tuple[int, list[str]]]:
    formats = []
    for codec in sound_codecs(codecs):
        number, name, parameters = _FORMATS[codec]
        described = [f"a=rtpmap:{number} {name}"]
        formats.append((number, described))
        if parameters:
            described.append(f"a=fmtp:{number} {parameters}")
    rate = 48_000 if formats[0][0] == OPUS else 8_000
    event = [f"a=rtpmap:{TELEPHONE_EVENT} telephone-event/{rate}", "a=ptime:20"]
    return [*formats, (TELEPHONE_EVENT, event)]


def _video() -> list[tuple[int, list[str]]]:
    feedback = [f"a=rtcp-fb:{VP8} {each}" for each in _VIDEO_FEEDBACK]
    return [(VP8, [f"a=rtpmap:{VP8} VP8/90000", *feedback])]


def _sources(lines: list[str], kind: str, stream: str) -> list[str]:
    """Write the ``a=ssrc`` lines: the first source of aiortc's section is the media itself."""
    ssrc, _, name = _value(lines, "a=ssrc:").partition(" ")
    track = f"{kind[0]}0"
    sources = [f"a=ssrc:{ssrc} {name}"]
    if stream:
        sources += [
            f"a=ssrc:{ssrc} msid:{stream} {track}",
            f"a=ssrc:{ssrc} mslabel:{stream}",
            f"a=ssrc:{ssrc} label:{stream}{track}",
        ]
    return sources


def _candidates(lines: list[str]) -> list[str]:
    """Write each host candidate, and before it a reflexive one of the same address.

    The platform's reflexive one has its public address. On one machine there is none, and an
    invented one would send a client's checks out of the machine.
    """
    written = []
    for number, line in enumerate(_hosts(lines)):
        _, component, protocol, priority, address, port, *_ = line.split(" ")
        common = f"{component} {protocol} {priority} {address} {port}"
        reflexive = f"typ srflx raddr {address} rport {port} generation 0"
        written.append(f"a=candidate:{2 * number + 1} {common} {reflexive}")
        written.append(f"a=candidate:{2 * number + 2} {common} typ host generation 0")
    return written


def _hosts(lines: list[str]) -> list[str]:
    """Return the candidates, those of IPv4 only where there are any.

    IPv6 candidates lead to the same machine and cost a third of the connects per second.
    """
    candidates = [line for line in lines if line.startswith("a=candidate:")]
    return [line for line in candidates if ":" not in line.split(" ")[4]] or candidates


def _address(lines: list[str]) -> tuple[str, str]:
    words = _hosts(lines)[0].split(" ")
    return words[4], words[5]


def _family(address: str) -> int:
    return 6 if ":" in address else 4


def _value(lines: list[str], prefix: str) -> str:
    return next((line.removeprefix(prefix) for line in lines if line.startswith(prefix)), "")
