"""What every REST handler works with; built once per server."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import msgspec

from ringproof_fakeserver.protocol.events import AnyEvent
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.settings import Settings


class Reply(msgspec.Struct, frozen=True):
    """The exchange's answer to a directory look-up."""

    status: int
    body: dict[str, Any]


class Board(Protocol):
    """What REST needs of the switchboard."""

    def dispatch(self, event: AnyEvent) -> None:
        """Handle an event."""
        ...

    def look_up(self, subscriber: str, name: str, session: str = "") -> Coroutine[Any, Any, Reply]:
        """Ask the exchange for an address; the reply may be delayed, or an error, on purpose.

        ``session`` is the ``jti`` of the token that asks.
        """
        ...

    def hold_callbacks(self, call: str) -> None:
        """Keep the call's callbacks until ``release_callbacks``."""
        ...

    def release_callbacks(self, call: str) -> None:
        """Send what was kept."""
        ...


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The server as its REST handlers see it."""

    exchange: Exchange
    settings: Settings
    board: Board
    api_token: str
    now_ms: Callable[[], int]
    """Unix milliseconds."""
    ids: Callable[[], str]
    """Fresh UUIDs."""

    @property
    def now_s(self) -> int:
        """Unix seconds, rounded down."""
        return self.now_ms() // 1000
