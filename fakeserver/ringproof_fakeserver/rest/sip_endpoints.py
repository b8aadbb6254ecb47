"""SIP endpoints of a subscriber: made, shown, changed and removed; Basic."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol.errors import LocalError, invalid, refusal
from ringproof_fakeserver.protocol.sip_endpoints import CIPHERS, CODECS, ENCRYPTION, SipEndpoint
from ringproof_fakeserver.rest.bodies import Fields, read_object
from ringproof_fakeserver.rest.context import RestContext
from ringproof_fakeserver.rest.paging import paged
from ringproof_fakeserver.rest.subscribers import found

MISSING = "Required parameter is missing"
MOST_ENDPOINTS = 10_000
LONGEST = 128
"""Longest user name, password and caller id."""

_USERNAME = re.compile(r"[A-Za-z0-9_.+-]{1,128}")
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]{1,128}")


async def find(context: RestContext, request: Request) -> Response:
    """List a subscriber's endpoints."""
    context.require_project(request)
    listed = list(context.exchange.sip_endpoints.of(found(context, request).id))
    return JSONResponse(paged(request, listed, _as_json))


async def create(context: RestContext, request: Request) -> Response:
    """Make an endpoint."""
    context.require_project(request)
    subscriber = found(context, request)
    changes = _read(await read_object(request), new=True)
    if context.exchange.sip_endpoints.count() >= MOST_ENDPOINTS:
        raise invalid("invalid_state", f"There are {MOST_ENDPOINTS} SIP endpoints already", None)
    endpoint = SipEndpoint(id=context.ids(), subscriber=subscriber.id, **changes)
    return JSONResponse(_as_json(_put(context, endpoint)), 201)


async def show(context: RestContext, request: Request) -> Response:
    """Show one endpoint."""
    context.require_project(request)
    return JSONResponse(_as_json(_endpoint(context, request)))


async def update(context: RestContext, request: Request) -> Response:
    """Change fields of an endpoint; the registrations of a user name that changed end."""
    context.require_project(request)
    endpoint = _endpoint(context, request)
    changes = _read(await read_object(request), new=False)
    changed = msgspec.structs.replace(endpoint, **changes)
    return JSONResponse(_as_json(_put(context, changed)))


async def delete(context: RestContext, request: Request) -> Response:
    """Delete an endpoint; its registrations end, its answered calls go on."""
    context.require_project(request)
    context.exchange.sip_endpoints.remove(_endpoint(context, request))
    return Response(status_code=204)


def _endpoint(context: RestContext, request: Request) -> SipEndpoint:
    subscriber = found(context, request)
    endpoint = context.exchange.sip_endpoints.get(request.path_params["endpoint_id"])
    if endpoint is None or endpoint.subscriber != subscriber.id:
        raise refusal(404)
    return endpoint


def _put(context: RestContext, endpoint: SipEndpoint) -> SipEndpoint:
    try:
        context.exchange.sip_endpoints.put(endpoint)
    except LocalError:
        message = "Username has already been taken"
        raise invalid("invalid_parameter", message, "username") from None
    return endpoint


def _read(body: dict[str, Any], *, new: bool) -> dict[str, Any]:
    """Return the fields of a body that are given; a new endpoint needs a name and a password."""
    fields = Fields(body)
    changes: dict[str, Any] = {}
    requirement = f"1 to {LONGEST} printable characters"
    for name, pattern, asked in (
        ("username", _USERNAME, f"1 to {LONGEST} of A-Z, a-z, 0-9, ., _, + and -"),
        ("password", _PRINTABLE, requirement),
    ):
        fields.text(name, missing=MISSING if new or name in body else "")
        if body.get(name):
            changes[name] = fields.matching(name, pattern.fullmatch, asked)
    for name in ("caller_id", "send_as"):
        if body.get(name) is not None:
            optional = re.compile(f"(?:{_PRINTABLE.pattern})?")
            changes[name] = fields.matching(name, optional.fullmatch, requirement)
    for name, known in (("ciphers", CIPHERS), ("codecs", CODECS)):
        if body.get(name) is not None:
            chosen = fields.texts(name)
            if not chosen or not set(chosen) <= set(known):
                fields.wrong(name, f"{name.title()} must be some of {', '.join(known)}")
            changes[name] = chosen
    if body.get("encryption") is not None:
        one_of = f"one of {', '.join(ENCRYPTION)}"
        changes["encryption"] = fields.matching("encryption", ENCRYPTION.__contains__, one_of)
    fields.check()
    return changes


def _as_json(endpoint: SipEndpoint) -> dict[str, Any]:
    """Return the object of the REST interface, which never shows the password."""
    return {
        "id": endpoint.id,
        "username": endpoint.username,
        "caller_id": endpoint.caller_id,
        "send_as": endpoint.send_as,
        "ciphers": list(endpoint.ciphers),
        "codecs": list(endpoint.codecs),
        "encryption": endpoint.encryption,
    }
