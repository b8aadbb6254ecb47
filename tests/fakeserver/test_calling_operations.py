"""Calling commands on a call with real media: what the callee hears, and what is served."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.protocol.not_simulated import HEADER
from tests.fakeserver.media.client import Client, loudest_hz
from tests.fakeserver.test_webhooks import Receiver, receiving
from tests.fakeserver.wire_client import WireClient, dial, issue, open_socket, registered, rest

TONE_HZ = (400, 450)
"""425 Hz, to the nearest 50."""


class Call:
    """An answered call with real media, and its caller's REST client."""

    def __init__(self, http: httpx.AsyncClient, call: str, hooks: Receiver) -> None:
        self._http = http
        self._id = call
        self._hooks = hooks

    async def command(self, name: str, **params: Any) -> httpx.Response:
        body = {"command": f"calling.{name}", "id": self._id, "params": params}
        reply = await self._http.post("/api/calling/calls", json=body)
        assert reply.status_code == 200, reply.text
        assert reply.json()["id"] == self._id
        return reply

    async def report(self, number: int) -> dict[str, Any]:
        """The parameters of a callback, by number from 1."""
        return (await self._hooks.count(number))[number - 1]["params"]


@pytest.fixture
async def hooks() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def peer() -> AsyncIterator[Client]:
    peer = Client()
    yield peer
    await peer.close()


@pytest.fixture
async def bob(server: Server) -> AsyncIterator[WireClient]:
    issued = await issue(server, "bob")
    async with open_socket(server) as client:
        assert "result" in await client.connect(issued["token"])
        assert "result" in await client.online()
        yield client


@pytest.fixture
async def call(
    server: Server, bob: WireClient, peer: Client, hooks: Receiver
) -> AsyncIterator[Call]:
    placed = await dial(server, "/private/bob?channel=audio")
    invite = await bob.event("verto.invite")
    params = {
        "sdp": await peer.answer(invite["sdp"]),
        "dialogParams": {"callID": invite["callID"]},
    }
    assert "error" not in (await bob.verto("verto.answer", params))["result"]["result"]
    await peer.see("audio", lambda frame: True)
    async with rest(server) as http:
        yield Call(http, placed["id"], hooks)


async def test_a_tone_is_heard_until_it_is_stopped(call: Call, peer: Client, hooks: Receiver):
    ring = [{"type": "ringtone", "params": {"name": "it"}}]
    reply = await call.command(
        "play", control_id="p", play=ring, status_url=hooks.url, direction="both"
    )
    assert reply.headers[HEADER] == "direction"
    await peer.see("audio", lambda frame: loudest_hz(frame) in TONE_HZ)
    await call.command("play.pause", control_id="p")
    await call.command("play.resume", control_id="p")
    await call.command("play.volume", control_id="p", volume=3)
    await call.command("play.stop", control_id="p")
    await hooks.count(4)
    states = [body["params"]["state"] for body in hooks.got]
    assert states == ["playing", "paused", "playing", "finished"]


async def test_a_recording_is_served_to_those_who_know_its_url(
    server: Server, call: Call, peer: Client, hooks: Receiver
):
    audio = {"format": "wav"}
    await call.command("record", control_id="r", record={"audio": audio}, status_url=hooks.url)
    assert (await call.report(1))["state"] == "recording"
    await peer.hear(20)
    await call.command("record.stop", control_id="r")
    finished = await call.report(2)
    async with rest(server, basic=False) as anybody:
        found = await anybody.get(finished["url"])
        secret = finished["url"].split("/")[-2]
        guessed = await anybody.get(finished["url"].replace(secret, "x" * len(secret)))
    assert finished["state"] == "finished"
    assert (found.status_code, len(found.content)) == (200, finished["size"])
    assert found.headers["content-type"] == "audio/wav"
    assert guessed.status_code == 404
    with wave.open(io.BytesIO(found.content)) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(finished["duration"])
        assert finished["duration"] > 0.1


async def test_commands_on_the_event_model_end_at_once(server: Server, hooks: Receiver):
    async with registered(server, "bob") as bob, rest(server) as http:
        placed = await dial(server)
        invite = await bob.event("verto.invite")
        await bob.answer(invite["callID"])
        call = Call(http, placed["id"], hooks)
        silence = [{"type": "silence", "params": {"duration": 60}}]
        await call.command("play", control_id="p", play=silence, status_url=hooks.url)
        assert (await call.report(2))["state"] == "finished"
        await call.command("record", control_id="r", record={"audio": {}}, status_url=hooks.url)
        await call.command("record.stop", control_id="r")
        assert (await call.report(4))["duration"] == 0
        await call.command("collect", control_id="c", digits={"max": 1}, status_url=hooks.url)
        about = {"dtmf": "5", "dialogParams": {"callID": invite["callID"]}}
        await bob.verto("verto.info", about)
        assert (await call.report(5))["result"]["params"]["digits"] == "5"
        reply = await call.command("denoise")
        assert reply.headers[HEADER] == "calling.denoise"
        await call.command("user_event", event={"colour": "red"})
        await bob.request("signalwire.ping", {})
        [pushed] = [
            frame["params"]["params"]
            for frame in bob.events
            if frame["params"]["event_type"] == "user_event"
        ]
        assert pushed == {"colour": "red", "call_id": invite["callID"]}


async def test_a_call_is_transferred_to_another_subscriber(server: Server, hooks: Receiver):
    async with (
        registered(server, "bob") as bob,
        registered(server, "carol") as carol,
        rest(server) as http,
    ):
        placed = await dial(server)
        invite = await bob.event("verto.invite")
        await bob.answer(invite["callID"])
        call = Call(http, placed["id"], hooks)
        await call.command("transfer", dest="/private/carol")
        ringing = await carol.event("verto.invite")
        assert ringing["caller_id_number"] == "+15550001111"
        await carol.answer(ringing["callID"])
        await call.command("disconnect")
        # The document of a transfer ends with the connection, and the call of Bob with it.
        assert (await bob.event("verto.bye"))["callID"] == invite["callID"]
        await carol.bye(ringing["callID"])
