"""Access tokens: for subscribers, refreshed, for guests, and for embedded click-to-call widgets."""

from __future__ import annotations

import re

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol import not_simulated, sat
from ringproof_fakeserver.protocol.directory import PROFILE_FIELDS
from ringproof_fakeserver.protocol.errors import TokenError, invalid, refusal
from ringproof_fakeserver.rest.bodies import Fields, is_uuid, read_object
from ringproof_fakeserver.rest.context import RestContext

TOKEN_S = 2 * 60 * 60
REFRESH_S = TOKEN_S + 5 * 60
REFRESHABLE_S = 60
"""Lifetime of a token that may refresh itself but is bound to no key."""

REFRESH_SCOPE = "sat:refresh"
REGION = "us-central"
GUEST_ADDRESSES = 10

SUBSCRIBERS: tuple[sat.Kind, ...] = ("subscriber",)

MISSING = "Required parameter is missing"

_EMBED = re.compile(r"c2c_[0-9a-f]{32}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
"""Of a key: 32 bytes as URL-safe Base64."""


async def issue(context: RestContext, request: Request) -> Response:
    """Find or create a subscriber and issue a fresh token."""
    context.require_project(request)
    body = await read_object(request)
    fields = Fields(body)
    reference = fields.text("reference", missing=MISSING)
    expires_s = fields.future_s("expire_at", context.now_s)
    requirement = "43 characters of A-Z, a-z, 0-9, - and _"
    fingerprint = fields.matching("fingerprint", _THUMBPRINT.fullmatch, requirement)
    scope = fields.texts("scope")
    if any(each != REFRESH_SCOPE for each in scope):
        fields.wrong("scope", f"Scope must be {REFRESH_SCOPE}")
    fields.matching("application_id", is_uuid, "a UUID")
    fields.text("password")
    fields.matching("region", REGION.__eq__, REGION)
    # "region" routes this request and is no part of the profile, unlike in subscriber/info.
    names = [name for name in PROFILE_FIELDS if name not in ("email", "region")]
    profile = {name: value for name in names if (value := fields.text(name)) is not None}
    fields.check()
    assert reference is not None
    subscriber = context.exchange.directory.find_or_create(reference, profile, context.now_ms())
    expires_s = expires_s or context.now_s + TOKEN_S
    if scope and fingerprint is None:
        expires_s = min(expires_s, context.now_s + REFRESHABLE_S)
    claims = _grant(
        context, "subscriber", subscriber.id, expires_s, scope=scope, jkt=fingerprint or ""
    )
    headers = not_simulated.headers("subscribers/tokens", body)
    pair = _pair(context, claims)
    return JSONResponse({"subscriber_id": subscriber.id, **pair}, headers=headers)


async def refresh(context: RestContext, request: Request) -> Response:
    """Trade a refresh token for a new pair; by default that consumes it."""
    context.require_project(request)
    fields = Fields(await read_object(request))
    text = fields.text("refresh_token", missing=MISSING)
    fields.check()
    assert text is not None
    every: tuple[sat.Kind, ...] = (*sat.CLIENT_KINDS, "refresh")
    try:
        # Judged at time 0, nothing has expired: signature first, then kind, then expiry.
        claims = sat.read(text, context.settings.key, 0, every)
    except TokenError:
        raise invalid("token_invalid", "Token is invalid", "refresh_token") from None
    if claims.kind != "refresh":
        message = "Token is not a refresh token"
        raise invalid("not_a_refresh_token", message, "refresh_token")
    if claims.expires_s <= context.now_s:
        raise invalid("token_expired", "Token has expired.", "refresh_token")
    spent = not context.exchange.spent_tokens.spend(claims.jti, claims.expires_s, context.now_s)
    if spent and not context.exchange.platform(claims.subscriber).refresh_token_reusable:
        # Which code a consumed token gets is not documented.
        raise invalid("token_invalid", "Token is invalid", "refresh_token")
    fresh = _grant(
        context,
        "subscriber" if claims.subscriber else "guest",
        claims.subscriber,
        scope=claims.scope,
        allowed_addresses=claims.allowed_addresses,
        jkt=claims.jkt,
    )
    return JSONResponse(_pair(context, fresh), 201)


async def issue_guest(context: RestContext, request: Request) -> Response:
    """Issue a token that can only call some addresses."""
    context.require_either(request, SUBSCRIBERS)
    body = await read_object(request)
    fields = Fields(body)
    allowed = _guest_addresses(context, fields)
    expires_s = fields.future_s("expire_at", context.now_s)
    fields.matching("region", REGION.__eq__, REGION)
    fields.matching("ch", REGION.__eq__, REGION)
    fields.check()
    claims = _grant(context, "guest", expires_s=expires_s, allowed_addresses=allowed)
    return JSONResponse(_pair(context, claims), 201, not_simulated.headers("guests/tokens", body))


def _guest_addresses(context: RestContext, fields: Fields) -> tuple[str, ...]:
    name = "allowed_addresses"
    allowed = fields.texts(name, missing=MISSING)
    directory = context.exchange.directory
    if len(allowed) > GUEST_ADDRESSES:
        message = f"No more than {GUEST_ADDRESSES} addresses are allowed"
        fields.wrong(name, message, "allowed_address_limit_exceeded")
    elif any(not is_uuid(each) or directory.address(each) is None for each in allowed):
        message = "The addresses must belong to the project"
        fields.wrong(name, message, "must_belong_to_project")
    return allowed


async def issue_invite(context: RestContext, request: Request) -> Response:
    """Issue a token that can call one address, for somebody whom a subscriber invites."""
    context.require_token(request, SUBSCRIBERS)
    fields = Fields(await read_object(request))
    address_id = fields.text("address_id", missing=MISSING)
    if address_id is not None and context.exchange.directory.address(address_id) is None:
        fields.wrong("address_id", "Address is invalid")
    expires_s = fields.future_s("expires_at", context.now_s)
    fields.check()
    assert address_id is not None
    allowed = (address_id,)
    claims = _grant(context, "guest", expires_s=expires_s, allowed_addresses=allowed)
    return JSONResponse({"token": _mint(context, claims)}, 201)


async def issue_embed(context: RestContext, request: Request) -> Response:
    """Issue a token to anybody who shows a click-to-call token; no credentials."""
    fields = Fields(await read_object(request))
    text = fields.text("token", missing="token is required")
    if text is not None and not text.startswith("c2c_"):
        fields.wrong("token", "Token has an invalid prefix", "token_has_invalid_prefix")
    fields.check()
    assert text is not None
    if not _EMBED.fullmatch(text):
        raise refusal(404)
    return JSONResponse({"token": _mint(context, _grant(context, "embed"))}, 201)


def _grant(
    context: RestContext,
    kind: sat.Kind,
    subscriber: str = "",
    expires_s: int | None = None,
    *,
    scope: tuple[str, ...] = (),
    allowed_addresses: tuple[str, ...] = (),
    jkt: str = "",
) -> sat.Claims:
    """Return the claims of a fresh token; ``expires_s`` None gives the default lifetime."""
    return sat.Claims(
        jti=context.ids(),
        subscriber=subscriber,
        kind=kind,
        issued_s=context.now_s,
        expires_s=expires_s or context.now_s + TOKEN_S,
        scope=scope,
        allowed_addresses=allowed_addresses,
        jkt=jkt,
    )


def _mint(context: RestContext, claims: sat.Claims) -> str:
    return sat.mint(claims, context.settings.key, context.settings.ch)


def _pair(context: RestContext, claims: sat.Claims) -> dict[str, str]:
    """Mint a token and the refresh token that can be traded for its like."""
    refresh_claims = msgspec.structs.replace(
        claims, jti=context.ids(), kind="refresh", expires_s=context.now_s + REFRESH_S
    )
    return {"token": _mint(context, claims), "refresh_token": _mint(context, refresh_claims)}
