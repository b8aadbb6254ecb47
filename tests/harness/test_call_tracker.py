"""What the tracker knows of a running scenario, from facts and events."""

from __future__ import annotations

import msgspec

from ringproof.call_tracker import CallTracker
from ringproof.play.recorder import Recorder
from ringproof.trace import Emitted, Platformed
from ringproof_fakeserver.protocol.journal import SessionFact
from tests.harness.checks.trace_builder import AUDIO, A, B, TraceBuilder

ORIGIN = "origin-a"


class Clock:
    """Stands still, and keeps what it was notified of."""

    now_us = 0

    def __init__(self) -> None:
        self.notified: list[int | None] = []

    def notify(self, caller: int | None = None) -> None:
        self.notified.append(caller)


def make_recorder(*sessions: str) -> Recorder:
    header = msgspec.structs.replace(TraceBuilder().build().header, sessions=sessions or ("s0",))
    return Recorder(header, Clock())


def record(recorder: Recorder, trace: TraceBuilder) -> None:
    for entry in trace.build():
        if isinstance(entry, Platformed):
            recorder.fact(entry.fact)
        elif isinstance(entry, Emitted):
            recorder.event(entry.event)


def recorded(
    trace: TraceBuilder, *sessions: str, bound: bool = True
) -> tuple[Recorder, CallTracker]:
    """Return a recorder of the whole trace, its first call bound to caller 0, and its tracker."""
    recorder = make_recorder(*sessions)
    if bound:
        recorder.bind(0, ORIGIN, "dial-0")
    record(recorder, trace)
    return recorder, recorder.tracker


def tracker(trace: TraceBuilder, *sessions: str, bound: bool = True) -> CallTracker:
    return recorded(trace, *sessions, bound=bound)[1]


class TestAnchors:
    def test_nothing_is_reached_before_the_dial_was_answered(self):
        state = tracker(TraceBuilder().ringing(), bound=False)
        assert [state.reached(anchor, 0, 0) for anchor in ("start", "listed", "gone")] == [
            False
        ] * 3

    def test_listed_is_the_first_listing_on_that_device(self):
        state = tracker(TraceBuilder(devices=2).invite().invite(s="s1", c=B).calls(A), "s0", "s1")
        assert state.reached("listed", 0, 0) is True
        assert state.reached("listed", 0, 1) is False

    def test_connected_is_the_device_s_own_word(self):
        recorder, state = recorded(TraceBuilder().ringing().answer_frame())
        assert state.reached("connected", 0, 0) is False
        record(recorder, TraceBuilder().status("connected"))
        assert state.reached("connected", 0, 0) is True

    def test_gone_is_whichever_is_seen_first(self):
        off_the_list = tracker(TraceBuilder().ringing().calls())
        over_at_the_platform = tracker(TraceBuilder().ringing().call(ORIGIN, "ended"))
        assert off_the_list.reached("gone", 0, 0) is True
        assert over_at_the_platform.reached("gone", 0, 0) is True

    def test_ended_call_that_was_never_listed_has_reached_nothing_but_its_end(self):
        state = tracker(TraceBuilder().invite().platform_bye())
        assert not state.reached("listed", 0, 0)


class TestLegs:
    def test_call_that_was_never_listed_owes_nothing(self):
        leg = tracker(TraceBuilder().invite().platform_bye()).leg(0, 0)
        assert leg is not None
        assert leg.over
        assert not leg.gone

    def test_listed_call_is_over_when_destroyed_and_off_the_list(self):
        recorder, state = recorded(TraceBuilder().ringing().platform_bye().status("destroyed"))
        leg = state.leg(0, 0)
        assert leg is not None
        assert not leg.over
        record(recorder, TraceBuilder().calls())
        assert leg.over

    def test_negotiated_kinds_follow_offer_and_answer(self):
        video = {"audio": "sendrecv", "video": "sendrecv"}
        answer = {"audio": "recvonly", "video": "sendrecv"}
        trace = TraceBuilder().invite(media=video).answer_frame(media=answer)
        leg = tracker(trace).leg(0, 0)
        assert leg is not None
        assert leg.kinds_to_sut() == {"audio", "video"}
        assert leg.kinds_from_sut() == {"video"}

    def test_packets_are_kept_for_both_ends(self):
        trace = TraceBuilder().ringing().answer_frame(media=AUDIO)
        trace.media(state="packets", real=True, sent={"audio": 3}, received={"audio": 2})
        leg = tracker(trace.packets("received", "audio", 5)).leg(0, 0)
        assert leg is not None
        assert (leg.platform_received, leg.sut_received) == ({"audio": 2}, {"audio": 5})


class TestCalls:
    def test_invite_names_the_caller(self):
        call = tracker(TraceBuilder().invite(name="Alice", from_="+1555")).call(0)
        assert call is not None
        assert (call.from_name, call.from_number) == ("Alice", "+1555")

    def test_end_is_kept_with_its_reason_and_its_author(self):
        trace = TraceBuilder().invite().call(ORIGIN, "ended", reason="decline", by="callee")
        call = tracker(trace).call(0)
        assert call is not None
        assert (call.state, call.reason, call.ended_by) == ("ended", "decline", "callee")
        assert not call.was_answered

    def test_winning_leg_is_the_one_on_the_device_that_won(self):
        trace = TraceBuilder(devices=2).invite().invite(s="s1", c=B, origin=ORIGIN)
        call = tracker(trace.dialog(B, "winner", s="s1", origin=ORIGIN), "s0", "s1").call(0)
        assert call is not None
        assert call.winning_leg is call.legs["s1"]


class TestSessions:
    def test_session_is_detached_until_it_is_back(self):
        recorder, calls = recorded(TraceBuilder())
        for state, detached in (("detached", {"s0"}), ("resumed", set()), ("closed", {"s0"})):
            recorder.fact(SessionFact(subscriber="bob", session="s0", state=state))
            assert calls.detached == detached
        assert calls.losses == 2


class TestStrangers:
    def test_call_of_nobody_in_this_scenario_is_noticed(self):
        assert tracker(TraceBuilder().ringing()).stale_sessions == set()
        assert tracker(TraceBuilder().ringing().calls(A, "left-over")).stale_sessions == {"s0"}
