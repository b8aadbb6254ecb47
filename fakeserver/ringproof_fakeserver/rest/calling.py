"""``POST /api/calling/calls``: credentials and body; the core decides about calls."""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from ringproof_fakeserver.protocol import not_simulated
from ringproof_fakeserver.protocol.calling import api
from ringproof_fakeserver.protocol.errors import refusal
from ringproof_fakeserver.protocol.events import DialPlaced
from ringproof_fakeserver.rest.bodies import read_object
from ringproof_fakeserver.rest.context import RestContext


async def command(context: RestContext, request: Request) -> Response:
    """Perform a calling command and return the call it acted on."""
    context.require_project(request)
    body = await read_object(request)
    event = api.parse(body, context.exchange, context.ids)
    after = None
    if isinstance(event, DialPlaced):
        # The first callback is about a call whose id the caller learns from this reply.
        context.webhooks.hold(event.call)
        after = BackgroundTask(_release, context, event.call)
    context.runner.dispatch(event)
    call = context.exchange.call_object(event.call)
    if call is None:
        context.webhooks.release(event.call)
        raise refusal(500)
    # A command that was accepted has a name, and parameters only as an object.
    headers = not_simulated.of_command(body["command"], body.get("params") or {})
    return JSONResponse(call, headers=headers, background=after)


async def recording(context: RestContext, request: Request) -> Response:
    """Send the file of a recording to whoever knows its URL; it needs no credentials."""
    path = None
    if context.recordings is not None:
        name = request.path_params["name"]
        path = context.recordings.find(request.path_params["secret"], name)
    if path is None:
        raise refusal(404)
    return FileResponse(path, media_type="audio/wav")


async def _release(context: RestContext, call: str) -> None:
    """Send the callbacks that waited; a plain function would run in another thread."""
    context.webhooks.release(call)
