"""Error tree of the protocol cores.

::

    ProtocolError
    ├── FrameError      the peer sent a frame that is no JSON-RPC message we know
    ├── TokenError      the peer's access token is invalid
    ├── RefusalError    a REST request is refused, with an HTTP status and a JSON body
    └── LocalError      the shell asked for something impossible (a bug of ours)
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec

SESSION_ERROR = -32002
"""mod_verto's code for errors about a call; clients survive it (protocol.md 4.1)."""
NO_SUCH_CALL = "CALL DOES NOT EXIST"

ERRORS_PAGE = "https://signalwire.com/docs/apis/error-codes"

SESSION_ERROR = -32002
"""mod_verto's code for errors about a call; clients survive it (protocol.md 4.1)."""
NO_SUCH_CALL = "CALL DOES NOT EXIST"


class ProtocolError(Exception):
    """Abstract base; raise a subclass."""


class FrameError(ProtocolError):
    """A frame that cannot be understood; carries what the JSON-RPC error reply needs."""

    def __init__(self, code: int, message: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id
        """Id to answer to; None when the frame had no usable one."""


class TokenError(ProtocolError):
    """An access token that is forged, expired, of the wrong kind, or unknown."""


class LocalError(ProtocolError):
    """The shell called the core in a way it must not."""


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
    """One thing that is wrong with a request; the item of a 422 body."""

    code: str
    message: str
    attribute: str | None = None


def refusal(status: int) -> RefusalError:
    """Return the refusal whose body is ``{"error": "<name of the status>"}``."""
    return RefusalError(status, error_body(status))


def unprocessable(*problems: Problem) -> RefusalError:
    """Return the 422 for these problems."""
    items = [
        {"type": "validation_error", **msgspec.structs.asdict(problem), "url": ERRORS_PAGE}
        for problem in problems
    ]
    return RefusalError(422, {"errors": items})


def invalid(code: str, message: str, attribute: str | None) -> RefusalError:
    """Return the 422 for one problem."""
    return unprocessable(Problem(code, message, attribute))


def error_body(status: int) -> dict[str, Any]:
    """Return the fixed body of a status, as ``{"error": "Not Found"}``."""
    return {"error": HTTPStatus(status).phrase}
