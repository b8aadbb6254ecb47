"""HTTP requests of the platform: status callbacks and script fetches; no call logic.

Callbacks of one call are sent one after the other, in their order; a receiver that is slow or
broken delays or loses only the callbacks of its own call. A callback is sent once, or again after a
failure where the platform does so (``Retries``). Redirects are not followed: a receiver could lead
the stand-in to any address of the machine's network.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import msgspec

from ringproof_fakeserver.config import Config
from ringproof_fakeserver.protocol.redaction import without_credentials
from ringproof_fakeserver.protocol.swml import Response
from ringproof_fakeserver.signatures import sign
from ringproof_fakeserver.tasks import Spawn

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 10.0
SCRIPT_LIMIT_BYTES = 1024 * 1024
REPLY_LIMIT_BYTES = 64 * 1024
REPLY_HEADERS = 64
"""What a script sees of the reply to its request, as documented."""
PER_RECEIVER = 16
"""Requests to one host and port that are open at once; the 10 s of those that wait for their turn
do not run meanwhile. One that never answers holds up nobody else."""
CONNECTIONS = 64
"""The same for all receivers together."""
MOST_WAITING = 1_000
"""Callbacks of one call that wait for their turn; the next ones are lost."""

_UNCOMPRESSED = {"Accept-Encoding": "identity"}
"""Compressed, a small reply could be of any size."""
_JSON = {"Content-Type": "application/json"}


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How a callback is sent again; the numbers are those of the cXML pages. In seconds."""

    pauses_s: tuple[float, ...] = (0.0, 2.0)
    """Before the second attempt and the third: at once, then "a few seconds"."""
    connect_s: float = 2.0
    read_s: float = 5.0
    total_s: float = 15.0
    """For all attempts and pauses together."""


class _Callback(msgspec.Struct, frozen=True):
    url: str
    body: dict[str, Any]
    retries: bool


logger = logging.getLogger("ringproof.webhooks")


class FetchError(Exception):
    """A script could not be fetched; the text says why."""


