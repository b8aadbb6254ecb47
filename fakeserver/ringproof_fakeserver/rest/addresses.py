"""The directory of addresses: look-up by name, sorted lists in pages, one by id."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol.directory import Address
from ringproof_fakeserver.protocol.errors import invalid, refusal
from ringproof_fakeserver.rest.context import RestContext

PAGE_SIZE = 50
PAGE_SIZE_LIMIT = 1000

_SORT_FIELDS = {"name": "name", "created_at": "created_ms"}


async def find(context: RestContext, request: Request) -> Response:
    """Look up one name, or list (rest.md 2.2). Basic sees the project's list as well: assumed.

    The look-up goes through the exchange, because a client waits for it before it lists a call:
    its duration is part of a scenario.
    """
    claims = context.require_either(request)
    name = request.query_params.get("name")
    if name is not None and claims is not None:
        reply = await context.runner.look_up(claims.subscriber, name, claims.jti)
        return JSONResponse(reply.body, reply.status)
    addresses = _sort(request.query_params, _filter(context, request.query_params))
    return JSONResponse(_paged(request, addresses))


async def show(context: RestContext, request: Request) -> Response:
    """Show one address (rest.md 2.3)."""
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
    if query.get("type", "subscriber") != "subscriber":
        return []  # apps, calls and rooms do not exist here
    wanted = query.get("display_name")
    return [each for each in directory.addresses() if wanted in (None, each.display_name)]


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


def _paged(request: Request, addresses: Sequence[Address]) -> dict[str, Any]:
    """Cut out the page that is asked for and link its neighbours (rest.md 0.5)."""
    query = request.query_params
    size = _integer(query, "page_size", PAGE_SIZE, 1, PAGE_SIZE_LIMIT)
    number = _integer(query, "page_number", 0, 0, None)
    token = query.get("page_token")
    if number > 0 and not token:
        message = "Page token is required when page_number is greater than 0"
        raise invalid("page_token_required", message, "page_token")
    if token and token != _page_token(number, size):
        raise invalid("page_token_is_invalid", "Page token is invalid", "page_token")
    start, end = number * size, (number + 1) * size
    links = {"self": _link(request, number, size), "first": _link(request, 0, size)}
    if end < len(addresses):
        links["next"] = _link(request, number + 1, size)
    if number > 0:
        links["prev"] = _link(request, number - 1, size)
    return {"data": [address.as_json() for address in addresses[start:end]], "links": links}


def _integer(query: QueryParams, name: str, default: int, low: int, high: int | None) -> int:
    text = query.get(name)
    if text is None:
        return default
    label = name.replace("_", " ").capitalize()
    if not text.isascii() or not text.isdigit():
        raise invalid("invalid_parameter", f"{label} must be an integer", name)
    # int() refuses thousands of digits; no list is that long.
    value = int(text[:18])
    if value < low:
        message = f"{label} must be greater than or equal to {low}"
        raise invalid("invalid_parameter", message, name)
    if high is not None and value > high:
        message = f"{label} must be less than or equal to {high}"
        raise invalid("invalid_parameter", message, name)
    return value


def _page_token(number: int, size: int) -> str:
    """Return the token of a page; it only proves that a link was followed, and begins with PA."""
    return "PA" + hashlib.sha256(f"{number} {size}".encode()).hexdigest()[:32]


def _link(request: Request, number: int, size: int) -> str:
    """Return the absolute URL of a page, with the filters of this request."""
    own = ("page_number", "page_size", "page_token")
    query = [pair for pair in request.query_params.multi_items() if pair[0] not in own]
    query += [("page_number", str(number)), ("page_size", str(size))]
    if number > 0:
        query.append(("page_token", _page_token(number, size)))
    return str(request.url.replace(query=urlencode(query)))
