"""JSON-RPC 2.0 as the platform speaks it: one object a text frame, string ids, no batches."""

from __future__ import annotations

from typing import NoReturn, TypeVar

import msgspec

from ringproof_fakeserver.protocol.errors import FrameError

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603

T = TypeVar("T")

ABSENT = msgspec.Raw(b"")
"""A member that was not there. (``Raw | None`` would accept nothing but null.)"""


class ErrorObject(msgspec.Struct, frozen=True):
    """The ``error`` member of a response."""

    code: int
    message: str


class Message(msgspec.Struct, frozen=True):
    """Any frame, as received: a request has ``method``, a response ``result`` or ``error``."""

    jsonrpc: str = ""
    id: str | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"{}")
    result: msgspec.Raw = ABSENT
    error: ErrorObject | None = None

    @property
    def has_result(self) -> bool:
        """Whether there is a ``result``, null included."""
        return self.result is not ABSENT


_decoder = msgspec.json.Decoder(Message)
_encode = msgspec.json.encode


def parse(text: str | bytes) -> Message:
    """Decode one frame. Raises ``FrameError`` with the code that the reply must carry."""
    try:
        message = _decoder.decode(text)
    except msgspec.ValidationError as error:
        _refuse(text, error)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        # Lone surrogates and very deep nesting have no error of their own in the decoder.
        raise FrameError(PARSE_ERROR, "Parse error") from error
    if message.jsonrpc != "2.0":
        raise FrameError(INVALID_REQUEST, 'jsonrpc must be "2.0"', message.id)
    if message.id is None:
        raise FrameError(INVALID_REQUEST, "id must be a string")
    if message.method is None and not message.has_result and message.error is None:
        raise FrameError(INVALID_REQUEST, "neither a request nor a response", message.id)
    return message


def _refuse(text: str | bytes, cause: Exception) -> NoReturn:
    """Find out what a well-formed JSON text lacks that is no message of ours."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise FrameError(PARSE_ERROR, "Parse error") from error
    if isinstance(value, list):
        raise FrameError(INVALID_REQUEST, "batches are not supported") from cause
    if not isinstance(value, dict):
        raise FrameError(INVALID_REQUEST, "a frame is one JSON object") from cause
    request_id = value.get("id")
    if not isinstance(request_id, str):
        raise FrameError(INVALID_REQUEST, "id must be a string") from cause
    raise FrameError(INVALID_REQUEST, f"Invalid Request: {cause}", request_id) from cause


def read(raw: msgspec.Raw, shape: type[T]) -> T:
    """Decode a member into its shape. Raises ``FrameError`` (invalid params)."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.DecodeError as error:
        raise FrameError(INVALID_PARAMS, f"Invalid params: {error}") from error


def request(request_id: str, method: str, params: object) -> str:
    """Encode a request; ``params`` is a dict or a struct."""
    return _encode(
        {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
    ).decode()


def result(request_id: str, value: object) -> str:
    """Encode a successful response."""
    return _encode({"jsonrpc": "2.0", "id": request_id, "result": value}).decode()


def error(request_id: str | None, code: int, message: str) -> str:
    """Encode an error response; ``request_id`` is None when the request's id is unknown."""
    return _encode(
        {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}
    ).decode()
