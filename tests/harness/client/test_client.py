"""The public client against the whole stand-in: real TLS, WebSocket and REST, then real media."""

import asyncio
import contextlib
import uuid

import httpx
import pytest

from ringproof.client.client import Client
from ringproof.client.promise import RegistrationError
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_fakeserver.protocol.events import DialPlaced, EndRequested
from ringproof_fakeserver.protocol.journal import CallFact, MediaFact

from .changes import Changes


class World:
    """A server, a subscriber, and the facts of the server."""

    def __init__(self, server, reply):
        self.server = server
        self.subscriber = reply["subscriber_id"]
        self.token = reply["token"]
        self.facts = []
        self.changes = Changes()
        server.watch(self.subscriber, self.facts.append)
        server.watch(self.subscriber, self.changes.notify)

    @contextlib.asynccontextmanager
    async def client(self, token=None, *, real_media=False):
        self.server.set_media(self.subscriber, real_media)
        client = Client(
            token or self.token,
            url=self.server.websocket_url,
            rest_url=self.server.space_url,
            ca_file=self.server.ca_file,
            real_media=real_media,
        )
        try:
            yield client
        finally:
            await client.vanish()

    def dial(self, *media):
        call = str(uuid.uuid4())
        self.server.dispatch(
            DialPlaced(
                call=call,
                from_="/private/alice",
                from_name="Alice",
                to="/private/bob",
                media=media or ("audio",),
            )
        )
        return call

    def calls(self):
        return [fact.state for fact in self.facts if isinstance(fact, CallFact)]


@pytest.fixture
async def world(tmp_path):
    async with Server(Config(state_dir=tmp_path)) as server:
        basic = (server.project, server.api_token)
        async with httpx.AsyncClient(base_url=server.http_url, auth=basic, trust_env=False) as rest:
            reply = await rest.post(
                "/api/fabric/subscribers/tokens", json={"reference": "bob@example.com"}
            )
            world = World(server, reply.json())
            world.rest = rest
            yield world
        assert server.faults == ()


async def ringing(client):
    changes = Changes()
    client.incoming_calls.subscribe(changes.notify)
    await changes.until(lambda: client.incoming_calls.latest)
    return client.incoming_calls.latest[-1]


async def reached(call, status):
    changes = Changes()
    call.statuses.subscribe(changes.notify)
    await changes.until(lambda: call.status == status)


def history(call):
    words = []
    call.statuses.subscribe(words.append)
    return words


async def test_call_is_answered_and_hung_up(world):
    async with world.client() as client:
        await client.register()
        world.dial("audio", "video")
        call = await ringing(client)
        words = history(call)
        assert (call.from_, call.display_name, call.to) == (
            "/private/alice",
            "Alice",
            "/private/bob",
        )
        await call.answer(audio=True, video=True)
        await reached(call, "connected")
        await call.hangup()
        assert words == [
            "ringing",
            "connecting",
            "connected",
            "disconnecting",
            "disconnected",
            "destroyed",
        ]
        assert client.incoming_calls.latest == ()
        await world.changes.until(lambda: world.calls()[-1] == "ended")
        assert world.calls() == ["created", "ringing", "answered", "ended"]


async def test_declined_call_is_over_on_both_sides(world):
    async with world.client() as client:
        await client.register()
        world.dial()
        call = await ringing(client)
        words = history(call)
        await call.reject()
        assert words == ["ringing", "disconnected", "destroyed"]
        await world.changes.until(lambda: world.calls()[-1] == "ended")
        assert [fact.reason for fact in world.facts if isinstance(fact, CallFact)][-1] == "decline"


async def test_caller_who_gives_up_is_gone(world):
    async with world.client() as client:
        await client.register()
        dialled = world.dial()
        call = await ringing(client)
        words = history(call)
        world.server.dispatch(EndRequested(dialled, "cancel"))
        await reached(call, "destroyed")
        assert words == ["ringing", "disconnected", "destroyed"]
        await call.answer()
        assert words[-1] == "destroyed"


async def test_packets_flow_both_ways_over_real_media(world):
    async with world.client(real_media=True) as client:
        await client.register()
        world.dial("audio", "video")
        call = await ringing(client)
        kinds = []
        call.remote_stream.subscribe(lambda stream: kinds.append(stream.kinds))
        await call.answer(audio=True, video=True)
        await reached(call, "connected")
        assert kinds == [("audio",), ("audio", "video")]
        counts = await client.count_packets(call.id)
        async with asyncio.timeout(30):
            while not all(counts.received.get(kind) for kind in ("audio", "video")):
                await asyncio.sleep(0.02)
                counts = await client.count_packets(call.id)
        await world.server.count_packets(call.id)
        seen = [fact for fact in world.facts if isinstance(fact, MediaFact)][-1]
        assert seen.state == "packets"
        assert seen.real
        assert seen.received.get("audio")
        await call.hangup()


async def test_guest_token_never_comes_online(world):
    address = (await world.rest.get("/api/fabric/addresses")).json()["data"][0]["id"]
    reply = await world.rest.post(
        "/api/fabric/guests/tokens", json={"allowed_addresses": [address]}
    )
    async with world.client(reply.json()["token"]) as client:
        with pytest.raises(RegistrationError):
            await client.register()
        assert client.incoming_calls.latest == ()


async def test_forged_token_is_refused(world):
    head, _, rest = world.token.partition(".")
    async with world.client(f"{head}.e30.{rest.rpartition('.')[2]}") as client:
        with pytest.raises(RegistrationError):
            await client.register()


@pytest.mark.parametrize("real_media", [False, True])
async def test_one_client_calls_another(world, real_media):
    who = {"reference": "alice", "display_name": "Alice"}
    alice = (await world.rest.post("/api/fabric/subscribers/tokens", json=who)).json()
    world.server.set_media(alice["subscriber_id"], real_media)
    async with (
        world.client(real_media=real_media) as callee,
        world.client(alice["token"], real_media=real_media) as caller,
    ):
        await callee.register()
        await caller.register()
        placed = await caller.dial("/private/bob", video=True)
        call = await ringing(callee)
        assert (placed.direction, placed.status) == ("outbound", "trying")
        assert (call.direction, call.from_, call.from_name) == (
            "inbound",
            "/private/alice",
            "Alice",
        )
        words = history(placed)
        await call.answer(audio=True, video=True)
        await reached(placed, "connected")
        await reached(call, "connected")
        assert placed.remote_stream.latest.kinds == ("audio", "video")
        await call.hangup()
        await reached(placed, "destroyed")
        assert words == ["trying", "connecting", "connected", "disconnected", "destroyed"]
        assert caller.incoming_calls.latest == ()


async def test_call_to_nobody_is_over_at_once(world):
    async with world.client() as client:
        placed = await client.dial("/private/nobody")
        await reached(placed, "destroyed")
