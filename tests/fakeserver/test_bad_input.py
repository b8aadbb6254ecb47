"""What a careless or hostile client sends, what it gets for it, and that nobody else notices.

Every test here has an innocent subscriber on line, who must still ring afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest
import websockets

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.protocol.journal import SessionFact
from tests.fakeserver.wire_client import (
    WireClient,
    dial,
    issue,
    open_socket,
    registered,
    rest,
    rings,
)

TOKENS = "/api/fabric/subscribers/tokens"
CALLS = "/api/calling/calls"
JSON = {"Content-Type": "application/json"}
UNKNOWN = "00000000-0000-4000-8000-00000000dead"
DIAL = {"from": "+15550001111", "to": "/private/innocent", "url": "http://127.0.0.1:9/"}


@pytest.fixture
async def innocent(server: Server) -> AsyncIterator[WireClient]:
    async with registered(server, "innocent") as client:
        yield client
        assert await rings(server, client, "/private/innocent")


@pytest.fixture
async def culprit(server: Server) -> AsyncIterator[WireClient]:
    async with registered(server, "culprit") as client:
        yield client


def codes(body: dict) -> list[tuple[str, str | None]]:
    return [(item["code"], item["attribute"]) for item in body["errors"]]


@pytest.mark.parametrize(
    "credentials", [("nobody", "wrong"), ("{project}", "wrong"), ("nobody", "{token}"), None]
)
@pytest.mark.parametrize("path", [TOKENS, CALLS])
async def test_wrong_credentials(server, innocent, credentials, path):
    names = {"project": server.project, "token": server.api_token}
    auth = credentials and tuple(each.format(**names) for each in credentials)
    async with rest(server, basic=False) as client:
        reply = await client.post(path, json={"reference": "x"}, auth=auth)

    assert reply.status_code == 401
    assert reply.json() == {"error": "Unauthorized"}


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic YQ==", "Digest x", "Bearer", "Basic \xff\xfe"]
)
async def test_a_malformed_authorization_header(server, innocent, header):
    async with rest(server, basic=False) as client:
        reply = await client.post(
            TOKENS, json={"reference": "x"}, headers={"Authorization": header.encode("latin-1")}
        )

    assert reply.status_code == 401


@pytest.mark.parametrize("body", ["{", "", "[]", '"text"', "null", "[" * 100_000, "\xff"])
@pytest.mark.parametrize("path", [TOKENS, CALLS])
async def test_malformed_json(server, innocent, path, body):
    async with rest(server) as client:
        reply = await client.post(path, content=body.encode("latin-1"), headers=JSON)

    assert reply.status_code == 400
    assert reply.json() == {"error": "Bad Request"}


@pytest.mark.parametrize("body", [{}, {"reference": ""}, {"reference": " "}, {"reference": None}])
async def test_a_token_without_reference(server, innocent, body):
    async with rest(server) as client:
        reply = await client.post(TOKENS, json=body)

    assert reply.status_code == 422
    assert reply.json()["errors"] == [
        {
            "type": "validation_error",
            "code": "missing_required_parameter",
            "message": "Required parameter is missing",
            "attribute": "reference",
            "url": reply.json()["errors"][0]["url"],
        }
    ]


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("from", ("missing_required_parameter", "from")),
        ("to", ("missing_required_parameter", "to")),
        ("url", ("inline_swml_or_swml_webhook_required", "url")),
    ],
)
async def test_a_dial_without_something_it_needs(server, innocent, missing, expected):
    params = {name: value for name, value in DIAL.items() if name != missing}
    async with rest(server) as client:
        reply = await client.post(CALLS, json={"command": "dial", "params": params})

    assert reply.status_code == 422
    assert codes(reply.json()) == [expected]


async def test_a_dial_to_nobody(server, innocent):
    async with rest(server) as client:
        reply = await client.post(
            CALLS, json={"command": "dial", "params": DIAL | {"to": "/private/nobody"}}
        )

    assert reply.status_code == 422
    assert codes(reply.json()) == [("to_destination_unresolvable", "to")]


async def test_a_body_larger_than_a_mebibyte(server, innocent):
    body = json.dumps({"reference": "x" * (2 * 1024 * 1024)})
    async with rest(server) as client:
        reply = await client.post(TOKENS, content=body, headers=JSON)

    assert reply.status_code == 413
    assert list(reply.json()) == ["error"]


def forged(token: str) -> str:
    head, body, signature = token.split(".")
    return f"{head}.{body}.{signature[:-4]}AAAA"


def unsigned(token: str) -> str:
    """The classic: a token that says it needs no signature."""
    return "eyJhbGciOiJub25lIn0." + token.split(".")[1] + "."


@pytest.mark.parametrize("spoil", [forged, unsigned, lambda token: "x", lambda token: "a.b.c"])
async def test_a_forged_token(server, innocent, spoil):
    token = spoil((await issue(server, "culprit"))["token"])
    async with rest(server, basic=False) as client:
        reply = await client.get(
            "/api/fabric/subscriber/info", headers={"Authorization": f"Bearer {token}"}
        )
    async with open_socket(server) as client:
        refused = await client.connect(token)

    assert (reply.status_code, reply.json()) == (401, {"error": "Unauthorized"})
    assert refused["error"]["code"] == -32002


async def test_an_expired_token(server, innocent):
    token = (await issue(server, "culprit"))["token"]
    server.clock_offset_ms = 3 * 60 * 60 * 1000
    async with rest(server, basic=False) as client:
        reply = await client.get(
            "/api/fabric/subscriber/info", headers={"Authorization": f"Bearer {token}"}
        )
    async with open_socket(server) as client:
        refused = await client.connect(token)
    server.clock_offset_ms = 0

    assert reply.status_code == 401
    assert refused["error"]["code"] == -32002
    assert "expired" in refused["error"]["message"]


async def test_a_guest_that_registers(server, innocent):
    async with rest(server) as client:
        listed = (await client.get("/api/fabric/addresses")).json()["data"]
        reply = await client.post(
            "/api/fabric/guests/tokens", json={"allowed_addresses": [listed[0]["id"]]}
        )
    async with open_socket(server) as client:
        connected = await client.connect(reply.json()["token"])
        refused = await client.online()

    assert reply.status_code == 201
    assert "result" in connected
    assert refused["error"]["code"] == -32003


async def test_an_oversized_frame(server, innocent, culprit):
    await culprit.socket.send("x" * (2 * 1024 * 1024))

    assert await culprit.closed() == 1009


async def test_an_oversized_message_in_fragments(server, innocent, culprit):
    with contextlib.suppress(websockets.ConnectionClosed):
        await culprit.socket.send("x" * 1024 for _ in range(1500))

    assert await culprit.closed() == 1009


async def test_a_binary_frame(server, innocent, culprit):
    await culprit.socket.send(b"\x00\x01")

    assert await culprit.closed() == 1003


async def test_text_that_is_not_utf_8(server, innocent, culprit):
    await culprit.socket.send(b"\xff\xfe", text=True)

    assert await culprit.closed() == 1007


@pytest.mark.parametrize(
    ("frame", "code", "request_id"),
    [
        ("{", -32700, None),
        ("[" * 100_000, -32700, None),
        ('[{"jsonrpc":"2.0","id":"1","method":"signalwire.ping"}]', -32600, None),
        ("[]", -32600, None),
        ('"text"', -32600, None),
        ('{"jsonrpc":"2.0","id":7,"method":"signalwire.ping"}', -32600, None),
        ('{"jsonrpc":"1.0","id":"a","method":"signalwire.ping"}', -32600, "a"),
        ('{"jsonrpc":"2.0","id":"a"}', -32600, "a"),
        ('{"jsonrpc":"2.0","id":"a","method":"no.such"}', -32601, "a"),
        ('{"jsonrpc":"2.0","id":"a","method":"webrtc.verto","params":[]}', -32602, "a"),
    ],
)
async def test_a_frame_that_is_no_request(server, innocent, culprit, frame, code, request_id):
    await culprit.socket.send(frame)
    reply = await culprit.receive()

    assert (reply["error"]["code"], reply["id"]) == (code, request_id)
    # The socket survives.
    assert "result" in await culprit.request("signalwire.ping", {})


async def test_duplicate_ids(server, innocent, culprit):
    frame = {"jsonrpc": "2.0", "id": "same", "method": "signalwire.ping", "params": {}}
    await culprit.send(frame)
    first = await culprit.receive()
    await culprit.send(frame)
    second = await culprit.receive()

    assert "result" in first
    assert (second["error"]["code"], second["id"]) == (-32600, "same")


async def test_a_bye_for_an_unknown_call(server, innocent, culprit):
    reply = await culprit.bye(UNKNOWN)

    inner = reply["result"]["result"]
    assert inner["error"] == {"code": -32002, "message": "CALL DOES NOT EXIST"}


async def test_a_bye_for_the_call_of_somebody_else(server, innocent, culprit):
    """Knowing an id must not be enough: the innocent's call goes on ringing."""
    await dial(server, "/private/innocent")
    invite = await innocent.event("verto.invite")

    reply = await culprit.bye(invite["callID"])

    assert "error" in reply["result"]["result"]
    answered = await innocent.answer(invite["callID"])
    assert "error" not in answered["result"]["result"]
    await innocent.bye(invite["callID"])


