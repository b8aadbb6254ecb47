"""Room events around an answered call: the device joins a room, and leaves it when the call ends.

The shapes and their order are those of an outbound call to a video room, the only ones that were
captured in public. Their timestamps are whole microseconds, unlike those of verto messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Dialog, State
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.platform import Platform

CAPABILITIES = (
    *("self", "member", "vmuted", "layout", "digit"),
    *("screenshare", "device", "lock", "end"),
)
LAYOUT = "grid-responsive"
LEFT_REASON = "Conference ending"


class Room(msgspec.Struct, frozen=True):
    """The ids of a device's room; each call has a room of its own."""

    id: str
    session: str
    member: str


class Rooms:
    """Lets answered dialogs join and leave. ``platform`` returns the variant of a subscriber."""

    def __init__(
        self,
        buffer: CommandBuffer,
        directory: Directory,
        platform: Callable[[str], Platform],
        ids: Callable[[], str],
    ) -> None:
        self._buffer = buffer
        self._settings = buffer.settings
        self._directory = directory
        self._platform = platform
        self._ids = ids
        self._joined: dict[str, Room] = {}
        """By dialog: those that have joined and not left."""
        self._left_by_page: dict[str, Room] = {}
        """By dialog: rooms whose page was opened again and has not joined yet."""

    def join(self, dialog: Dialog) -> None:
        """Say that the device has joined, once the call is answered and its media is connected."""
        ready = dialog.state is State.ACTIVE and dialog.media
        subscriber = dialog.session.subscriber
        if not ready or dialog.id in self._joined or not self._platform(subscriber).room_events:
            return
        room = self._left_by_page.pop(dialog.id, None) or self._new_room()
        self._joined[dialog.id] = room
        member = self._member(dialog, room)
        joined = {
            "room_session": self._room_session(dialog, room, member),
            **self._own_ids(dialog, room),
            "capabilities": list(CAPABILITIES),
        }
        self._buffer.room_event(dialog.session, dialog.id, "call.joined", joined)
        about = {"room_id": room.id, "room_session_id": room.session}
        updated = {"member": {**member, "updated": ["visible"]}, **about}
        self._buffer.room_event(dialog.session, dialog.id, "member.updated", updated)
        layout = {**about, "layout": _layout(room)}
        self._buffer.room_event(dialog.session, dialog.id, "layout.changed", layout)

    def member(self, dialog: Dialog) -> str:
        """Return the member id of a page that was opened again: it keeps its place in the room.

        Its new media joins once more, so that the page learns of the room.
        """
        room = self._joined.pop(dialog.id, None) or self._left_by_page.get(dialog.id)
        self._left_by_page[dialog.id] = room = room or self._new_room()
        return room.member

    def _new_room(self) -> Room:
        return Room(self._ids(), self._ids(), self._ids())

    def leave(self, dialog: Dialog) -> None:
        """Say that the device has left; it comes before the bye, or the reply to one."""
        self._left_by_page.pop(dialog.id, None)
        room = self._joined.pop(dialog.id, None)
        if room is None:
            return
        left = {
            "room_session": self._room_session(dialog, room, self._member(dialog, room)),
            **self._own_ids(dialog, room),
            "reason": LEFT_REASON,
        }
        self._buffer.room_event(dialog.session, dialog.id, "call.left", left)

    def _own_ids(self, dialog: Dialog, room: Room) -> dict[str, Any]:
        return {
            "room_id": room.id,
            "room_session_id": room.session,
            "call_id": dialog.id,
            "member_id": room.member,
            "origin_call_id": dialog.id,
        }

    def _room_session(self, dialog: Dialog, room: Room, member: dict[str, Any]) -> dict[str, Any]:
        name = f"relay/participant/{self._settings.project_id}/{room.session}"
        switches = ("recording", "streaming", "prioritize_handraise", "hide_video_muted", "locked")
        return {
            "room_session_id": room.session,
            "room_id": room.id,
            "event_channel": room.session,
            "name": name,
            "layout_name": LAYOUT,
            "display_name": name,
            **dict.fromkeys(switches, False),
            "meta": {},
            "members": [member],
            **{what: [] for what in ("recordings", "streams", "playbacks")},
        }

    def _member(self, dialog: Dialog, room: Room) -> dict[str, Any]:
        subscriber = self._directory.subscriber(dialog.session.subscriber)
        assert subscriber is not None, "subscribers are never removed"
        return {
            "room_session_id": room.session,
            "room_id": room.id,
            "member_id": room.member,
            "call_id": dialog.id,
            "name": subscriber.display_name,
            "type": "member",
            **dict.fromkeys(("handraised", "audio_muted", "video_muted", "deaf"), False),
            "visible": True,
            **{"input_volume": 0, "output_volume": 0, "input_sensitivity": 11},
            **dict.fromkeys(("echo_cancellation", "auto_gain", "noise_suppression"), True),
            **dict.fromkeys(("lowbitrate", "denoise"), False),
            "meta": {},
            "subscriber_id": subscriber.id,
            "address_id": subscriber.addresses[0].id,
            "node_id": self._settings.node_id,
        }


def _layout(room: Room) -> dict[str, Any]:
    area = {"visible": True, "x": 0, "y": 0, "width": 100, "height": 100}
    positions = ("standard-1", "playback", "full-screen")
    layers: list[dict[str, Any]] = [
        {
            "layer_index": index,
            "z_index": index,
            "position": position,
            "playing_file": False,
            **area,
        }
        for index, position in enumerate(positions)
    ]
    layers[0]["member_id"] = room.member
    return {"id": LAYOUT, "name": "Grid", "layers": layers}
