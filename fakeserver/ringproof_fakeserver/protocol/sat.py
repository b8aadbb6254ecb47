"""Access tokens: minted, verified, decoded. Signed JSON, opaque to clients."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Literal

import jwt
import msgspec

from ringproof_fakeserver.protocol.errors import TokenError

Kind = Literal["subscriber", "guest", "embed", "refresh"]

CLIENT_KINDS: tuple[Kind, ...] = ("subscriber", "guest", "embed")
"""Kinds that open a session; a refresh token does not."""

ALGORITHM = "HS256"


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The claims of a token. Times are Unix seconds."""

    jti: str
    """Unique per token; names the session in facts."""
    subscriber: str = msgspec.field(default="", name="sub")
    """Id of the subscriber; empty for tokens that belong to nobody (embed)."""
    kind: Kind = "subscriber"
    issued_s: int = msgspec.field(default=0, name="iat")
    expires_s: int = msgspec.field(default=0, name="exp")
    scope: tuple[str, ...] = ()
    jkt: str = ""
    """Thumbprint of the key that the token is bound to; empty: to none."""
    allowed_addresses: tuple[str, ...] = ()
    """Ids of the addresses a guest may call."""


_payload = msgspec.json.Decoder(Claims)
_signatures = jwt.PyJWS()
"""PyJWT without its checks of claims: it would compare times with the clock."""


def mint(claims: Claims, key: bytes, ch: str) -> str:
    """Sign a token whose header leads clients back to ``ch`` (``host.domain[:port]``).

    The header type is ``Refresh`` for refresh tokens and ``SAT`` for all others, as in samples of
    real tokens. Real ones are encrypted (five parts); clients read the header of either alike.
    """
    header = {"typ": "Refresh" if claims.kind == "refresh" else "SAT", "ch": ch}
    return jwt.encode(msgspec.to_builtins(claims), key, algorithm=ALGORITHM, headers=header)


def read(token: str, key: bytes, now_s: int, kinds: Collection[Kind] = CLIENT_KINDS) -> Claims:
    """Verify a token and return its claims.

    ``now_s`` is the time to judge expiry by: no clock is read here. Raises ``TokenError``, with
    ``expired`` or ``kind`` in the message where that is the only thing wrong.
    """
    claims = _verified(token, key)
    if claims.expires_s <= now_s:
        raise TokenError("the token has expired")
    if claims.kind not in kinds:
        raise TokenError(f"wrong kind of token: {claims.kind}")
    return claims


@functools.lru_cache(maxsize=1_024)
def _verified(token: str, key: bytes) -> Claims:
    """Check the signature alone, which never changes; refusals are not remembered.

    A simulation opens a session for every scenario, mostly with the same few tokens: checking each
    again took a tenth of a scenario with one call.
    """
    return _claims(token, key, verify=True)


def peek(token: str) -> Claims:
    """Return the claims without verifying anything. Raises ``TokenError`` if there are none."""
    return _claims(token, b"", verify=False)


def _claims(token: str, key: bytes, *, verify: bool) -> Claims:
    try:
        body = _signatures.decode(token, key, [ALGORITHM], {"verify_signature": verify})
        return _payload.decode(body)
    except (jwt.InvalidTokenError, ValueError, msgspec.DecodeError) as error:
        raise TokenError(f"not a token of ours: {error}") from error