class WebhookClient:
    """Sends callbacks and fetches scripts. ``spawn`` starts a task that the server waits for."""

    def __init__(self, config: Config, spawn: Spawn, retries: Retries | None = None) -> None:
        self._config = config
        self._retries = retries or Retries()
        self._spawn = spawn
        self._client: httpx.AsyncClient | None = None
        self._waiting: dict[str, deque[_Callback]] = {}
        self._on_hold: set[str] = set()
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._all_turns = asyncio.Semaphore(CONNECTIONS)

    def hold(self, call: str) -> None:
        """Keep a call's callbacks until ``release``: the REST reply goes first."""
        self._on_hold.add(call)

    def release(self, call: str) -> None:
        """Send a call's callbacks."""
        if call in self._on_hold:
            self._on_hold.remove(call)
            if call in self._waiting:
                self._spawn(self._drain(call))

    def post(self, call: str, url: str, body: dict[str, Any], *, retries: bool = False) -> None:
        """Send a status callback after the earlier ones of the same call."""
        callback = _Callback(url, body, retries)
        queue = self._waiting.get(call)
        if queue is not None and len(queue) >= MOST_WAITING:
            problem = f"was lost: {MOST_WAITING} callbacks of its call are waiting"
            logger.warning("callback to %s %s", without_credentials(url), problem)
            return
        if queue is not None:
            queue.append(callback)
            return
        self._waiting[call] = deque([callback])
        if call not in self._on_hold:
            self._spawn(self._drain(call))

    async def _drain(self, call: str) -> None:
        queue = self._waiting[call]
        while queue:
            callback = queue.popleft()
            send = self._send_again if callback.retries else self._send
            try:
                # For all attempts: their time limits do not run while others have their turn.
                async with self._turn(callback.url):
                    problem, _ = await send(callback)
            except ValueError as error:
                problem = f"was lost: {error}"
            if problem:
                logger.warning("callback to %s %s", without_credentials(callback.url), problem)
        del self._waiting[call]

    async def _send_again(self, callback: _Callback) -> tuple[str, bool]:
        """Send a callback up to three times, as the cXML pages say; see ``_send``."""
        import httpx

        retries, problem = self._retries, ""
        limits = httpx.Timeout(retries.read_s, connect=retries.connect_s, pool=None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(retries.total_s):
                for pause_s in (0.0, *retries.pauses_s):
                    await asyncio.sleep(pause_s)
                    problem, passing = await self._send(callback, limits)
                    if not passing:
                        return problem, False
        attempts = 1 + len(retries.pauses_s)
        problem = problem or "was lost: no answer"
        return f"{problem}; given up after {attempts} attempts or {retries.total_s:g} s", False

    async def _send(
        self, callback: _Callback, limits: httpx.Timeout | None = None
    ) -> tuple[str, bool]:
        """Send a callback once.

        Return what went wrong, as the end of a sentence (empty: nothing), and whether it may pass:
        the receiver did not answer, or with a status of its own failure.
        """
        import httpx

        content = msgspec.json.encode(callback.body)
        headers = _JSON | self._signatures(callback.url, content)
        chosen = httpx.USE_CLIENT_DEFAULT if limits is None else limits
        within_s = TIMEOUT_S
        try:
            async with (
                asyncio.timeout(within_s),
                # Its body stays unread: nothing is made of it, and it could be of any size.
                self._http().stream(
                    "POST", callback.url, content=content, headers=headers, timeout=chosen
                ) as reply,
            ):
                if reply.is_success:
                    return "", False
                return f"was answered with {_answer(reply)}", reply.is_server_error
        except TimeoutError:
            return f"was lost: no answer within {within_s:g} s", True
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return f"was lost: {error or type(error).__name__}", True

    @contextlib.asynccontextmanager
    async def _turn(self, url: str) -> AsyncIterator[None]:
        """Wait until a request to the URL's receiver may begin.

        Raises ``ValueError`` for a port that cannot be.
        """
        parts = urlsplit(url)
        receiver = f"{parts.hostname}:{parts.port or parts.scheme}"
        turns = self._turns.setdefault(receiver, asyncio.Semaphore(PER_RECEIVER))
        async with turns, self._all_turns:
            yield

    def _signatures(self, url: str, content: bytes) -> dict[str, str]:
        key = self._config.signing_key
        return {} if key is None else sign(key, url, content)

    async def fetch(self, url: str, method: str, body: dict[str, Any]) -> bytes:
        """Fetch a script, whatever its content type. Raises ``FetchError``."""
        import httpx

        content = msgspec.json.encode(body) if method == "POST" else None
        headers = {"Accept": "application/json, application/yaml, text/x-yaml"} | _UNCOMPRESSED
        headers |= _JSON if content is not None else {}
        headers |= self._signatures(url, content or b"")
        shown = without_credentials(url)
        try:
            async with (
                self._turn(url),
                asyncio.timeout(TIMEOUT_S),
                self._http().stream(method, url, content=content, headers=headers) as reply,
            ):
                if not reply.is_success:
                    raise FetchError(f"{shown} answered {_answer(reply)}")
                if (encoding := reply.headers.get("Content-Encoding", "identity")) != "identity":
                    raise FetchError(f"{shown}: the document is compressed ({encoding[:40]!r})")
                data = bytearray()
                async for part in reply.aiter_raw():
                    data += part
                    if len(data) > SCRIPT_LIMIT_BYTES:
                        limit = f"larger than {SCRIPT_LIMIT_BYTES} bytes"
                        raise FetchError(f"{shown}: the document is {limit}")
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            raise FetchError(f"{shown}: {error or type(error).__name__}") from error

    async def request(
        self, method: str, url: str, headers: dict[str, str], body: object
    ) -> Response:
        """Send a request of a script, unsigned as documented; status 0 where nothing came."""
        import httpx

        headers = headers | _UNCOMPRESSED
        try:
            content = body.encode() if isinstance(body, str) else None
            if body is not None and content is None:
                content, headers = msgspec.json.encode(body), _JSON | headers
            async with (
                self._turn(url),
                asyncio.timeout(TIMEOUT_S),
                self._http().stream(method, url, content=content, headers=headers) as reply,
            ):
                data = bytearray()
                async for part in reply.aiter_raw(REPLY_LIMIT_BYTES):
                    data += part
                    if len(data) >= REPLY_LIMIT_BYTES:
                        break
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            return Response(0, str(error) or type(error).__name__)
        text = data[:REPLY_LIMIT_BYTES].decode(errors="replace")
        return Response(reply.status_code, text, dict(list(reply.headers.items())[:REPLY_HEADERS]))

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


def _answer(reply: httpx.Response) -> str:
    """Return the status of an answer, and of a redirect what to do about it."""
    if not reply.has_redirect_location:
        return str(reply.status_code)
    return f"{reply.status_code}: redirects are not followed, give the final URL"
