"""Adapts offers and answers to both ends, as text. Pure.

aiortc and browsers disagree in three places about unbundled descriptions.
"""

from __future__ import annotations

# A browser's answer with two sections and all interfaces of a laptop has some 10 kB.
LARGEST_ANSWER_CHARACTERS = 65_536
LARGEST_CANDIDATE_COUNT = 128

# The sound codecs aiortc offers; those with a fixed number need no rtpmap (RFC 3551 section 6).
_SOUND_CODECS = {"opus", "g722", "pcmu", "pcma"}
_FIXED_CODECS = {"0": "pcmu", "8": "pcma", "9": "g722"}

_END_OF_CANDIDATES = "a=end-of-candidates"
_TRANSPORT = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:")


def adapt_answer(offer: str, answer: str) -> str:
    """Return a client's answer as aiortc needs it.

    A BUNDLE group that was not offered is dropped (RFC 9143 section 7.3 forbids it, aiortc as an
    answerer adds it nevertheless). Refused sections (port 0) come without transport, which aiortc
    does not accept: they become inactive and use the transport of the first live section.
    Raises ``ValueError`` with a sentence for a person when the answer cannot be used.
    """
    if len(answer) > LARGEST_ANSWER_CHARACTERS:
        raise ValueError(f"the answer has more than {LARGEST_ANSWER_CHARACTERS} characters")
    if answer.count("a=candidate:") > LARGEST_CANDIDATE_COUNT:
        raise ValueError(f"the answer has more than {LARGEST_CANDIDATE_COUNT} candidates")
    session, *answered = _sections(_open_ended(answer))
    offered = _sections(offer)[1:]
    if [_kind(section) for section in answered] != [_kind(section) for section in offered]:
        raise ValueError("the answer's m-sections are not those of the offer")
    # Offers go out without mids; the sections are known by their places.
    answered = [
        [section[0], f"a=mid:{_mid(offer)}", *_except(section[1:], "a=mid:")]
        for offer, section in zip(offered, answered, strict=True)
    ]
    session = _except(session, "a=group:BUNDLE")
    live = [section for section in answered if not _refused(section)]
    if not live:
        raise ValueError("the answer refuses all media")
    if not all(
        any(line.startswith("a=fingerprint:") for line in session + section) for section in live
    ):
        raise ValueError("the answer has no certificate fingerprint")
    if len(live) < len(answered):
        carrier = [line for line in session + live[0] if line.startswith(_TRANSPORT)]
        refused = [
            _mid(offer) for offer, each in zip(offered, answered, strict=True) if _refused(each)
        ]
        session.append(f"a=group:BUNDLE {' '.join([_mid(live[0]), *refused])}")
        answered = [
            _inactive(offer, carrier) if _refused(each) else each
            for offer, each in zip(offered, answered, strict=True)
        ]
    return "\r\n".join(line for section in [session, *answered] for line in section) + "\r\n"


def adapt_offer(local: str, offer: str) -> str:
    """Return a client's new offer as aiortc needs it; ``local`` is its last local description.

    ``local`` is empty for the first offer of all. Sections are known by their places, and there is
    one of each kind. A refused section (port 0) becomes inactive and names the transport of the
    first live one, which aiortc then ignores.
    Raises ``ValueError`` as ``adapt_answer`` does.
    """
    if len(offer) > LARGEST_ANSWER_CHARACTERS:
        raise ValueError(f"the offer has more than {LARGEST_ANSWER_CHARACTERS} characters")
    if offer.count("a=candidate:") > LARGEST_CANDIDATE_COUNT:
        raise ValueError(f"the offer has more than {LARGEST_CANDIDATE_COUNT} candidates")
    session, *offered = _sections(_open_ended(offer))
    known = _sections(local)[1:]
    kinds = [_kind(section) for section in offered]
    if kinds[: len(known)] != [_kind(section) for section in known]:
        raise ValueError("the offer's first m-sections are not those of the call")
    if len(set(kinds)) < len(kinds) or not set(kinds) <= {"audio", "video"}:
        raise ValueError("an offer has one section of audio and one of video at most")
    session = _except(session, "a=group:BUNDLE")
    live = [section for section in offered if not _refused(section)]
    if not live:
        raise ValueError("the offer refuses all media")
    carrier = [line for line in session + live[0] if line.startswith(_TRANSPORT)]
    mids = [_mid(section) for section in known]
    mids += [str(place) for place in range(len(known), len(offered))]
    lines = session
    for place, section in enumerate(offered):
        rest = _except(section[1:], "a=mid:")
        if _refused(section):
            if place >= len(known):
                raise ValueError("a section that is new is refused")
            lines += _inactive(known[place], carrier)
        else:
            lines += [section[0], f"a=mid:{mids[place]}", *rest]
    return "\r\n".join(lines) + "\r\n"


