"""Refused REST requests: an HTTP status with a fixed body, or 422 with a list of problems."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec

from ringproof_fakeserver.protocol.errors import ProtocolError

ERRORS_PAGE = "https://signalwire.com/docs/apis/error-codes"


class RefusalError(ProtocolError):
    """Ends the handling of a request; the reply carries exactly this status and body."""

    def __init__(
        self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request; the item of a 422 body (rest.md 0.3)."""

    code: str
    message: str
    attribute: str | None = None


def refusal(status: int) -> RefusalError:
    """Return the refusal whose body is ``{"error": "<name of the status>"}``."""
    return RefusalError(status, error_body(status))


def unprocessable(*problems: Problem) -> RefusalError:
    """Return the 422 for these problems."""
    items = [
        {
            "type": "validation_error",
            "code": problem.code,
            "message": problem.message,
            "attribute": problem.attribute,
            "url": ERRORS_PAGE,
        }
        for problem in problems
    ]
    return RefusalError(422, {"errors": items})


def error_body(status: int) -> dict[str, Any]:
    """Return the fixed body of a status, as ``{"error": "Not Found"}``."""
    return {"error": HTTPStatus(status).phrase}
