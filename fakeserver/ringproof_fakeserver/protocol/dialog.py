"""The server's dialog lifecycle: one device's part of a call, as one table.

The reference client has a table of its own. The two share message shapes only, so that a mistake
in one cannot hide in the other.
"""

from __future__ import annotations

import enum

import msgspec

from ringproof_fakeserver.protocol.errors import LocalError
from ringproof_fakeserver.protocol.session import Session


class State(enum.StrEnum):
    """How far a dialog got."""

    PREPARING = "preparing"
    """The media leg makes its offer; the device is not invited yet."""
    RINGING = "ringing"
    """The offer is there; the invite is sent, or waits for the device's socket to come back."""
    ANSWERING = "answering"
    """The device accepted; its SDP is being applied."""
    ACTIVE = "active"
    """Offer and answer are in place on both ends."""
    ENDED = "ended"


_LIVE = (State.PREPARING, State.RINGING, State.ANSWERING, State.ACTIVE)


class Trigger(enum.StrEnum):
    """What changes a dialog's state."""

    OFFER_READY = "offer_ready"
    ANSWER = "answer"
    ANSWER_APPLIED = "answer_applied"
    CALLEE_BYE = "callee_bye"
    ORIGIN_END = "origin_end"
    RING_TIMEOUT = "ring_timeout"
    RACE_LOST = "race_lost"
    DEVICE_GONE = "device_gone"
    PING_UNANSWERED = "ping_unanswered"
    MEDIA_FAILED = "media_failed"


TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.PREPARING, Trigger.OFFER_READY): State.RINGING,
    (State.RINGING, Trigger.ANSWER): State.ANSWERING,
    (State.ANSWERING, Trigger.ANSWER_APPLIED): State.ACTIVE,
    (State.ACTIVE, Trigger.PING_UNANSWERED): State.ENDED,
    # Every live state can end; a device can send a bye once it was invited.
    **{(state, Trigger.ORIGIN_END): State.ENDED for state in _LIVE},
    **{(state, Trigger.DEVICE_GONE): State.ENDED for state in _LIVE},
    **{(state, Trigger.MEDIA_FAILED): State.ENDED for state in _LIVE},
    **{(state, Trigger.CALLEE_BYE): State.ENDED for state in _LIVE[1:]},
    **{(state, Trigger.RING_TIMEOUT): State.ENDED for state in _LIVE[:2]},
    **{(state, Trigger.RACE_LOST): State.ENDED for state in _LIVE[:2]},
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
    """The invite was sent, so the device must get a bye."""
    media: bool = False
    """The media leg is connected."""
    kinds: tuple[str, ...] = ()
    """Kinds of media that were offered and not refused by the answer; empty before it."""
    params_due: bool = False
    """The media parameters are still to be pushed."""
    answer_id: str = ""
    """Id of the request that answered it; the same request after a resume is confirmed again."""
    on_hold: bool = False
    pinged: bool = False
    """Its ping timer runs."""
    unanswered_ping: bool = False
    """A ping was due, and no pong came since."""
    real: bool = False
    """Packets cross a socket (not the event model)."""

    def accepts(self, trigger: Trigger) -> bool:
        """Return whether ``fire`` would succeed."""
        return (self.state, trigger) in TRANSITIONS

    def fire(self, trigger: Trigger) -> None:
        """Change the state. Raises ``IllegalTransition`` if the table has no entry."""
        state = TRANSITIONS.get((self.state, trigger))
        if state is None:
            raise IllegalTransition(f"{trigger.value} in state {self.state.value}")
        self.state = state

    @property
    def alive(self) -> bool:
        """Whether the dialog has not ended."""
        return self.state is not State.ENDED
