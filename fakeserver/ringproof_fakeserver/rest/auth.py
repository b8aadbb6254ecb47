"""Credentials: Basic (project and API token) or Bearer (an access token)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Collection

from starlette.requests import Request

from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.errors import RefusalError, TokenError, error_body
from ringproof_fakeserver.protocol.sat import Kind
from ringproof_fakeserver.rest.context import RestContext


def unauthorized() -> RefusalError:
    """Return the refusal for credentials that are missing, wrong or of the wrong kind."""
    return RefusalError(401, error_body(401), {"WWW-Authenticate": 'Basic realm="ringproof"'})


def require_project(context: RestContext, request: Request) -> None:
    """Accept only the project's own Basic credentials. Raises ``RefusalError`` (401)."""
    scheme, value = _authorization(request)
    try:
        given = base64.b64decode(value, validate=True) if scheme == "basic" else b""
    except ValueError:
        raise unauthorized() from None
    expected = f"{context.settings.project_id}:{context.api_token}".encode()
    if not hmac.compare_digest(given, expected):
        raise unauthorized()


def require_token(
    context: RestContext, request: Request, kinds: Collection[Kind] = sat.CLIENT_KINDS
) -> sat.Claims:
    """Return the claims of the request's Bearer token. Raises ``RefusalError`` (401)."""
    scheme, value = _authorization(request)
    if scheme != "bearer":
        raise unauthorized()
    try:
        return sat.read(value, context.settings.key, context.now_s, kinds)
    except TokenError as error:
        raise unauthorized() from error


def require_either(
    context: RestContext, request: Request, kinds: Collection[Kind] = sat.CLIENT_KINDS
) -> sat.Claims | None:
    """Accept Basic (returns None) or Bearer (its claims): sources disagree about some endpoints."""
    if _authorization(request)[0] == "bearer":
        return require_token(context, request, kinds)
    require_project(context, request)
    return None


def _authorization(request: Request) -> tuple[str, str]:
    """Split the header; schemes are compared without regard to case."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return scheme.lower(), value.strip()
