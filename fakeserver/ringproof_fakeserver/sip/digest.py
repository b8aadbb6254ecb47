"""Digest authentication: challenges, and credentials that answer them (RFC 7616, RFC 8760).

Nonces carry their age and a signature, so that none has to be kept. What is kept, for the latest
ones alone, is how often each was used: credentials that were seen on the wire are good for nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Literal

import msgspec

from ringproof_fakeserver.sip.addresses import quote, read_parameters

NONCE_MS = 5 * 60 * 1000
"""How long a nonce is good for."""
NONCES_KEPT = 4_096
WRONG_ALLOWED = 3
"""How many wrong passwords in one SIP call (``Call-ID``) are answered with 403 in place of 401."""
CALLS_KEPT = 1_024

ALGORITHMS: dict[str, Callable[[bytes], hashlib._Hash]] = {
    "MD5": hashlib.md5,
}
"""Those that are offered. One alone: baresip 1.0.0 gives up where SHA-256 is offered beside it."""

_LONGEST = 512

Outcome = Literal["right", "missing", "wrong", "stale", "unknown", "refused"]


class Credentials(msgspec.Struct, frozen=True):
    """The header ``Authorization`` or ``Proxy-Authorization`` of a request."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str
    qop: str
    count: str
    cnonce: str


def read_credentials(text: str) -> Credentials | None:
    """Read the value of a header; None for anything but usable Digest credentials."""
    scheme, _, rest = text.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    try:
        found = read_parameters(rest, ",")
    except ValueError:
        return None
    if any(len(value) > _LONGEST for value in found.values()):
        return None
    names = ("username", "realm", "nonce", "uri", "response")
    if any(not found.get(name) for name in names):
        return None
    algorithm = found.get("algorithm", "MD5").upper()
    return Credentials(
        username=found["username"],
        realm=found["realm"],
        nonce=found["nonce"],
        uri=found["uri"],
        response=found["response"],
        algorithm=algorithm,
        qop=found.get("qop", "").lower(),
        count=found.get("nc", ""),
        cnonce=found.get("cnonce", ""),
    )


def response_to(credentials: Credentials, method: str, password: str) -> str:
    """Return the response that these credentials need for ``password``; empty if none is right."""
    make = ALGORITHMS.get(credentials.algorithm)
    if make is None or credentials.qop not in ("", "auth"):
        return ""

    def hashed(*parts: str) -> str:
        return make(":".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

    who = hashed(credentials.username, credentials.realm, password)
    what = hashed(method, credentials.uri)
    if not credentials.qop:
        return hashed(who, credentials.nonce, what)
    once = (credentials.nonce, credentials.count, credentials.cnonce, credentials.qop)
    return hashed(who, *once, what)


class Guard:
    """Challenges requests of one realm. ``key`` is a secret of this run."""

    def __init__(self, realm: str, key: bytes) -> None:
        self.realm = realm
        self._key = key
        self._issued = 0
        self._used: dict[str, int] = {}
        """By nonce: the largest count of a use."""
        self._wrong: dict[str, int] = {}
        """By ``Call-ID``: how many wrong passwords it brought."""

    def challenges(self, now_ms: int, *, stale: bool = False) -> list[str]:
        """Return the values of the header that challenges, one for each algorithm."""
        nonce = self._nonce(now_ms)
        again = ", stale=true" if stale else ""
        return [
            f'Digest realm={quote(self.realm)}, nonce="{nonce}", algorithm={algorithm}, '
            f'qop="auth"{again}'
            for algorithm in ALGORITHMS
        ]

    def judge(
        self,
        header: str,
        method: str,
        call_id: str,
        now_ms: int,
        password: Callable[[str], str | None],
    ) -> tuple[Outcome, str]:
        """Judge a request by the value of its header, empty where it has none.

        ``password`` gives that of a user name, None if there is no such user. Returns the outcome
        and the user name, empty unless the outcome is ``right``.
        """
        credentials = read_credentials(header)
        if credentials is None or credentials.realm != self.realm:
            return "missing", ""
        known = password(credentials.username)
        if known is None:
            return "unknown", ""
        wanted = response_to(credentials, method, known)
        given = credentials.response.lower().encode("utf-8", "surrogateescape")
        if not wanted or not hmac.compare_digest(wanted.encode(), given):
            return self._wrong_again(call_id), ""
        if not self._fresh(credentials, now_ms):
            return "stale", ""
        self._wrong.pop(call_id, None)
        return "right", credentials.username

    def _wrong_again(self, call_id: str) -> Outcome:
        """Count a wrong password. After a refusal a user agent may begin anew, with another one."""
        count = self._wrong.pop(call_id, 0) + 1
        if count >= WRONG_ALLOWED:
            return "refused"
        _keep(self._wrong, call_id, count, CALLS_KEPT)
        return "wrong"

    def _nonce(self, now_ms: int) -> str:
        self._issued += 1
        body = f"{now_ms:x}.{self._issued:x}"
        return f"{body}.{self._signature(body)}"

    def _signature(self, body: str) -> str:
        return hmac.digest(self._key, body.encode("utf-8", "surrogateescape"), "sha256").hex()[:32]

    def _fresh(self, credentials: Credentials, now_ms: int) -> bool:
        """Whether the nonce is one of ours, young, and used for the first time with its count."""
        body, _, signature = credentials.nonce.rpartition(".")
        own = self._signature(body).encode()
        if not hmac.compare_digest(own, signature.encode("utf-8", "surrogateescape")):
            return False
        made_ms = int(body.partition(".")[0], 16)
        if now_ms - made_ms > NONCE_MS:
            return False
        try:
            count = int(credentials.count, 16) if credentials.qop else 1
        except ValueError:
            return False
        if count <= self._used.get(credentials.nonce, 0):
            return False
        _keep(self._used, credentials.nonce, count, NONCES_KEPT)
        return True


def _keep(memory: dict[str, int], key: str, value: int, limit: int) -> None:
    """Keep the latest ``limit`` entries."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > limit:
        del memory[next(iter(memory))]
