"""Session descriptions as text: directions, lines to remove, and those of the event model."""

from __future__ import annotations

import functools

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_DIRECTION_LINES = {f"a={direction}": direction for direction in DIRECTIONS}

_ANSWERS = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}

_RECEIVING = ("sendrecv", "recvonly")
_NOWHERE = "192.0.2.1"
_ICE_NAME = "a=ice-ufrag:"

_EVENT_MODEL_HEAD = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=event model\r\nt=0 0\r\n"
_EVENT_MODEL_MEDIA = {
    "audio": "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n",
    "video": "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=rtpmap:97 VP8/90000\r\n",
}


def directions(sdp: str) -> dict[str, str]:
    """Return kind → direction for every m-section that is not refused (port 0).

    A section without a direction line is ``sendrecv`` (RFC 4566 section 6).
    """
    return _directions(sdp).copy()


@functools.lru_cache(maxsize=128)
def _directions(sdp: str) -> dict[str, str]:
    """Read a description; event-model ones are few, and each is read four times in a call."""
    result: dict[str, str] = {}
    kind = ""
    for line in sdp.splitlines():
        if line[:2] == "m=":
            words = line[2:].split()
            kind = words[0] if len(words) > 1 and words[1] != "0" else ""
            if kind:
                result[kind] = "sendrecv"
        elif kind and line in _DIRECTION_LINES:
            result[kind] = _DIRECTION_LINES[line]
    return result


def answer_to(offered: dict[str, str]) -> dict[str, str]:
    """Return the directions that answer an offer of these with all that it lets through."""
    return {kind: _ANSWERS[direction] for kind, direction in offered.items()}


def received(sdp: str) -> tuple[str, ...]:
    """Return the kinds that the writer of an answer will receive."""
    return tuple([kind for kind, way in _directions(sdp).items() if way in _RECEIVING])


def ice_names(sdp: str) -> tuple[str, ...]:
    """Return the ICE user names (``a=ice-ufrag``) in the order of the text."""
    return _ice_names(sdp)


@functools.lru_cache(maxsize=128)
def _ice_names(sdp: str) -> tuple[str, ...]:
    lines = [line for line in sdp.splitlines() if line.startswith(_ICE_NAME)]
    return tuple([line.removeprefix(_ICE_NAME).strip() for line in lines])


def sections_of(sdp: str) -> list[list[str]]:
    """Return the lines of the session's part and then those of each media section."""
    parts: list[list[str]] = [[]]
    for line in sdp.splitlines():
        if line.startswith("m="):
            parts.append([])
        parts[-1].append(line)
    return parts


def without_bundle(sdp: str) -> str:
    """Drop the BUNDLE group: in a bundled answer only the first section has candidates."""
    return _without(sdp, "a=group:BUNDLE")


def with_mids(sdp: str) -> str:
    """Number the sections that have no ``a=mid``, for libraries that cannot do without."""
    head, *sections = sdp.split("\r\nm=")
    numbered = [
        part if "\r\na=mid:" in part else part.replace("\r\n", f"\r\na=mid:{number}\r\n", 1)
        for number, part in enumerate(sections)
    ]
    return "\r\nm=".join([head, *numbered])


def with_direction(sdp: str, direction: str) -> str:
    """Give every section that is ``sendrecv`` this direction."""
    return sdp.replace("\r\na=sendrecv\r\n", f"\r\na={direction}\r\n")


def unreachable(sdp: str) -> str:
    """Replace all candidates of an offer by an unreachable address (RFC 5737)."""
    head, *sections = _without(sdp, "a=candidate:").split("\r\nm=")
    nowhere = f"a=candidate:1 1 udp 2130706431 {_NOWHERE} 9 typ host"
    return "\r\nm=".join([head, *(f"{part.rstrip()}\r\n{nowhere}" for part in sections)]) + "\r\n"


def is_reachable(sdp: str) -> bool:
    """Return whether media can connect to the writer of this description in the event model."""
    return _NOWHERE not in sdp


def _without(sdp: str, prefix: str) -> str:
    return "\r\n".join(line for line in sdp.split("\r\n") if not line.startswith(prefix))


def event_model(media: dict[str, str], *, msid: bool = True, ice: str = "") -> str:
    """Write a description for media that crosses no socket; ``media`` is kind → direction.

    ``ice`` is the ICE user name; there is none before the first restart.
    """
    text = _event_model(tuple(media.items()), msid)
    return f"{text}{_ICE_NAME}{ice}\r\n" if ice else text


@functools.lru_cache(maxsize=128)
def _event_model(media: tuple[tuple[str, str], ...], msid: bool) -> str:
    sections = [
        f"{_EVENT_MODEL_MEDIA[kind]}{'a=msid:stream ' + kind + chr(13) + chr(10) if msid else ''}"
        f"a={direction}\r\n"
        for kind, direction in media
    ]
    return _EVENT_MODEL_HEAD + "".join(sections)
