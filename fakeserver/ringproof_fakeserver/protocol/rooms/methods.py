"""``call.*`` requests: what a client changes in the room that it is in.

State does not change with the reply but with the event that follows it, as clients expect. Every
member may do everything: that is what the capabilities of ``call.joined`` say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ringproof_fakeserver.protocol import causes, jsonrpc
from ringproof_fakeserver.protocol.calls import Calls
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Trigger
from ringproof_fakeserver.protocol.errors import NO_SUCH_CALL, SESSION_ERROR, FrameError
from ringproof_fakeserver.protocol.incoming import Incoming
from ringproof_fakeserver.protocol.messages import OK, MemberTarget, RoomRequest
from ringproof_fakeserver.protocol.rooms.room import LAYOUTS, Member

DONE = {"code": "200", "message": "Success"}
"""The reply to ``call.mute``, as captured."""

_SHOWN = 64
_MOST = 100
_POSITION = re.compile(r"auto|off-canvas|playback|full-screen|(standard|reserved)-[0-9]{1,3}")

Effect = Callable[[], None]


class RoomMethods:
    """Answers ``call.*`` requests of connected sessions."""

    def __init__(self, buffer: CommandBuffer, calls: Calls) -> None:
        self._buffer = buffer
        self._calls = calls
        self._rooms = calls.rooms
        self._methods: dict[str, Callable[[RoomRequest, Member], Effect]] = {
            "call.lock": lambda _, own: lambda: self._rooms.locked(own.room, True),
            "call.unlock": lambda _, own: lambda: self._rooms.locked(own.room, False),
            "call.layout.set": self._set_layout,
            "call.member.position.set": self._set_position,
            "call.member.remove": self._remove,
            "call.end": self._remove,
        }

    def handle(self, incoming: Incoming) -> None:
        """Answer one request, then do what it asks for."""
        self._buffer.received(incoming)
        try:
            request, own = self._read(incoming)
            if incoming.method == "call.layout.list":
                self._buffer.answer(incoming, {**OK, "layouts": list(LAYOUTS)})
            elif incoming.method == "call.member.list":
                members = self._rooms.members_json(own.room)
                self._buffer.answer(incoming, {**OK, "members": members})
            else:
                effect = self._effect(incoming.method, request, own)
                self._buffer.answer(incoming, dict(DONE))
                effect()
        except FrameError as error:
            self._buffer.refuse(incoming, error.code, error.message)

    def _read(self, incoming: Incoming) -> tuple[RoomRequest, Member]:
        """Return the request and the member who sent it. Raises ``FrameError``."""
        known = (*self._methods, *_CHANGES, "call.layout.list", "call.member.list")
        if incoming.method not in known:
            problem = f"Method not found: {incoming.method[:_SHOWN]}"
            raise FrameError(jsonrpc.METHOD_NOT_FOUND, problem)
        request = jsonrpc.read(incoming.message.params, RoomRequest)
        dialog = self._calls.dialogs.get(request.own.call_id or "")
        if dialog is None or dialog.session is not incoming.session:
            raise FrameError(SESSION_ERROR, NO_SUCH_CALL)
        own = self._rooms.in_room(dialog)
        if own is None:
            raise FrameError(SESSION_ERROR, "the call has not joined a room")
        return request, own

    def _effect(self, method: str, request: RoomRequest, own: Member) -> Effect:
        if method in self._methods:
            return self._methods[method](request, own)
        changes, members = _CHANGES[method](request), _members(request, own)

        def change() -> None:
            for member in members:
                self._rooms.changed(member, changes)

        return change

    def _set_layout(self, request: RoomRequest, own: Member) -> Effect:
        if request.layout not in LAYOUTS:
            raise _invalid(f"there is no layout {request.layout[:_SHOWN]}")
        positions = [
            (_member(own.id if name == "self" else name, own), _position(wanted))
            for name, wanted in request.positions.items()
        ]

        def arrange() -> None:
            own.room.layout = request.layout
            for member, position in positions:
                member.position = position
            self._rooms.arranged(own.room)

        return arrange

    def _set_position(self, request: RoomRequest, own: Member) -> Effect:
        positions = [
            (member, _position(target.position or request.position))
            for target, member in zip(_targets(request), _members(request, own), strict=True)
        ]

        def arrange() -> None:
            for member, position in positions:
                member.position = position
            self._rooms.arranged(own.room)

        return arrange

    def _remove(self, request: RoomRequest, own: Member) -> Effect:
        members = _members(request, own)

        def remove() -> None:
            for member in members:
                if member.dialog.alive:
                    call = self._calls.live[member.dialog.call]
                    self._calls.end(call, "hangup", "platform", causes.NORMAL, Trigger.ORIGIN_END)

        return remove


def _invalid(problem: str) -> FrameError:
    return FrameError(jsonrpc.INVALID_PARAMS, f"Invalid params: {problem}")


def _targets(request: RoomRequest) -> list[MemberTarget]:
    return request.targets or ([request.target] if request.target else [])


def _members(request: RoomRequest, own: Member) -> list[Member]:
    """Return the members that a request names, at least one. Raises ``FrameError``."""
    named = [(each.target or each).member_id for each in _targets(request)]
    if not named:
        raise _invalid("there is no target")
    if len(named) > _MOST:
        raise _invalid(f"more than {_MOST} targets")
    return [_member(name or "", own) for name in named]


def _member(member_id: str, own: Member) -> Member:
    member = own.room.member(member_id)
    if member is None:
        raise _invalid(f"there is no member {member_id[:_SHOWN]} in this room")
    return member


def _position(wanted: str) -> str:
    if not _POSITION.fullmatch(wanted):
        raise _invalid(f"there is no position {wanted[:_SHOWN]}")
    return wanted


def _mute(request: RoomRequest, muted: bool) -> dict[str, Any]:
    channels = dict.fromkeys(request.channels)
    if not channels or not set(channels) <= {"audio", "video"}:
        raise _invalid("channels are audio, video or both")
    return {f"{channel}_muted": muted for channel in channels}


def _level(value: float | None, name: str) -> float:
    if value is None or not -_MOST <= value <= _MOST:
        raise _invalid(f"{name} is a number from {-_MOST} to {_MOST}")
    return int(value) if value == int(value) else value


def _flags(request: RoomRequest, *names: str) -> dict[str, Any]:
    given = {name: getattr(request, name) for name in names}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise _invalid(f"none of {', '.join(names)} is given")
    return changes


_CHANGES: dict[str, Callable[[RoomRequest], dict[str, Any]]] = {
    "call.mute": lambda request: _mute(request, True),
    "call.unmute": lambda request: _mute(request, False),
    "call.deaf": lambda _: {"deaf": True},
    "call.undeaf": lambda _: {"deaf": False},
    "call.raisehand": lambda _: {"handraised": True},
    "call.lowerhand": lambda _: {"handraised": False},
    "call.audioflags.set": lambda request: _flags(
        request, "echo_cancellation", "auto_gain", "noise_suppression"
    ),
    "call.lowbitrate.set": lambda request: _flags(request, "lowbitrate"),
    "call.microphone.volume.set": lambda request: {
        "input_volume": _level(request.volume, "volume")
    },
    "call.speaker.volume.set": lambda request: {"output_volume": _level(request.volume, "volume")},
    "call.microphone.sensitivity.set": lambda request: {
        "input_sensitivity": _level(request.sensitivity, "sensitivity")
    },
}
"""What changes of the members that a request names."""
