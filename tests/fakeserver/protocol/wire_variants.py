"""For each platform variant: events under which it changes what is seen on the wire.

Whoever adds a field to ``Platform`` adds a row to ``WIRE``. ``play`` gets a platform, plays the
same events under any, and returns what left the stand-in; most do so on a ``WireStage``.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_fakeserver.protocol import sdp
from ringproof_fakeserver.protocol.commands import PostCallback, WatchMedia
from ringproof_fakeserver.protocol.events import (
    MediaSilent,
    PingRequested,
    PingsOverdue,
    SilenceRequested,
    TokenExpiryRequested,
)
from ringproof_fakeserver.protocol.journal import KEEP_ALIVE
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.webhooks import Retries, WebhookClient
from tests.fakeserver.protocol.wire_stage import WireStage
from tests.fakeserver.wire_client import issue, rest

Play = Callable[[Platform], object]


class Row(msgspec.Struct, frozen=True):
    """One variant on the wire."""

    changed: Platform
    """Differs from ``without`` in the variant alone."""
    play: Play
    without: Platform = Platform()
    """Not the default where the variant matters only together with another one."""


def _connect(platform: Platform) -> object:
    """The only device connects."""
    stage = WireStage(platform, ice_servers=({"urls": ["stun:192.0.2.5:3478"]},))
    stage.device(1)
    return stage.wire


def _ring_out(platform: Platform) -> object:
    """Nobody answers for 61 s."""
    stage = WireStage(platform)
    stage.device(1)
    stage.dial()
    stage.advance(61_000)
    return stage.wire


def _answer_and_hang_up(platform: Platform) -> object:
    """The only device answers, and hangs up 2 s later; 2 s more pass."""
    stage = WireStage(platform)
    stage.device(1)
    stage.dial()
    stage.device_answers("s1", "d1")
    stage.advance(2_000)
    stage.bye("s1", "d1")
    stage.advance(2_000)
    return stage.wire


def _hold(platform: Platform) -> object:
    """The only device answers and asks for hold."""
    stage = WireStage(platform)
    stage.device(1)
    stage.dial()
    stage.device_answers("s1", "d1")
    stage.handle(stage.verto("s1", "d1", "verto.modify", action="hold"))
    return stage.wire


def _restart_ice(platform: Platform) -> object:
    """The only device answers and offers its media anew."""
    stage = WireStage(platform)
    stage.device(1)
    stage.dial()
    stage.device_answers("s1", "d1")
    offer = sdp.event_model({"audio": "sendrecv"}, ice="new")
    stage.handle(stage.verto("s1", "d1", "verto.modify", action="updateMedia", sdp=offer))
    return stage.wire


def _one_of_two_declines(platform: Platform) -> object:
    """Two devices ring for a caller with callbacks, and one declines; 1 s passes."""
    stage = WireStage(platform)
    for number in (1, 2):
        stage.device(number)
    stage.dial(status_url="http://localhost/status")
    stage.decline("s1", "d1")
    stage.advance(1_000)
    return stage.wire


def _decline(platform: Platform) -> object:
    """The only device declines a call whose caller gets callbacks."""
    stage = WireStage(platform)
    stage.device(1)
    stage.dial(status_url="http://localhost/status")
    stage.decline("s1", "d1")
    return stage.wire


def _failing_receiver(platform: Platform) -> object:
    """A call with a status callback whose receiver answers 500, over HTTP."""

    async def count() -> int:
        requests = 0

        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal requests
            requests += 1
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()

        receiver = await asyncio.start_server(refuse, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}/"
        stage = WireStage(platform)
        stage.device(1)
        stage.dial(status_url=url)
        stage.decline("s1", "d1")
        [posted] = [one for one in stage.commands if isinstance(one, PostCallback)]
        tasks: list[asyncio.Task[None]] = []
        client = WebhookClient(
            Config(),
            lambda work: tasks.append(asyncio.create_task(work)),
            Retries(pauses_s=(0.0, 0.0)),
        )
        client.post(posted.call, posted.url, posted.body, retries=posted.retries)
        await asyncio.gather(*tasks)
        await client.close()
        receiver.close()
        return requests

    return asyncio.run(count())


def _trade_twice(platform: Platform) -> object:
    """A refresh token is traded in twice, over HTTP."""

    async def trade() -> list[int]:
        with tempfile.TemporaryDirectory() as folder:
            async with Server(Config(state_dir=Path(folder))) as server:
                issued = await issue(server)
                server.exchange.set_platform(issued["subscriber_id"], platform)
                body = {"refresh_token": issued["refresh_token"]}
                path = "/api/fabric/subscribers/tokens/refresh"
                async with rest(server) as client:
                    return [(await client.post(path, json=body)).status_code for _ in range(2)]

    return asyncio.run(trade())


def _dial_from_a_foreign_number(platform: Platform) -> object:
    """A number that is not the project's dials, over HTTP."""

    async def dial() -> int:
        with tempfile.TemporaryDirectory() as folder:
            async with Server(Config(state_dir=Path(folder))) as server:
                issued = await issue(server)
                server.exchange.set_platform(issued["subscriber_id"], platform)
                account = server.exchange.directory.subscriber(issued["subscriber_id"])
                swml = {"version": "1.0.0", "sections": {"main": [{"hangup": {}}]}}
                params = {"from": "+15550100099", "to": account.addresses[0].uri, "swml": swml}
                body = {"command": "dial", "params": params}
                async with rest(server) as client:
                    return (await client.post("/api/calling/calls", json=body)).status_code

    return asyncio.run(dial())


