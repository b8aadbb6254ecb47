"""The reference client as its user sees it: a token in, calls out.

::

    client = Client(token, ca_file=ca)
    await client.register()
    client.incoming_calls.subscribe(show)       # whole lists, the current one at once
    ...
    await calls[0].answer(audio=True, video=True)
"""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

import msgspec

from ringproof.client.commands import Outward
from ringproof.client.endpoint import locate
from ringproof.client.media import Counts, EventModelMedia, Media
from ringproof.client.network import LIMITS, Limits, Network, trust
from ringproof.client.observable import Observable
from ringproof.client.parts import REFERENCE, ClientParts
from ringproof.client.promise import Promise
from ringproof.client.session import Call, ReportedError


class Client:
    """One subscriber's device. Constructing it, inside a running loop, brings it online.

    ``token`` is a subscriber access token. ``url`` and ``rest_url`` say where to connect when the
    hosts of the token do not resolve; ``ca_file`` is the authority to trust (None: the system's).
    ``real_media`` False replaces packets by the event model, which only the stand-in understands.
    ``parts`` are the classes it is made of.
    Raises ``CredentialError`` for a token that names no host. Source: guide, Inbound Calls.
    """

    def __init__(
        self,
        token: str,
        *,
        url: str | None = None,
        rest_url: str | None = None,
        ca_file: Path | str | None = None,
        real_media: bool = True,
        parts: ClientParts = REFERENCE,
        limits: Limits = LIMITS,
    ) -> None:
        socket_at, rest_at = locate(token, url, rest_url)
        loop = asyncio.get_running_loop()
        self._session = parts.session(parts.core(token, _uuid), self._perform, self._report)
        context = trust(Path(ca_file) if ca_file else None)
        deliver = self._session.dispatch
        self._network = Network(socket_at, rest_at, token, context, deliver, limits)
        self._network.media = self._media = self._make_media(real_media)
        self._run = loop.create_task(self._network.run(), name="reference client")
        self._run.add_done_callback(self._ended)

    def _ended(self, run: asyncio.Task[None]) -> None:
        """Leave nobody waiting, whatever ended the run."""
        error = None if run.cancelled() else run.exception()
        self._session.abandon("the client is gone" if error is None else f"crashed: {error!r}")

    def _make_media(self, real: bool) -> Media:
        if not real:
            return EventModelMedia(self._session.dispatch)
        # Imported here because aiortc costs 0.4 s.
        from ringproof.client.rtc import AiortcMedia

        return AiortcMedia(self._session.dispatch, self._network.spawn)

    def _perform(self, command: Outward) -> None:
        self._network.perform(command)

    def _report(self, error: Exception) -> None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "a subscriber of the reference client raised", "exception": error}
        )

    def register(self) -> Promise:
        """Return a promise of being online; it fails with ``RegistrationError`` within 15 s.

        The client comes online without it: this is the point to wait for before subscribing.
        Guest and embed tokens never come online, since they can only place calls.
        """
        return self._session.register()

    @property
    def incoming_calls(self) -> Observable[tuple[Call, ...]]:
        """The whole list of inbound calls, oldest first: now, and after every change."""
        return self._session.incoming_calls

    @property
    def errors(self) -> Observable[ReportedError]:
        """Errors as they happen; late subscribers get none of the earlier ones."""
        return self._session.errors

    async def subscriber(self) -> dict[str, Any] | None:
        """Fetch who the token belongs to, addresses included; None when the platform won't say."""
        text = await self._network.get("/api/fabric/subscriber/info", {})
        return None if text is None else msgspec.json.decode(text, type=dict[str, Any])

    async def count_packets(self, call: str) -> Counts:
        """Count a call's RTP packets so far, by direction and kind."""
        return await self._media.counts(call)

    async def close(self) -> None:
        """Hang up on everybody, go offline, and release everything. May be called twice."""
        if not self._run.done():
            await self._session.close()
            self._network.stop()
        await self._run

    async def vanish(self) -> None:
        """Disappear as a closed page does: no bye, and a socket closed with 1001."""
        self._network.abort()
        await self._run

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _uuid() -> str:
    return str(uuid.uuid4())
