"""What callers and an app's backend ask of REST, and what a trace keeps of the answers. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ringproof_scenarios.model import Caller, Scenario

CALLS = "/api/calling/calls"
TOKENS = "/api/fabric/subscribers/tokens"
USER = "/api/fabric/subscriber/info"
ADDRESSES = "/api/fabric/addresses"

FOREVER_MS = -1
"""A SWML sleep without end."""

FILE_URL = "https://media.ringproof.invalid/clip.mp4"
"""What a caller with ``plays`` plays: never fetched, the stand-in has a clip for it."""

DIGEST_CHARACTERS = 12
"""Enough to tell the tokens of one trace apart, and of no use to anybody."""

Authorization = Literal["project", "wrong", "none", "token"]


class RestReply(msgspec.Struct, frozen=True):
    """What REST answered."""

    status: int
    body: Mapping[str, Any]
    """The decoded object; empty where there was none."""


class Placed(msgspec.Struct, frozen=True):
    """A dial that was accepted."""

    call: str
    """The call's id."""
    reply: RestReply | None = None
    """None where the call was placed past REST."""


def shown(scenario: Scenario, caller: Caller) -> bool:
    """Say whether a trace shows the request by which a caller dials.

    Only where the scenario is about REST: a simulation places all other calls past it.
    """
    return caller.plays or caller.status_events is not None or bool(scenario.requests)


def dial_params(
    caller: Caller, address: str, *, talk_ms: int | None, label: str = "", status_url: str = ""
) -> dict[str, Any]:
    """Return the parameters with which a caller dials ``address`` (no query).

    ``talk_ms`` is how long the script sleeps after the answer; None sleeps for ever. ``label`` is
    what planned faults know the call by, ``status_url`` where the caller's backend listens.
    """
    channel = "video" if "video" in caller.media else "audio"
    params: dict[str, Any] = {
        "from": caller.address,
        "from_name": caller.name,  # also null: the address may be that of a subscriber with a name
        "to": f"{address}?channel={channel}",
        "swml": play_script() if caller.plays else talk_script(talk_ms),
        "label": label,
    }
    if caller.status_events is not None:
        params |= {"status_url": status_url, "status_events": list(caller.status_events)}
    return params


def talk_script(talk_ms: int | None) -> dict[str, Any]:
    """Write the SWML document of a caller who hangs up after ``talk_ms``, or never (None)."""
    sleep = {"sleep": {"duration": FOREVER_MS if talk_ms is None else talk_ms}}
    main: list[dict[str, Any]] = [{"answer": {}}, sleep]
    if talk_ms is not None:
        main.append({"hangup": {}})
    return {"version": "1.0.0", "sections": {"main": main}}


def play_script() -> dict[str, Any]:
    """Write the SWML document of a caller who plays a file and hangs up."""
    main = [{"answer": {}}, {"play": {"url": FILE_URL}}, {"hangup": {}}]
    return {"version": "1.0.0", "sections": {"main": main}}


def told(reply: RestReply) -> dict[str, Any]:
    """Return what a trace keeps of an answer (``trace.Rested.told``), whatever was asked."""
    body: Mapping[str, Any] = reply.body
    kept: dict[str, Any] = {}
    if isinstance(token := body.get("token"), str):
        digest = hashlib.sha256(token.encode()).hexdigest()
        kept |= {"subscriber": body.get("subscriber_id"), "token": digest[:DIGEST_CHARACTERS]}
    if "fabric_addresses" in body:
        kept |= {"subscriber": body.get("id"), "display_name": body.get("display_name")}
    listed = body.get("fabric_addresses", body.get("data"))
    if isinstance(listed, list):
        kept["addresses"] = [
            {"name": one.get("name"), "channels": one.get("channels")}
            for one in listed
            if isinstance(one, dict)
        ]
    if "charge" in body:
        kept |= {"call": body.get("id"), "from": body.get("from"), "to": body.get("to")}
        kept["status"] = body.get("status")
    if isinstance(errors := body.get("errors"), list):
        kept["codes"] = [one.get("code") for one in errors if isinstance(one, dict)]
    return kept
