"""The ASGI application: all routes, CORS around every reply, and a request id on each."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringproof_fakeserver.protocol.refusals import RefusalError
from ringproof_fakeserver.rest import addresses, calling, errors, pages, subscriber, tokens
from ringproof_fakeserver.rest.context import RestContext

REQUEST_ID = "x-request-id"


def build(context: RestContext, mounts: Mapping[str, Path]) -> ASGIApp:
    """Return the application; ``mounts`` maps URL prefixes to folders of static files."""
    application = Starlette(
        routes=[
            *tokens.routes(context),
            *subscriber.routes(context),
            *addresses.routes(context),
            *calling.routes(context),
            *pages.routes(mounts),
        ],
        exception_handlers={
            RefusalError: errors.on_refusal,
            HTTPException: errors.on_http_error,
            Exception: errors.on_fault,
        },
    )
    # Outside of everything, error replies included: a browser reports a refusal without these
    # headers as a network failure, and the SDK then tries again for a quarter of a minute.
    shared = CORSMiddleware(
        application,
        allow_origin_regex=".*",
        allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
        allow_headers=("*",),
        allow_private_network=True,
        expose_headers=(REQUEST_ID,),
    )
    return _numbered(shared)


def _numbered(application: ASGIApp) -> ASGIApp:
    """Give every reply an id that clients put into their error messages."""

    async def numbered(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = str(uuid.uuid4())
            await send(message)

        await application(scope, receive, send_numbered)

    return numbered
