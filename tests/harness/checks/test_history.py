"""The index: whose event is whose, in which order, and what counts as a barrier."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from ringproof.checks import CHECKS, build, judge
from ringproof.trace import Emitted, Log, Note, Replied, SutError, Trace
from ringproof_fakeserver.protocol.journal import KEEP_ALIVE
from ringproof_scenarios import ledger
from tests.harness.checks.test_attribution import FAULTS, GOOD
from tests.harness.checks.trace_builder import A, B, TraceBuilder, start


def _call(trace: TraceBuilder):
    return build(trace.build()).calls[0]


def test_time_for_which_the_harness_stood_still_does_not_count():
    trace = start().ringing().later(3_000)
    at = len(trace.entries) - 1
    trace.stalled(700).gave_up()
    history = build(trace.build())
    lasted_us = trace.entries[-1].at_us - trace.entries[at].at_us
    assert history.elapsed_ms(at, -1) == lasted_us // 1000 - 700
    assert history.stalled_ms(at, -1) == 700
    assert history.stalled_ms(0, at) == 0


def test_stall_is_noticed_after_what_had_waited_for_its_end():
    trace = start().ringing().later(2_000)
    at = len(trace.entries) - 1
    trace.platform_bye().later(10)
    end = len(trace.entries) - 1
    trace.stalled(1_500).over("disconnected")
    history = build(trace.build())
    lasted_us = trace.entries[end].at_us - trace.entries[at].at_us
    noticed_us = trace.entries[end + 1].at_us - trace.entries[end].at_us
    assert history.stalled_ms(at, end) == 1_500 - noticed_us // 1000
    assert history.elapsed_ms(at, end) == lasted_us // 1000 - history.stalled_ms(at, end)
    assert history.stalled_ms(0, at) == 0


def test_every_checked_row_of_the_ledger_has_one_check_and_no_check_lacks_a_row():
    assert set(CHECKS) == {row.id for row in ledger.load().checked}


def test_events_are_ordered_by_their_number_not_by_their_arrival():
    trace = start().ringing().answered().remote_hangup().settled().build()
    places = [n for n, entry in enumerate(trace.entries) if isinstance(entry, Emitted)]
    shuffled = list(trace.entries)
    for place, other in zip(places, reversed(places), strict=True):
        shuffled[place] = trace.entries[other]
    call = build(Trace(trace.header, shuffled)).calls[0]
    assert call.shown.words == ["ringing", "connecting", "connected", "disconnected", "destroyed"]
    assert call.commands.accept is not None
    assert call.commands.accept.words_before == 1


def test_sessions_are_numbered_each_for_itself():
    trace = TraceBuilder(devices=2).online("s0", "s1").ringing(A).ringing(B, s="s1")
    history = build(trace.build())
    assert [session.id for session in history.sessions.values()] == ["s0", "s1"]
    assert [call.id for call in history.sessions["s1"].calls] == [B]


def test_one_id_on_two_sessions_is_two_calls():
    trace = TraceBuilder(devices=2).invite(A).calls(A).calls(A, s="s1").calls(s="s1")
    history = build(trace.calls(A, s="s1").build())
    assert [(call.session.id, call.shown.listings) for call in history.calls] == [
        ("s0", [0]),
        ("s1", [0, 2]),
    ]


def test_commands_count_from_their_receipt_and_once():
    trace = start().ringing().command("call.answer", received=False, id="x").status("connecting")
    assert _call(trace).commands.accept is None
    accept = _call(start().ringing().command("call.answer", id="x").received("x")).commands.accept
    assert accept is not None
    assert accept.words_before == 1


def test_unknown_commands_and_calls_are_taken_as_they_come():
    trace = start().received("nobody sent this").resolved("nor this").reply("nor that")
    trace.media("nobody's call").frame("verto.bye", "unheard of", kind="result")
    history = build(trace.build())
    assert [call.id for call in history.calls] == ["unheard of"]


def test_reports_that_nobody_judges_are_passed_over():
    trace = start().emit(Log, level="info", text="hello").emit(SutError, text="oh")
    trace.complete("list", c="").getter("ringing")
    assert _call(trace).shown.getters == []


def test_a_ping_bounds_what_settled_proves():
    trace = start().ringing().ping().platform_bye().settled()
    call = _call(trace)
    assert not call.session.settled_after(call.wire.bye_out_at)
    assert call.session.settled_after(call.wire.invite_at)
    call = _call(trace.ping().settled())
    assert call.session.settled_after(call.wire.bye_out_at)


def test_a_ping_that_keeps_a_socket_alive_bounds_nothing():
    trace = start().ringing().ping_sent().platform_bye()
    trace.ping_sent(KEEP_ALIVE).ping_answered().settled()
    call = _call(trace)
    assert call.session.settled_after(call.wire.invite_at)
    assert not call.session.settled_after(call.wire.bye_out_at)


def test_the_clients_own_ping_proves_nothing():
    trace = start().ringing()
    trace.frame("signalwire.ping", out=False).frame("signalwire.ping", kind="result")
    call = _call(trace.settled())
    assert call.session.barriers == [len(trace.entries) - 1]


def test_notes_other_than_settled_and_waited_are_no_barriers():
    trace = start().ringing()
    trace.entries.append(Note(at_us=0, what="skipped"))
    assert _call(trace).session.barriers == []


def test_nothing_is_expected_of_a_session_that_the_harness_closed():
    trace = start().ringing().command("session.close", "").command("session.close", "").settled()
    assert _call(trace).session.barriers == []


def test_the_failure_of_an_event_points_at_its_entry():
    trace = start().ringing().status("ringing")
    failure = judge(trace.build())["status/no-repeat"].failures[0]
    assert failure.entry == len(trace.entries) - 1
    assert failure.dialog == A


def test_an_event_of_another_trace_has_no_entry():
    session = build(start().build()).sessions["s0"]
    other = start().ringing().entries[-1]
    assert isinstance(other, Emitted)
    assert session.history.trace_index(other.event) == -1


def test_outcomes_of_very_many_calls_are_counted():
    trace = start()
    for number in range(70):
        trace.ringing(f"call-{number}").gave_up(f"call-{number}")
    assert judge(trace.settled().build())["status/gave-up-order"].exercised == 70


MATERIAL = [entry for trace in GOOD.values() for entry in trace.entries] + [
    entry for _, *traces in FAULTS.values() for trace in traces for entry in trace.entries
]


@given(st.lists(st.sampled_from(MATERIAL), max_size=60), st.randoms(use_true_random=False))
def test_judging_never_raises_on_any_heap_of_entries(entries: list, shuffle: random.Random):
    shuffle.shuffle(entries)
    outcomes = judge(Trace(start().header, entries))
    assert set(outcomes) == set(CHECKS)


@given(st.sampled_from([*GOOD.values(), *(t for _, *ts in FAULTS.values() for t in ts)]), st.data())
def test_judging_never_raises_on_a_trace_that_breaks_off(trace: TraceBuilder, data: st.DataObject):
    length = data.draw(st.integers(0, len(trace.entries)))
    assert judge(Trace(trace.header, trace.entries[:length]))


@given(st.sampled_from(list(GOOD.values())), st.data())
def test_a_good_client_is_not_blamed_for_a_trace_that_breaks_off(
    trace: TraceBuilder, data: st.DataObject
):
    """Without a barrier nothing is missing; what is there is right."""
    entries = trace.entries[: data.draw(st.integers(0, len(trace.entries)))]
    entries = [entry for entry in entries if not isinstance(entry, Note)]
    outcomes = judge(Trace(trace.header, entries))
    assert [clause for clause, outcome in outcomes.items() if outcome.failures] == []


def test_replies_carry_the_call_that_a_dial_became():
    trace = start().dial().ringing()
    assert any(isinstance(entry, Replied) for entry in trace.entries)
    origin = build(trace.build()).origins["origin-a"]
    assert origin.dial is not None
    assert origin.dial.args == {"caller": 0}
