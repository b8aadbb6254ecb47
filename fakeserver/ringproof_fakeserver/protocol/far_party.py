"""The far party: the caller's end of a call, where that is another leg and not a script.

A call that REST placed has none: the call rings its subscriber, and a script may run once it is
answered. Any other caller (a client that dials) is a ``FarParty``, which is told how its call goes
and whose media is joined with that of the device that answered.

What a far party does itself, it tells ``Calls``: ``Calls.dial`` places its call,
``Calls.caller_left`` ends it, and ``join`` is due once its media is connected.
"""

from __future__ import annotations

from typing import Protocol

from ringproof_fakeserver.protocol.call import Call
from ringproof_fakeserver.protocol.causes import Cause
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import JoinLegs


class FarParty(Protocol):
    """The caller's end of one call."""

    @property
    def leg(self) -> str:
        """Id of its media leg, as media commands name it."""

    @property
    def media(self) -> bool:
        """Whether that leg is connected."""

    def ringing(self) -> None:
        """The first device rings. Told once, and not at all where none ever does."""

    def answered(self) -> None:
        """A device accepted: the caller's leg may connect now. Told once."""

    def ended(self, cause: Cause) -> None:
        """The call is over, whoever ended it. Told once; nothing is told afterwards."""


def join(buffer: CommandBuffer, call: Call) -> None:
    """Relay media between caller and callee, if there are two legs and both are connected."""
    far, near = call.far_party, call.winner
    if far is not None and near is not None and far.media and near.media:
        buffer.add(JoinLegs(far.leg, near.id))
