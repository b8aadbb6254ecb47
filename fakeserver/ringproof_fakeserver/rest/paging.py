"""Lists in pages, as every list of the REST interface is cut."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request

from ringproof_fakeserver.protocol.errors import invalid

PAGE_SIZE = 50
PAGE_SIZE_LIMIT = 1000

Item = TypeVar("Item")


def paged(
    request: Request, items: Sequence[Item], as_json: Callable[[Item], dict[str, Any]]
) -> dict[str, Any]:
    """Cut out the page that is asked for and link its neighbours.

    Raises ``RefusalError`` (422) for a wrong page.
    """
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
    if end < len(items):
        links["next"] = _link(request, number + 1, size)
    if number > 0:
        links["prev"] = _link(request, number - 1, size)
    return {"data": [as_json(item) for item in items[start:end]], "links": links}


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