def refused_places(sdp: str) -> frozenset[int]:
    """Return the places of the sections that are refused (port 0)."""
    sections = _sections(sdp)[1:]
    return frozenset([place for place, section in enumerate(sections) if _refused(section)])


def fingerprints(sdp: str) -> list[str]:
    """Return the certificate's fingerprint of each section; empty where there is none."""
    session, *sections = _sections(sdp)
    found = []
    for section in sections:
        lines = [line for line in section + session if line.startswith("a=fingerprint:")]
        found.append(lines[0].lower() if lines else "")
    return found


def _open_ended(sdp: str) -> str:
    """Return a client's description without what would end the checks too early, or hold them up.

    aioice gives up at once when no candidate is left to try, but a client with none that leads
    anywhere is still found by its own checks (RFC 8863). Names of mDNS lead to hosts that check by
    themselves too: to ask for them takes a second where nobody answers, and leaves the machine.
    """
    lines = [line for line in sdp.splitlines() if line != _END_OF_CANDIDATES]
    return "\r\n".join([line for line in lines if not _is_hidden(line)]) + "\r\n"


def _is_hidden(line: str) -> bool:
    """Say whether a line is a candidate whose address is hidden behind a name of mDNS."""
    words = line.split(" ")
    return line.startswith("a=candidate:") and len(words) > 4 and words[4].endswith(".local")


def _except(lines: list[str], prefix: str) -> list[str]:
    return [line for line in lines if not line.startswith(prefix)]


def wants_opus(answer: str) -> bool:
    """Return whether a leg sends Opus to the client that sent this answer.

    aiortc sends the first codec of the answer that it knows.
    """
    sound = next(section for section in _sections(answer) if _kind(section) == "audio")
    names = dict(_FIXED_CODECS)
    for line in sound:
        if line.startswith("a=rtpmap:"):
            number, _, name = line.removeprefix("a=rtpmap:").partition(" ")
            names[number] = name.partition("/")[0].lower()
    chosen = (names.get(number, "") for number in sound[0].split()[3:])
    return next((name for name in chosen if name in _SOUND_CODECS), "") == "opus"


def _sections(sdp: str) -> list[list[str]]:
    """Split into the session part and one part per m-line."""
    parts: list[list[str]] = [[]]
    for line in "\n".join(sdp.splitlines()).strip("\n").split("\n"):
        if line.startswith("m="):
            parts.append([])
        parts[-1].append(line)
    return parts


def _inactive(offered: list[str], carrier: list[str]) -> list[str]:
    """Write a section that agrees to the first offered codec and sends nothing either way."""
    kind, _, profile, codec, *_ = offered[0].removeprefix("m=").split()
    rtpmap = [line for line in offered if line.startswith(f"a=rtpmap:{codec} ")]
    head = [f"m={kind} 9 {profile} {codec}", "c=IN IP4 0.0.0.0", f"a=mid:{_mid(offered)}"]
    return [*head, *rtpmap, "a=rtcp-mux", "a=inactive", *carrier]


def _kind(section: list[str]) -> str:
    return section[0].removeprefix("m=").split(" ")[0]


def _refused(section: list[str]) -> bool:
    words = section[0].split(" ")
    return len(words) > 1 and words[1] == "0"


def _mid(section: list[str]) -> str:
    return next((line[6:] for line in section if line.startswith("a=mid:")), "")
