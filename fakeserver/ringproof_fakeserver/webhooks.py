"""HTTP requests of the platform: status callbacks and script fetches; no call logic.

Callbacks of one call are sent one after the other, in their order; a receiver that is slow or
broken delays or loses only the callbacks of its own call. Nothing is sent twice.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from ringproof_fakeserver.config import Config
from ringproof_fakeserver.tasks import Spawn

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 10.0
SCRIPT_LIMIT_BYTES = 1024 * 1024
CONNECTIONS = 64
"""How many requests are open at once; the 10 s of those that wait do not run meanwhile."""

_JSON = {"Content-Type": "application/json"}

logger = logging.getLogger("ringproof.webhooks")


class FetchError(Exception):
    """A script could not be fetched; the text says why."""


class WebhookClient:
    """Sends callbacks and fetches scripts. ``spawn`` starts a task that the server waits for."""

    def __init__(self, config: Config, spawn: Spawn) -> None:
        self._config = config
        self._spawn = spawn
        self._client: httpx.AsyncClient | None = None
        self._waiting: dict[str, deque[tuple[str, dict[str, Any]]]] = {}
        self._on_hold: set[str] = set()

    def hold(self, call: str) -> None:
        """Keep a call's callbacks until ``release``: the REST reply goes first."""
        self._on_hold.add(call)

    def release(self, call: str) -> None:
        """Send a call's callbacks."""
        if call in self._on_hold:
            self._on_hold.remove(call)
            if call in self._waiting:
                self._spawn(self._drain(call))

    def post(self, call: str, url: str, body: dict[str, Any]) -> None:
        """Send a status callback after the earlier ones of the same call."""
        queue = self._waiting.get(call)
        if queue is not None:
            queue.append((url, body))
            return
        self._waiting[call] = deque([(url, body)])
        if call not in self._on_hold:
            self._spawn(self._drain(call))

    async def _drain(self, call: str) -> None:
        import httpx

        queue = self._waiting[call]
        while queue:
            url, body = queue.popleft()
            content = msgspec.json.encode(body)
            try:
                reply = await self._http().post(url, content=content, headers=_JSON)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                logger.warning("callback to %s was lost: %s", url, error or type(error).__name__)
            else:
                if not reply.is_success:
                    logger.warning("callback to %s was answered with %d", url, reply.status_code)
        del self._waiting[call]

    async def fetch(self, url: str, method: str, body: dict[str, Any]) -> bytes:
        """Fetch a script, whatever its content type. Raises ``FetchError``."""
        import httpx

        content = msgspec.json.encode(body) if method == "POST" else None
        headers = {"Accept": "application/json, application/yaml, text/x-yaml"}
        headers |= _JSON if content is not None else {}
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._http().stream(method, url, content=content, headers=headers) as reply,
            ):
                if not reply.is_success:
                    raise FetchError(f"{url} answered {reply.status_code}")
                data = bytearray()
                async for part in reply.aiter_bytes():
                    data += part
                    if len(data) > SCRIPT_LIMIT_BYTES:
                        limit = f"larger than {SCRIPT_LIMIT_BYTES} bytes"
                        raise FetchError(f"{url}: the document is {limit}")
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise FetchError(f"{url}: {error or type(error).__name__}") from error

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            # Imported late because most runs send nothing, and it costs a tenth of the start.
            import httpx

            verify: ssl.SSLContext | bool = self._config.callback_verify
            if verify and self._config.callback_ca is not None:
                verify = ssl.create_default_context(cafile=self._config.callback_ca)
            self._client = httpx.AsyncClient(
                verify=verify,
                timeout=httpx.Timeout(TIMEOUT_S, pool=None),
                limits=httpx.Limits(max_connections=CONNECTIONS),
                # Receivers are mostly on this machine: a proxy cannot reach them.
                trust_env=False,
                headers={"User-Agent": "ringproof"},
            )
        return self._client

    async def close(self) -> None:
        """Close the connections; all tasks must have ended."""
        if self._client is not None:
            await self._client.aclose()
