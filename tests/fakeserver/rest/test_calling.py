from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol.not_simulated import HEADER
from tests.fakeserver.wire_client import HANG_ON, dial, issue, registered, rest

CALLS = "/api/calling/calls"
UNKNOWN = "00000000-0000-4000-8000-00000000dead"


async def command(server, body: object):
    async with rest(server) as client:
        return await client.post(CALLS, json=body)


async def test_a_dial_is_answered_with_the_call(server):
    await issue(server, "bob")

    call = await dial(server, "/private/bob?channel=audio")

    assert call == {
        "id": call["id"],
        "from": "+15550001111",
        "to": "/private/bob?channel=audio",
        "direction": "outbound-api",
        "source": "realtime_api",
        "url": None,
        "charge": 0,
        "created_at": call["created_at"],
        "charge_details": [],
        "status": None,
        "type": "fabric_subscriber_device_leg",
    }


async def test_a_reply_names_the_parameters_that_have_no_effect(server):
    await issue(server, "bob")
    params = {"from": "+15550001111", "to": "/private/bob", "swml": HANG_ON}
    plain = await command(server, {"command": "dial", "params": params})
    more = {"caller_id": "1", "machine_detection": "x", "custom_variables": {"a": "b"}}
    rich = await command(server, {"command": "dial", "params": {**params, **more}})

    assert HEADER not in plain.headers
    assert rich.headers[HEADER] == "caller_id, machine_detection"


async def test_a_token_reply_names_the_parameters_that_have_no_effect(server):
    async with rest(server) as client:
        body = {"reference": "bob", "password": "hidden", "display_name": "Bob"}
        reply = await client.post("/api/fabric/subscribers/tokens", json=body)

    assert reply.headers[HEADER] == "password"


async def test_a_dial_rings(server):
    async with registered(server, "bob") as bob:
        await dial(server, "/private/bob", **{"from": "/private/alice", "from_name": "Alice"})
        invite = await bob.event("verto.invite")

    assert invite["caller_id_name"] == "Alice"
    assert invite["caller_id_number"] == "/private/alice"
    assert invite["callee_id_number"] == "/private/bob"


@pytest.mark.parametrize("reason", ["cancel", "busy"])
async def test_calling_end_stops_the_ringing(server, reason):
    async with registered(server, "bob") as bob:
        call = await dial(server)
        invite = await bob.event("verto.invite")
        body = {"command": "calling.end", "id": call["id"], "params": {"reason": reason}}
        ended = await command(server, body)
        bye = await bob.event("verto.bye")
        again = await command(server, body)

    assert (ended.status_code, ended.json()["id"]) == (200, call["id"])
    assert bye["callID"] == invite["callID"]
    assert [item["code"] for item in again.json()["errors"]] == ["invalid_state"]


async def test_update_with_a_status_alone_ends_an_answered_call(server):
    async with registered(server, "bob") as bob:
        call = await dial(server)
        invite = await bob.event("verto.invite")
        await bob.answer(invite["callID"])
        body = {"command": "update", "params": {"id": call["id"], "status": "completed"}}
        reply = await command(server, body)
        bye = await bob.event("verto.bye")

    assert reply.status_code == 200
    assert bye["callID"] == invite["callID"]


@pytest.mark.parametrize("call", [UNKNOWN, "ERR"])
async def test_a_command_for_an_unknown_call(server, call):
    reply = await command(server, {"command": "calling.end", "id": call, "params": {}})
    assert (reply.status_code, reply.json()) == (404, {"error": "Not Found"})


async def test_an_unknown_command(server):
    reply = await command(server, {"command": "calling.dance", "params": {}})
    assert reply.status_code == 422
    assert [item["code"] for item in reply.json()["errors"]] == ["invalid_command_attempted"]


async def test_many_problems_are_named_at_once(server):
    params = {"from": "", "swml": {}, "url": "http://127.0.0.1/", "timeout": 0}
    reply = await command(server, {"command": "dial", "params": params})
    assert {item["attribute"] for item in reply.json()["errors"]} >= {"from", "to", "timeout"}
