"""Callers elsewhere: a call goes the same way wherever it comes from; only the callee is judged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from ringproof import checks
from ringproof.accounting.selection import given
from ringproof.adapters.in_process import InProcessAdapter
from ringproof.adapters.protocol import Command, Hello, Listener, Reply
from ringproof.network.supervisor import Supervisor
from ringproof.network.worker import Worker
from ringproof.rest_client import RestClient
from ringproof.simulation.player import simulate
from ringproof.suts import registry
from ringproof.trace import Emitted, Platformed, Trace
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_fakeserver.protocol.journal import CallFact, FrameFact
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.faults import Drop
from ringproof_scenarios.model import (
    AUDIO_VIDEO,
    Answer,
    AnyAction,
    Caller,
    HangUp,
    Reject,
    Scenario,
    validate,
)

ADDRESSES = {
    "rest": "/private/alice",
    "browser": "/private/alice",
    "pstn": "+15551234567",
    "sip": "softphone-1",
}

STORIES: dict[str, tuple[dict[str, object], tuple[AnyAction, ...]]] = {
    "answered": ({"talk_ms": 80}, (Answer(after_ms=20),)),
    "answered with video": (
        {"media": AUDIO_VIDEO},
        (Answer(audio=True, video=True, after_ms=20), HangUp(on="connected", after_ms=80)),
    ),
    "declined": ({}, (Reject(after_ms=20),)),
    "given up": ({"patience_ms": 60}, ()),
    "hung up while ringing": ({}, (HangUp(after_ms=20),)),
    "answered as the caller gives up": ({"patience_ms": 40}, (Answer(after_ms=40),)),
}

OF_THE_ORIGIN = {"register/any-origin", "end/script-finishes", "platform/dial-returns-call"}
"""Clauses that speak of one origin: a client runs no script, and asks nothing of REST."""


def story(name: str, origin: str, **more: object) -> Scenario:
    fields, actions = STORIES[name]
    caller = msgspec.convert(
        {"origin": origin, "address": ADDRESSES[origin], **msgspec.to_builtins(fields)}, Caller
    )
    return validate(Scenario(callers=(caller,), actions=actions, **more))


def verdicts(trace: Trace) -> dict[str, str]:
    return {
        clause: "FAIL" if outcome.failures else "PASS"
        for clause, outcome in checks.judge(trace).items()
        if clause not in OF_THE_ORIGIN and (outcome.failures or outcome.exercised)
    }


def end_of(trace: Trace) -> tuple[str, str]:
    facts = [entry.fact for entry in trace if isinstance(entry, Platformed)]
    last = [fact for fact in facts if isinstance(fact, CallFact)][-1]
    return last.state, last.reason


TOLD = [
    (name, origin)
    for name in STORIES
    for origin in ("browser", "pstn", "sip")
    if (name, origin) != ("answered with video", "sip")  # a softphone has sound alone
]


@pytest.mark.parametrize(("name", "origin"), TOLD)
def test_every_clause_says_the_same_for_all_origins(name: str, origin: str) -> None:
    for seed in range(5):
        plain = simulate(story(name, "rest"), seed=seed)
        elsewhere = simulate(story(name, origin), seed=seed)
        if name != "answered as the caller gives up":  # the latencies decide who is first
            assert verdicts(elsewhere) == verdicts(plain)
            assert end_of(elsewhere) == end_of(plain)
        assert "FAIL" not in verdicts(elsewhere).values()
        assert checks.judge(elsewhere)["register/any-origin"].exercised == 1


def test_the_trace_is_told_nothing_of_the_callers_own_session() -> None:
    trace = simulate(story("answered", "browser"))
    [session] = trace.header.sessions
    for entry in trace:
        if isinstance(entry, Platformed):
            assert getattr(entry.fact, "session", session) == session
        elif isinstance(entry, Emitted):
            assert entry.event.s == session
    frames = [entry.fact for entry in trace if isinstance(entry, Platformed)]
    invites = [one for one in frames if isinstance(one, FrameFact) and one.method == "verto.invite"]
    asked = [one for one in invites if one.kind == "request"]
    assert [(one.detail["from"], one.detail["from_name"]) for one in asked] == [
        ("/private/alice", "Alice")
    ]


@pytest.mark.parametrize("origin", ["browser", "sip"])
def test_faults_know_a_clients_call_by_its_number(origin: str) -> None:
    trace = simulate(story("given up", origin, faults=(Drop(frame="invite"),)))
    assert checks.judge(trace)["register/any-origin"].exercised == 0


def test_ring_time_and_aliases_are_those_of_the_callee() -> None:
    caller = Caller(origin="browser", alias=1)
    trace = simulate(Scenario(callers=(caller,), platform=Platform(ring_ms=300)))
    assert end_of(trace) == ("ended", "noAnswer")
    assert checks.judge(trace)["caller/to-alias"].exercised == 1


class _CannotDial(InProcessAdapter):
    """A client whose adapter has no ``call.dial``."""

    async def start(self, listener: Listener) -> Hello:
        hello = await super().start(listener)
        self.dialled = False
        return msgspec.structs.replace(
            hello, ops=tuple([op for op in hello.ops if op != "call.dial"])
        )

    async def send(self, command: Command) -> Reply:
        self.dialled = self.dialled or command.op == "call.dial"
        return await super().send(command)


@pytest.fixture(params=[InProcessAdapter, _CannotDial])
async def worker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Worker]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Server(Config(state_dir=tmp_path)))
        rest = await stack.enter_async_context(
            RestClient(server.space_url, server.project, server.api_token, server.ca_file)
        )
        supervisor = Supervisor(request.param)
        stack.push_async_callback(supervisor.close)
        yield Worker(server, rest, supervisor, await supervisor.start())
        assert server.faults == ()


def unhurried(scenario: Scenario) -> Scenario:
    """Return it with a caller who waits for a busy machine too."""
    [caller] = scenario.callers
    patience_ms = caller.patience_ms and 2_000
    slow = replace(caller, patience_ms=patience_ms, talk_ms=caller.talk_ms and 1_000)
    return replace(scenario, callers=(slow,))


@pytest.mark.parametrize("name", ["answered", "declined", "given up"])
async def test_same_over_the_network(worker: Worker, name: str) -> None:
    scenarios = [unhurried(story(name, origin)) for origin in ADDRESSES]
    planned = given(scenarios, registry.find("reference"), real_media=False)
    traces = []
    for one in planned:
        played = await worker.play(one)
        assert played.fault is None, played.fault
        await worker.leave()  # registration is judged too
        traces.append(played.trace)
    plain, *others = [verdicts(trace) for trace in traces]
    assert "FAIL" not in plain.values()
    assert others == [plain] * 3
    assert len({end_of(trace) for trace in traces}) == 1


@pytest.mark.parametrize(
    ("name", "origin"), [("answered with video", "browser"), ("answered", "sip")]
)
async def test_client_is_heard_over_real_media(worker: Worker, name: str, origin: str) -> None:
    scenario = story(name, origin)
    [planned] = given([scenario], registry.find("reference"), real_media=True)
    played = await worker.play(planned)
    assert played.fault is None, played.fault
    assert verdicts(played.trace)["stream/media-flows"] == "PASS"
