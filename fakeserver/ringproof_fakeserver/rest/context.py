"""What every REST handler works with; built once per server."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ringproof_fakeserver.exchange_runner import ExchangeRunner
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_fakeserver.webhooks import WebhookClient


class RestContext(msgspec.Struct, frozen=True, kw_only=True):
    """The server as its REST handlers see it."""

    exchange: Exchange
    settings: Settings
    runner: ExchangeRunner
    webhooks: WebhookClient
    api_token: str
    now_ms: Callable[[], int]
    """Unix milliseconds."""
    ids: Callable[[], str]
    """Fresh UUIDs."""

    @property
    def now_s(self) -> int:
        """Unix seconds, rounded down."""
        return self.now_ms() // 1000
