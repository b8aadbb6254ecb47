"""What an adapter may say, and how much: each is checked on one conversation without a carrier."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ringproof.adapters import channel as conversation
from ringproof.adapters.channel import Conversation
from ringproof.adapters.protocol import AdapterError, Command
from ringproof.trace import AnySutEvent

Talk = tuple[Conversation, list[AnySutEvent]]

LARGE = "x" * 1_000_000


def event(s: str, n: int, ev: str = "log", **fields: Any) -> str:
    fields = {"level": "info", "text": "", **fields} if ev == "log" else fields
    return json.dumps({"ev": ev, "s": s, "n": n, **fields})


def open_session(s: str) -> Command:
    return Command(id=f"open {s}", op="session.open", s=s, token="t")


@pytest.fixture
def talk() -> Talk:
    """Return a conversation with one who answers every command at once, and what was heard."""
    heard: list[AnySutEvent] = []

    async def send(line: str) -> None:
        talk.feed(json.dumps({"re": json.loads(line)["id"], "ok": {}}))

    talk = Conversation(send, heard.append)
    return talk, heard


def answer(number: int) -> Command:
    return Command(id=f"answer {number}", op="call.answer", s="s", c="c")


def sync(number: int) -> Command:
    return Command(id=f"sync {number}", op="sync", s="s")


async def pour(talk: Talk, text: str, count: int, between: Callable[[int], Command]) -> None:
    """Send events of session ``s``, which is told to do something after each."""
    for n in range(count):
        talk[0].feed(event("s", n, text=text))
        await talk[0].ask(between(n))


async def test_many_events_are_a_flood_that_a_command_in_between_does_not_excuse(
    talk: Talk,
) -> None:
    await talk[0].ask(open_session("s"))
    with pytest.raises(AdapterError, match="floods: more than 10000 events of session s"):
        await pour(talk, "", conversation.EVENTS_MAX + 1, answer)
    assert len(talk[1]) == conversation.EVENTS_MAX


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


@pytest.mark.parametrize("as_bytes", [True, False], ids=["stdio", "ws"])
async def test_size_is_that_of_the_message_on_the_wire(talk: Talk, as_bytes: bool) -> None:
    """A character may take four bytes of it."""
    await talk[0].ask(open_session("s"))
    for n in range(4):
        talk[0].feed(wide(n, as_bytes))
    with pytest.raises(AdapterError, match="floods: more than 4 MiB"):
        talk[0].feed(wide(4, as_bytes))


def wide(n: int, as_bytes: bool) -> str | bytes:
    text = "\N{TELEPHONE RECEIVER}" * 250_000
    fields = {"ev": "log", "s": "s", "n": n, "level": "info", "text": text}
    line = json.dumps(fields, ensure_ascii=False)
    return line.encode() if as_bytes else line


async def test_sessions_do_not_eat_from_each_others_plate(talk: Talk) -> None:
    for s in ("s", "other"):
        await talk[0].ask(open_session(s))
    for n in range(4):
        for s in ("s", "other"):
            talk[0].feed(event(s, n, text=LARGE))
    assert len(talk[1]) == 8


@pytest.mark.parametrize(
    "told",
    [
        event("s", 0, "command", id="open other"),
        event("s", 0, "settled", id="open other"),
        event("s", 0, "status", c="c", status="ringing", observer="open other"),
    ],
    ids=["command", "settled", "observer"],
)
async def test_command_of_one_session_is_unknown_in_another(talk: Talk, told: str) -> None:
    for s in ("s", "other"):
        await talk[0].ask(open_session(s))
    with pytest.raises(AdapterError, match="'open other', which session s was never given"):
        talk[0].feed(told)
    assert talk[1] == []


async def test_reply_after_the_deadline_is_dropped_once_and_no_second_time() -> None:
    async def send(line: str) -> None:
        """Let the adapter keep silent."""

    talk = Conversation(send, lambda event: None)
    late = await talk.ask(Command(id="c1", op="sync", s="s", deadline_ms=1))
    assert (late.error, late.definite) == ("timeout", False)
    reply = json.dumps({"re": "c1", "ok": {}})
    talk.feed(reply)
    with pytest.raises(AdapterError, match="replied to 'c1', which was never asked, or answered"):
        talk.feed(reply)
