"""``POST /api/calling/calls``: credentials and body here, everything about calls in the core."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ringproof_fakeserver.protocol import calling
from ringproof_fakeserver.protocol.events import DialPlaced
from ringproof_fakeserver.rest.auth import require_project
from ringproof_fakeserver.rest.bodies import read_object
from ringproof_fakeserver.rest.desk import Desk
from ringproof_fakeserver.rest.errors import RefusalError, refusal


def routes(desk: Desk) -> list[Route]:
    """Return the routes of this module."""
    return [Route("/api/calling/calls", partial(command, desk), methods=["POST"])]


async def command(desk: Desk, request: Request) -> Response:
    """Carry out a calling command and show the call it acted on (rest.md 3)."""
    require_project(desk, request)
    body = await read_object(request)
    event = calling.parse(body, desk.exchange, desk.ids)
    if isinstance(event, calling.Refusal):
        raise RefusalError(event.status, event.body)
    after = None
    if isinstance(event, DialPlaced):
        # The first callback is about a call whose id the caller learns from this reply.
        desk.board.hold_callbacks(event.call)
        after = BackgroundTask(desk.board.release_callbacks, event.call)
    desk.board.dispatch(event)
    shown = desk.exchange.call_object(event.call)
    if shown is None:
        desk.board.release_callbacks(event.call)
        raise refusal(HTTPStatus.INTERNAL_SERVER_ERROR)
    return JSONResponse(shown, background=after)
