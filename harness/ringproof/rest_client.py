"""Tokens and calls through the REST endpoints of the stand-in, as callers use them."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import httpx

from ringproof.rest_callbacks import CallbackReceiver, Receive
from ringproof.rest_requests import (
    CALLS,
    TOKENS,
    Authorization,
    Placed,
    RestReply,
    dial_params,
    talk_script,
)
from ringproof_scenarios.model import Caller

REST_WITHIN_S = 20.0
"""A busy two-core machine answered within 1 s; past this the stand-in itself is stuck."""
CONNECTIONS_MAX = 64


class RestFault(Exception):
    """The stand-in refused or lost a request of ours: a harness fault, with the reply's text."""


class RestClient:
    """A client of the stand-in's REST surface; close it, or use it as a context manager."""

    def __init__(self, url: str, project: str, api_token: str, ca_file: Path) -> None:
        self._project, self._api_token = project, api_token
        self._callbacks: CallbackReceiver | None = None
        self._client = httpx.AsyncClient(
            base_url=url,
            verify=ssl.create_default_context(cafile=str(ca_file)),
            trust_env=False,
            timeout=REST_WITHIN_S,
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
        )

    async def __aenter__(self) -> RestClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
        if self._callbacks is not None:
            await self._callbacks.close()

    async def listen(self, receive: Receive) -> str:
        """Return a new URL of ours; the body of each callback to it is given to ``receive``."""
        if self._callbacks is None:
            self._callbacks = CallbackReceiver()
        return await self._callbacks.expect(receive)

    def forget(self, url: str) -> None:
        """Refuse what is posted to a URL of ``listen`` from now on."""
        if self._callbacks is not None:
            self._callbacks.forget(url)

    async def token(self, reference: str, **profile: str) -> tuple[str, str]:
        """Return (subscriber id, fresh access token) for a reference; ``profile`` is kept."""
        asked = {"reference": reference, **profile}
        body = await self._post(TOKENS, asked)
        return str(body["subscriber_id"]), str(body["token"])

    async def request(
        self,
        method: str,
        path: str,
        credentials: Authorization,
        *,
        body: dict[str, Any] | None = None,
        token: str = "",
    ) -> RestReply:
        """Send a request with these credentials; every answer will do. Raises ``RestFault``.

        ``wrong`` is the project with another API token, ``token`` the client's that is given.
        """
        headers = {"Authorization": f"Bearer {token}"} if credentials == "token" else {}
        auth: tuple[str, str] | None = None
        if credentials in ("project", "wrong"):
            auth = self._project, self._api_token + ("x" if credentials == "wrong" else "")
        request = self._client.build_request(method, path, json=body, headers=headers)
        response = await self._send(request, auth)
        return RestReply(response.status_code, _object(response))

    async def dial(
        self,
        caller: Caller,
        address: str,
        *,
        talk_ms: int | None,
        label: str = "",
        status_url: str = "",
    ) -> Placed:
        """Place a call; for the parameters see ``dial_params``. Raises ``RestFault``."""
        params = dial_params(caller, address, talk_ms=talk_ms, label=label, status_url=status_url)
        body = {"command": "dial", "params": params}
        reply = await self.request("POST", CALLS, "project", body=body)
        if reply.status != 200 or "id" not in reply.body:
            raise RestFault(f"POST {CALLS}: {reply.status} {str(reply.body)[:300]}")
        return Placed(str(reply.body["id"]), reply)

    async def place(self, params: dict[str, Any]) -> str:
        """Place a call with the parameters of the REST command ``dial``, and return its id."""
        body = {"command": "dial", "params": params}
        return str((await self._post(CALLS, body))["id"])

    async def end(self, call: str, reason: str) -> None:
        """End a call for the caller; one that has ended meanwhile is left as it is."""
        request = {"command": "calling.end", "id": call, "params": {"reason": reason}}
        await self._post(CALLS, request, ended_is_fine=True)

    async def update(self, call: str, *, talk_ms: int) -> None:
        """Replace the call's script by one that hangs up after ``talk_ms``."""
        params = {"id": call, "swml": talk_script(talk_ms)}
        await self._post(CALLS, {"command": "update", "params": params}, ended_is_fine=True)

    async def _post(
        self, path: str, body: dict[str, Any], *, ended_is_fine: bool = False
    ) -> dict[str, Any]:
        request = self._client.build_request("POST", path, json=body)
        response = await self._send(request, (self._project, self._api_token))
        if ended_is_fine and response.status_code in (404, 422):
            return {}
        if response.status_code not in (200, 201):
            raise RestFault(f"POST {path}: {response.status_code} {response.text[:300]}")
        return dict(response.json())

    async def _send(self, request: httpx.Request, auth: tuple[str, str] | None) -> httpx.Response:
        try:
            return await self._client.send(request, auth=auth)
        except httpx.HTTPError as error:
            where = f"{request.method} {request.url.path}"
            raise RestFault(f"{where}: {type(error).__name__} {error}") from error


def _object(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer; empty where there is none."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
