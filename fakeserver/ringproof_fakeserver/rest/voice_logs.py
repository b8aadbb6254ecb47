"""Voice logs: the calls that were placed, and what happened to each."""

from __future__ import annotations

import datetime

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol.call import Call, log_events, log_row
from ringproof_fakeserver.protocol.errors import invalid, refusal
from ringproof_fakeserver.rest.context import RestContext
from ringproof_fakeserver.rest.paging import paged


async def find(context: RestContext, request: Request) -> Response:
    """List the calls, the newest first; ``created_before``, ``_after`` and ``_on`` choose."""
    context.require_project(request)
    chosen = _chosen(request.query_params, context.exchange.voice_logs()[::-1])
    return JSONResponse(paged(request, chosen, log_row))


async def show(context: RestContext, request: Request) -> Response:
    """Show one call."""
    context.require_project(request)
    return JSONResponse(log_row(_found(context, request)))


async def events(context: RestContext, request: Request) -> Response:
    """List what happened to one call."""
    context.require_project(request)
    found = log_events(_found(context, request), context.settings.project_id)
    return JSONResponse(paged(request, found, lambda event: event))


def _found(context: RestContext, request: Request) -> Call:
    call = context.exchange.voice_log(request.path_params["call_id"])
    if call is None:
        raise refusal(404)
    return call


def _chosen(query: QueryParams, calls: list[Call]) -> list[Call]:
    before = _moment_ms(query, "created_before")
    after = _moment_ms(query, "created_after")
    day_ms = _moment_ms(query, "created_on")
    return [
        call
        for call in calls
        if (before is None or call.created_ms < before)
        and (after is None or call.created_ms >= after)
        and (day_ms is None or 0 <= call.created_ms - day_ms < 86_400_000)
    ]


def _moment_ms(query: QueryParams, name: str) -> int | None:
    """Read a moment or a day in UTC as Unix milliseconds."""
    text = query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        message = f"{name} must be a date or time in ISO 8601"
        raise invalid("invalid_parameter", message, name) from None
