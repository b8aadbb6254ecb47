"""The dialog's table: what it accepts, and that nothing else happens."""

from __future__ import annotations

import itertools

import pytest

from ringproof_fakeserver.protocol.call import CALL_TRANSITIONS, Call, CallState
from ringproof_fakeserver.protocol.dialog import (
    TRANSITIONS,
    Dialog,
    IllegalTransition,
    State,
    Trigger,
)
from ringproof_fakeserver.protocol.events import DialPlaced
from ringproof_fakeserver.protocol.sat import Claims
from ringproof_fakeserver.protocol.session import Session

PAIRS = list(itertools.product(State, Trigger))


def dialog(state: State) -> Dialog:
    """A dialog in a state."""
    session = Session(protocol="p", claims=Claims(jti="j"))
    return Dialog(id="d", call="c", session=session, state=state)


@pytest.mark.parametrize(("state", "trigger"), PAIRS)
def test_dialog_moves_only_as_its_table_says(state: State, trigger: Trigger) -> None:
    subject = dialog(state)
    expected = TRANSITIONS.get((state, trigger))
    assert subject.accepts(trigger) is (expected is not None)
    if expected is None:
        with pytest.raises(IllegalTransition, match=trigger.value):
            subject.fire(trigger)
        assert subject.state is state
    else:
        subject.fire(trigger)
        assert subject.state is expected


def test_nothing_leaves_the_end() -> None:
    assert not any(state is State.ENDED for state, _ in TRANSITIONS)
    assert not dialog(State.ENDED).alive


def test_every_state_is_reached_and_can_end() -> None:
    reached = {State.PREPARING, State.CALLING, *TRANSITIONS.values()}
    assert reached == set(State)
    placed = {State.CALLING, State.CONNECTING}
    for state in set(State) - {State.ENDED}:
        trigger = Trigger.FAR_END if state in placed else Trigger.ORIGIN_END
        assert TRANSITIONS[(state, trigger)] is State.ENDED


def test_answer_is_accepted_only_while_it_rings() -> None:
    assert [state for state in State if dialog(state).accepts(Trigger.ANSWER)] == [State.RINGING]


@pytest.mark.parametrize(("old", "new"), list(itertools.product(CallState, CallState)))
def test_call_moves_only_as_its_table_says(old: CallState, new: CallState) -> None:
    dial = DialPlaced(call="c", from_="a", from_name=None, to="b")
    call = Call(id="c", dial=dial, subscriber="s", created_ms=0, state=old)
    if (old, new) in CALL_TRANSITIONS:
        call.become(new)
        assert call.state is new
    else:
        with pytest.raises(ValueError, match=new.value):
            call.become(new)
        assert call.state is old
