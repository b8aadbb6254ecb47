"""Proofs of possession (DPoP, RFC 9449) that clients send for tokens bound to a key. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
import msgspec

from ringproof_fakeserver.protocol.errors import TokenError

ALGORITHMS = ("RS256", "ES256")
"""What the published SDKs sign with."""
VALID_S = 300
"""How far the clock of a client may be from ours."""
KEPT = 10_000
"""Proofs remembered, so that none is used twice."""
LONGEST = 8_192

_MEMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}


class _Claims(msgspec.Struct, frozen=True):
    jti: str
    htm: str
    htu: str
    iat: int | float
    ath: str = ""


_claims = msgspec.json.Decoder(_Claims)


class Proofs:
    """Verifies proofs, each once."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def verify(self, proof: str, path: str, now_s: int, access_token: str = "") -> str:
        """Return the thumbprint of the key that signed a proof for ``POST`` to this path.

        ``access_token``, unless empty, must be the one that the proof names by its hash. Raises
        ``TokenError`` with what is wrong.
        """
        if len(proof) > LONGEST:
            raise TokenError("the proof is too long")
        key, claims = _read(proof)
        if claims.htm != "POST" or not _is_for(claims.htu, path):
            raise TokenError("the proof is for another request")
        if abs(claims.iat - now_s) > VALID_S:
            raise TokenError("the proof is too old, or from the future")
        if access_token and claims.ath != _hash(access_token.encode()):
            raise TokenError("the proof is for another token")
        mark = _hash(f"{key} {claims.jti}".encode())
        if mark in self._seen:
            raise TokenError("the proof was used before")
        self._seen[mark] = None
        if len(self._seen) > KEPT:
            del self._seen[next(iter(self._seen))]
        return key


def _is_for(htu: str, path: str) -> bool:
    """Whether ``htu`` is this path: the published SDK sends it without a host."""
    if not htu.startswith(("http://", "https://")):
        return htu == path
    try:
        return urlsplit(htu).path == path
    except ValueError:
        return False


def _read(proof: str) -> tuple[str, _Claims]:
    """Check the signature of a proof; return the thumbprint of its key and its claims."""
    try:
        header = jwt.get_unverified_header(proof)
        if header.get("typ") != "dpop+jwt" or header.get("alg") not in ALGORITHMS:
            raise TokenError(f"the proof must be a dpop+jwt, signed with one of {ALGORITHMS}")
        public = header.get("jwk")
        if not isinstance(public, dict) or "d" in public:
            raise TokenError("the proof has no public key")
        key = jwt.PyJWK.from_dict(public, algorithm=header["alg"])
        body = jwt.PyJWS(algorithms=list(ALGORITHMS)).decode(proof, key.key, [header["alg"]])
        return thumbprint(public), _claims.decode(body)
    except (jwt.PyJWTError, msgspec.DecodeError, ValueError, TypeError, KeyError) as error:
        raise TokenError(f"the proof cannot be read: {error}") from error


def thumbprint(key: Mapping[str, Any]) -> str:
    """Return the SHA-256 thumbprint of a public key (RFC 7638). Raises ``TokenError``."""
    members = _MEMBERS.get(key.get("kty", ""))
    if members is None or not all(isinstance(key.get(name), str) for name in members):
        raise TokenError("the key of the proof is of no known kind")
    canonical = json.dumps({name: key[name] for name in members}, separators=(",", ":"))
    return _hash(canonical.encode())


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
