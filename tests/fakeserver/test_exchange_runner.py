"""The runner's own rules, with a scripted exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest

from ringproof_fakeserver.config import Config, Limits
from ringproof_fakeserver.exchange_runner import ExchangeRunner
from ringproof_fakeserver.media_manager import MediaManager
from ringproof_fakeserver.protocol import commands, events
from ringproof_fakeserver.protocol.commands import AnyCommand
from ringproof_fakeserver.protocol.events import AnyEvent
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.journal import LookupFact
from ringproof_fakeserver.signalling import Socket
from ringproof_fakeserver.webhooks import WebhookClient
from tests.fakeserver.wire_client import WAIT_S


class ScriptedExchange:
    """Answers each event as ``answers`` says, by the event's type."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.answers: dict[type, Callable[[Any], list[AnyCommand]]] = {}
        self.news = asyncio.Event()

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        assert now_ms == 77
        self.events.append(event)
        self.news.set()
        return self.answers.get(type(event), lambda event: [])(event)


@pytest.fixture
def exchange() -> ScriptedExchange:
    return ScriptedExchange()


def run(exchange: ScriptedExchange, limits: Limits) -> ExchangeRunner:
    def spawn(work: Coroutine[Any, Any, None]) -> None:
        raise AssertionError(f"nothing to spawn here: {work}")

    webhooks = WebhookClient(Config(), spawn)
    return ExchangeRunner(cast(Exchange, exchange), webhooks, spawn, lambda: 77, limits)


@pytest.fixture
def runner(exchange: ScriptedExchange) -> ExchangeRunner:
    return run(exchange, Limits())


def fact(name: str, subscriber: str = "bob") -> LookupFact:
    return LookupFact(subscriber=subscriber, name=name, state="asked")


async def test_commands_of_an_event_are_done_before_the_next_event(runner, exchange):
    seen: list[str] = []
    exchange.answers[events.SocketOpened] = lambda event: [fact("first"), fact("second")]
    exchange.answers[events.ServerStopping] = lambda event: [fact("third")]

    def watcher(noted: LookupFact) -> None:
        seen.append(noted.name)
        if noted.name == "first":
            runner.dispatch(events.ServerStopping())

    runner.watch("bob", watcher)
    runner.dispatch(events.SocketOpened("s"))

    assert seen == ["first", "second", "third"]


async def test_a_timer_fires_once_and_can_be_restarted_and_cancelled(runner, exchange):
    exchange.answers[events.SocketOpened] = lambda event: [
        commands.StartTimer("cancelled", 5),
        commands.StartTimer("restarted", 1),
        commands.StartTimer("restarted", 40),
        commands.StartTimer("plain", 20),
        commands.CancelTimer("cancelled"),
        commands.CancelTimer("unknown"),
    ]
    runner.dispatch(events.SocketOpened("s"))
    async with asyncio.timeout(WAIT_S):
        while len(exchange.events) < 3:
            exchange.news.clear()
            await exchange.news.wait()

    assert exchange.events[1:] == [events.TimerFired("plain"), events.TimerFired("restarted")]


async def test_a_fault_of_the_core_is_remembered_and_the_rest_goes_on(runner, exchange, caplog):
    def broken(event: AnyEvent) -> list[AnyCommand]:
        raise ZeroDivisionError("core")

    exchange.answers[events.SocketOpened] = broken
    runner.dispatch(events.SocketOpened("s"))
    runner.dispatch(events.ServerStopping())

    assert [type(fault) for fault in runner.faults] == [ZeroDivisionError]
    assert exchange.events[-1] == events.ServerStopping()
    assert "SocketOpened" in caplog.text


