"""The server's dialog lifecycle: one device's part of a call, as one table.

The device is called, or it placed the call (``outbound``): the two have states of their own until
the call is answered.

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
    CALLING = "calling"
    """The device placed the call and waits for an answer."""
    CONNECTING = "connecting"
    """The call that the device placed was answered; the media leg answers the device's offer."""
    ACTIVE = "active"
    """Offer and answer are in place on both ends."""
    ENDED = "ended"


_CALLED = (State.PREPARING, State.RINGING, State.ANSWERING, State.ACTIVE)
_PLACED = (State.CALLING, State.CONNECTING, State.ACTIVE)


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
    FAR_ANSWER = "far_answer"
    LEG_ANSWERED = "leg_answered"
    CALLER_BYE = "caller_bye"
    FAR_END = "far_end"


TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.PREPARING, Trigger.OFFER_READY): State.RINGING,
    (State.RINGING, Trigger.ANSWER): State.ANSWERING,
    (State.ANSWERING, Trigger.ANSWER_APPLIED): State.ACTIVE,
    (State.ACTIVE, Trigger.PING_UNANSWERED): State.ENDED,
    (State.CALLING, Trigger.FAR_ANSWER): State.CONNECTING,
    (State.CONNECTING, Trigger.LEG_ANSWERED): State.ACTIVE,
    # Every live state can end; a device can send a bye once it was invited.
    **{(state, Trigger.ORIGIN_END): State.ENDED for state in _CALLED},
    **{(state, Trigger.DEVICE_GONE): State.ENDED for state in _CALLED},
    **{(state, Trigger.MEDIA_FAILED): State.ENDED for state in _CALLED},
    **{(state, Trigger.CALLEE_BYE): State.ENDED for state in _CALLED[1:]},
    **{(state, Trigger.RING_TIMEOUT): State.ENDED for state in _CALLED[:2]},
    **{(state, Trigger.RACE_LOST): State.ENDED for state in _CALLED[:2]},
    **{(state, Trigger.CALLER_BYE): State.ENDED for state in _PLACED},
    **{(state, Trigger.FAR_END): State.ENDED for state in _PLACED},
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
    """Our SDP, kept until the invite is sent. Of an outbound one: the device's, kept until the call
    is answered, then our answer, kept until it is sent."""
    outbound: bool = False
    """The device placed the call."""
    invited: bool = False
    """The device knows of it, so it must get a bye: the invite was sent, by us or by it."""
    rang: bool = False
    """The device was noted to ring."""
    media: bool = False
    """The media leg is connected."""
    kinds: tuple[str, ...] = ()
    """Kinds of media that were offered and not refused by the answer; empty before it."""
    sends: tuple[str, ...] = ()
    """Kinds of media that the device sends by its own offer; empty where it answered ours."""
    params_due: bool = False
    """The media parameters are still to be pushed."""
    answer_id: str = ""
    """Id of the request that answered or placed it; the same again, after a resume, is confirmed
    again."""
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
    def answered(self) -> bool:
        """Whether the call of the dialog was answered, by the device or for it, and goes on."""
        return self.state in (State.ANSWERING, State.CONNECTING, State.ACTIVE)

    @property
    def alive(self) -> bool:
        """Whether the dialog has not ended."""
        return self.state is not State.ENDED
