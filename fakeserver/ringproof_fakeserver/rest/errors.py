"""Error bodies of the REST interface: one fixed string per status, a list of items for 422."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol.calling_api import Problem, refuse


class RefusalError(Exception):
    """Ends a handler; the reply carries exactly this status and body."""

    def __init__(
        self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers


def refusal(status: int) -> RefusalError:
    """Return the refusal whose body is ``{"error": "<name of the status>"}``."""
    return RefusalError(status, {"error": phrase(status)})


def unauthorized() -> RefusalError:
    """Return the refusal for credentials that are missing, wrong or of the wrong kind."""
    return RefusalError(
        HTTPStatus.UNAUTHORIZED,
        {"error": "Unauthorized"},
        {"WWW-Authenticate": 'Basic realm="ringproof"'},
    )


def unprocessable(*problems: Problem) -> RefusalError:
    """Return the refusal of a request that was understood and makes no sense."""
    refusal = refuse(*problems)
    return RefusalError(refusal.status, refusal.body)


def phrase(status: int) -> str:
    """Return the fixed text of a status, as ``Not Found``."""
    return HTTPStatus(status).phrase


async def on_refusal(request: Request, error: Exception) -> Response:
    """Answer with what a handler refused with."""
    assert isinstance(error, RefusalError)
    return JSONResponse(error.body, error.status, error.headers)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer for paths and methods that do not exist, in the same shape as everything else."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": phrase(error.status_code)}, error.status_code, error.headers)


async def on_fault(request: Request, error: Exception) -> Response:
    """Answer when a handler of ours is broken; the log has the traceback."""
    return JSONResponse({"error": phrase(HTTPStatus.INTERNAL_SERVER_ERROR)}, 500)
