"""Access tokens: minted, read, forged."""

from __future__ import annotations

import base64
import json

import jwt
import pytest

from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.errors import TokenError
from ringproof_fakeserver.protocol.sat import Claims
from tests.playbook import KEY

CH = "fabric.ringproof.localhost:8443"
NOW_S = 1_700_000_000
CLAIMS = Claims(
    jti="j1",
    subscriber="sub-bob",
    issued_s=NOW_S,
    expires_s=NOW_S + 60,
    scope=("sat:refresh",),
    allowed_addresses=("a1",),
)


def encoded(value: object) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_token_is_read_back() -> None:
    token = sat.mint(CLAIMS, KEY, CH)
    assert sat.read(token, KEY, NOW_S) == CLAIMS
    assert sat.peek(token) == CLAIMS


@pytest.mark.parametrize(
    ("kind", "typ"), [("subscriber", "SAT"), ("guest", "SAT"), ("refresh", "Refresh")]
)
def test_header_names_the_server(kind: sat.Kind, typ: str) -> None:
    token = sat.mint(Claims(jti="j", kind=kind), KEY, CH)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": typ, "ch": CH}


def test_expired_token_is_refused() -> None:
    token = sat.mint(CLAIMS, KEY, CH)
    assert sat.read(token, KEY, NOW_S + 59)
    with pytest.raises(TokenError, match="expired"):
        sat.read(token, KEY, NOW_S + 60)


def test_token_of_the_wrong_kind_is_refused() -> None:
    token = sat.mint(Claims(jti="j", kind="refresh", expires_s=NOW_S + 60), KEY, CH)
    with pytest.raises(TokenError, match="kind"):
        sat.read(token, KEY, NOW_S)
    assert sat.read(token, KEY, NOW_S, kinds=("refresh",)).kind == "refresh"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "a.b.c",
        "é.é.é",
        encoded({"alg": "none"}) + "." + encoded({"jti": "j1", "exp": 2**40}) + ".",
        encoded({"alg": "HS256"}) + "." + encoded({"jti": "j1", "exp": 2**40}) + ".AAAA",
        sat.mint(CLAIMS, b"x" * 32, CH),
        jwt.encode({"sub": "sub-bob", "exp": 2**40}, KEY, algorithm="HS256"),
        jwt.encode({"jti": "j1", "exp": "never"}, KEY, algorithm="HS256"),
        jwt.encode({"jti": "j1", "exp": 2**40}, KEY * 2, algorithm="HS384"),
    ],
    ids=[
        "empty",
        "word",
        "letters",
        "accents",
        "unsigned",
        "bad-signature",
        "other-key",
        "without-jti",
        "wrong-type",
        "other-algorithm",
    ],
)
def test_what_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(TokenError):
        sat.read(token, KEY, NOW_S)


@pytest.mark.parametrize("token", ["", "a.b", "a.$.c", "a.bm9uc2Vuc2U.c", "é.é.é", "a.b.c.d.e"])
def test_peek_refuses_what_has_no_claims(token: str) -> None:
    with pytest.raises(TokenError):
        sat.peek(token)
