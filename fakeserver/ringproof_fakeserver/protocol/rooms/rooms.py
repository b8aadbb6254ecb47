"""Room events around answered calls: legs join a room, change in it, and leave when they end.

The shapes and their order are those of an outbound call to a video room, the only ones that were
captured in public. Their timestamps are whole microseconds, unlike those of verto messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import RelayMedia
from ringproof_fakeserver.protocol.dialog import Dialog, State
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.protocol.resources import Resource
from ringproof_fakeserver.protocol.rooms import relays
from ringproof_fakeserver.protocol.rooms.room import (
    CAPABILITIES,
    LAYOUT,
    LAYOUTS,
    Member,
    Room,
    layout_json,
    member_json,
    session_json,
)

LEFT_REASON = "Conference ending"


class Rooms:
    """Lets answered dialogs join and leave. ``platform`` returns the variant of a subscriber.

    A leg of a plain call has a room of its own; legs of calls to one conference room share it.
    """

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
        self._members: dict[str, Member] = {}
        """By dialog: those that are in a room, or about to join one."""
        self._conferences: dict[str, Room] = {}
        """By resource: conference rooms with somebody in them."""
        self.on_left: Callable[[Member], None] = lambda member: None
        """Called when a member leaves, before anybody is told."""

    # Who is where.

    def conference(self, resource_id: str) -> Room | None:
        """Return a conference room that somebody is in or about to join, or None."""
        return self._conferences.get(resource_id)

    def open(self, resource: Resource) -> Room:
        """Return the room of a resource; one that is empty begins anew."""
        room = self._conferences.get(resource.id)
        if room is None:
            wanted = resource.attributes["layout"]
            room = self._conferences[resource.id] = Room(
                id=resource.inner_id,
                session=self._ids(),
                name=str(resource.attributes["name"]),
                display_name=resource.name,
                resource=resource.id,
                layout=wanted if wanted in LAYOUTS else LAYOUT,
                most_members=resource.attributes["max_members"],
            )
        return room

    def admit(
        self, dialog: Dialog, room: Room, kind: str = "member", parent: Member | None = None
    ) -> Member:
        """Give a dialog its place in a room; it joins once its media is connected."""
        member = Member(id=self._ids(), dialog=dialog, room=room, type=kind, parent=parent)
        self._members[dialog.id] = room.members[dialog.id] = member
        return member

    def in_room(self, dialog: Dialog) -> Member | None:
        """Return the member of a dialog that has joined, or None."""
        member = self._members.get(dialog.id)
        return member if member is not None and member.present else None

    def member(self, dialog: Dialog) -> str:
        """Return the member id of a dialog, which may join later."""
        return (self._members.get(dialog.id) or self._alone(dialog)).id

    def reopened(self, dialog: Dialog) -> str:
        """Return the member id of a page that was opened again: it keeps its place in the room.

        Its new media joins once more, so that the page learns of the room.
        """
        member = self._members.get(dialog.id) or self._alone(dialog)
        member.joined = False
        member.room.relays.clear()  # they led to the old media leg
        return member.id

    def _alone(self, dialog: Dialog) -> Member:
        room_id, session = self._ids(), self._ids()
        name = f"relay/participant/{self._settings.project_id}/{session}"
        return self.admit(dialog, Room(id=room_id, session=session, name=name, display_name=name))

    # Joining, changing, leaving.

    def join(self, dialog: Dialog) -> None:
        """Say that the device has joined, once the call is answered and its media is connected."""
        if dialog.state is not State.ACTIVE or not dialog.media:
            return
        member = self._members.get(dialog.id)
        told = self._platform(dialog.session.subscriber).room_events
        if (member is not None and member.joined) or not (
            told or (member and member.room.resource)
        ):
            return
        member = member or self._alone(dialog)
        new, member.present, member.joined = not member.present, True, True
        if told:
            self._notify_joined(member)
        if new:
            about = {"member": self._json(member), **_ids_of(member.room)}
            others = list(self._pages(member.room, without=member))
            self._notify(others, "member.joined", about)
            self._notify(others, "layout.changed", _layout(member.room))
        self._relay(member.room)

    def changed(self, member: Member, changes: dict[str, Any]) -> None:
        """Change what is given of a member's state, and tell everybody in the room."""
        member.state.update(changes)
        updated = {**self._json(member), "updated": list(changes)}
        about = {"member": updated, **_ids_of(member.room)}
        self._notify(self._pages(member.room), "member.updated", about)
        self._relay(member.room)

    def locked(self, room: Room, locked: bool) -> None:
        """Lock or unlock a room, and tell everybody in it."""
        room.locked = locked
        about = {"room_session": self._session(room), **_ids_of(room)}
        self._notify(self._pages(room), "call.updated", about)

    def arranged(self, room: Room) -> None:
        """Tell everybody in a room that its layout, or a position in it, has changed."""
        self._notify(self._pages(room), "layout.changed", _layout(room))

    def leave(self, dialog: Dialog) -> None:
        """Say that the device has left; it comes before the bye, or the reply to one."""
        member = self._members.pop(dialog.id, None)
        if member is None:
            return
        self.on_left(member)
        room = member.room
        if member.joined and self._platform(dialog.session.subscriber).room_events:
            left = {
                "room_session": self._session(room),
                **_own_ids(member),
                "reason": LEFT_REASON,
            }
            self._buffer.room_event(dialog.session, dialog.id, "call.left", left)
        del room.members[dialog.id]
        room.relays.pop(dialog.id, None)
        if not room.members:
            self._conferences.pop(room.resource, None)
        if member.present:
            about = {"member": self._json(member), **_ids_of(room), "reason": LEFT_REASON}
            others = list(self._pages(room))
            self._notify(others, "member.left", about)
            self._notify(others, "layout.changed", _layout(room))
            self._relay(room)

    # Media.

    def media_changed(self, dialog: Dialog) -> None:
        """Have the media of a room follow a new offer of a dialog that is in it."""
        member = self.in_room(dialog)
        if member is not None:
            self._relay(member.room)

    def _relay(self, room: Room) -> None:
        """Have the media of a conference room go where it belongs by now."""
        if not room.resource:
            return
        for leg, targets in relays.plan(room).items():
            if room.relays.get(leg, ((), ())) != targets:
                self._buffer.add(RelayMedia(leg, *targets))
            room.relays[leg] = targets

    # Events.

    def _notify_joined(self, member: Member) -> None:
        dialog, room = member.dialog, member.room
        joined = {
            "room_session": self._session(room),
            **_own_ids(member),
            "capabilities": list(CAPABILITIES),
        }
        self._buffer.room_event(dialog.session, dialog.id, "call.joined", joined)
        updated = {"member": {**self._json(member), "updated": ["visible"]}, **_ids_of(room)}
        self._buffer.room_event(dialog.session, dialog.id, "member.updated", updated)
        self._buffer.room_event(dialog.session, dialog.id, "layout.changed", _layout(room))

    def _pages(self, room: Room, without: Member | None = None) -> Iterator[Dialog]:
        """Yield the dialogs to which events of a room go: one of each session that is in it."""
        sessions: set[str] = set()
        for member in room.present():
            session = member.dialog.session
            wanted = member.joined and self._platform(session.subscriber).room_events
            if wanted and member is not without and session.protocol not in sessions:
                sessions.add(session.protocol)
                yield member.dialog

    def _notify(self, dialogs: Iterable[Dialog], event_type: str, about: dict[str, Any]) -> None:
        for dialog in dialogs:
            self._buffer.room_event(dialog.session, dialog.id, event_type, about)

    def _session(self, room: Room) -> dict[str, Any]:
        return session_json(room, [self._json(member) for member in room.present()])

    def _json(self, member: Member) -> dict[str, Any]:
        subscriber = self._directory.subscriber(member.dialog.session.subscriber)
        assert subscriber is not None, "subscribers are never removed"
        return member_json(member, subscriber, self._settings.node_id)

    def members_json(self, room: Room) -> list[dict[str, Any]]:
        """Return the members of a room as room events show them."""
        return [self._json(member) for member in room.present()]


def _ids_of(room: Room) -> dict[str, Any]:
    return {"room_id": room.id, "room_session_id": room.session}


def _own_ids(member: Member) -> dict[str, Any]:
    origin = member if member.parent is None else member.parent
    return {
        **_ids_of(member.room),
        "call_id": member.dialog.id,
        "member_id": member.id,
        "origin_call_id": origin.dialog.id,
    }


def _layout(room: Room) -> dict[str, Any]:
    return {**_ids_of(room), "layout": layout_json(room)}
