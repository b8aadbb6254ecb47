"""Calls that end while something is still acquired for them: nothing is kept."""

from __future__ import annotations

import httpx

from ringproof_fakeserver.app import Server
from tests.fakeserver.wire_client import (
    HANG_ON,
    PROMPT,
    WireClient,
    dial,
    issue,
    open_socket,
    registered,
    rest,
)

ROUNDS = 12
CALLS = "/api/calling/calls"
DIAL = {"from": "+15550001111", "to": "/private/victim", "swml": HANG_ON}


async def place(client: httpx.AsyncClient) -> str:
    reply = await client.post(CALLS, json={"command": "dial", "params": DIAL})
    assert reply.status_code == 200, reply.text
    return str(reply.json()["id"])


async def end(client: httpx.AsyncClient, call: str) -> None:
    reply = await client.post(CALLS, json={"command": "calling.end", "id": call, "params": {}})
    assert reply.status_code == 200, reply.text


async def test_calls_that_end_before_their_offer_is_ready(server: Server, innocent: WireClient):
    """Each leg with media binds sockets for its offer, in a task of its own."""
    async with registered(server, "victim"), rest(server) as client:
        _with_real_media(server)
        for _ in range(ROUNDS):
            await end(client, await place(client))


async def test_devices_that_leave_right_after_the_dial(server: Server, innocent: WireClient):
    token = (await issue(server, "victim"))["token"]
    _with_real_media(server)
    async with rest(server) as client:
        calls = []
        for _ in range(ROUNDS):
            async with open_socket(server) as device:
                await device.connect(token)
                await device.online()
                calls.append(await place(client))
                device.socket.transport.abort()
        for call in calls:
            await end(client, call)


async def test_clients_that_cancel_their_own_dials(server: Server, innocent: WireClient):
    """The stand-in has to answer an offer that is no session description at all."""
    async with registered(server, "culprit") as culprit:
        _with_real_media(server, "culprit")
        for number in range(ROUNDS):
            dialog = {"callID": f"dialled-{number}", "destination_number": "/private/innocent"}
            params = {"dialogParams": dialog, "sdp": "v=0\r\n" + "a=x\r\n" * 1_000}
            await culprit.verto("verto.invite", params)
            await culprit.bye(f"dialled-{number}")


async def test_calls_to_a_device_that_is_gone(server: Server, innocent: WireClient):
    """Its session waits to be resumed, and calls ring it meanwhile."""
    async with registered(server, "victim", PROMPT) as device:
        _with_real_media(server)
        device.socket.transport.abort()
        await device.socket.wait_closed()
    async with rest(server) as client:
        for _ in range(ROUNDS):
            await end(client, await place(client))


def _with_real_media(server: Server, reference: str = "victim") -> None:
    subscriber = server.exchange.directory.by_reference(reference)
    assert subscriber is not None
    server.set_media(subscriber.id, real=True)


async def test_many_calls_to_one_device_that_answers_none(server: Server, innocent: WireClient):
    async with registered(server, "victim"), rest(server) as client:
        calls = [(await dial(server, "/private/victim"))["id"] for _ in range(ROUNDS)]
        for call in calls:
            await end(client, call)
