"""The access tokens with which scenarios open sessions: good ones, and those of ``OtherToken``."""

from __future__ import annotations

import hashlib

from msgspec.structs import replace

from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_scenarios.faults import TokenKind

EXPIRED_S = 60
"""How long ago an expired token has expired."""

SOMEBODY_ELSE = "00000000-0000-4000-8000-0000000000ff"
"""Subscriber of a token of another project: unknown to the platform under test."""


def renewed(token: str, settings: Settings) -> str:
    """Return another token of the same session, which expires one second later.

    Its ``jti`` stays: that is what a session is named by.
    """
    claims = sat.peek(token)
    claims = replace(claims, expires_s=claims.expires_s + 1)
    return sat.mint(claims, settings.key, settings.ch)


def altered(token: str, kind: TokenKind | None, settings: Settings, now_s: int) -> str:
    """Return what the app holds in place of a good token; its ``jti`` and its host stay.

    None for ``kind`` leaves the token as it is. ``now_s`` is Unix time.
    """
    if kind is None:
        return token
    claims, key = sat.peek(token), settings.key
    match kind:
        case "expired":
            expired_s = now_s - EXPIRED_S
            claims = replace(claims, issued_s=expired_s - EXPIRED_S, expires_s=expired_s)
        case "guest" | "embed":
            claims = replace(claims, kind=kind)
        case "foreign":
            claims, key = replace(claims, subscriber=SOMEBODY_ELSE), hashlib.sha256(key).digest()
        case "forged":
            key = hashlib.sha256(key).digest()
    return sat.mint(claims, key, settings.ch)
