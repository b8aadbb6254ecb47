"""Hang-up causes, with FreeSWITCH's names and codes."""

from __future__ import annotations

import msgspec


class Cause(msgspec.Struct, frozen=True):
    """A hang-up cause; ``code`` is 0 when a client named a cause and no usable code."""

    name: str
    code: int


NO_ROUTE = Cause("NO_ROUTE_DESTINATION", 3)
NORMAL = Cause("NORMAL_CLEARING", 16)
USER_BUSY = Cause("USER_BUSY", 17)
NO_ANSWER = Cause("NO_ANSWER", 19)
REJECTED = Cause("CALL_REJECTED", 21)
DEVICE_GONE = Cause("DESTINATION_OUT_OF_ORDER", 27)
INCOMPATIBLE = Cause("INCOMPATIBLE_DESTINATION", 88)
RECOVERY_EXPIRED = Cause("RECOVERY_ON_TIMER_EXPIRE", 102)
CANCEL = Cause("ORIGINATOR_CANCEL", 487)
LOSE_RACE = Cause("LOSE_RACE", 502)
MEDIA_TIMEOUT = Cause("MEDIA_TIMEOUT", 804)
