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
import ssl
import uuid
from collections.abc import Mapping
from pathlib import Path

from ringproof.client import events
from ringproof.client.connection import NOTHING, Stored
from ringproof.client.devices import Devices
from ringproof.client.endpoint import locate
from ringproof.client.media import Counts
from ringproof.client.network import LIMITS, Limits, Network
from ringproof.client.observable import Observable
from ringproof.client.parts import REFERENCE, ClientParts
from ringproof.client.promise import ClientError, Promise
from ringproof.client.session import Call, ReportedError
from ringproof.client.user import PATH, User


class Client:
    """One subscriber's device. Constructing it, inside a running loop, brings it online.

    ``token`` is a subscriber access token. ``url`` and ``rest_url`` say where to connect when the
    hosts of the token do not resolve; ``ca_file`` is the authority to trust (None: the system's).
    ``real_media`` False replaces packets by the event model, which only the stand-in understands.
    ``stored`` is what another page of the subscriber kept (``Client.stored``): its session is
    resumed. With ``reattach`` calls outlive their page: it hangs up on nobody when it is closed,
    and the page that is opened again gets its connected calls back. ``parts`` are the classes it
    is made of.
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
        stored: Stored = NOTHING,
        reattach: bool = False,
    ) -> None:
        socket_at, rest_at = locate(token, url, rest_url)
        self._core = core = parts.core(token, lambda: str(uuid.uuid4()))
        core.reattachments.keep(reattach)
        self._users = parts.users()
        core.restore(stored)
        self._session = parts.session(
            core, lambda command: self._network.perform(command), self._report
        )
        self.incoming_calls: Observable[tuple[Call, ...]] = self._session.incoming_calls
        """The whole list of inbound calls, oldest first: now, and after every change."""
        self.errors: Observable[ReportedError] = self._session.errors
        """Errors as they happen; late subscribers get none of the earlier ones."""
        self._network = Network(
            socket_at,
            rest_at,
            token,
            ssl.create_default_context(cafile=ca_file or None),
            self._session.dispatch,
            real_media=real_media,
            limits=limits,
        )
        loop = asyncio.get_running_loop()
        self._run = loop.create_task(self._network.run(), name="reference client")
        self._run.add_done_callback(self._ended)

    @property
    def calls(self) -> Mapping[str, Call]:
        """Every call that is not over, outbound ones included, by id."""
        return self._session.calls

    @property
    def devices(self) -> Devices:
        """The microphone and the camera; a test can make them fail."""
        return self._network.devices

    def _ended(self, run: asyncio.Task[None]) -> None:
        """Leave nobody waiting, whatever ended the run."""
        error = None if run.cancelled() else run.exception()
        self._session.abandon("the client is gone" if error is None else f"crashed: {error!r}")

    def _report(self, error: Exception) -> None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "a subscriber of the reference client raised", "exception": error}
        )

    def register(self) -> Promise:
        """Return a promise of being online; it fails with ``RegistrationError`` within 10 s.

        The client comes online without it: this is the point to wait for before subscribing.
        Guest and embed tokens never come online, since they can only place calls.
        """
        return self._session.register()

    async def dial(self, to: str, *, audio: bool = True, video: bool = False) -> Call:
        """Call an address, sending these kinds; return the call once the platform has taken it.

        It is then ``trying``, and in no list. Raises ``CallError`` when the platform refuses.
        """
        call, taken = self.place(to, audio=audio, video=video)
        await taken
        return call

    def place(self, to: str, *, audio: bool = True, video: bool = False) -> tuple[Call, Promise]:
        """As ``dial``, at once: the call, and the promise that the platform has taken it."""
        return self._session.dial(to, audio, video)

    def renew(self, token: str) -> None:
        """Take another token of the same user, for the next time that a socket is opened."""
        self._core.connection.renew(token)
        self._network.use_token(token)

    async def user(self) -> User:
        """Ask who the user is, and at which addresses; raises ``ClientError`` without an answer."""
        try:
            return self._users.read(await self._network.fetch(PATH))
        except ValueError as error:
            raise ClientError(str(error)) from error

    def unregister(self) -> Promise:
        """Go offline: no calls come any more, until ``register()``. Calls that there are go on."""
        return self._session.unregister()

    @property
    def stored(self) -> Stored:
        """What a page keeps so that it can resume its session after a reload; see ``stored``."""
        return self._core.stored

    async def count_packets(self, call: str) -> Counts:
        """Count a call's RTP packets so far, by direction and kind."""
        return await self._network.media.counts(call)

    async def close(self) -> None:
        """Hang up on everybody, go offline, and release everything. May be called twice."""
        if not self._run.done():
            await self._session.close()
            self._network.stop()
        await self._run

    async def vanish(self) -> None:
        """Disappear as a closed page does: a socket closed with 1001, and before that a bye for
        each call, unless calls outlive the page.
        """
        if not self._run.done():
            self._session.dispatch(events.PageUnloading())
        self._network.abort()
        await self._run

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
