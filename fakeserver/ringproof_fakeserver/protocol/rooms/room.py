"""Rooms and their members as data, and the JSON that clients see of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from ringproof_fakeserver.protocol.dialog import Dialog
from ringproof_fakeserver.protocol.directory import Subscriber

LAYOUT = "grid-responsive"
LAYOUTS = (LAYOUT, "highlight-1-responsive", "screen-share", "1x1", "2x1", "5x5")
"""What a client can choose; all of them look like a grid here."""
CAPABILITIES = (
    *("self", "member", "vmuted", "layout", "digit"),
    *("screenshare", "device", "lock", "end"),
)
AUTO = "auto"
OFF_CANVAS = "off-canvas"


def new_state() -> dict[str, Any]:
    """Return what a client can change of a member, as it is at first."""
    return {
        **dict.fromkeys(("handraised", "audio_muted", "video_muted", "deaf"), False),
        "visible": True,
        **{"input_volume": 0, "output_volume": 0, "input_sensitivity": 11},
        **dict.fromkeys(("echo_cancellation", "auto_gain", "noise_suppression"), True),
        **dict.fromkeys(("lowbitrate", "denoise"), False),
        "meta": {},
    }


class Room(msgspec.Struct, eq=False, kw_only=True):
    """A room for the time in which somebody is in it."""

    id: str
    session: str
    """Id of this time: another one begins when the room has been empty."""
    name: str
    display_name: str
    resource: str = ""
    """Id of the conference room; empty: the room of one leg of a plain call."""
    layout: str = LAYOUT
    locked: bool = False
    most_members: int = 1
    members: dict[str, Member] = {}
    """By dialog, oldest first: also those whose media is not connected yet."""
    relays: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    """By dialog: to which others its sound and its picture go now."""

    def present(self) -> Iterator[Member]:
        """Yield the members that have joined and not left."""
        return (member for member in self.members.values() if member.present)

    def member(self, member_id: str) -> Member | None:
        """Return a present member by id, or None."""
        return next((each for each in self.present() if each.id == member_id), None)

    def legs_of(self, member: Member) -> list[Member]:
        """Return the second legs of a member."""
        return [each for each in self.members.values() if each.parent is member]


class Member(msgspec.Struct, eq=False, kw_only=True):
    """One leg in a room."""

    id: str
    dialog: Dialog
    room: Room
    type: str = "member"
    """Of second legs ``screen`` or ``device``."""
    parent: Member | None = None
    """Of second legs: the member whose screen or device it is."""
    present: bool = False
    """The others know of it."""
    joined: bool = False
    """It was told that it has joined, and its page was not opened again since."""
    position: str = AUTO
    state: dict[str, Any] = msgspec.field(default_factory=new_state)


def member_json(member: Member, subscriber: Subscriber, node_id: str) -> dict[str, Any]:
    """Return a member as room events show it; ``subscriber`` is whose device it is."""
    value = {
        "room_session_id": member.room.session,
        "room_id": member.room.id,
        "member_id": member.id,
        "call_id": member.dialog.id,
        "name": subscriber.display_name,
        "type": member.type,
        **member.state,
        "subscriber_id": subscriber.id,
        "address_id": subscriber.addresses[0].id,
        "node_id": node_id,
    }
    return value if member.parent is None else {**value, "parent_id": member.parent.id}


def session_json(room: Room, members: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the ``room_session`` of events, with these members."""
    switches = ("recording", "streaming", "prioritize_handraise", "hide_video_muted")
    return {
        "room_session_id": room.session,
        "room_id": room.id,
        "event_channel": room.session,
        "name": room.name,
        "layout_name": room.layout,
        "display_name": room.display_name,
        **dict.fromkeys(switches, False),
        "locked": room.locked,
        "meta": {},
        "members": members,
        **{what: [] for what in ("recordings", "streams", "playbacks")},
    }


def layout_json(room: Room) -> dict[str, Any]:
    """Return the layout: a grid of the members that are to be seen, and two empty layers."""
    shown = [each for each in room.present() if each.position != OFF_CANVAS]
    columns = math.ceil(math.sqrt(max(1, len(shown))))
    rows = math.ceil(max(1, len(shown)) / columns)
    layers = [_layer(0, "standard-1", 0, 1, 1)] if not shown else []
    for index, member in enumerate(shown):
        layer = _layer(index, f"standard-{index + 1}", index, columns, rows)
        if member.position != AUTO:
            layer["reservation"] = member.position
        layers.append({**layer, "member_id": member.id})
    for position in ("playback", "full-screen"):
        layers.append(_layer(len(layers), position, 0, 1, 1))
    return {"id": room.layout, "name": "Grid", "layers": layers}


def _layer(index: int, position: str, cell: int, columns: int, rows: int) -> dict[str, Any]:
    width, height = 100 // columns, 100 // rows
    return {
        "layer_index": index,
        "z_index": index,
        "position": position,
        "playing_file": False,
        "visible": True,
        "x": cell % columns * width,
        "y": cell // columns * height,
        "width": width,
        "height": height,
    }
