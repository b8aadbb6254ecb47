"""Subscribers as resources: a server program makes, changes and deletes them."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol.directory import Address, Subscriber
from ringproof_fakeserver.protocol.errors import invalid, refusal
from ringproof_fakeserver.protocol.moments import iso_time
from ringproof_fakeserver.rest.bodies import Fields, read_object
from ringproof_fakeserver.rest.context import RestContext
from ringproof_fakeserver.rest.paging import paged

MOST_SUBSCRIBERS = 100_000
PASSWORD_CHARACTERS = range(8, 73)

_FIELDS = {
    "email": "email",
    "first_name": "first_name",
    "last_name": "last_name",
    "display_name": "display_name",
    "job_title": "job_title",
    "timezone": "time_zone",
    "country": "country",
    "company_name": "company_name",
}
"""Field of this resource → field of the profile: token requests spell one otherwise."""

MISSING = "Required parameter is missing"


async def find(context: RestContext, request: Request) -> Response:
    """List all subscribers."""
    context.require_project(request)
    listed = list(context.exchange.directory.subscribers())
    return JSONResponse(paged(request, listed, partial(as_json, context)))


async def create(context: RestContext, request: Request) -> Response:
    """Make a subscriber; its e-mail address is its reference in token requests."""
    context.require_project(request)
    profile = await _profile(request, new=True)
    directory = context.exchange.directory
    known = directory.by_reference(profile["email"])
    if known is not None and not known.deleted:
        raise invalid("invalid_parameter", "Email has already been taken", "email")
    if sum(1 for _ in directory.subscribers()) >= MOST_SUBSCRIBERS:
        raise invalid("invalid_state", f"There are {MOST_SUBSCRIBERS} subscribers already", None)
    subscriber = directory.find_or_create(profile["email"], profile, context.now_ms())
    return JSONResponse(as_json(context, subscriber), 201)


async def show(context: RestContext, request: Request) -> Response:
    """Show a subscriber."""
    context.require_project(request)
    return JSONResponse(as_json(context, found(context, request)))


async def update(context: RestContext, request: Request) -> Response:
    """Change what is given of a subscriber."""
    context.require_project(request)
    subscriber = found(context, request)
    profile = await _profile(request, new=False)
    # The reference stays what it was: tokens that were issued are tokens of this subscriber.
    context.exchange.directory.find_or_create(subscriber.reference, profile, context.now_ms())
    subscriber.updated_ms = context.now_ms()
    return JSONResponse(as_json(context, subscriber))


async def delete(context: RestContext, request: Request) -> Response:
    """Delete a subscriber, its addresses and its SIP endpoints."""
    context.require_project(request)
    remove(context, found(context, request))
    return Response(status_code=204)


async def addresses(context: RestContext, request: Request) -> Response:
    """List the addresses of a subscriber."""
    context.require_project(request)
    listed = found(context, request).addresses
    return JSONResponse(paged(request, listed, Address.as_json))


def remove(context: RestContext, subscriber: Subscriber) -> None:
    """Take a subscriber out of the project, with its addresses and its SIP endpoints."""
    endpoints = context.exchange.sip_endpoints
    for endpoint in tuple(endpoints.of(subscriber.id)):
        endpoints.remove(endpoint)
    context.exchange.directory.delete_subscriber(subscriber)


def as_json(context: RestContext, subscriber: Subscriber) -> dict[str, Any]:
    """Return the body of a subscriber; what is not set is empty: no field may be missing."""
    profile = {name: subscriber.profile.get(own, "") for name, own in _FIELDS.items()}
    profile["email"] = profile["email"] or subscriber.reference
    return {
        "id": subscriber.resource,
        "project_id": context.settings.project_id,
        "display_name": subscriber.display_name,
        "type": "subscriber",
        "created_at": iso_time(subscriber.created_ms),
        "updated_at": iso_time(subscriber.updated_ms or subscriber.created_ms),
        "subscriber": {"id": subscriber.id, **profile},
    }


def found(context: RestContext, request: Request) -> Subscriber:
    """Return the subscriber that a request's path names. Raises ``RefusalError`` (404)."""
    subscriber = context.exchange.directory.by_resource(request.path_params["resource_id"])
    if subscriber is None:
        raise refusal(404)
    return subscriber


async def _profile(request: Request, *, new: bool) -> dict[str, str]:
    """Read a subscriber's fields as they stand in the profile."""
    fields = Fields(await read_object(request))
    email = fields.text("email", missing=MISSING if new else "")
    password = fields.text("password")
    if password is not None and len(password) not in PASSWORD_CHARACTERS:
        fields.wrong("password", "Password must have 8 to 72 characters")
    profile = {
        own: value
        for name, own in _FIELDS.items()
        if name != "email" and (value := fields.text(name)) is not None
    }
    fields.check()
    return profile if email is None else {"email": email, **profile}