def _falls_silent(platform: Platform) -> object:
    """The only device answers, and nothing is heard of it any more."""
    stage = WireStage(platform)
    stage.device(1)
    stage.dial()
    stage.device_answers("s1", "d1")
    if any(isinstance(command, WatchMedia) for command in stage.commands):
        stage.handle(MediaSilent(stage.dialog("d1")))
    stage.advance(61_000)
    return stage.wire


def _look_up(platform: Platform) -> object:
    """A client looks an address up; 1 s passes."""
    stage = WireStage(platform)
    stage.device(1)
    stage.look_up("bob")
    stage.advance(1_000)
    return stage.wire


def _page_closes(platform: Platform) -> object:
    """The page of an answered call closes; its caller is posted every end in the 2 s after."""
    stage = WireStage(platform)
    stage.device(1)
    stage.dial(status_url="https://example.com/status")
    stage.device_answers("s1", "d1")
    stage.close("s1", 1001)
    stage.advance(2_000)
    return stage.wire


def _page_returns(platform: Platform) -> object:
    """The page of an answered call closes, opens again and asks for the call."""
    stage = WireStage(platform)
    stage.device(1)
    stage.dial()
    stage.device_answers("s1", "d1")
    stage.close("s1", 1001)
    stage.page_returns("s1", "s2", "j2")
    stage.handle(stage.asks_for("s2", "d1"))
    stage.advance(1_000)
    return stage.wire


def _talk(platform: Platform) -> object:
    """The only device answers; the call goes on for 60 s."""
    stage = WireStage(platform)
    stage.device(1)
    stage.dial()
    stage.device_answers("s1", "d1")
    stage.advance(60_000)
    return stage.wire


def _token_expires(platform: Platform) -> object:
    """The token of the only device expires."""
    stage = WireStage(platform)
    stage.device(1)
    stage.handle(TokenExpiryRequested("j1"))
    return stage.wire


def _resumes_with_an_expired_token(platform: Platform) -> object:
    """The token of the only device expires, it loses its socket, and tries to resume."""
    stage = WireStage(platform)
    stage.device(1)
    stage.handle(TokenExpiryRequested("j1"))
    stage.close("s1")
    stage.page_returns("s1", "s2", "j1")
    return stage.wire


def _answers_no_ping(platform: Platform) -> object:
    """The socket of the only device is half open; it is pinged three times."""
    stage = WireStage(platform)
    stage.device(1)
    stage.handle(SilenceRequested("j1", silent=True))
    stage.handle(PingRequested("j1", KEEP_ALIVE))
    stage.handle(PingsOverdue("j1"))
    return [type(command).__name__ for command in stage.commands], stage.wire


def _second_call(platform: Platform) -> object:
    """The only device answers a call; then somebody else calls."""
    stage = WireStage(platform)
    stage.device(1)
    stage.dial()
    stage.device_answers("s1", "d1")
    stage.dial("c2")
    return stage.wire


WIRE: dict[str, Row] = {
    "online_delay_ms": Row(Platform(online_delay_ms=40), _connect),
    "expired_token_resumes": Row(
        Platform(expired_token_resumes=True), _resumes_with_an_expired_token
    ),
    "expired_token_closes": Row(Platform(expired_token_closes=True), _token_expires),
    "unanswered_pings": Row(Platform(unanswered_pings=0), _answers_no_ping),
    "bye_echo": Row(Platform(bye_echo=True), _answer_and_hang_up),
    "offer_direction": Row(Platform(offer_direction="sendonly"), _answer_and_hang_up),
    "ice_servers": Row(Platform(ice_servers="turn"), _connect),
    "msid": Row(Platform(msid=False), _answer_and_hang_up),
    "lookup_delay_ms": Row(Platform(lookup_delay_ms=40), _look_up),
    "authorization_state": Row(Platform(authorization_state="never"), _answer_and_hang_up),
    "renegotiation": Row(Platform(renegotiation="refuse"), _restart_ice),
    "hold": Row(Platform(hold=False), _hold),
    "page_gone_ms": Row(Platform(page_gone_ms=1_000), _page_closes),
    "reattach": Row(Platform(reattach="refuse"), _page_returns),
    "media_timeout_ms": Row(Platform(media_timeout_ms=2_000), _falls_silent),
    "ring_ms": Row(Platform(ring_ms=30_000), _ring_out),
    "first_decline_ends_all": Row(Platform(first_decline_ends_all=True), _one_of_two_declines),
    "busy": Row(Platform(busy="reject"), _second_call),
    "decline_reason": Row(Platform(decline_reason="busy"), _decline),
    "callback_retries": Row(Platform(callback_retries=True), _failing_receiver),
    "refresh_token_reusable": Row(Platform(refresh_token_reusable=True), _trade_twice),
    "strict_origins": Row(Platform(strict_origins=True), _dial_from_a_foreign_number),
    "media_params_ms": Row(Platform(media_params_ms=0), _answer_and_hang_up),
    "room_events": Row(Platform(room_events=False), _answer_and_hang_up),
    "bye_reply_ms": Row(Platform(bye_reply_ms=0), _answer_and_hang_up),
    "verto_ping_ms": Row(Platform(verto_ping_ms=0), _talk),
    "verto_ping_first_ms": Row(Platform(verto_ping_first_ms=5_000), _talk),
}
"""Field of ``Platform`` → its row."""
