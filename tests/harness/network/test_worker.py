"""A worker against the real stand-in and the reference client: what it keeps, and what it drops."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ringproof.play.deadlines import DEADLINES, Deadlines
from ringproof.results import Planned
from ringproof.trace import (
    Calls,
    Commanded,
    Emitted,
    ListedCall,
    Note,
    Platformed,
    Registered,
    Trace,
)
from ringproof.verdict import Owner
from ringproof_fakeserver.protocol.journal import CallFact, MediaFact
from ringproof_scenarios.faults import ConnectFails, Cut
from ringproof_scenarios.model import (
    Answer,
    Caller,
    GoOffline,
    GoOnline,
    HangUp,
    Reject,
    Scenario,
    Vanish,
)
from tests.harness.odd_adapters import (
    ChattyAdapter,
    LateEndAdapter,
    OddAdapter,
    QuitterAdapter,
    SecretiveAdapter,
    dying_on,
    refusing,
    well,
)

ANSWERED = Scenario(callers=(Caller(talk_ms=10),), actions=(Answer(),))
DECLINED = Scenario(callers=(Caller(),), actions=(Reject(),))
GIVEN_UP = Scenario(callers=(Caller(),))
"""Nobody answers: the harness ends the call for its caller, once it has rung."""


def planned(scenario: Scenario, *, real_media: bool = False) -> Planned:
    return Planned(scenario=scenario, source="given", real_media=real_media)


def notes(trace: Trace) -> list[str]:
    """Return the notes in their order, without those that tell how busy the machine was."""
    noted = [entry.what for entry in trace if isinstance(entry, Note)]
    return [what for what in noted if what != "stalled"]


def calls(trace: Trace) -> list[str]:
    return [
        f"{entry.fact.state} {entry.fact.reason} {entry.fact.by}".strip()
        for entry in trace
        if isinstance(entry, Platformed) and isinstance(entry.fact, CallFact)
    ]


def registrations(trace: Trace) -> int:
    return sum(
        isinstance(entry, Emitted) and isinstance(entry.event, Registered) for entry in trace
    )


class TestSessions:
    async def test_clean_session_is_used_again(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(well))
        first, second = [await worker.play(planned(one)) for one in (ANSWERED, DECLINED)]
        assert first.fault is None
        assert second.fault is None
        assert first.trace.header.sessions == second.trace.header.sessions
        assert (registrations(first.trace), registrations(second.trace)) == (1, 0)

    async def test_traces_start_with_opening_and_end_settled(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(well))
        trace = (await worker.play(planned(ANSWERED))).trace
        assert isinstance(trace.entries[0], Commanded)
        assert trace.entries[0].op == "session.open"
        assert notes(trace) == ["settled"]
        assert calls(trace) == ["created", "ringing", "answered", "ended hangup script"]

    async def test_slowest_end_is_kept(self, make_worker: Callable):
        worker, _, _ = await make_worker(LateEndAdapter(late_ms=1_000))
        played = await worker.play(planned(ANSWERED))
        assert played.fault is None
        # All but the time that the platform takes for its reply to a bye, 500 ms.
        assert 400 <= worker.slowest_end_ms <= DEADLINES.ended_ms

    async def test_end_that_never_comes_is_not_the_slowest(self, make_worker: Callable):
        never = LateEndAdapter(late_ms=3_600_000)
        worker, _, _ = await make_worker(never, deadlines=Deadlines(ended_ms=2_000))
        played = await worker.play(planned(GIVEN_UP))
        assert "waited" in notes(played.trace)
        assert worker.slowest_end_ms < 2_000

    async def test_no_token_reaches_a_trace(self, make_worker: Callable):
        adapter = OddAdapter(well)
        worker, _, _ = await make_worker(adapter)
        trace = (await worker.play(planned(ANSWERED))).trace
        token = next(command.token for command in adapter.seen if command.op == "session.open")
        assert token.encode() not in trace.dumps()

    async def test_vanished_device_gets_a_new_subscriber(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(well))
        gone = Scenario(callers=(Caller(patience_ms=30),), actions=(Vanish(),))
        first, second = [await worker.play(planned(one)) for one in (gone, ANSWERED)]
        assert first.fault is None
        assert second.fault is None
        assert not set(first.trace.header.sessions) & set(second.trace.header.sessions)

    async def test_session_that_is_offline_is_not_used_again(self, make_worker: Callable):
        """Nobody could call it: the next scenario would wait for a call that never comes."""
        worker, _, _ = await make_worker(OddAdapter(well))
        offline = Scenario(callers=(Caller(patience_ms=30),), actions=(GoOffline(),))
        first, second = [await worker.play(planned(one)) for one in (offline, ANSWERED)]
        assert not set(first.trace.header.sessions) & set(second.trace.header.sessions)
        assert calls(second.trace) == ["created", "ringing", "answered", "ended hangup script"]

    async def test_session_that_is_online_again_is_used_again(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(well))
        back = Scenario(
            callers=(Caller(patience_ms=80),), actions=(GoOffline(), GoOnline(after_ms=30))
        )
        first, second = [await worker.play(planned(one)) for one in (back, ANSWERED)]
        assert first.trace.header.sessions == second.trace.header.sessions

    async def test_devices_of_one_user_come_online_in_one_scenario(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(well))
        two = Scenario(callers=(Caller(talk_ms=10),), actions=(Answer(device=1),), devices=2)
        plays = [await worker.play(planned(one)) for one in (ANSWERED, two, ANSWERED)]
        sessions = [play.trace.header.sessions for play in plays]
        assert [len(one) for one in sessions] == [1, 2, 1]
        assert sessions[0][0] not in sessions[1]
        assert sessions[1][0] == sessions[2][0]
        assert [play.fault for play in plays] == [None, None, None]

    async def test_attempts_to_connect_are_counted_from_the_first(self, make_worker: Callable):
        """On a session that is open already, the second would be the first."""
        worker, _, _ = await make_worker(OddAdapter(well))
        comes_back = Scenario(
            callers=(Caller(patience_ms=30),),
            faults=(Cut(), ConnectFails(how="close", nth=1, times=1)),
        )
        first, second = [await worker.play(planned(one)) for one in (ANSWERED, comes_back)]
        assert not set(first.trace.header.sessions) & set(second.trace.header.sessions)

    async def test_session_is_not_used_for_ever(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(well), reuses_max=1)
        first, second = [await worker.play(planned(one)) for one in (ANSWERED, DECLINED)]
        assert first.trace.header.sessions != second.trace.header.sessions

    async def test_client_without_a_list_gets_a_session_for_each_scenario(
        self, make_worker: Callable
    ):
        """What an earlier call left behind in it could not be seen."""
        worker, _, _ = await make_worker(OddAdapter(well), lacks=("list",))
        first, second = [await worker.play(planned(one)) for one in (ANSWERED, DECLINED)]
        assert first.trace.header.sessions != second.trace.header.sessions

    @pytest.mark.parametrize(
        ("scenario", "lacks", "noted"),
        [
            pytest.param(GIVEN_UP, ("list",), ["settled"], id="no list, not answered"),
            pytest.param(ANSWERED, ("list",), ["waited", "settled"], id="no list, answered"),
            pytest.param(GIVEN_UP, (), ["waited", "settled"], id="list"),
        ],
    )
    async def test_end_is_waited_for_where_the_client_can_show_it(
        self,
        make_worker: Callable,
        scenario: Scenario,
        lacks: tuple[str, ...],
        noted: list[str],
    ):
        deadlines = Deadlines(ended_ms=400)
        worker, _, _ = await make_worker(SecretiveAdapter(), lacks=lacks, deadlines=deadlines)
        trace = (await worker.play(planned(scenario))).trace
        # Both barriers are waited for when the call may still surface behind the first.
        assert list(dict.fromkeys(notes(trace))) == noted

    async def test_answer_is_not_waited_for_of_a_client_that_has_ended_the_call(
        self, make_worker: Callable
    ):
        worker, _, _ = await make_worker(QuitterAdapter())
        trace = (await worker.play(planned(ANSWERED))).trace
        assert "late" not in notes(trace)
        assert calls(trace)[-1] == "ended cancel origin"

    async def test_leaving_is_no_part_of_the_trace(self, make_worker: Callable):
        """A session that closes loses its socket, which would excuse whatever went wrong."""
        worker, _, _ = await make_worker(OddAdapter(well), reuses_max=1)
        trace = (await worker.play(planned(ANSWERED))).trace
        last = trace.entries[-1]
        assert isinstance(last, Note)
        assert last.what == "settled"

    async def test_call_left_over_from_an_earlier_scenario_does_not_fail_the_next(
        self, make_worker: Callable
    ):
        adapter = OddAdapter(well)
        worker, _, _ = await make_worker(adapter)
        first = await worker.play(planned(ANSWERED))
        leftover = Calls(s=first.trace.header.sessions[0], n=99, list=(ListedCall(c="old"),))

        def show_once(command):
            if command.op == "call.reject" and leftover.s == command.s:
                adapter.listener(leftover)

        adapter._answer = show_once
        second = await worker.play(planned(DECLINED))
        assert second.fault is None
        assert second.trace.header.sessions != first.trace.header.sessions
        assert b'"old"' not in second.trace.dumps()


class TestEnds:
    async def test_caller_without_plans_hangs_up_when_all_is_done(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(well))
        scenario = Scenario(callers=(Caller(),), actions=(Answer(),))
        trace = (await worker.play(planned(scenario))).trace
        assert calls(trace)[-1] == "ended hangup origin"

    async def test_caller_gives_up_only_while_it_rings(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(well))
        gives_up = Scenario(callers=(Caller(patience_ms=20),))
        too_late = Scenario(callers=(Caller(patience_ms=900, talk_ms=1_000),), actions=(Answer(),))
        assert calls((await worker.play(planned(gives_up))).trace)[-1] == "ended cancel origin"
        assert calls((await worker.play(planned(too_late))).trace)[-1] == "ended hangup script"

    async def test_real_media_is_counted_at_both_ends_before_anybody_hangs_up(
        self, make_worker: Callable
    ):
        worker, _, _ = await make_worker(OddAdapter(well))
        scenario = Scenario(
            callers=(Caller(talk_ms=0),), actions=(Answer(), HangUp(on="connected"))
        )
        played = await worker.play(planned(scenario, real_media=True))
        assert played.fault is None
        counted = [
            entry.fact
            for entry in played.trace
            if isinstance(entry, Platformed)
            and isinstance(entry.fact, MediaFact)
            and entry.fact.state == "packets"
        ]
        assert counted[-1].real
        assert counted[-1].received["audio"] > 0
        ops = [entry.op for entry in played.trace if isinstance(entry, Commanded)]
        assert ops.index("media") < ops.index("call.hangup")


class TestBlame:
    async def test_adapter_that_dies_is_to_blame(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(dying_on("call.answer")))
        played = await worker.play(planned(ANSWERED))
        assert played.adapter_died
        assert played.fault is not None
        assert (played.fault.owner, played.fault.text) == (Owner.ADAPTER, "it fell over")
        assert notes(played.trace)[-1] == "blame"

    @pytest.mark.parametrize("op", ["session.open", "sync"])
    async def test_command_without_which_nothing_can_be_judged_fails(
        self, make_worker: Callable, op: str
    ):
        worker, _, _ = await make_worker(OddAdapter(refusing(op, "timeout")))
        played = await worker.play(planned(DECLINED))
        assert not played.adapter_died
        assert played.fault is not None
        assert played.fault.owner is Owner.ADAPTER
        assert f"{op} failed: timeout" in played.fault.text

    async def test_disowned_command_is_a_fault_not_a_skip(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(refusing("call.reject", "unsupported")))
        played = await worker.play(planned(DECLINED))
        assert played.fault is not None
        assert "call.reject was refused" in played.fault.text

    async def test_command_that_the_sdk_rejects_is_left_to_the_checks(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(refusing("call.reject", "sut_error")))
        played = await worker.play(planned(DECLINED))
        assert played.fault is None
        assert calls(played.trace)[-1] == "ended cancel origin"

    async def test_client_that_answers_no_ping_cannot_be_judged(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(well), deadlines=Deadlines(ping_ms=0))
        played = await worker.play(planned(DECLINED))
        assert played.fault is not None
        assert "did not answer a ping" in played.fault.text

    async def test_adapter_that_died_between_commands_is_blamed_with_its_reason(
        self, make_worker: Callable
    ):
        """Its client answers no ping either, which says less."""
        adapter = OddAdapter(dying_on("sync"))
        worker, _, _ = await make_worker(adapter, deadlines=Deadlines(ping_ms=0))
        played = await worker.play(planned(DECLINED))
        assert played.adapter_died
        assert played.fault is not None
        assert (played.fault.owner, played.fault.text) == (Owner.ADAPTER, "it fell over")

    async def test_flood_of_events_is_the_adapters_fault(self, make_worker: Callable):
        worker, _, _ = await make_worker(ChattyAdapter(10_001))
        played = await worker.play(planned(DECLINED))
        assert played.fault is not None
        assert played.fault.owner is Owner.ADAPTER
        assert "more than 10000 events" in played.fault.text

    async def test_scenario_that_does_not_end_is_our_fault(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(well), deadlines=Deadlines(scenario_ms=-40))
        played = await worker.play(planned(Scenario(callers=(Caller(patience_ms=50),))))
        assert played.fault is not None
        assert played.fault.owner is Owner.HARNESS

    async def test_worker_goes_on_after_a_fault(self, make_worker: Callable):
        worker, _, _ = await make_worker(OddAdapter(dying_on("call.answer", times=1)))
        first, second = [await worker.play(planned(one)) for one in (ANSWERED, ANSWERED)]
        assert first.fault is not None
        assert second.fault is None
