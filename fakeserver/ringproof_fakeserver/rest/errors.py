"""Turns exceptions of REST handlers into replies."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol.refusals import RefusalError, error_body


async def on_refusal(request: Request, error: Exception) -> Response:
    """Answer with what a handler refused with."""
    assert isinstance(error, RefusalError)
    return JSONResponse(error.body, error.status, error.headers)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer for paths and methods that do not exist, in the same shape as everything else."""
    assert isinstance(error, HTTPException)
    return JSONResponse(error_body(error.status_code), error.status_code, error.headers)


async def on_fault(request: Request, error: Exception) -> Response:
    """Answer when a handler of ours is broken; the log has the traceback."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return JSONResponse(error_body(status), status)
