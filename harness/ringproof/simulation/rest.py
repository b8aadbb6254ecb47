"""REST in a simulation: the application that serves HTTP, called without sockets.

A request is answered at the moment it is sent: its answer, and what it changes, are those of the
real routes. Nothing but callbacks and dials that name them needs it, so it is made when first used.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ringproof.rest_requests import Authorization, RestReply
from ringproof.simulation.callback_queue import CallbackQueue
from ringproof_fakeserver.protocol.commands import AnswerLookup
from ringproof_fakeserver.protocol.events import AnyEvent
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.rest import application
from ringproof_fakeserver.rest.context import RestContext

API_TOKEN = "simulated"


class _Runner:
    """What the routes need of ``ExchangeRunner``."""

    def __init__(self, dispatch: Callable[[AnyEvent], None]) -> None:
        self.dispatch = dispatch

    async def look_up(self, subscriber: str, name: str, session: str) -> AnswerLookup:
        """Refuse: a simulated client asks its look-ups by another way."""
        raise NotImplementedError(f"no route looks {name} up for {subscriber} {session} here")


class SimulatedRest:
    """The routes of one simulated platform."""

    def __init__(
        self,
        exchange: Exchange,
        dispatch: Callable[[AnyEvent], None],
        callbacks: CallbackQueue,
        now_ms: Callable[[], int],
        ids: Callable[[], str],
        context: type[RestContext],
    ) -> None:
        self._project = exchange.settings.project_id
        self._application = application.build(
            context(
                exchange=exchange,
                runner=_Runner(dispatch),
                webhooks=callbacks,
                api_token=API_TOKEN,
                now_ms=now_ms,
                ids=ids,
            ),
            {},
        )

    async def request(
        self,
        method: str,
        path: str,
        credentials: Authorization,
        *,
        body: Mapping[str, Any] | None = None,
        token: str = "",
    ) -> RestReply:
        """Send a request; see ``CallerApi.request``."""
        sent: list[Mapping[str, Any]] = []
        content = b"" if body is None else msgspec.json.encode(body)

        async def receive() -> Mapping[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": path,
            "root_path": "",
            "query_string": b"",
            "headers": self._headers(credentials, token),
            "server": ("simulated.invalid", 443),
        }
        await self._application(scope, receive, send)  # type: ignore[arg-type]  # same shapes
        answer = b"".join([message.get("body", b"") for message in sent])
        decoded = msgspec.json.decode(answer) if answer else {}
        return RestReply(sent[0]["status"], decoded if isinstance(decoded, dict) else {})

    def _headers(self, credentials: Authorization, token: str) -> list[tuple[bytes, bytes]]:
        if credentials == "none":
            return []
        if credentials == "token":
            return [(b"authorization", f"Bearer {token}".encode())]
        given = API_TOKEN + ("x" if credentials == "wrong" else "")
        basic = base64.b64encode(f"{self._project}:{given}".encode())
        return [(b"authorization", b"Basic " + basic)]
