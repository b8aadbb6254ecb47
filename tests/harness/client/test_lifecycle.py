"""The table of legal steps against the documents."""

from ringproof.client import lifecycle


def walks(status, steps=lifecycle.STEPS, seen=()):
    """Every way to the end, as whole histories."""
    seen = (*seen, status)
    followers = {target for (source, _), target in steps.items() if source == status}
    if not followers:
        return {seen}
    return set().union(*(walks(follower, steps, seen) for follower in followers))


def test_every_walk_is_a_documented_one():
    assert walks("ringing") == {
        ("ringing", "disconnected", "destroyed"),
        ("ringing", "disconnecting", "disconnected", "destroyed"),
        ("ringing", "connecting", "disconnected", "destroyed"),
        ("ringing", "connecting", "disconnecting", "disconnected", "destroyed"),
        ("ringing", "connecting", "connected", "disconnected", "destroyed"),
        ("ringing", "connecting", "connected", "disconnecting", "disconnected", "destroyed"),
    }


def test_every_walk_of_an_outbound_call_begins_with_trying():
    assert walks("trying", lifecycle.OUTBOUND_STEPS) == {
        ("trying", "disconnected", "destroyed"),
        ("trying", "disconnecting", "disconnected", "destroyed"),
        ("trying", "connecting", "disconnected", "destroyed"),
        ("trying", "connecting", "disconnecting", "disconnected", "destroyed"),
        ("trying", "connecting", "connected", "disconnected", "destroyed"),
        ("trying", "connecting", "connected", "disconnecting", "disconnected", "destroyed"),
    }


def test_a_trigger_leads_from_one_status_to_one_other():
    pairs = [
        (source, trigger) for trigger, sources, _ in lifecycle.TRANSITIONS for source in sources
    ]
    assert len(pairs) == len(set(pairs)) == len(lifecycle.STEPS)
