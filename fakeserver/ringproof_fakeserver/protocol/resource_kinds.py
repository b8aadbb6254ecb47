"""The kinds of resources of the Fabric API that are kept here, in one table. Pure.

Subscribers are accounts of the directory; all others are names, attributes and an address.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof_fakeserver.protocol.parameters import (
    BOOLEAN,
    NAME,
    OBJECT,
    TEXT,
    URL,
    Parameter,
    integer,
    one_of,
)

_METHOD = one_of("GET", "POST")


class ResourceKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind. ``path`` is its place in URLs, ``type`` its name in bodies."""

    path: str
    type: str
    key: str
    """Where the body of a resource holds its own attributes."""
    address_type: str
    """``room`` or ``app``."""
    fields: tuple[Parameter, ...]
    """What a request may give; required fields are asked for when a resource is made."""
    defaults: dict[str, Any]
    """Every attribute of a new resource."""


_TEXTS_OF_ROOM = ("name", "display_name", "description", "join_from", "join_until", "remove_at")
_SWITCHES_OF_ROOM = (
    "record_on_start",
    "tone_on_entry_and_exit",
    "room_join_video_off",
    "user_join_video_off",
    "enable_room_previews",
    "sync_audio_video",
    "prioritize_handraise",
)

CONFERENCE_ROOM = ResourceKind(
    path="conference_rooms",
    type="video_room",
    key="conference_room",
    address_type="room",
    fields=(
        Parameter("name", NAME, required=True),
        *(Parameter(name, TEXT) for name in _TEXTS_OF_ROOM[1:]),
        *(Parameter(name, BOOLEAN) for name in _SWITCHES_OF_ROOM),
        Parameter("max_members", integer(1, 10_000)),
        Parameter("quality", one_of("720p", "1080p")),
        Parameter("fps", integer(20, 30)),
        Parameter("remove_after_seconds_elapsed", integer(0, 2**31)),
        Parameter("layout", TEXT),
        Parameter("meta", OBJECT),
    ),
    defaults={
        "name": "",
        "display_name": "",
        "description": "",
        "max_members": 20,
        "quality": "720p",
        "fps": 20,
        "join_from": None,
        "join_until": None,
        "remove_at": None,
        "remove_after_seconds_elapsed": None,
        "layout": "grid-responsive",
        **dict.fromkeys(_SWITCHES_OF_ROOM, False),
        "meta": {},
    },
)
SWML_SCRIPT = ResourceKind(
    path="swml_scripts",
    type="swml_script",
    key="swml_script",
    address_type="app",
    fields=(
        Parameter("name", NAME, required=True),
        Parameter("display_name", TEXT),
        Parameter("contents", NAME, required=True),
        Parameter("status_callback_url", URL),
    ),
    defaults={
        "display_name": "",
        "contents": "",
        "request_url": "",
        "status_callback_url": None,
        "status_callback_method": "POST",
    },
)
SWML_WEBHOOK = ResourceKind(
    path="swml_webhooks",
    type="swml_webhook",
    key="swml_webhook",
    address_type="app",
    fields=(
        Parameter("name", NAME),
        Parameter("used_for", one_of("calling")),
        Parameter("primary_request_url", URL, required=True),
        Parameter("primary_request_method", _METHOD),
        Parameter("fallback_request_url", URL),
        Parameter("fallback_request_method", _METHOD),
        Parameter("status_callback_url", URL),
        Parameter("status_callback_method", _METHOD),
    ),
    defaults={
        "name": "SWML webhook",
        "used_for": "calling",
        "primary_request_url": "",
        "primary_request_method": "POST",
        "fallback_request_url": None,
        "fallback_request_method": "POST",
        "status_callback_url": None,
        "status_callback_method": "POST",
    },
)

KINDS = {kind.path: kind for kind in (CONFERENCE_ROOM, SWML_SCRIPT, SWML_WEBHOOK)}