async def test_a_fault_over_a_frame_closes_its_socket(runner, exchange):
    class Closing:
        def close(self, code: int, reason: str) -> None:
            closes.append((code, reason))

    def broken(event: AnyEvent) -> list[AnyCommand]:
        raise ZeroDivisionError

    closes: list[tuple[int, str]] = []
    exchange.answers[events.FrameReceived] = broken
    name = runner.attach(cast(Socket, Closing()))
    runner.dispatch(events.FrameReceived(name, "{}"))
    runner.detach(name)
    runner.dispatch(events.FrameReceived(name, "{}"))

    assert [code for code, _ in closes] == [1011]


async def test_a_fault_of_a_watcher_reaches_no_other_watcher(runner, exchange):
    seen: list[object] = []

    def broken(noted: object) -> None:
        raise ZeroDivisionError("watcher")

    exchange.answers[events.SocketOpened] = lambda event: [fact("a"), fact("b", "carol")]
    runner.watch("bob", broken)
    runner.watch("bob", seen.append)
    runner.dispatch(events.SocketOpened("s"))

    assert seen == [fact("a")]
    assert len(runner.faults) == 1


async def test_a_watcher_may_leave_while_it_is_called(runner, exchange):
    seen: list[object] = []

    def once(noted: object) -> None:
        seen.append(noted)
        stop()

    exchange.answers[events.SocketOpened] = lambda event: [fact("a"), fact("b")]
    stop = runner.watch("bob", once)
    runner.dispatch(events.SocketOpened("s"))

    assert seen == [fact("a")]
    assert not runner.faults


async def test_frames_and_closes_for_sockets_that_are_gone_are_swallowed(runner, exchange):
    class Deaf:
        def send(self, text: str) -> bool:
            return False

    seen: list[object] = []
    runner.watch("bob", seen.append)
    deaf = runner.attach(cast(Socket, Deaf()))
    exchange.answers[events.ServerStopping] = lambda event: [
        commands.SendFrame(deaf, fact("not written"), "text"),  # type: ignore[arg-type]
        commands.SendFrame("gone", fact("not written"), "text"),  # type: ignore[arg-type]
        commands.CloseSocket("gone", 1000, ""),
        commands.AnswerLookup("gone", 200, {}),
    ]
    runner.dispatch(events.ServerStopping())

    assert seen == []
    assert not runner.faults


async def test_a_look_up_is_answered_by_the_exchange(runner, exchange):
    exchange.answers[events.LookupAsked] = lambda asked: [
        commands.AnswerLookup(asked.lookup, 200, {"asked": [asked.subscriber, asked.name]}),
        commands.AnswerLookup(asked.lookup, 500, {}),
    ]
    reply = await runner.look_up("bob", "carol")
    assert (reply.status, reply.body) == (200, {"asked": ["bob", "carol"]})


async def test_a_look_up_that_nobody_answers_ends(exchange):
    assert (await run(exchange, Limits(lookup_s=0.01)).look_up("bob", "carol")).status == 500


async def test_closing_lets_waiting_look_ups_go_and_stops_timers(runner, exchange):
    exchange.answers[events.LookupAsked] = lambda asked: [commands.StartTimer("t", 1)]
    waiting = asyncio.ensure_future(runner.look_up("bob", "carol"))
    await asyncio.sleep(0)
    runner.close()

    assert (await waiting).status == 503
    await asyncio.sleep(0.005)
    assert exchange.events == [events.LookupAsked("lookup-1", "bob", "carol")]


async def test_media_commands_go_to_the_media_manager(runner, exchange):
    class Recorder:
        def perform(self, command: object) -> None:
            performed.append(command)

    performed: list[object] = []
    wanted: list[AnyCommand] = [
        commands.CreateOffer("d", "bob", ("audio",), True),
        commands.ApplyAnswer("d", "sdp"),
        commands.StartPlayback("d", "p", ("u",)),
        commands.StopPlayback("d", "p"),
        commands.CloseLeg("d"),
    ]
    exchange.answers[events.ServerStopping] = lambda event: wanted
    runner.media = cast(MediaManager, Recorder())
    runner.dispatch(events.ServerStopping())

    assert performed == wanted
