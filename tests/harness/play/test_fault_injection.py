"""Faults while a scenario plays: when they strike, and what the player no longer waits for."""

from __future__ import annotations

from ringproof.client import events
from ringproof.client.connection import Connection
from ringproof.client.parts import ClientParts
from ringproof.simulation.player import simulate
from ringproof.trace import Commanded, Emitted, Note, Platformed, Status, Trace
from ringproof_fakeserver.protocol.journal import FaultFact, SessionFact
from ringproof_scenarios.faults import (
    AnyFault,
    ConnectFails,
    Cut,
    DeadMedia,
    Delay,
    Drop,
    LookUp,
    NoDevices,
    StrayBye,
)
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario, Vanish

TALKER = (Caller(talk_ms=50),)
ANSWERED = (Answer(after_ms=10),)


def play(*faults: AnyFault, callers=TALKER, actions=ANSWERED) -> Trace:
    return simulate(Scenario(callers=callers, actions=actions, faults=faults))


def strikes(trace: Trace) -> list[tuple[str, str]]:
    return [
        (entry.fact.what, entry.fact.point)
        for entry in trace
        if isinstance(entry, Platformed) and isinstance(entry.fact, FaultFact)
    ]


def sessions(trace: Trace) -> list[str]:
    return [
        entry.fact.state
        for entry in trace
        if isinstance(entry, Platformed) and isinstance(entry.fact, SessionFact)
    ]


def notes(trace: Trace) -> list[tuple[str, str]]:
    return [(entry.what, entry.text) for entry in trace if isinstance(entry, Note)]


def took_ms(trace: Trace) -> int:
    dialled = next(entry for entry in trace if isinstance(entry, Commanded))
    return (trace.entries[-1].at_us - dialled.at_us) // 1000


def test_cut_strikes_after_its_anchor_and_the_client_is_waited_for():
    trace = play(Cut(on="connected", after_ms=20, back_ms=300), actions=(Answer(),))
    assert strikes(trace) == [("cut", "")]
    assert sessions(trace)[2:] == ["detached", "resumed"]
    assert notes(trace)[-1] == ("settled", "")


def test_client_whose_attempts_have_become_rare_is_waited_for():
    """Cut off for seconds, closed twice, then refused: each attempt comes 3 s after the last."""
    trace = play(
        Cut(back_ms=2_500, resume=False),
        ConnectFails(how="close", nth=1, times=2),
        actions=(),
        callers=(Caller(patience_ms=200),),
    )
    assert sessions(trace)[-2:] == ["connected", "online"]
    assert "lost" not in {what for what, _ in notes(trace)}


def test_expiry_brings_a_new_session():
    trace = play(Cut(after_ms=20, resume=False), actions=(), callers=(Caller(patience_ms=400),))
    assert sessions(trace)[2:] == ["detached", "closed", "connected", "online"]


def test_cut_that_has_no_moment_is_skipped():
    trace = play(Cut(on="connected"), actions=(Reject(),))
    assert strikes(trace) == []
    assert ("skipped", "Cut: never connected") in notes(trace)


def test_device_that_vanished_is_spared():
    trace = play(Cut(after_ms=50), actions=(Vanish(after_ms=10),))
    assert strikes(trace) == []


def test_stray_bye_strikes_also_when_the_call_is_gone():
    trace = play(StrayBye(on="gone", after_ms=10), actions=(Reject(),))
    assert strikes(trace) == [("stray", "bye")]


class OneSocket(Connection):
    """A client that never opens a second socket."""

    def closed(self, event: events.SocketClosed) -> None:
        """Do nothing."""


def test_client_that_never_comes_back_is_given_up():
    parts = ClientParts(connection=OneSocket)
    scenario = Scenario(
        callers=(Caller(patience_ms=100),),
        actions=(Answer(after_ms=9_500),),
        faults=(Cut(after_ms=10),),
    )
    trace = simulate(scenario, parts)
    assert ("lost", "session-0") in notes(trace)
    assert notes(trace)[-1] == ("settled", "")


def test_call_whose_invite_was_lost_is_not_waited_for():
    trace = play(Drop(frame="invite"), callers=(Caller(patience_ms=100),))
    assert ("skipped", "Answer: never listed") in notes(trace)
    assert took_ms(trace) < 1_500


def test_call_without_media_is_not_waited_for():
    actions = (Answer(), HangUp(on="connected"))
    for fault in (DeadMedia(), NoDevices()):
        trace = play(fault, actions=actions)
        assert ("skipped", "HangUp: never connected") in notes(trace)
        assert took_ms(trace) < 2_000


def test_client_that_learns_of_no_end_is_not_waited_for():
    trace = play(Drop(), callers=(Caller(patience_ms=50),), actions=())
    assert "waited" not in {what for what, _ in notes(trace)}


def test_client_that_hangs_up_unheard_is_waited_for():
    """Its bye went through, the reply did not: it ends by itself after five seconds."""
    actions = (Answer(), HangUp(on="connected"))
    trace = play(Drop(frame="bye-reply"), callers=(Caller(),), actions=actions)
    assert took_ms(trace) > 5_000


def test_frame_that_is_held_back_is_waited_for():
    trace = play(Delay(delay_ms=3_000), callers=(Caller(patience_ms=50),), actions=())
    assert strikes(trace) == [("delay", "bye"), ("released", "bye")]


def test_client_gives_up_a_directory_that_does_not_answer():
    trace = play(LookUp(delay_ms=20_000), callers=(Caller(),), actions=(Reject(),))
    assert strikes(trace) == [("fail", "look-up")]
    listed = next(
        entry for entry in trace if isinstance(entry, Emitted) and isinstance(entry.event, Status)
    )
    dialled = next(entry for entry in trace if isinstance(entry, Commanded))
    assert 4_500 <= (listed.at_us - dialled.at_us) // 1000 <= 4_600
