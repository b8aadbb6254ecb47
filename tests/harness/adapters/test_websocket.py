"""Whoever dials the URL is spoken to by protocol; whatever breaks it is the adapter's fault."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ringproof.adapters.protocol import AdapterError, Command, Hello, Limits, Reply
from ringproof.adapters.remote import RemoteAdapter
from ringproof.adapters.websocket import WebSocketServer
from ringproof.adapters.wire import LINE_LIMIT_BYTES
from ringproof.trace import AnySutEvent, Log

OPS = ["session.open", "sync", "session.close"]
SUT = {"name": "sut", "version": "1", "language": "python"}
HELLO: dict[str, Any] = {"protocol": 1, "sut": SUT, "caps": {"carrier": "ws", "ops": OPS}}

FLOOD_MEMORY_BYTES = 16 * 1024 * 1024
"""What both ends together may take: the events that are kept, and what is on its way."""

Answer = Callable[[dict[str, Any]], Iterable[str | bytes]]


def reply(command: dict[str, Any], **fields: Any) -> str:
    return json.dumps({"re": command["id"], **fields})


def polite(command: dict[str, Any]) -> list[str | bytes]:
    """Answer as the protocol asks."""
    match command["op"]:
        case "hello":
            return [reply(command, ok=HELLO)]
        case "session.open" | "sync" | "bye":
            return [reply(command, ok={})]
    return [reply(command, error={"code": "unsupported", "definite": True, "text": "no such op"})]


class Sut:
    """A SUT in this process that dials the carrier and answers each command by a function."""

    def __init__(self, answer: Answer = polite) -> None:
        self.answer = answer
        self.url = ""
        self.heard: list[str] = []
        self.connection: ClientConnection | None = None
        self.task: asyncio.Task[None] | None = None

    async def launch(self, url: str) -> None:
        self.url = url
        self.connection = await connect(url, max_size=None)
        self.task = asyncio.get_running_loop().create_task(self._serve(self.connection))

    async def _serve(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                command = json.loads(message)
                self.heard.append(command["op"])
                for line in self.answer(command):
                    await connection.send(line)
                    # The kernel takes megabytes before it makes a sender wait: let others run.
                    await asyncio.sleep(0)


@pytest.fixture
async def sut() -> AsyncIterator[Sut]:
    sut = Sut()
    yield sut
    if sut.connection is not None:
        await sut.connection.close()
    if sut.task is not None:
        await asyncio.wait({sut.task})


@pytest.fixture
def events() -> list[AnySutEvent]:
    return []


@pytest.fixture
async def adapter(sut: Sut) -> AsyncIterator[RemoteAdapter]:
    adapter = RemoteAdapter(sut.launch)
    yield adapter
    await adapter.close()
    await adapter.close()


def opening() -> Command:
    return Command(id="c0", op="session.open", s="s", token="t")


def sync(deadline_ms: int = 2_000) -> Command:
    return Command(id="c1", op="sync", s="s", deadline_ms=deadline_ms)


async def test_adapter_greets_probes_commands_and_says_bye(
    sut: Sut, adapter: RemoteAdapter, events: list[AnySutEvent]
) -> None:
    hello = await adapter.start(events.append)
    who = Hello(
        protocol=1, name="sut", version="1", language="python", carrier="ws", ops=tuple(OPS)
    )
    assert hello == who
    assert await adapter.send(sync()) == Reply(re="c1", ok={})
    await adapter.close()
    assert [op.split(".")[0] for op in sut.heard] == ["hello", "probe", "sync", "bye"]


async def test_events_arrive_in_order_before_the_reply_that_follows_them(
    sut: Sut, adapter: RemoteAdapter, events: list[AnySutEvent]
) -> None:
    await adapter.start(events.append)
    await adapter.send(opening())
    lines = [{"ev": "log", "s": "s", "n": n, "level": "info", "text": str(n)} for n in range(3)]
    sut.answer = lambda command: [*map(json.dumps, lines), reply(command, ok={})]
    await adapter.send(sync())
    assert events == [Log(s="s", n=n, level="info", text=str(n)) for n in range(3)]


async def test_replies_may_come_in_any_order(
    sut: Sut, adapter: RemoteAdapter, events: list[AnySutEvent]
) -> None:
    await adapter.start(events.append)
    lines: list[str | bytes] = []

    def answer(command: dict[str, Any]) -> list[str | bytes]:
        lines.insert(0, reply(command, ok={"for": command["id"]}))
        return lines if len(lines) == 2 else []

    sut.answer = answer
    commands = [Command(id=name, op="sync", s="s") for name in ("first", "second")]
    replies = await asyncio.gather(*map(adapter.send, commands))
    assert [reply.ok for reply in replies] == [{"for": "first"}, {"for": "second"}]


async def test_missed_deadline_is_an_indefinite_reply_and_the_late_one_is_dropped(
    sut: Sut, adapter: RemoteAdapter, events: list[AnySutEvent]
) -> None:
    await adapter.start(events.append)
    sut.answer = lambda command: []
    late = await adapter.send(sync(deadline_ms=20))
    assert (late.error, late.definite) == ("timeout", False)
    sut.answer = lambda command: [json.dumps({"re": "c1", "ok": {}}), reply(command, ok={})]
    assert (await adapter.send(Command(id="c2", op="sync", s="s"))).ok == {}


@pytest.mark.parametrize(
    ("line", "blame"),
    [
        ("not JSON", "malformed"),
        ("[]", "Expected `object`"),
        ("{}", "missing required field `ev`"),
        ('{"ev": "dance", "s": "s", "n": 0}', "Invalid value 'dance'"),
        ('{"ev": "log", "s": "s", "n": "0", "level": "", "text": ""}', "Expected `int`"),
        ('{"ev": "log", "s": "s", "n": 1, "level": "", "text": ""}', "session s 1, not 0"),
        ('{"ev": "log", "s": "x", "n": 0, "level": "", "text": ""}', "'x', which was never opened"),
        ('{"ev": "command", "s": "s", "n": 0, "id": "guessed"}', "'guessed', which session s was"),
        (
            '{"ev": "status", "s": "s", "n": 0, "c": "", "status": "", "observer": "x"}',
            "'x', which",
        ),
        ('{"re": "never", "ok": {}}', "never asked"),
        ('{"re": "c1", "ok": {}, "error": {"code": "x-both"}}', "either `ok` or `error`"),
        ('{"re": "c1"}', "either `ok` or `error`"),
        ('{"re": "c1", "error": "unsupported"}', "Expected `object`"),
        ('{"re": "c1", "error": {"code": "whatever"}}', "matching regex"),
        (b"\x00", "binary"),
        ("x" * (LINE_LIMIT_BYTES + 1), f"more than {LINE_LIMIT_BYTES} bytes"),
    ],
)
async def test_violation_is_blamed_on_the_adapter_and_ends_the_conversation(
    sut: Sut,
    adapter: RemoteAdapter,
    events: list[AnySutEvent],
    line: str | bytes,
    blame: str,
) -> None:
    await adapter.start(events.append)
    await adapter.send(opening())
    sut.answer = lambda command: [line]
    with pytest.raises(AdapterError, match="the adapter") as raised:
        await adapter.send(sync())
    assert blame in str(raised.value)
    with pytest.raises(AdapterError):
        await adapter.send(sync())
    assert events == []


@pytest.mark.parametrize(
    ("text", "blame"),
    [
        ("", "floods: more than 1000 events of session s"),
        ("x" * 1_000_000, "floods: more than 4 MiB of events"),
    ],
    ids=["many", "fat"],
)
async def test_flood_of_events_is_cut_off(
    sut: Sut, events: list[AnySutEvent], text: str, blame: str
) -> None:
    """The memory of both ends is measured: the flood is made as it is sent."""

    def flood(command: dict[str, Any]) -> Iterable[str]:
        for n in itertools.count():
            yield json.dumps({"ev": "log", "s": "s", "n": n, "level": "info", "text": text})

    adapter = RemoteAdapter(sut.launch, limits=Limits(events=1_000))
    await adapter.start(events.append)
    await adapter.send(opening())
    sut.answer = flood
    tracemalloc.start()
    try:
        # The flood ends the wait, however slow the machine is.
        with pytest.raises(AdapterError, match=blame):
            await adapter.send(sync(deadline_ms=3_600_000))
        assert tracemalloc.get_traced_memory()[1] < FLOOD_MEMORY_BYTES
    finally:
        tracemalloc.stop()
        await adapter.close()


@pytest.mark.parametrize(
    ("hello", "blame"),
    [
        ({"ok": {"protocol": 1}}, "greets wrongly"),
        ({"ok": HELLO | {"protocol": 2}}, "speaks adapter protocol 2, this ringproof 1"),
        ({"error": {"code": "version", "text": "too old"}}, "refused hello: version too old"),
    ],
)
async def test_wrong_greeting_is_refused(
    sut: Sut,
    adapter: RemoteAdapter,
    events: list[AnySutEvent],
    hello: dict[str, Any],
    blame: str,
) -> None:
    sut.answer = lambda command: [reply(command, **hello)]
    with pytest.raises(AdapterError, match=blame):
        await adapter.start(events.append)


async def test_adapter_that_says_ok_to_anything_is_refused(
    sut: Sut, adapter: RemoteAdapter, events: list[AnySutEvent]
) -> None:
    sut.answer = lambda command: [reply(command, ok=HELLO)]
    with pytest.raises(AdapterError, match="must answer an unknown op with the error"):
        await adapter.start(events.append)


@pytest.mark.parametrize(
    ("hello", "blame"),
    [
        ({"caps": HELLO["caps"] | {"ops": ["sync"]}}, r"declares no session\.open, session\.close"),
        ({"caps": HELLO["caps"] | {"media": "rtp"}}, r"declares no media in caps\.ops"),
        ({"caps": HELLO["caps"] | {"clock": "virtual"}}, "declares a virtual clock"),
    ],
)
async def test_sut_that_cannot_be_driven_is_refused(
    sut: Sut,
    adapter: RemoteAdapter,
    events: list[AnySutEvent],
    hello: dict[str, Any],
    blame: str,
) -> None:
    sut.answer = lambda command: [reply(command, ok=HELLO | hello)]
    with pytest.raises(AdapterError, match=blame):
        await adapter.start(events.append)


async def test_fault_that_the_adapter_reports_is_passed_on(
    sut: Sut, adapter: RemoteAdapter, events: list[AnySutEvent]
) -> None:
    await adapter.start(events.append)
    assert sut.connection is not None
    await sut.connection.close(4001, "no SDK here")
    with pytest.raises(AdapterError, match="fault of its own: no SDK here"):
        await adapter.send(sync())


async def test_url_admits_one_connection_once(
    sut: Sut, adapter: RemoteAdapter, events: list[AnySutEvent]
) -> None:
    await adapter.start(events.append)
    for url in (sut.url, sut.url[:-1], sut.url.rsplit("/", 1)[0] + "/"):
        with pytest.raises(InvalidStatus, match="403"):
            await connect(url)
    assert (await adapter.send(sync())).ok == {}


async def test_sut_that_never_dials_is_reported(events: list[AnySutEvent]) -> None:
    async def launch(url: str) -> None:
        """Do nothing."""

    adapter = RemoteAdapter(launch, limits=Limits(dialled_within_s=0.05))
    with pytest.raises(AdapterError, match=r"did not dial its carrier within 0\.05 s"):
        await adapter.start(events.append)
    with pytest.raises(AdapterError, match="did not dial its carrier"):
        await adapter.send(sync())
    await adapter.close()


async def test_closing_the_server_ends_every_transport() -> None:
    async with WebSocketServer() as server:
        transport = server.invite()
    await transport.ready()
    assert [line async for line in transport.lines()] == []
    assert transport.ending == "never dialled its WebSocket"
    with pytest.raises(ConnectionError):
        await transport.send(b"{}\n")


async def test_two_that_were_admitted_with_one_token_do_not_share_it() -> None:
    """The handshakes may overlap; the second to be served is sent away."""
    async with WebSocketServer() as server:
        transport = server.invite()
        pair = await asyncio.gather(
            connect(transport.url), connect(transport.url), return_exceptions=True
        )
        served = [end for end in pair if isinstance(end, ClientConnection)]
        await transport.ready()
        for end in served:
            await end.close()
        codes = [end.close_code for end in served]
        assert codes.count(1000) == 1


async def test_half_a_line_is_completed_by_the_next_piece() -> None:
    async with WebSocketServer() as server:
        transport = server.invite()
        async with connect(transport.url) as end:
            for piece in ("{\N{LATIN SMALL LETTER E WITH ACUTE}".encode()[:2], b"\xa9", b"}\n{}\n"):
                await transport.send(piece)
            assert [await end.recv(), await end.recv()] == ["{é}", "{}"]