async def test_signalling_elsewhere_than_at_the_root(server, innocent):
    with pytest.raises(websockets.InvalidStatus, match="404"):
        async with open_socket(server, path="/socket"):
            raise AssertionError("must not connect")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/calling/calls", 405),
        ("DELETE", TOKENS, 405),
        ("GET", "/demo/../../../etc/passwd", 404),
        ("GET", "/demo/%2e%2e/app.py", 404),
    ],
)
async def test_paths_that_lead_nowhere(server, innocent, method, path, status):
    async with rest(server) as client:
        reply = await client.request(method, path)

    assert reply.status_code == status
    assert list(reply.json()) == ["error"]


async def test_a_client_that_does_not_read(server, innocent, culprit):
    """What waits for it is bounded; then its socket is closed and its session waits to resume."""
    subscriber = server.exchange.directory.by_reference("culprit")
    detached: asyncio.Queue[SessionFact] = asyncio.Queue()
    server.watch(
        subscriber.id,
        lambda fact: isinstance(fact, SessionFact) and detached.put_nowait(fact),
    )
    culprit.socket.transport.pause_reading()
    for number in range(40):
        await dial(server, "/private/culprit", **{"from_name": "x" * 400_000, "timeout": 60})
        assert number < 39
        if not detached.empty():
            break
    await rings(server, innocent, "/private/innocent")
    culprit.socket.transport.resume_reading()

    assert await culprit.closed() == 1013
    fact = detached.get_nowait()
    assert (fact.state, fact.code) == ("detached", 1013)
