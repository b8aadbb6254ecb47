"""Tokens and calls through the REST endpoints of the stand-in, as callers use them."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import httpx

from ringproof_scenarios.model import Caller

REST_WITHIN_S = 20.0
"""A busy two-core machine answered within 1 s; past this the stand-in itself is stuck."""
CONNECTIONS_MAX = 64
CALLS = "/api/calling/calls"
FOREVER_MS = -1
"""A SWML sleep without end."""


class RestFault(Exception):
    """The stand-in refused or lost a request of ours: a harness fault, with the reply's text."""


class RestClient:
    """A client of the stand-in's REST surface; close it, or use it as a context manager."""

    def __init__(self, url: str, project: str, api_token: str, ca_file: Path) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            auth=(project, api_token),
            verify=ssl.create_default_context(cafile=str(ca_file)),
            trust_env=False,
            timeout=REST_WITHIN_S,
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
        )

    async def __aenter__(self) -> RestClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def token(self, reference: str, **profile: str) -> tuple[str, str]:
        """Return (subscriber id, fresh access token) for a reference; ``profile`` is kept."""
        asked = {"reference": reference, **profile}
        body = await self._post("/api/fabric/subscribers/tokens", asked)
        return str(body["subscriber_id"]), str(body["token"])

    async def dial(
        self, caller: Caller, address: str, *, talk_ms: int | None, label: str = ""
    ) -> str:
        """Place a call to ``address`` (no query) and return its id.

        ``talk_ms`` is how long the script sleeps after the answer; None sleeps for ever.
        ``label`` is what planned faults know the call by.
        """
        channel = "video" if "video" in caller.media else "audio"
        params: dict[str, Any] = {
            "from": caller.address,
            "to": f"{address}?channel={channel}",
            "swml": talk_script(talk_ms),
            "label": label,
        }
        if caller.name is not None:
            params["from_name"] = caller.name
        return await self.place(params)

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
        try:
            response = await self._client.post(path, json=body)
        except httpx.HTTPError as error:
            raise RestFault(f"POST {path}: {type(error).__name__} {error}") from error
        if ended_is_fine and response.status_code in (404, 422):
            return {}
        if response.status_code not in (200, 201):
            raise RestFault(f"POST {path}: {response.status_code} {response.text[:300]}")
        return dict(response.json())


def talk_script(talk_ms: int | None) -> dict[str, Any]:
    """Write the SWML document of a caller who hangs up after ``talk_ms``, or never (None)."""
    sleep = {"sleep": {"duration": FOREVER_MS if talk_ms is None else talk_ms}}
    main: list[dict[str, Any]] = [{"answer": {}}, sleep]
    if talk_ms is not None:
        main.append({"hangup": {}})
    return {"version": "1.0.0", "sections": {"main": main}}
