"""Phone numbers of the project, bought from a made-up inventory (``/api/relay/rest``)."""

from __future__ import annotations

import re
from itertools import islice

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol.errors import RefusalError
from ringproof_fakeserver.protocol.phone_numbers import SETTINGS, PhoneNumber
from ringproof_fakeserver.rest.bodies import read_object
from ringproof_fakeserver.rest.context import RestContext
from ringproof_fakeserver.rest.paging import paged

SEARCH_RESULTS = 50

_AREA = re.compile(r"[2-9][0-9]{2}")


async def find(context: RestContext, request: Request) -> Response:
    """List the numbers that were bought; ``filter_name`` and ``filter_number`` choose."""
    context.require_project(request)
    name, digits = (request.query_params.get(f"filter_{each}", "") for each in ("name", "number"))
    chosen = [
        each
        for each in context.exchange.directory.phone_numbers.all()
        if name in each.settings.get("name", "") and digits in each.number
    ]
    return JSONResponse(paged(request, chosen, PhoneNumber.as_json))


async def search(context: RestContext, request: Request) -> Response:
    """List numbers that can be bought; ``areacode`` chooses, ``max_results`` bounds."""
    context.require_project(request)
    area = request.query_params.get("areacode", "")
    if area and not _AREA.fullmatch(area):
        raise _refused(422, "invalid_parameter", "areacode must be three digits")
    wanted = request.query_params.get("max_results", str(SEARCH_RESULTS))
    if not re.fullmatch(r"[0-9]{1,3}", wanted):
        raise _refused(422, "invalid_parameter", "max_results must be a number")
    free = context.exchange.directory.phone_numbers.available(area)
    data = [
        {
            "e164": number,
            "national_number_formatted": f"({number[2:5]}) {number[5:8]}-{number[8:]}",
            "international_number_formatted": f"+1 {number[2:5]}-{number[5:8]}-{number[8:]}",
            "country_code": "US",
            "region": "",
            "rate_center": "",
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": True},
        }
        for number in islice(free, min(int(wanted), SEARCH_RESULTS))
    ]
    return JSONResponse({"links": {}, "data": data})


async def buy(context: RestContext, request: Request) -> Response:
    """Buy a number of the inventory."""
    context.require_project(request)
    number = (await read_object(request)).get("number")
    if not isinstance(number, str) or not number:
        raise _refused(422, "missing_required_parameter", "number is required")
    numbers = context.exchange.directory.phone_numbers
    if not numbers.buyable(number):
        raise _refused(422, "invalid_parameter", "number is not available")
    return JSONResponse(numbers.buy(number, context.ids(), context.now_ms()).as_json(), 201)


async def show(context: RestContext, request: Request) -> Response:
    """Show a number."""
    context.require_project(request)
    return JSONResponse(_found(context, request).as_json())


async def update(context: RestContext, request: Request) -> Response:
    """Change settings of a number."""
    context.require_project(request)
    number = _found(context, request)
    body = await read_object(request)
    for name in SETTINGS:
        if not isinstance(body.get(name), str | None):
            raise _refused(422, "not_a_string", f"{name} must be a string")
    changed = context.exchange.directory.phone_numbers.update(number, body, context.now_ms())
    return JSONResponse(changed.as_json())


async def release(context: RestContext, request: Request) -> Response:
    """Give a number back."""
    context.require_project(request)
    context.exchange.directory.phone_numbers.release(_found(context, request))
    return Response(status_code=204)


def _found(context: RestContext, request: Request) -> PhoneNumber:
    number = context.exchange.directory.phone_numbers.get(request.path_params["number_id"])
    if number is None:
        raise _refused(404, "not_found", "there is no such number")
    return number


def _refused(status: int, code: str, detail: str) -> RefusalError:
    """Return a refusal in the shape of this family of paths."""
    item = {"detail": detail, "status": str(status), "title": "Invalid request", "code": code}
    return RefusalError(status, {"errors": [item]})
