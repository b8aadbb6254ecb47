"""The ASGI application: all routes, CORS around every reply, and a request id on each."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringproof_fakeserver.protocol import not_simulated
from ringproof_fakeserver.protocol.errors import RefusalError, error_body
from ringproof_fakeserver.rest import (
    addresses,
    calling,
    devices,
    pages,
    phone_numbers,
    resources,
    sip_endpoints,
    subscriber,
    subscribers,
    tokens,
    voice_logs,
)
from ringproof_fakeserver.rest.context import RestContext

REQUEST_ID = "x-request-id"


Handler = Callable[[RestContext, Request], Awaitable[Response]]
RouteMaker = Callable[[str, str, Handler], Route]
"""Makes the route of a method, a path and a handler."""


def build(context: RestContext, mounts: Mapping[str, Path], ca_file: Path | None = None) -> ASGIApp:
    """Return the application; ``mounts`` maps URL prefixes to folders of static files.

    ``ca_file`` is what clients must trust, for those that fetch it from here; None: nobody does.
    """

    def route(method: str, path: str, handler: Handler) -> Route:
        return Route(path, partial(handler, context), methods=[method])

    application = Starlette(
        routes=[
            route("POST", "/api/fabric/subscribers/tokens", tokens.issue),
            route("POST", "/api/fabric/subscribers/tokens/refresh", tokens.refresh),
            route("POST", "/api/fabric/guests/tokens", tokens.issue_guest),
            route("POST", "/api/fabric/embeds/tokens", tokens.issue_embed),
            # One guide prints the path without "fabric".
            route("POST", "/api/embeds/tokens", tokens.issue_embed),
            route("GET", "/api/fabric/subscriber/info", subscriber.info),
            route("GET", "/api/fabric/addresses", addresses.find),
            route("GET", "/api/fabric/addresses/{address_id}", addresses.show),
            route("POST", "/api/fabric/subscriber/invites", tokens.issue_invite),
            route("POST", devices.TOKEN_PATH, devices.token),
            route("POST", devices.REFRESH_PATH, devices.refresh),
            *_resources(route),
            *_records(route),
            route("POST", "/api/calling/calls", calling.command),
            route("GET", "/recordings/{secret}/{name}", calling.recording),
            *pages.routes(mounts, ca_file),
        ],
        exception_handlers=dict.fromkeys((RefusalError, HTTPException, Exception), _error_reply),
    )
    # Outside of everything, error replies included: a browser reports a refusal without these
    # headers as a network failure, and the SDK then tries again for a quarter of a minute.
    shared = CORSMiddleware(
        application,
        allow_origin_regex=".*",
        allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
        allow_headers=("*",),
        allow_private_network=True,
        expose_headers=(REQUEST_ID, not_simulated.HEADER),
    )
    return _numbered(shared)


def _resources(route: RouteMaker) -> list[Route]:
    """Return the routes of subscribers and of all other resources of the project."""
    base = "/api/fabric/resources"
    routes: list[Route] = []
    for path, module in (("/subscribers", subscribers), ("/{kind}", resources)):
        one = f"{base}{path}/{{resource_id}}"
        routes += [
            route("GET", base + path, module.find),
            route("POST", base + path, module.create),
            route("GET", one, module.show),
            route("PUT", one, module.update),
            route("PATCH", one, module.update),
            route("DELETE", one, module.delete),
            route("GET", f"{one}/addresses", module.addresses),
        ]
    endpoints = f"{base}/subscribers/{{resource_id}}/sip_endpoints"
    endpoint = f"{endpoints}/{{endpoint_id}}"
    return [
        route("GET", endpoints, sip_endpoints.find),
        route("POST", endpoints, sip_endpoints.create),
        route("GET", endpoint, sip_endpoints.show),
        route("PATCH", endpoint, sip_endpoints.update),
        route("DELETE", endpoint, sip_endpoints.delete),
        route("GET", base, resources.find_all),
        # A kind is never a UUID: the two forms of "/api/fabric/resources/…" tell themselves apart.
        route("GET", f"{base}/{{resource_id:uuid}}", resources.show_any),
        route("DELETE", f"{base}/{{resource_id:uuid}}", resources.delete_any),
        route("GET", f"{base}/{{resource_id:uuid}}/addresses", resources.addresses_of_any),
        *routes,
    ]


def _records(route: RouteMaker) -> list[Route]:
    """Return the routes of voice logs and of phone numbers."""
    logs, numbers = "/api/voice/logs", "/api/relay/rest/phone_numbers"
    return [
        route("GET", logs, voice_logs.find),
        route("GET", f"{logs}/{{call_id}}", voice_logs.show),
        route("GET", f"{logs}/{{call_id}}/events", voice_logs.events),
        route("GET", numbers, phone_numbers.find),
        route("POST", numbers, phone_numbers.buy),
        route("GET", f"{numbers}/search", phone_numbers.search),
        route("GET", f"{numbers}/{{number_id}}", phone_numbers.show),
        route("PUT", f"{numbers}/{{number_id}}", phone_numbers.update),
        route("DELETE", f"{numbers}/{{number_id}}", phone_numbers.release),
    ]


async def _error_reply(request: Request, error: Exception) -> Response:
    """Answer a refusal, an unknown path or method, or 500 for a broken handler (see the log)."""
    match error:
        case RefusalError():
            return JSONResponse(error.body, error.status, error.headers)
        case HTTPException():
            return JSONResponse(error_body(error.status_code), error.status_code, error.headers)
        case _:
            return JSONResponse(error_body(500), 500)


def _numbered(application: ASGIApp) -> ASGIApp:
    """Give every reply an id that clients put into their error messages."""

    async def numbered(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = str(uuid.uuid4())
            await send(message)

        await application(scope, receive, send_numbered)

    return numbered
