"""Information for a client about the subscriber of its token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.directory import PROFILE_FIELDS, Address, Subscriber
from ringproof_fakeserver.rest.auth import require_token, unauthorized
from ringproof_fakeserver.rest.context import RestContext

PUSH_KEY = "cmluZ3Byb29m"
"""Clients require a ``push_notification_key``; it has no use here."""


async def info(context: RestContext, request: Request) -> Response:
    """Describe the token's subscriber (rest.md 2.1), or the guest.

    Browser clients ask this before they open a WebSocket, and give up on anything but 200.
    """
    claims = require_token(context, request)
    if not claims.subscriber:
        return JSONResponse(_guest(context, claims))
    subscriber = context.exchange.directory.subscriber(claims.subscriber)
    if subscriber is None:
        raise unauthorized()
    return JSONResponse(_describe(subscriber) | _sat_claims(claims))


def _describe(subscriber: Subscriber) -> dict[str, Any]:
    profile: dict[str, str | None] = {name: subscriber.profile.get(name) for name in PROFILE_FIELDS}
    email = subscriber.profile.get("email", "")
    return profile | _account(subscriber.id, email, subscriber.display_name, subscriber.addresses)


def _guest(context: RestContext, claims: sat.Claims) -> dict[str, Any]:
    """Describe a guest; its id is the token's, so that clients do not share stored state."""
    addresses = map(context.exchange.directory.address, claims.allowed_addresses)
    return _account(claims.jti, "", "Guest", addresses)


def _account(
    id_: str, email: str, display_name: str, addresses: Iterable[Address | None]
) -> dict[str, Any]:
    return {
        "id": id_,
        "email": email,
        "display_name": display_name,
        "push_notification_key": PUSH_KEY,
        "app_settings": {"display_name": "", "scopes": []},
        "fabric_addresses": [address.as_json() for address in addresses if address is not None],
    }


def _sat_claims(claims: sat.Claims) -> dict[str, Any]:
    """Show the scope only if there is one: the key alone starts device-token traffic."""
    if not claims.scope:
        return {}
    return {"sat_claims": {"scope": list(claims.scope), "expires_at": claims.expires_s}}
