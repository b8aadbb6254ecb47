"""What an adapter may say, and how much: each is checked on one channel without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from ringproof.adapters.channel import Channel
from ringproof.adapters.protocol import DEFAULT, AdapterError, Command
from ringproof.adapters.transport import Malformed
from ringproof.trace import AnySutEvent

Talk = tuple[Channel, list[AnySutEvent]]

LARGE = "x" * 1_000_000


def event(s: str, n: int, ev: str = "log", **fields: Any) -> bytes:
    fields = {"level": "info", "text": "", **fields} if ev == "log" else fields
    return json.dumps({"ev": ev, "s": s, "n": n, **fields}, ensure_ascii=False).encode()


class Silent:
    """A transport to an adapter that never replies."""

    carrier = "stdio"
    advice = ""
    ending = "went away"

    async def ready(self) -> None: ...

    async def lines(self) -> AsyncGenerator[bytes | Malformed, None]:
        for line in ():
            yield line

    async def send(self, data: bytes) -> None: ...

    def end(self, violation: str = "") -> None: ...

    async def close(self) -> None: ...


class Prompt(Silent):
    """A transport to an adapter that says ok to every command at once."""

    channel: Channel

    async def send(self, data: bytes) -> None:
        self.channel.feed(json.dumps({"re": json.loads(data)["id"], "ok": {}}).encode())


def open_session(s: str) -> Command:
    return Command(id=f"open {s}", op="session.open", s=s, token="t")


@pytest.fixture
def talk() -> Talk:
    """Return a channel to one who answers every command at once, and the events that came."""
    events: list[AnySutEvent] = []
    transport = Prompt()
    transport.channel = Channel(transport, events.append)
    return transport.channel, events


def answer(number: int) -> Command:
    return Command(id=f"answer {number}", op="call.answer", s="s", c="c")


def sync(number: int) -> Command:
    return Command(id=f"sync {number}", op="sync", s="s")


async def pour(talk: Talk, text: str, count: int, between: Callable[[int], Command]) -> None:
    """Send events of session ``s``, which gets a command after each."""
    for n in range(count):
        talk[0].feed(event("s", n, text=text))
        await talk[0].ask(between(n))


async def test_many_events_are_a_flood_that_a_command_in_between_does_not_excuse(
    talk: Talk,
) -> None:
    await talk[0].ask(open_session("s"))
    with pytest.raises(AdapterError, match="floods: more than 10000 events of session s"):
        await pour(talk, "", DEFAULT.events + 1, answer)
    assert len(talk[1]) == DEFAULT.events


async def test_many_bytes_are_a_flood_that_a_command_in_between_does_not_excuse(talk: Talk) -> None:
    await talk[0].ask(open_session("s"))
    with pytest.raises(AdapterError, match="floods: more than 4 MiB of events of session s"):
        await pour(talk, LARGE, 5, answer)
    assert len(talk[1]) == 4


async def test_sync_allows_as_much_again_though_not_without_end(talk: Talk) -> None:
    await talk[0].ask(open_session("s"))
    with pytest.raises(AdapterError, match=r"floods: more than 32 MiB of events of session s$"):
        await pour(talk, LARGE, 34, sync)
    assert len(talk[1]) == 33


async def test_size_is_that_of_the_message_on_the_wire(talk: Talk) -> None:
    """A character may take four bytes of it."""
    wide = "\N{TELEPHONE RECEIVER}" * 250_000
    await talk[0].ask(open_session("s"))
    for n in range(4):
        talk[0].feed(event("s", n, text=wide))
    with pytest.raises(AdapterError, match="floods: more than 4 MiB"):
        talk[0].feed(event("s", 4, text=wide))


async def test_sessions_do_not_eat_from_each_others_plate(talk: Talk) -> None:
    for s in ("s", "other"):
        await talk[0].ask(open_session(s))
    for n in range(4):
        for s in ("s", "other"):
            talk[0].feed(event(s, n, text=LARGE))
    assert len(talk[1]) == 8


@pytest.mark.parametrize(
    "message",
    [
        event("s", 0, "command", id="open other"),
        event("s", 0, "settled", id="open other"),
        event("s", 0, "status", c="c", status="ringing", observer="open other"),
    ],
    ids=["command", "settled", "observer"],
)
async def test_command_of_one_session_is_unknown_in_another(talk: Talk, message: bytes) -> None:
    for s in ("s", "other"):
        await talk[0].ask(open_session(s))
    with pytest.raises(AdapterError, match="'open other', which session s was never given"):
        talk[0].feed(message)
    assert talk[1] == []


async def test_reply_after_the_deadline_is_dropped_once_and_no_second_time() -> None:
    talk = Channel(Silent(), lambda event: None)
    late = await talk.ask(Command(id="c1", op="sync", s="s", deadline_ms=1))
    assert (late.error, late.definite) == ("timeout", False)
    reply = json.dumps({"re": "c1", "ok": {}}).encode()
    talk.feed(reply)
    with pytest.raises(AdapterError, match="replied to 'c1', which was never asked, or answered"):
        talk.feed(reply)


async def test_adapter_that_goes_away_fails_what_waits_for_it() -> None:
    talk = Channel(Silent(), lambda event: None, "it")
    waiting = asyncio.create_task(talk.ask(Command(id="c1", op="sync", s="s")))
    await asyncio.sleep(0)
    await talk.serve()
    with pytest.raises(AdapterError, match="it went away"):
        await waiting
