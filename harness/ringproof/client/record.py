"""What the client core keeps of one call, from the invite to its end. Pure data."""

from __future__ import annotations

import msgspec

from ringproof.client.commands import CallInfo
from ringproof.client.events import Track
from ringproof.client.lifecycle import Status


class Record(msgspec.Struct, gc=False):
    """One call as the core knows it."""

    info: CallInfo
    offer: str
    node: str
    status: Status = "ringing"
    audio: bool = True
    video: bool = False
    chosen: tuple[int, int] = (0, 0)
    media_open: bool = False
    media_connected: bool = False
    answered: bool = False
    """Whether the platform has confirmed our answer."""
    offering: bool = False
    """The client itself makes the offer: it placed the call, or the page before this one had it."""
    request: str = ""
    """Id of the request in flight: the answer, later the bye."""
    timer: str = ""
    """Name of the timer that bounds that request; empty when none runs."""
    streams: int = 0
    remote: tuple[Track, ...] = ()
    waiters: tuple[str, ...] = ()

    @property
    def outbound(self) -> bool:
        """The client itself placed the call."""
        return self.info.outbound
