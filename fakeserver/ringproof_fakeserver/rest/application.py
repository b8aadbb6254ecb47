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
from ringproof_fakeserver.rest import addresses, calling, pages, subscriber, tokens
from ringproof_fakeserver.rest.context import RestContext

REQUEST_ID = "x-request-id"


Handler = Callable[[RestContext, Request], Awaitable[Response]]


def build(context: RestContext, mounts: Mapping[str, Path]) -> ASGIApp:
    """Return the application; ``mounts`` maps URL prefixes to folders of static files."""

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
            route("POST", "/api/calling/calls", calling.command),
            route("GET", "/recordings/{secret}/{name}", calling.recording),
            *pages.routes(mounts),
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
