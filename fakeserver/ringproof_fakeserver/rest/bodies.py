"""Request bodies: read within a limit, decoded, and validated field by field."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request

from ringproof_fakeserver.protocol import json_text
from ringproof_fakeserver.protocol.errors import Problem, refusal, unprocessable

BODY_LIMIT_BYTES = 1024 * 1024
"""A larger body is refused with 413."""

_DRAIN_LIMIT_BYTES = 16 * BODY_LIMIT_BYTES
"""How much of a refused body is still read, so that the client is not cut off while writing and
gets to see the 413."""


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object of the body, whatever its content type. Raises ``RefusalError``."""
    try:
        value = json_text.read(await _read(request))
    except json_text.JsonError as error:
        raise refusal(400) from error
    if not isinstance(value, dict):
        raise refusal(400)
    return value


async def _read(request: Request) -> bytes:
    data = bytearray()
    size_bytes = 0
    try:
        async for part in request.stream():
            size_bytes += len(part)
            if size_bytes <= BODY_LIMIT_BYTES:
                data += part
            if size_bytes > _DRAIN_LIMIT_BYTES:
                break
    except ClientDisconnect as error:
        raise refusal(400) from error
    if size_bytes > BODY_LIMIT_BYTES:
        raise refusal(413)
    return bytes(data)


class Fields:
    """The fields of one body. Readers collect what is wrong; ``check`` refuses with all of it.

    A reader returns None for a field that is absent, null or wrong.
    """

    def __init__(self, body: dict[str, Any]) -> None:
        self._body = body
        self.problems: list[Problem] = []

    def check(self) -> None:
        """Raise ``RefusalError`` (422) if any field so far was wrong."""
        if self.problems:
            raise unprocessable(*self.problems)

    def wrong(self, name: str, message: str, code: str = "invalid_parameter") -> None:
        """Add a problem of a field."""
        self.problems.append(Problem(code, message, name))

    def text(self, name: str, *, missing: str = "") -> str | None:
        """Read a string; ``missing`` is the message if it is required and absent or blank."""
        value = self._body.get(name)
        if value is not None and not isinstance(value, str):
            self.wrong(name, f"{_label(name)} must be a string", "not_a_string")
            return None
        if missing and (value is None or not value.strip()):
            self.wrong(name, missing, "missing_required_parameter")
            return None
        return value

    def matching(self, name: str, matches: Callable[[str], object], requirement: str) -> str | None:
        """Read a string for which ``matches`` returns something true."""
        value = self.text(name)
        if value is not None and not matches(value):
            self.wrong(name, f"{_label(name)} must be {requirement}")
            return None
        return value

    def future_s(self, name: str, now_s: int) -> int | None:
        """Read a moment in Unix seconds that must lie ahead."""
        value = self._body.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(name, f"{_label(name)} must be an integer")
            return None
        if value <= now_s:
            self.wrong(name, f"{_label(name)} must be greater than {now_s}")
            return None
        return value

    def integer(self, name: str, low: int, high: int) -> int | None:
        """Read a whole number from ``low`` to ``high``."""
        value = self._body.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.wrong(name, f"{_label(name)} must be an integer from {low} to {high}")
            return None
        return value

    def texts(self, name: str, *, missing: str = "") -> tuple[str, ...]:
        """Read a string or a list of strings as a tuple; empty when absent or wrong."""
        value = self._body.get(name)
        if value is None:
            if missing:
                self.wrong(name, missing, "missing_required_parameter")
            return ()
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.wrong(
                name, f"{_label(name)} must be an array of strings", "not_an_array_of_strings"
            )
            return ()
        return tuple(value)


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in any of its usual spellings."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _label(name: str) -> str:
    """``expire_at`` as messages spell it: ``Expire At``."""
    return name.replace("_", " ").title()
