"""What every REST handler works with: the server, and who may ask for what."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Protocol

import msgspec
from starlette.requests import Request

from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.commands import AnswerLookup
from ringproof_fakeserver.protocol.errors import RefusalError, TokenError, error_body
from ringproof_fakeserver.protocol.events import AnyEvent
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.settings import Settings

if TYPE_CHECKING:
    from ringproof_fakeserver.media.recorder import Recordings


class Runner(Protocol):
    """Carries out what the exchange asks for; see ``ExchangeRunner``."""

    def dispatch(self, event: AnyEvent) -> None:
        """Have the exchange handle an event."""

    async def look_up(self, subscriber: str, name: str, session: str) -> AnswerLookup:
        """Ask the exchange for an address, and wait for its answer."""


class Callbacks(Protocol):
    """Keeps callbacks until a reply has gone; see ``WebhookClient``."""

    def hold(self, call: str) -> None:
        """Keep a call's callbacks until ``release``."""

    def release(self, call: str) -> None:
        """Send a call's callbacks."""


class RestContext(msgspec.Struct, frozen=True, kw_only=True):
    """The server as its REST handlers see it; built once.

    Credentials are Basic (project and API token) or Bearer (an access token); the methods that
    check them raise ``RefusalError`` (401).
    """

    exchange: Exchange
    runner: Runner
    webhooks: Callbacks
    api_token: str
    now_ms: Callable[[], int]
    """Unix milliseconds."""
    ids: Callable[[], str]
    """Fresh UUIDs."""
    recordings: Recordings | None = None
    """The files that ``calling.record`` made."""

    @property
    def settings(self) -> Settings:
        """Those of the exchange."""
        return self.exchange.settings

    @property
    def now_s(self) -> int:
        """Unix seconds, rounded down."""
        return self.now_ms() // 1000

    def require_project(self, request: Request) -> None:
        """Accept only the project's own Basic credentials."""
        scheme, value = _authorization(request)
        try:
            given = base64.b64decode(value, validate=True) if scheme == "basic" else b""
        except ValueError:
            raise unauthorized() from None
        expected = f"{self.settings.project_id}:{self.api_token}".encode()
        if not hmac.compare_digest(given, expected):
            raise unauthorized()

    def require_token(
        self, request: Request, kinds: Collection[sat.Kind] = sat.CLIENT_KINDS
    ) -> sat.Claims:
        """Return the claims of the request's Bearer token."""
        scheme, value = _authorization(request)
        if scheme != "bearer":
            raise unauthorized("Bearer")
        try:
            return sat.read(value, self.settings.key, self.now_s, kinds)
        except TokenError as error:
            raise unauthorized("Bearer") from error

    def require_either(
        self, request: Request, kinds: Collection[sat.Kind] = sat.CLIENT_KINDS
    ) -> sat.Claims | None:
        """Accept Basic (returns None) or Bearer (its claims): sources disagree where."""
        if _authorization(request)[0] == "bearer":
            return self.require_token(request, kinds)
        self.require_project(request)
        return None


def unauthorized(scheme: str = "Basic") -> RefusalError:
    """Return the refusal for credentials that are missing, wrong or of the wrong kind.

    ``scheme`` is what was wanted. A page that sent a token must not be asked for Basic: Chromium
    then keeps the reply from the page, because a person might type a password.
    """
    return RefusalError(401, error_body(401), {"WWW-Authenticate": f'{scheme} realm="ringproof"'})


def _authorization(request: Request) -> tuple[str, str]:
    """Split the header; schemes are compared without regard to case."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return scheme.lower(), value.strip()
