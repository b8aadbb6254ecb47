"""The platform's side of a call on one device, as the checks read it."""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof_fakeserver.protocol.journal import FrameFact, MediaFact

NEVER = -1
"""Trace index of what did not happen."""


def earliest(*indexes: int) -> int:
    """Return the first of the trace indexes that are not ``NEVER``; ``NEVER`` if all are."""
    return min([at for at in indexes if at >= 0], default=NEVER)


class WireRecord(msgspec.Struct, eq=False):
    """The platform's side of a call on one device: frames, the end of the dialog, and media."""

    invite: FrameFact | None = None
    invite_at: int = NEVER
    invite_read_at: int = NEVER
    """Where the client acknowledged the invite; not every client does."""
    outbound: bool = False
    """The client itself dialled."""
    dialled: FrameFact | None = None
    """Its invite, where it dialled."""
    answer: FrameFact | None = None
    """The client's first answer."""
    answer_at: int = NEVER
    answers: int = 0
    late_answer_at: int = NEVER
    """An answer frame that a ``CallCommands.late_answer`` caused."""
    bye_in: FrameFact | None = None
    """The client's first bye."""
    bye_in_at: int = NEVER
    bye_out: FrameFact | None = None
    """The platform's first bye."""
    bye_out_at: int = NEVER
    bye_result_at: int = NEVER
    ended_at: int = NEVER
    """When the platform's dialog ended or was lost to another device."""
    ended_reason: str = ""
    faults: frozenset[str] = frozenset()
    """Points of the injected faults: a frame lost or late, a request refused or unheard, dead
    media. Nothing that depends on it can be blamed on the client."""
    pings_at: tuple[int, ...] = ()
    """The platform's pings of the call that were really sent, and the client's pongs."""
    pongs_at: tuple[int, ...] = ()
    ping_read_at: int = NEVER
    """Where the client acknowledged a ping last; not every client does."""
    pong_lost_at: int = NEVER
    """Where a fault kept a pong from the platform."""
    pong_refused: bool = False
    """The platform refused a pong, and said so."""
    reattach: FrameFact | None = None
    """The client's last invite for a call that the page before it had, and when it was read."""
    reattach_at: int = NEVER
    reattached_at: int = NEVER
    """When the platform gave it the call."""
    reattach_refused_at: int = NEVER
    """When it first refused that."""
    platform_answer: FrameFact | None = None
    """The platform's answer to the client's offer."""
    media_at: int = NEVER
    real: bool = False
    """The media crossed a socket."""
    packets: MediaFact | None = None
    """The platform's last count."""
    packets_at: int = NEVER
    counts: list[tuple[int, MediaFact]] = []
    """Every count of the platform, with its trace index."""
    restarted_at: list[int] = []
    """When the path was checked with the credentials of a new offer."""
    modifies: list[tuple[int, FrameFact]] = []
    """Each ``verto.modify`` of the client with its trace index; the replies likewise."""
    modify_replies: list[tuple[int, FrameFact]] = []
    cuts: dict[str, tuple[int, int]] = {}
    """``media-in`` or ``media-out`` → when that way was cut, and mended."""
    silent_at: int = NEVER

    def offered(self, field: str) -> Any:  # noqa: ANN401 - as it was on the wire
        """Return a field of the invite; None where it is missing, or there was no invite."""
        return None if self.invite is None else self.invite.detail.get(field)

    @property
    def platform_first(self) -> bool:
        """The platform sent its bye before the client did, or the client sent none."""
        out = self.bye_out_at
        return out >= 0 and (self.bye_in_at < 0 or out < self.bye_in_at)

    @property
    def answered_first(self) -> bool:
        """The platform had the client's answer before either side sent a bye."""
        bye_at = earliest(self.bye_out_at, self.bye_in_at)
        return self.answer_at >= 0 and (bye_at < 0 or self.answer_at < bye_at)
