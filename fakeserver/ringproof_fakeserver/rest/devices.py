"""Tokens bound to the key of a device: the first one, and those that follow."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.errors import TokenError, invalid, refusal
from ringproof_fakeserver.rest.bodies import Fields, read_object
from ringproof_fakeserver.rest.context import RestContext
from ringproof_fakeserver.rest.tokens import MISSING, REFRESH_SCOPE, SUBSCRIBERS

TOKEN_PATH = "/api/fabric/subscriber/devices/token"
REFRESH_PATH = "/api/fabric/subscriber/devices/refresh"
DEFAULT_S = 900
LONGEST_S = 24 * 60 * 60


async def token(context: RestContext, request: Request) -> Response:
    """Bind a token to a key; the new one lives as long as the old one would have."""
    claims, _ = _claims(context, request)
    _, key = await _proof(context, request, claims, TOKEN_PATH)
    return _reply(context, claims, key, claims.expires_s)


async def refresh(context: RestContext, request: Request) -> Response:
    """Replace a bound token, which the proof must name, by one of ``expire_in`` seconds."""
    claims, text = _claims(context, request)
    if not claims.jkt:
        raise refusal(403)
    expire_in_s, key = await _proof(context, request, claims, REFRESH_PATH, text)
    return _reply(context, claims, key, context.now_s + expire_in_s)


def _claims(context: RestContext, request: Request) -> tuple[sat.Claims, str]:
    """Return the claims of a token that may be refreshed by its device, and the token."""
    claims = context.require_token(request, SUBSCRIBERS)
    if REFRESH_SCOPE not in claims.scope:
        raise refusal(403)
    return claims, request.headers["authorization"].partition(" ")[2].strip()


async def _proof(
    context: RestContext, request: Request, claims: sat.Claims, path: str, bound: str = ""
) -> tuple[int, str]:
    """Check the body; return the lifetime that it asks for in s, and the key of the device."""
    fields = Fields(await read_object(request))
    text = fields.text("dpop_token", missing=MISSING)
    expire_in_s = fields.integer("expire_in", 1, LONGEST_S) or DEFAULT_S
    fields.check()
    assert text is not None
    try:
        key = context.exchange.proofs.verify(text, path, context.now_s, bound)
    except TokenError as error:
        raise invalid("token_invalid", str(error), "dpop_token") from error
    if claims.jkt not in ("", key):
        raise invalid("token_invalid", "the proof is of another key", "dpop_token")
    return expire_in_s, key


def _reply(context: RestContext, claims: sat.Claims, key: str, expires_s: int) -> Response:
    fresh = msgspec.structs.replace(
        claims, jti=context.ids(), issued_s=context.now_s, expires_s=expires_s, jkt=key
    )
    minted = sat.mint(fresh, context.settings.key, context.settings.ch)
    lifetime_s = expires_s - context.now_s
    return JSONResponse({"token": minted, "expires_at": expires_s, "expires_in": lifetime_s}, 201)
