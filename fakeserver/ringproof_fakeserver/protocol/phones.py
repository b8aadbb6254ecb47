"""Simulated people with a phone: whoever is called at a number that the project does not own.

There is no phone network here. The last two digits of the number say what happens; the person says
nothing, and stays until the caller hangs up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ringproof_fakeserver.protocol import causes
from ringproof_fakeserver.protocol.call import Call, CallState
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Trigger
from ringproof_fakeserver.protocol.events import DialPlaced
from ringproof_fakeserver.protocol.far_party import FarParty

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.calls import Calls

BUSY: Final = "86"
SILENT: Final = "80"
"""Nobody answers. The digits are those of the SIP statuses 486 and 480."""


class Phones:
    """Rings phones."""

    def __init__(self, buffer: CommandBuffer, calls: Calls) -> None:
        self._buffer = buffer
        self._calls = calls

    def dial(self, event: DialPlaced, caller: FarParty, number: str) -> None:
        """Place a call to a number for a far party, and let its owner answer."""
        call = Call(
            id=event.call,
            dial=event,
            subscriber="",
            status_url=event.status_url,
            created_ms=self._buffer.now_ms,
            far_party=caller,
            phone=number,
        )
        self._calls.live[call.id] = call
        self._buffer.record_call(call)
        if number.endswith(BUSY):
            cause, trigger = causes.USER_BUSY, Trigger.ORIGIN_END
            self._calls.end(call, "busy", "platform", cause, trigger)
            return
        self._calls.rings(call)
        if number.endswith(SILENT):
            self._calls.time_ringing(call)
            return
        call.become(CallState.ANSWERED)
        call.answered_ms = self._buffer.now_ms
        self._buffer.record_call(call)
        caller.answered()
