"""The compiled table against the machine it was compiled from, and against the documents."""

import itertools
from types import SimpleNamespace

import pytest
from transitions import MachineError

from ringproof.client import lifecycle

TRIGGERS = sorted({trigger for trigger, _, _ in lifecycle.TRANSITIONS})


@pytest.mark.parametrize(
    ("status", "trigger"), list(itertools.product(lifecycle.STATUSES, TRIGGERS))
)
def test_lookup_agrees_with_the_machine(status, trigger):
    model = SimpleNamespace()
    lifecycle.machine().add_model(model, initial=status)
    try:
        getattr(model, trigger)()
    except MachineError:
        assert lifecycle.follow(status, trigger) is None
    else:
        assert lifecycle.follow(status, trigger) == model.state


def test_no_status_can_be_jumped_to():
    model = SimpleNamespace()
    lifecycle.machine().add_model(model, initial="ringing")
    assert not hasattr(model, "to_connected")


def walks(status, seen=()):
    """Every way to the end, as whole histories."""
    seen = (*seen, status)
    followers = {lifecycle.follow(status, trigger) for trigger in TRIGGERS} - {None}
    if not followers:
        return {seen}
    return set().union(*(walks(follower, seen) for follower in followers))


def test_every_walk_is_a_documented_one():
    assert walks("ringing") == {
        ("ringing", "disconnected", "destroyed"),
        ("ringing", "disconnecting", "disconnected", "destroyed"),
        ("ringing", "connecting", "disconnected", "destroyed"),
        ("ringing", "connecting", "disconnecting", "disconnected", "destroyed"),
        ("ringing", "connecting", "connected", "disconnected", "destroyed"),
        ("ringing", "connecting", "connected", "disconnecting", "disconnected", "destroyed"),
    }
