"""What the platform's side of the wire shows of a call on one device."""

from __future__ import annotations

import dataclasses

from ringproof_fakeserver.protocol.journal import FrameFact, MediaFact

NEVER = -1
"""Trace index of what did not happen."""


@dataclasses.dataclass(slots=True, eq=False)
class WireRecord:
    """Frames as they left or arrived, the end of the dialog, and media, by trace index."""

    invite: FrameFact | None = None
    invite_at: int = NEVER
    invite_read_at: int = NEVER
    """Where the client acknowledged the invite; not every client does."""
    outbound: bool = False
    """The client itself dialled."""
    answer: FrameFact | None = None
    """The client's first answer."""
    answer_at: int = NEVER
    answers: int = 0
    late_answer_at: int = NEVER
    """An answer that came of answering a call that was over."""
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
    """Points where injected faults struck: a frame lost or late, a request refused or unheard, dead
    media. Nothing that depends on it can be blamed on the client."""
    media_at: int = NEVER
    real: bool = False
    """The media crossed a socket."""
    packets: MediaFact | None = None
    """The platform's last count."""
    packets_at: int = NEVER

    @property
    def platform_first(self) -> bool:
        """The platform said bye, and not in reply to the client's."""
        out = self.bye_out_at
        return out >= 0 and (self.bye_in_at < 0 or out < self.bye_in_at)

    @property
    def answered_first(self) -> bool:
        """The platform had the client's answer before anybody said bye."""
        at = self.answer_at
        return (
            at >= 0
            and (self.bye_out_at < 0 or at < self.bye_out_at)
            and (self.bye_in_at < 0 or at < self.bye_in_at)
        )
