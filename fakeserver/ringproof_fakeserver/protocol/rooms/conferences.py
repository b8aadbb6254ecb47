"""Calls of clients to conference rooms, and their second legs: screens and other devices.

The room answers at once: there is nobody who would ring. A second leg is a call of its own in the
room of the call that it belongs to, and ends with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringproof_fakeserver.protocol import causes
from ringproof_fakeserver.protocol.call import Call, CallState
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Dialog, Trigger
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.events import DialPlaced
from ringproof_fakeserver.protocol.far_party import FarParty
from ringproof_fakeserver.protocol.incoming import VertoRequest
from ringproof_fakeserver.protocol.resource_kinds import CONFERENCE_ROOM
from ringproof_fakeserver.protocol.resources import Resource
from ringproof_fakeserver.protocol.rooms.room import Member

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.calls import Calls

MOST_LEGS = 8
"""Second legs that a member may have at a time."""


class Conferences:
    """Lets clients into conference rooms."""

    def __init__(self, buffer: CommandBuffer, calls: Calls, directory: Directory) -> None:
        self._buffer = buffer
        self._calls = calls
        self._directory = directory
        calls.rooms.on_left = self._end_legs

    def problem(self, request: VertoRequest) -> str:
        """Return why an invite cannot be let into the room that it asks for; empty if it can."""
        if _is_second(request):
            return self._problem_of_second(request)
        resource = self._resource(request)
        room = self._calls.rooms.conference(resource.id) if resource else None
        if room is None:
            return ""
        if room.locked:
            return "the room is locked"
        people = sum(each.parent is None for each in room.members.values())
        return "the room is full" if people >= room.most_members else ""

    def _problem_of_second(self, request: VertoRequest) -> str:
        main = self._main(request)
        if main is None:
            return "a second leg needs the memberCallId of a call that has joined a room"
        if not main.room.resource:
            return "second legs are simulated in conference rooms only"
        return "too many second legs" if len(main.room.legs_of(main)) >= MOST_LEGS else ""

    def admit(self, request: VertoRequest, dialog: Dialog) -> bool:
        """Give an invite without a problem its place; False if it does not call a room."""
        rooms = self._calls.rooms
        if _is_second(request):
            main = self._main(request)
            assert main is not None, "its problem was looked for"
            kind = "screen" if request.params.dialog_params.screen_share else "device"
            rooms.admit(dialog, main.room, kind, main)
            return True
        resource = self._resource(request)
        if resource is not None:
            rooms.admit(dialog, rooms.open(resource))
        return resource is not None

    def answer(self, dial: DialPlaced, caller: FarParty) -> None:
        """Place the call of a dialog that was admitted, and accept it."""
        call = Call(
            id=dial.call,
            dial=dial,
            subscriber="",
            created_ms=self._buffer.now_ms,
            far_party=caller,
            in_room=True,
        )
        self._calls.live[call.id] = call
        self._buffer.record_call(call)
        for state in (CallState.RINGING, CallState.ANSWERED):
            call.become(state)
            self._buffer.record_call(call)
        call.answered_ms = self._buffer.now_ms
        caller.answered()

    def _resource(self, request: VertoRequest) -> Resource | None:
        """Return the conference room that an invite calls, or None."""
        address = self._directory.by_name(request.params.dialog_params.destination_number)
        resources = self._directory.resources
        return None if address is None else resources.get(address.resource, CONFERENCE_ROOM)

    def _main(self, request: VertoRequest) -> Member | None:
        """Return the member whose second leg an invite asks for, or None."""
        dialog = self._calls.dialogs.get(request.params.dialog_params.main_call)
        if dialog is None or dialog.session is not request.session:
            return None
        member = self._calls.rooms.in_room(dialog)
        return None if member is None or member.parent is not None else member

    def _end_legs(self, member: Member) -> None:
        for leg in member.room.legs_of(member):
            call = self._calls.live[leg.dialog.call]
            self._calls.end(call, "hangup", "platform", causes.NORMAL, Trigger.ORIGIN_END)


def _is_second(request: VertoRequest) -> bool:
    about = request.params.dialog_params
    return bool(about.screen_share or about.additional_device)
