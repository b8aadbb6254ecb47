"""The directory of addresses: look-up by name, sorted lists in pages, one by id."""

from __future__ import annotations

from operator import attrgetter

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol.directory import Address
from ringproof_fakeserver.protocol.errors import invalid, refusal
from ringproof_fakeserver.rest.context import RestContext
from ringproof_fakeserver.rest.paging import paged

_SORT_FIELDS = {"name": "name", "created_at": "created_ms"}


async def find(context: RestContext, request: Request) -> Response:
    """Look up one name, or list. Basic sees the project's list as well: assumed.

    The look-up goes through the exchange, because a client waits for it before it lists a call:
    its duration is part of a scenario.
    """
    claims = context.require_either(request)
    name = request.query_params.get("name")
    if name is not None and claims is not None:
        reply = await context.runner.look_up(claims.subscriber, name, claims.jti)
        return JSONResponse(reply.body, reply.status)
    addresses = _sort(request.query_params, _filter(context, request.query_params))
    return JSONResponse(paged(request, addresses, Address.as_json))


async def show(context: RestContext, request: Request) -> Response:
    """Show one address."""
    context.require_either(request)
    address = context.exchange.directory.address(request.path_params["address_id"])
    if address is None:
        raise refusal(404)
    return JSONResponse(address.as_json())


def _filter(context: RestContext, query: QueryParams) -> list[Address]:
    directory = context.exchange.directory
    if (name := query.get("name")) is not None:
        address = directory.by_name(name)
        return [address] if address else []
    kind, wanted = query.get("type"), query.get("display_name")
    return [
        each
        for each in directory.addresses()
        if kind in (None, each.type) and wanted in (None, each.display_name)
    ]


def _sort(query: QueryParams, addresses: list[Address]) -> list[Address]:
    key, order = query.get("sort_by"), query.get("sort_order")
    if order is not None and key is None:
        raise invalid("sort_order_validations", "Sort order needs sort_by", "sort_order")
    if order not in (None, "asc", "desc"):
        message = "Sort order must be asc or desc"
        raise invalid("sort_order_validations", message, "sort_order")
    if key is None:
        return addresses
    if key not in _SORT_FIELDS:
        raise invalid("invalid_parameter", "Sort by must be name or created_at", "sort_by")
    return sorted(addresses, key=attrgetter(_SORT_FIELDS[key]), reverse=order == "desc")
