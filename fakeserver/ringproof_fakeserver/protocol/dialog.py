"""The server's dialog lifecycle: one device's part of a call, as one visible table.

The reference client has its own lifecycle with its own table; the two share message shapes only,
so that a mistake in one cannot hide in the other.
"""

from __future__ import annotations

import enum

import msgspec

from ringproof_fakeserver.protocol.errors import LocalError
from ringproof_fakeserver.protocol.session import Session


class State(enum.StrEnum):
    """Where a dialog stands."""

    PREPARING = "preparing"
    """The media leg makes its offer; the device knows nothing yet."""
    RINGING = "ringing"
    """The offer is there; the invite is sent, or waits for the device's socket to come back."""
    ANSWERING = "answering"
    """The device accepted; its SDP is being applied."""
    ACTIVE = "active"
    """Offer and answer are in place on both ends."""
    ENDED = "ended"


class Trigger(enum.StrEnum):
    """What moves a dialog."""

    OFFER_READY = "offer_ready"
    ANSWER = "answer"
    ANSWER_APPLIED = "answer_applied"
    CALLEE_BYE = "callee_bye"
    ORIGIN_END = "origin_end"
    RING_TIMEOUT = "ring_timeout"
    RACE_LOST = "race_lost"
    DEVICE_GONE = "device_gone"
    MEDIA_FAILED = "media_failed"


TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.PREPARING, Trigger.OFFER_READY): State.RINGING,
    (State.PREPARING, Trigger.ORIGIN_END): State.ENDED,
    (State.PREPARING, Trigger.RING_TIMEOUT): State.ENDED,
    (State.PREPARING, Trigger.RACE_LOST): State.ENDED,
    (State.PREPARING, Trigger.DEVICE_GONE): State.ENDED,
    (State.PREPARING, Trigger.MEDIA_FAILED): State.ENDED,
    (State.RINGING, Trigger.ANSWER): State.ANSWERING,
    (State.RINGING, Trigger.CALLEE_BYE): State.ENDED,
    (State.RINGING, Trigger.ORIGIN_END): State.ENDED,
    (State.RINGING, Trigger.RING_TIMEOUT): State.ENDED,
    (State.RINGING, Trigger.RACE_LOST): State.ENDED,
    (State.RINGING, Trigger.DEVICE_GONE): State.ENDED,
    (State.RINGING, Trigger.MEDIA_FAILED): State.ENDED,
    (State.ANSWERING, Trigger.ANSWER_APPLIED): State.ACTIVE,
    (State.ANSWERING, Trigger.CALLEE_BYE): State.ENDED,
    (State.ANSWERING, Trigger.ORIGIN_END): State.ENDED,
    (State.ANSWERING, Trigger.DEVICE_GONE): State.ENDED,
    (State.ANSWERING, Trigger.MEDIA_FAILED): State.ENDED,
    (State.ACTIVE, Trigger.CALLEE_BYE): State.ENDED,
    (State.ACTIVE, Trigger.ORIGIN_END): State.ENDED,
    (State.ACTIVE, Trigger.DEVICE_GONE): State.ENDED,
    (State.ACTIVE, Trigger.MEDIA_FAILED): State.ENDED,
}
"""The whole lifecycle. A pair that is missing is illegal; nothing leaves ``ENDED``."""


class IllegalTransition(LocalError):
    """A trigger that the dialog's state does not accept; ask ``accepts`` before firing."""


class Dialog(msgspec.Struct, eq=False, kw_only=True):
    """One device's dialog of one call."""

    id: str
    """The verto ``callID``."""
    call: str
    session: Session
    state: State = State.PREPARING
    offer: str = ""
    """Our SDP, kept until the invite is sent."""
    invited: bool = False
    """The device was told of the call, so it must be told of its end."""
    media: bool = False
    """The media leg is connected."""
    answer_id: str = ""
    """Id of the request that answered it: its repetition after a lost socket is confirmed again."""
    held: bool = False
    real: bool = False

    def accepts(self, trigger: Trigger) -> bool:
        """Say whether ``fire`` would succeed."""
        return (self.state, trigger) in TRANSITIONS

    def fire(self, trigger: Trigger) -> None:
        """Move on. Raises ``IllegalTransition`` and changes nothing if the table has no entry."""
        state = TRANSITIONS.get((self.state, trigger))
        if state is None:
            raise IllegalTransition(f"{trigger.value} in state {self.state.value}")
        self.state = state

    @property
    def alive(self) -> bool:
        """Whether the dialog has not ended."""
        return self.state is not State.ENDED
