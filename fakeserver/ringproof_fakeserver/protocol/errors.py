"""Error tree of the protocol cores.

::

    ProtocolError
    ├── FrameError      the peer sent a frame that is no JSON-RPC message we know
    ├── TokenError      the peer's access token is invalid
    ├── RefusalError    a REST request is refused (``refusals.py``)
    └── LocalError      the shell asked for something impossible (a bug of ours)
"""

from __future__ import annotations


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
