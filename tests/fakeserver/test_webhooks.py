from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ringproof_fakeserver import tls, webhooks
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_fakeserver.protocol.journal import ScriptFact
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.webhooks import (
    REPLY_LIMIT_BYTES,
    SCRIPT_LIMIT_BYTES,
    FetchError,
    Retries,
    WebhookClient,
)
from tests.fakeserver.wire_client import HANG_ON, WAIT_S, WireClient, dial, registered, rest

ALL = ["created", "ringing", "answered", "ended"]


NO_PAUSES = Retries(pauses_s=(0.0, 0.0))
KEY = "PSK_0123456789abcdef"


class Receiver:
    """A web server of a user's application: keeps what it gets, answers what it is told to."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.heads: list[str] = []
        self.raw: list[bytes] = []
        self.reply = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
        self.before_reply: Callable[[], Awaitable[None]] = at_once
        self.url = ""
        self._news = asyncio.Condition()
        self._open: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[asyncio.current_task()] = writer
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                await self._exchange(reader, writer)
        del self._open[asyncio.current_task()]
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def close(self) -> None:
        """Hang up on everybody: a connection that is kept alive would outlive the test."""
        tasks = list(self._open)
        for writer in self._open.values():
            writer.close()
        await asyncio.gather(*filter(None, tasks))

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lengths = [
            int(line.partition(":")[2])
            for line in head.split("\r\n")
            if line.lower().startswith("content-length:")
        ]
        body = await reader.readexactly(lengths[0]) if lengths else b""
        async with self._news:
            self.heads.append(head)
            self.raw.append(body)
            self.got.append(json.loads(body) if body else {})
            self._news.notify_all()
        await self.before_reply()
        writer.write(self.reply.encode())
        await writer.drain()

    async def count(self, wanted: int) -> list[dict[str, Any]]:
        """Wait until so many requests have come."""
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(lambda: len(self.got) >= wanted)
        return self.got

    def states(self) -> list[str]:
        return [body["params"]["call_state"] for body in self.got]


async def at_once() -> None:
    return


@contextlib.asynccontextmanager
async def receiving(
    identity: tls.Identity | None = None, kind: type[Receiver] = Receiver
) -> AsyncIterator[Receiver]:
    receiver = kind()
    context = identity.server_context() if identity else None
    listening = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=context)
    port = listening.sockets[0].getsockname()[1]
    receiver.url = f"{'https' if identity else 'http'}://127.0.0.1:{port}/status"
    async with listening:
        yield receiver
        listening.close()
        await receiver.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


@pytest.fixture
async def bob(server: Server) -> AsyncIterator[WireClient]:
    async with registered(server, "bob") as client:
        yield client


async def whole_call(server: Server, bob: WireClient, **more: Any) -> dict[str, Any]:
    """Place a call, answer it, hang up."""
    call = await dial(server, **more)
    invite = await bob.event("verto.invite")
    await bob.answer(invite["callID"])
    await bob.bye(invite["callID"])
    return call


async def test_all_asked_states_come_in_order(server, bob, receiver):
    call = await whole_call(server, bob, status_url=receiver.url, status_events=ALL)
    got = await receiver.count(4)

    assert receiver.states() == ALL
    assert {body["params"]["call_id"] for body in got} == {call["id"]}
    assert {body["event_type"] for body in got} == {"calling.call.state"}
    assert all(body["project_id"] == server.project for body in got)
    assert got[3]["params"]["end_reason"] == "hangup"
    assert all(head.startswith("POST /status ") for head in receiver.heads)
    assert all("application/json" in head for head in receiver.heads)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["ended"]),
        ({"status_events": ["answered", "ended"]}, ["answered", "ended"]),
        ({"status_events": ["ended", "ringing", "ending"]}, ["ringing", "ended"]),
    ],
)
async def test_only_asked_states_come(server, bob, receiver, asked, expected):
    await whole_call(server, bob, status_url=receiver.url, **asked)
    # A second call comes to its end after the first: nothing of the first can still be missing.
    async with receiving() as other:
        await whole_call(server, bob, status_url=other.url)
        await other.count(1)
    await receiver.count(len(expected))

    assert receiver.states() == expected


async def test_a_declined_call_skips_answered(server, bob, receiver):
    await dial(server, status_url=receiver.url, status_events=ALL)
    invite = await bob.event("verto.invite")
    params = {"cause": "USER_BUSY", "causeCode": "17", "dialogParams": {"callID": invite["callID"]}}
    await bob.verto("verto.bye", params)
    await receiver.count(3)

    assert receiver.states() == ["created", "ringing", "ended"]
    assert receiver.got[2]["params"]["end_reason"] in ("decline", "busy")


async def test_a_slow_receiver_keeps_the_order_and_delays_no_other_call(server, bob, receiver):
    release = asyncio.Event()

    async def wait() -> None:
        await release.wait()

    receiver.before_reply = wait
    await whole_call(server, bob, status_url=receiver.url, status_events=ALL)
    async with receiving() as other:
        await whole_call(server, bob, status_url=other.url, status_events=ALL)
        await other.count(4)
    assert receiver.states() == ["created"]
    release.set()
    await receiver.count(4)

    assert receiver.states() == ALL


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/nobody-listens", "http://[::1", "http://127.0.0.1:99999/"]
)
async def test_a_broken_receiver_loses_its_callbacks_and_nothing_else(server, bob, receiver, url):
    await whole_call(server, bob, status_url=url, status_events=ALL)
    await whole_call(server, bob, status_url=receiver.url)
    await receiver.count(1)

    assert receiver.states() == ["ended"]


async def test_a_refusing_receiver_still_gets_the_rest(server, bob, receiver, caplog):
    receiver.reply = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
    await whole_call(server, bob, status_url=receiver.url, status_events=ALL)
    await receiver.count(4)

    assert receiver.states() == ALL
    assert "was answered with 500" in caplog.text


async def test_credentials_in_the_url_become_basic_auth(server, bob, receiver):
    url = receiver.url.replace("http://", "http://user:pass@")
    await whole_call(server, bob, status_url=url)
    await receiver.count(1)

    assert "authorization: basic dxnlcjpwyxnz" in receiver.heads[0].lower()


async def test_the_receivers_certificate_is_checked_as_configured(state_dir: Path, tmp_path: Path):
    identity = tls.prepare(tmp_path)
    trusting = {
        "a stranger": (Config(state_dir=state_dir), 0),
        "unchecked": (Config(state_dir=state_dir, callback_verify=False), 1),
        "its authority": (Config(state_dir=state_dir, callback_ca=identity.ca_file), 1),
    }
    for who, (config, expected) in trusting.items():
        async with (
            receiving(identity) as receiver,
            receiving() as plain,
            Server(config) as server,
            registered(server, "bob") as bob,
        ):
            await whole_call(server, bob, status_url=receiver.url)
            await whole_call(server, bob, status_url=plain.url)
            await plain.count(1)
            if expected:
                await receiver.count(expected)
            assert len(receiver.got) == expected, who


async def test_the_first_callback_comes_after_the_reply(server, bob, receiver):
    """The id in it would mean nothing to a receiver that has not seen the reply."""
    order: list[str] = []

    async def note() -> None:
        order.append("callback")

    receiver.before_reply = note
    await dial(server, status_url=receiver.url, status_events=["created"])
    order.append("reply")
    await receiver.count(1)

    assert order == ["reply", "callback"]


def page(body: str, kind: str = "application/json", status: str = "200 OK") -> str:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head + body


async def scripted(server: Server, bob: WireClient, url: str, **more: Any) -> None:
    """Answer a call whose script is at ``url`` and wait for its end."""
    await dial(server, swml=None, url=url, **more)
    invite = await bob.event("verto.invite")
    await bob.answer(invite["callID"])
    bye = await bob.event("verto.bye")
    assert bye["callID"] == invite["callID"]


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/html; charset=utf-8"])
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_script_is_fetched_when_the_call_is_answered(server, bob, receiver, kind, method):
    receiver.reply = page('{"sections":{"main":["answer","hangup"]}}', kind)
    async with receiving() as status:
        await scripted(server, bob, receiver.url, url_method=method, status_url=status.url)
        [ended] = await status.count(1)

    assert receiver.heads[0].startswith(f"{method} /status ")
    assert ended["params"]["end_reason"] == "hangup"
    if method == "POST":
        assert set(receiver.got[0]) == {"call", "vars", "envs", "params"}


@pytest.mark.parametrize(
    "reply",
    [
        page("not a document"),
        page("oops", status="500 Oops"),
        page(" " * (SCRIPT_LIMIT_BYTES + 1)),
        "nonsense\r\n\r\n",
    ],
    ids=["not swml", "refused", "too large", "not http"],
)
async def test_a_script_that_cannot_be_had_ends_the_call_with_an_error(
    server, bob, receiver, reply
):
    receiver.reply = reply
    async with receiving() as status:
        await scripted(server, bob, receiver.url, status_url=status.url)
        [ended] = await status.count(1)

    assert ended["params"]["end_reason"] == "error"


async def test_a_compressed_script_is_not_unpacked(receiver):
    """A kilobyte could become a gigabyte before anybody has looked at its size."""
    receiver.reply = page("{}", status="200 OK\r\nContent-Encoding: gzip, gzip")
    client = WebhookClient(Config(), lambda work: work.close())
    with pytest.raises(FetchError, match="the document is compressed"):
        await client.fetch(receiver.url, "GET", {})
    assert "accept-encoding: identity" in receiver.heads[0].lower()
    await client.close()


def answer(status: str, *headers: str) -> str:
    """Return an empty HTTP answer."""
    lines = [f"HTTP/1.1 {status}", "Content-Length: 0", *headers]
    return "\r\n".join([*lines, "", ""])


async def deliver(url: str, *, retries: bool, policy: Retries = NO_PAUSES, count: int = 1) -> None:
    """Send callbacks of one call through a client of our own until all is over."""
    tasks: list[asyncio.Task[None]] = []
    client = WebhookClient(Config(), lambda work: tasks.append(asyncio.create_task(work)), policy)
    for number in range(count):
        client.post("call", url, {"params": {"call_state": ALL[number]}}, retries=retries)
    async with asyncio.timeout(WAIT_S):
        await asyncio.gather(*tasks)
    await client.close()


@pytest.mark.parametrize(
    ("retries", "reply", "attempts"),
    [
        (True, answer("503 Later"), 3),
        (False, answer("503 Later"), 1),
        (True, answer("404 Not Found"), 1),
        (True, answer("307 Elsewhere", "Location: /other"), 1),
        (True, answer("204 No Content"), 1),
    ],
    ids=["fails", "without retries", "refuses", "redirects", "succeeds"],
)
async def test_a_callback_is_sent_again_while_the_receiver_fails(
    receiver, retries, reply, attempts
):
    receiver.reply = reply
    await deliver(receiver.url, retries=retries, count=2)
    assert receiver.states() == ["created"] * attempts + ["ringing"] * attempts


async def test_no_more_callbacks_of_a_call_wait_than_the_limit(receiver, caplog, monkeypatch):
    monkeypatch.setattr(webhooks, "MOST_WAITING", 3)
    url = receiver.url.replace("://", "://user:secret@")
    await deliver(url, retries=False, count=4)
    assert receiver.states() == ALL[:3]
    assert "3 callbacks of its call are waiting" in caplog.text
    assert "secret" not in caplog.text


async def test_the_body_of_an_answer_is_not_waited_for(receiver):
    """It would cost memory, without end or compressed even without a limit."""
    receiver.reply = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nbegins"
    await deliver(receiver.url, retries=False, count=3)
    assert receiver.states() == ALL[:3]


class Dripping(Receiver):
    """Answers with one byte of a header now and then, and never to the end."""

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        async with self._news:
            self.got.append({})
            self._news.notify_all()
        writer.write(b"HTTP/1.1 200 OK\r\nX-More: ")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)
        raise ConnectionResetError


async def test_a_dripping_receiver_is_given_up(caplog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webhooks, "TIMEOUT_S", 0.2)
    async with receiving(kind=Dripping) as dripping:
        await deliver(dripping.url, retries=False)
    assert "was lost: no answer within 0.2 s" in caplog.text


async def test_a_receiver_that_answers_nothing_starves_no_other(receiver):
    tasks: list[asyncio.Task[None]] = []
    client = WebhookClient(Config(), lambda work: tasks.append(asyncio.create_task(work)))
    async with receiving(kind=Dripping) as dripping, asyncio.timeout(WAIT_S):
        for number in range(webhooks.CONNECTIONS + 1):
            client.post(f"drips-{number}", dripping.url, {})
        await dripping.count(webhooks.PER_RECEIVER)
        client.post("call", receiver.url, {"params": {"call_state": "ended"}})
        await receiver.count(1)
        assert len(dripping.got) == webhooks.PER_RECEIVER
    async with asyncio.timeout(WAIT_S):
        await asyncio.gather(*tasks)
    await client.close()


async def test_limits_of_retries_begin_with_the_turn(receiver, monkeypatch: pytest.MonkeyPatch):
    order: list[str] = []
    turn, send_again = WebhookClient._turn, WebhookClient._send_again

    def noted_turn(client: WebhookClient, url: str):
        order.append("turn")
        return turn(client, url)

    async def noted_limits(client: WebhookClient, *callback: Any):
        order.append("limits")
        return await send_again(client, *callback)

    monkeypatch.setattr(WebhookClient, "_turn", noted_turn)
    monkeypatch.setattr(WebhookClient, "_send_again", noted_limits)
    await deliver(receiver.url, retries=True)
    assert order == ["turn", "limits"]


async def test_a_receiver_that_recovers_gets_no_third_attempt(receiver):
    receiver.reply = answer("500 Oops")

    async def recover() -> None:
        if len(receiver.got) == 2:
            receiver.reply = answer("204 No Content")

    receiver.before_reply = recover
    await deliver(receiver.url, retries=True)
    assert receiver.states() == ["created"] * 2


async def test_retries_end_with_their_total_time(receiver, caplog):
    hanging = asyncio.Event()
    receiver.before_reply = lambda: hanging.wait()
    policy = Retries(pauses_s=(0.0, 3600.0), read_s=0.05, total_s=0.5)
    await deliver(receiver.url, retries=True, policy=policy)
    hanging.set()
    assert "given up after 3 attempts or 0.5 s" in caplog.text
    assert 1 <= len(receiver.got) <= 2, "the pause before the third lasts longer than the total"


def test_retries_are_those_of_the_cxml_pages():
    assert Retries() == Retries(pauses_s=(0.0, 2.0), connect_s=2.0, read_s=5.0, total_s=15.0)


async def test_the_platform_chooses_retries(server, bob, receiver):
    receiver.reply = answer("500 Oops")
    subscriber = server.exchange.directory.by_reference("bob")
    server.exchange.set_platform(subscriber.id, Platform(callback_retries=True, bye_reply_ms=0))
    await whole_call(server, bob, status_url=receiver.url)
    await receiver.count(3)
    assert receiver.states() == ["ended"] * 3


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Elsewhere", "308 Moved"])
async def test_redirects_are_not_followed_and_the_log_says_so(
    server, bob, receiver, caplog, status
):
    async with receiving() as elsewhere:
        receiver.reply = answer(status, f"Location: {elsewhere.url}")
        await whole_call(server, bob, status_url=receiver.url)
        # The next call ends after that one: nothing of the first can still be missing.
        await whole_call(server, bob, status_url=receiver.url)
        await receiver.count(2)
        await scripted(server, bob, receiver.url)
        assert elsewhere.got == []
    assert f"{status[:3]}: redirects are not followed, give the final URL" in caplog.text


async def test_an_updated_status_url_is_used_from_then_on(server, bob, receiver):
    async with receiving() as later, rest(server) as client:
        call = await dial(server, status_url=receiver.url, status_events=ALL)
        invite = await bob.event("verto.invite")
        await bob.answer(invite["callID"])
        await receiver.count(3)
        params = {"id": call["id"], "swml": HANG_ON, "status_url": later.url}
        body = {"command": "update", "params": params}
        assert (await client.post("/api/calling/calls", json=body)).status_code == 200
        await bob.bye(invite["callID"])
        await later.count(1)
        assert (receiver.states(), later.states()) == (ALL[:3], ALL[3:])


async def test_requests_are_signed_with_the_signing_key(state_dir: Path, receiver, caplog):
    caplog.set_level("DEBUG")
    receiver.reply = page('{"main": ["hangup"]}')
    url = receiver.url.replace("http://", "http://user:pass@") + "?a=1&b=%20"
    config = Config(state_dir=state_dir, signing_key=KEY)
    async with Server(config) as server, registered(server, "bob") as bob:
        for method in ("POST", "GET"):
            await scripted(server, bob, url, url_method=method, status_url=url)
        await receiver.count(4)
    assert len(receiver.got) == 4, "two scripts and two callbacks"
    for head, raw in zip(receiver.heads, receiver.raw, strict=True):
        headers = dict(
            line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
        )
        signed = f"{receiver.url}?a=1&b=%20".encode() + raw
        assert (
            headers["x-signalwire-signature"] == hmac.new(KEY.encode(), signed, "sha1").hexdigest()
        )
        assert (
            headers["x-signalwire-sha256-signature"]
            == hmac.new(KEY.encode(), signed, "sha256").hexdigest()
        )
    assert KEY not in caplog.text
    assert KEY not in repr(config)


async def test_nothing_is_signed_without_a_key(server, bob, receiver):
    await whole_call(server, bob, status_url=receiver.url)
    await receiver.count(1)
    assert "signature" not in receiver.heads[0].lower()


async def test_credentials_of_a_url_are_not_logged(server, bob, receiver, caplog):
    receiver.reply = answer("500 Oops")
    url = receiver.url.replace("http://", "http://user:hidden@")
    await whole_call(server, bob, status_url=url)
    await whole_call(server, bob, status_url=url)
    await receiver.count(2)
    assert "was answered with 500" in caplog.text
    assert "hidden" not in caplog.text


ASKS = {
    "sections": {
        "main": [
            {
                "request": {
                    "url": "{url}",
                    "method": "POST",
                    "headers": {"X-Asked": "yes"},
                    "body": {"from": "${call.from}"},
                }
            },
            {"set": {"word": "${request_result}-${request_response_code}"}},
            {"sleep": 3_600_000},
        ]
    }
}


@pytest.mark.parametrize("allowed", [True, False])
async def test_scripts_send_requests_where_that_is_allowed(
    state_dir: Path, receiver: Receiver, allowed: bool
):
    script = json.loads(json.dumps(ASKS).replace("{url}", receiver.url))
    config = Config(state_dir=state_dir, script_requests=allowed)
    async with Server(config) as server, registered(server) as client:
        notes: asyncio.Queue[ScriptFact] = asyncio.Queue()
        server.watch("*", lambda fact: isinstance(fact, ScriptFact) and notes.put_nowait(fact))
        await dial(server, swml=script)
        await client.answer((await client.event("verto.invite"))["callID"])
        async with asyncio.timeout(WAIT_S):
            asked, slept = await notes.get(), await notes.get()
    assert slept.verb == "sleep"
    if allowed:
        assert asked.note == f"POST {receiver.url}"
        assert receiver.got == [{"from": "+15550001111"}]
        assert "x-asked: yes" in receiver.heads[0].lower()
    else:
        assert asked.note.endswith("requests of scripts are off")
        assert receiver.got == []


async def test_a_script_sees_so_much_of_a_reply(state_dir: Path, receiver: Receiver):
    body = "x" * (REPLY_LIMIT_BYTES + 1)
    receiver.reply = f"HTTP/1.1 404 Not Found\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    client = WebhookClient(Config(state_dir=state_dir), lambda work: work.close())
    try:
        response = await client.request("GET", receiver.url, {}, None)
        lost = await client.request("GET", "http://127.0.0.1:9/", {}, "text")
    finally:
        await client.close()
    assert (response.status, len(response.body)) == (404, REPLY_LIMIT_BYTES)
    assert response.headers["content-length"] == str(len(body))
    assert (lost.status, bool(lost.body)) == (0, True)
