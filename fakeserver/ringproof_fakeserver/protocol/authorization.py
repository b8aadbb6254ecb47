"""Authorization states: what a client shows to resume its session after a lost socket. Pure.

A state is two base64 words with a colon between them, as the published end-to-end logs of the
browser SDK show: a long one that means nothing to the client, and 16 bytes that name it. Here the
long one is derived from the name and the key of the platform, so nothing but the names is kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from ringproof_fakeserver.protocol.session import Session

KEPT: Final = 16
"""States of one session that stay good: the newest may be lost with the socket it was sent on."""

FIRST_BYTES: Final = 672
"""Length of the state that follows a connect, before base64: 0.9 kB after it, as captured."""

LATER_BYTES: Final = (4_000, 6_800, 9_600)
"""Lengths of the states about calls, in turn: 5 to 13 kB after base64, as captured."""


def issue(session: Session, name: str, key: bytes) -> str:
    """Return a new state of the session, and remember it; ``name`` is unique to it."""
    word = hashlib.blake2b(name.encode(), digest_size=16).digest()
    number = session.states_issued
    size = LATER_BYTES[(number - 1) % len(LATER_BYTES)] if number else FIRST_BYTES
    session.states_issued = number + 1
    tail = _text(word)
    session.states[tail] = size
    if len(session.states) > KEPT:
        del session.states[next(iter(session.states))]
    return f"{_text(_filler(word, key, size))}:{tail}"


def opens(session: Session, state: str, key: bytes) -> bool:
    """Return whether the session may be resumed with this state."""
    head, _, tail = state.rpartition(":")
    size = session.states.get(tail)
    if size is None:
        return False
    expected = _text(_filler(base64.b64decode(tail), key, size))
    return hmac.compare_digest(head.encode(), expected.encode())


def _filler(word: bytes, key: bytes, size: int) -> bytes:
    return hashlib.shake_256(key + word).digest(size)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
