"""Media commands on scripted legs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ringproof_fakeserver.media.legs import (
    Fan,
    LegError,
    Legs,
    NoSink,
    OnConnected,
    OnDigit,
    OnFailed,
    Playable,
    Sink,
    UnplayableError,
)
from ringproof_fakeserver.media.pace import Pace
from ringproof_fakeserver.media.recording import Recording
from ringproof_fakeserver.media_manager import Backends, MediaManager
from ringproof_fakeserver.protocol.commands import (
    AnswerOffer,
    ApplyAnswer,
    ApplyReoffer,
    CloseLeg,
    CreateOffer,
    JoinLegs,
    RelayMedia,
    SendDigits,
    StartPlayback,
    StopPlayback,
)
from ringproof_fakeserver.protocol.events import (
    AnswerApplied,
    AnyEvent,
    DigitsSent,
    LegAnswered,
    MediaConnected,
    MediaFailed,
    MediaRestarted,
    OfferReady,
    PlaybackFinished,
    ReofferAnswered,
    ReofferRefused,
)
from ringproof_fakeserver.protocol.journal import AnyFact, MediaFact


class FakeLegs:
    """Legs whose every step is ``steps``: an exception to raise, or an event to wait for."""

    def __init__(self, real: bool, on_connected: OnConnected, on_failed: OnFailed) -> None:
        self.real = real
        self.on_connected = on_connected
        self.on_failed = on_failed
        self.on_digit: OnDigit = lambda dialog, digit: None
        self.steps: dict[str, Exception | asyncio.Event] = {}
        self.calls: list[tuple[Any, ...]] = []
        self.sinks: dict[str, Sink] = {}

    async def _step(self, name: str, *details: object) -> None:
        self.calls.append((name, *details))
        step = self.steps.get(name)
        if isinstance(step, Exception):
            raise step
        if step is not None:
            await step.wait()

    async def create_offer(
        self, dialog: str, media: tuple[str, ...], msid: bool, codecs: tuple[str, ...] = ()
    ) -> str:
        await self._step("create_offer", dialog, media, msid)
        return f"offer {dialog}"

    async def apply_answer(self, dialog: str, sdp: str) -> None:
        await self._step("apply_answer", dialog, sdp)

    async def renegotiate(self, dialog: str, sdp: str, on_restarted: Callable[[], None]) -> str:
        await self._step("renegotiate", dialog, sdp)
        self.on_restarted = on_restarted
        return f"answer to {sdp}"

    async def answer_offer(self, dialog: str, offer: str, msid: bool) -> str:
        await self._step("answer_offer", dialog, offer)
        return f"answer {dialog}"

    async def play(self, dialog: str, items: Sequence[Playable], pace: Pace | None = None) -> None:
        self.pace = pace
        await self._step("play", dialog, items)

    async def send_digits(self, dialog: str, digits: str) -> str:
        await self._step("send_digits", dialog, digits)
        return ""

    def record(self, dialog: str, recording: Recording) -> None:
        self.calls.append(("record", dialog, recording))

    def stop_recording(self, dialog: str, recording: Recording) -> None:
        self.calls.append(("stop_recording", dialog, recording))

    def stop_play(self, dialog: str) -> None:
        self.calls.append(("stop_play", dialog))

    async def close(self, dialog: str) -> None:
        await self._step("close", dialog)

    def listen(self, dialog: str, sink: Sink) -> None:
        self.calls.append(("listen", dialog, sink))

    def sink(self, dialog: str) -> Sink:
        return self.sinks.setdefault(dialog, NoSink())

    async def counts(self, dialog: str) -> tuple[dict[str, int], dict[str, int]]:
        return {"audio": 3}, {"audio": 4}

    async def close_all(self) -> None:
        self.calls.append(("close_all",))


class World:
    """A media manager and everything around it."""

    def __init__(self) -> None:
        self.made: list[FakeLegs] = []
        self.note = ""
        self.events: list[AnyEvent] = []
        self.facts: list[AnyFact] = []
        self._tasks: set[asyncio.Task[None]] = set()
        backends = Backends(
            real=lambda *callbacks: self._make(True, *callbacks),
            modelled=lambda *callbacks: self._make(False, *callbacks),
            files=self._files,
        )
        self.manager = MediaManager(backends, self.events.append, self.facts.append, self._spawn)

    def _make(self, real: bool, on_connected: OnConnected, on_failed: OnFailed) -> Legs:
        self.made.append(FakeLegs(real, on_connected, on_failed))
        return self.made[-1]

    async def _files(self, urls: Sequence[str]) -> tuple[list[Playable], str]:
        return [Path(url) for url in urls], self.note

    def _spawn(self, work: Any) -> None:
        self._tasks.add(asyncio.ensure_future(work))

    @property
    def legs(self) -> FakeLegs:
        return self.made[0]

    async def settle(self) -> None:
        """Let everything run that does not wait for something from outside."""
        for _ in range(10):
            await asyncio.sleep(0)

    async def offered(self) -> None:
        self.manager.perform(CreateOffer("d", "bob", ("audio",), True))
        await self.settle()
        assert self.events.pop() == OfferReady("d", "offer d")


@pytest.fixture
def world() -> World:
    return World()


async def test_leg_that_is_not_to_connect_never_hears_the_answer(world):
    world.manager.perform(CreateOffer("d", "bob", ("audio",), True, reachable=False))
    await world.settle()
    world.manager.perform(ApplyAnswer("d", "answer"))
    await world.settle()
    assert world.events == [OfferReady("d", "offer d\r\n"), AnswerApplied("d")]
    assert [call[0] for call in world.legs.calls] == ["create_offer"]


async def test_new_offer_is_answered_and_its_restart_reported(world):
    await world.offered()
    world.manager.perform(ApplyReoffer("d", "new"))
    await world.settle()
    assert world.events == [ReofferAnswered("d", "answer to new")]
    world.legs.on_restarted()
    assert world.events[1:] == [MediaRestarted("d")]
    world.manager.perform(CloseLeg("d"))
    world.legs.on_restarted()
    assert world.events[2:] == []


@pytest.mark.parametrize("error", [LegError("d", "no good"), RuntimeError("bug")], ids=str)
async def test_new_offer_that_fails_is_refused_and_the_leg_lives(world, error):
    await world.offered()
    world.legs.steps["renegotiate"] = error
    world.manager.perform(ApplyReoffer("d", "new"))
    await world.settle()
    reason = error.reason if isinstance(error, LegError) else repr(error)
    assert world.events == [ReofferRefused("d", reason)]


async def test_new_offer_of_a_leg_that_is_closed_is_ignored(world):
    world.manager.perform(ApplyReoffer("d", "new"))
    await world.settle()
    assert world.events == []


async def test_an_offer_and_an_answer(world):
    await world.offered()
    world.manager.perform(ApplyAnswer("d", "answer"))
    await world.settle()
    world.legs.on_connected("d")

    assert world.legs.calls == [
        ("create_offer", "d", ("audio",), True),
        ("apply_answer", "d", "answer"),
    ]
    assert world.events == [AnswerApplied("d"), MediaConnected("d", real=True)]


async def test_backends_are_made_when_a_leg_needs_them(world):
    world.manager.set_real("bob", False)
    assert world.made == []
    world.manager.perform(CreateOffer("modelled", "bob", ("audio",), True))
    world.manager.perform(CreateOffer("real", "carol", ("audio",), True))
    world.manager.set_real("bob", True)
    world.manager.perform(CreateOffer("real again", "bob", ("audio",), True))
    await world.settle()

    modelled, real = world.made
    assert (modelled.real, real.real) == (False, True)
    assert [call[1] for call in modelled.calls] == ["modelled"]
    assert [call[1] for call in real.calls] == ["real", "real again"]
    modelled.on_connected("modelled")
    assert world.events[-1] == MediaConnected("modelled", real=False)


@pytest.mark.parametrize(
    ("error", "text"),
    [(LegError("d", "no address"), "no address"), (ZeroDivisionError("x"), "ZeroDivisionError")],
)
async def test_what_goes_wrong_is_an_event(world, error, text):
    await world.offered()
    world.legs.steps["apply_answer"] = error
    world.manager.perform(ApplyAnswer("d", "answer"))
    await world.settle()

    [failed] = world.events
    assert isinstance(failed, MediaFailed)
    assert text in failed.error


async def test_a_leg_that_fails_by_itself(world):
    await world.offered()
    world.legs.on_failed("d", "the path was lost")
    assert world.events == [MediaFailed("d", "the path was lost")]


async def test_a_closed_leg_reports_nothing(world):
    await world.offered()
    gate = asyncio.Event()
    world.legs.steps["apply_answer"] = gate
    world.manager.perform(ApplyAnswer("d", "answer"))
    await world.settle()
    world.manager.perform(CloseLeg("d"))
    world.manager.perform(CloseLeg("d"))
    gate.set()
    await world.settle()
    world.legs.on_connected("d")
    world.legs.on_failed("d", "late")

    assert world.events == []
    assert world.legs.calls.count(("close", "d")) == 1


@pytest.mark.parametrize("command", [ApplyAnswer("d", "x"), StartPlayback("d", "p", ("u",))])
async def test_a_command_for_a_leg_that_is_gone_is_a_failure(world, command):
    world.manager.perform(command)
    assert world.events == [MediaFailed("d", "the leg is closed")]


async def test_a_playback_ends_with_a_note(world):
    await world.offered()
    world.note = "a clip stands in"
    world.manager.perform(StartPlayback("d", "p", ("a", "b")))
    await world.settle()

    assert world.legs.calls[-1] == ("play", "d", [Path("a"), Path("b")])
    assert world.events == [PlaybackFinished("d", "p", "a clip stands in")]


async def test_a_stopped_playback_reports_nothing(world):
    await world.offered()
    gate = world.legs.steps["play"] = asyncio.Event()
    world.manager.perform(StartPlayback("d", "p", ("a",)))
    await world.settle()
    world.manager.perform(StopPlayback("d", "another"))
    assert ("stop_play", "d") not in world.legs.calls
    world.manager.perform(StopPlayback("d", "p"))
    gate.set()
    await world.settle()

    assert world.legs.calls[-1] == ("stop_play", "d")
    assert world.events == []


async def test_a_replaced_playback_reports_nothing_and_its_successor_does(world):
    await world.offered()
    gate = world.legs.steps["play"] = asyncio.Event()
    world.manager.perform(StartPlayback("d", "first", ("a",)))
    await world.settle()
    world.manager.perform(StartPlayback("d", "second", ("b",)))
    await world.settle()
    gate.set()
    await world.settle()

    assert world.events == [PlaybackFinished("d", "second", "")]


async def test_a_file_that_cannot_be_played_fails_the_leg(world):
    await world.offered()
    world.legs.steps["play"] = UnplayableError("no sound and no picture")
    world.manager.perform(StartPlayback("d", "p", ("a",)))
    await world.settle()

    [failed] = world.events
    assert isinstance(failed, MediaFailed)
    assert "no sound and no picture" in failed.error


async def test_a_leg_is_replaced_by_one_that_answers_the_clients_offer(world):
    await world.offered()
    world.manager.perform(AnswerOffer("d", "bob", "offer", True))
    await world.settle()
    world.legs.on_connected("d")

    assert world.legs.calls[1:] == [("close", "d"), ("answer_offer", "d", "offer")]
    assert world.events == [LegAnswered("d", "answer d"), MediaConnected("d", real=True)]


async def test_a_leg_for_an_offer_of_a_dialog_without_one(world):
    world.manager.set_real("bob", False)
    world.manager.perform(AnswerOffer("d", "bob", "offer", True))
    await world.settle()
    assert not world.legs.real
    assert world.events == [LegAnswered("d", "answer d")]


async def test_a_leg_that_is_replaced_twice_answers_once(world):
    await world.offered()
    gate = world.legs.steps["close"] = asyncio.Event()
    world.manager.perform(AnswerOffer("d", "bob", "first", True))
    await world.settle()
    world.manager.perform(AnswerOffer("d", "bob", "second", True))
    gate.set()
    await world.settle()

    answered = [call for call in world.legs.calls if call[0] == "answer_offer"]
    assert answered == [("answer_offer", "d", "second")]
    assert world.events == [LegAnswered("d", "answer d")]


async def test_what_a_replaced_leg_played_is_over(world):
    await world.offered()
    gate = world.legs.steps["play"] = asyncio.Event()
    world.manager.perform(StartPlayback("d", "p", ("a",)))
    await world.settle()
    world.manager.perform(AnswerOffer("d", "bob", "offer", True))
    gate.set()
    await world.settle()

    note = "the client asked for a new leg"
    assert world.events == [PlaybackFinished("d", "p", note), LegAnswered("d", "answer d")]


async def test_an_offer_that_cannot_be_answered_fails_the_leg(world):
    await world.offered()
    world.legs.steps["answer_offer"] = LegError("d", "no picture")
    world.manager.perform(AnswerOffer("d", "bob", "offer", True))
    await world.settle()
    assert world.events == [MediaFailed("d", "no picture")]


async def test_packets_are_a_fact_of_the_legs_subscriber(world):
    await world.offered()
    await world.manager.count("d")
    await world.manager.count("unknown")

    assert world.facts == [
        MediaFact(
            subscriber="bob",
            dialog="d",
            state="packets",
            sent={"audio": 3},
            received={"audio": 4},
            real=True,
        )
    ]


async def test_closing_closes_the_backends_that_were_made(world):
    await world.offered()
    await world.manager.close()
    world.legs.on_failed("d", "late")

    assert world.legs.calls[-1] == ("close_all",)
    assert world.events == []


async def test_joined_legs_listen_to_each_other_across_backends(world):
    world.manager.set_real("carol", False)
    world.manager.perform(CreateOffer("a", "bob", ("audio",), True))
    world.manager.perform(CreateOffer("b", "carol", ("audio",), True))
    await world.settle()
    world.manager.perform(JoinLegs("a", "b"))
    real, modelled = world.made
    assert real.calls[-1] == ("listen", "a", modelled.sinks["b"])
    assert modelled.calls[-1] == ("listen", "b", real.sinks["a"])


class CountingSink:
    """A sink that counts what it is given."""

    def __init__(self) -> None:
        self.count = 0

    def sound(self, samples: bytes) -> None:
        self.count += 1

    def picture(self, width: int, height: int, planes: bytes) -> None:
        self.count += 1


async def test_leg_is_heard_and_seen_by_the_legs_that_are_there(world):
    for dialog in ("a", "b", "c"):
        world.manager.perform(CreateOffer(dialog, "bob", ("audio",), True))
    await world.settle()
    world.manager.perform(RelayMedia("a", ("b", "gone"), ("b", "c")))
    [made] = world.made
    listens, dialog, fan = made.calls[-1]
    assert (listens, dialog, type(fan)) == ("listen", "a", Fan)
    assert list(made.sinks) == ["b", "c"]
    heard, seen = CountingSink(), CountingSink()
    fan = Fan([heard], [heard, seen])
    fan.sound(b"\0\0")
    fan.picture(2, 2, bytes(6))
    assert (heard.count, seen.count) == (2, 1)


async def test_leg_is_not_joined_with_one_that_is_closed(world):
    world.manager.perform(CreateOffer("a", "bob", ("audio",), True))
    await world.settle()
    world.manager.perform(JoinLegs("a", "gone"))
    assert [call[0] for call in world.made[0].calls] == ["create_offer"]


async def test_digits_that_are_stopped_report_nothing(world):
    await world.offered()
    world.legs.steps["send_digits"] = asyncio.Event()
    world.manager.perform(SendDigits("d", "first", "1"))
    world.manager.perform(SendDigits("d", "second", "2"))
    await world.settle()
    world.manager.perform(StopPlayback("d", "first"))
    await world.settle()
    world.legs.steps["send_digits"].set()
    await world.settle()
    assert world.events == [DigitsSent("d", "second", "")]
