"""Information for a client about the subscriber of its token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol.directory import PROFILE_FIELDS, Address
from ringproof_fakeserver.rest.context import RestContext, unauthorized

PUSH_KEY = "cmluZ3Byb29m"
"""Clients require a ``push_notification_key``; it has no use here."""


async def info(context: RestContext, request: Request) -> Response:
    """Describe the token's subscriber, or the guest.

    Browser clients ask this before they open a WebSocket, and give up on anything but 200.
    """
    claims = context.require_token(request)
    if not claims.subscriber:
        # A guest's id is the token's, so that clients do not share stored state.
        allowed = map(context.exchange.directory.address, claims.allowed_addresses)
        return JSONResponse(_account(claims.jti, "", "Guest", allowed))
    subscriber = context.exchange.directory.subscriber(claims.subscriber)
    if subscriber is None or subscriber.deleted:
        raise unauthorized("Bearer")
    body: dict[str, Any] = {name: subscriber.profile.get(name) for name in PROFILE_FIELDS}
    email = subscriber.profile.get("email", "")
    body |= _account(subscriber.id, email, subscriber.display_name, subscriber.addresses)
    if claims.scope:  # without a scope not even the key: it alone starts device-token traffic
        body["sat_claims"] = {"scope": list(claims.scope), "expires_at": claims.expires_s}
        if claims.jkt:
            body["sat_claims"]["cnf"] = {"jkt": claims.jkt}
    return JSONResponse(body)


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
