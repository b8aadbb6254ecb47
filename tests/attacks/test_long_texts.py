"""Texts that take time in the square of their length where anything is read again from each part.

There is no limit of time here: with the patterns that once were there, each of these took minutes
up to hours, so that the test's own limit ended it.
"""

from __future__ import annotations

import json

import pytest

from ringproof_fakeserver.app import Server
from tests.attacks.toolkit import frame, websocket
from tests.fakeserver.wire_client import HANG_ON, WireClient, rest

LONG = 1_000_000
TOKENS = "/api/fabric/subscribers/tokens"
SUBSCRIBERS = "/api/fabric/resources/subscribers"
CALLS = "/api/calling/calls"
SAME_NAME = 500


@pytest.mark.parametrize(
    "text",
    [
        "eyJ" * (LONG // 3),
        "eyJhbGciOiJI." * (LONG // 13),
        '"token":"\\' * (LONG // 10),
        "[" * LONG,
        '{"a":' * (LONG // 5),
        "\u0316\u0301" * (LONG // 4),
        '{"jsonrpc":"2.0","id":"1","method":"' + "x" * LONG + '"}',
        '{"jsonrpc":"2.0","id":"1","method":"x","params":{"n":' + "1" * (LONG - 100) + "}}",
    ],
    ids=lambda text: text[:12].encode("unicode_escape").decode(),
)
async def test_one_frame_without_a_login(server: Server, innocent: WireClient, text: str):
    async with websocket(server) as culprit:
        await culprit.send(frame(text.encode()))
        await culprit.send(frame(b"\xff"))  # its socket is closed for that: it was all read
        await culprit.ended()


@pytest.mark.parametrize("path", [TOKENS, SUBSCRIBERS])
async def test_a_name_of_combining_marks(server: Server, innocent: WireClient, path: str):
    body = {"reference": "x", "email": "x@example.com", "display_name": "\u0316\u0301" * 100_000}
    async with rest(server) as client:
        reply = await client.post(path, json=body)
    assert reply.status_code < 500


async def test_many_subscribers_of_one_name(server: Server, innocent: WireClient):
    async with rest(server) as client:
        for number in range(SAME_NAME):
            body = {"reference": f"{number}@example.com", "display_name": "Same Name"}
            assert (await client.post(TOKENS, json=body)).status_code == 200


@pytest.mark.parametrize(
    "verb",
    [
        {"play": {"urls": ["http://a"] * 60_000}},
        {"play": {"url": "say:" + "a" * 500_000}},
        {"set": {f"name-{number}": "%{" * 20 for number in range(2_000)}},
        {"play": {"url": "%{" * 200_000}},
        {"cond": [{"when": "(" * 100_000, "then": []}]},
        {"switch": {"variable": "x", "case": {str(n): [] for n in range(10_000)}}},
        {"send_digits": {"digits": "1" * 500_000}},
        {"connect": {"to": "/private/" + "-" * 500_000}},
    ],
    ids=lambda verb: next(iter(verb)),
)
async def test_one_verb_of_a_script(server: Server, innocent: WireClient, verb: dict):
    script = {"sections": {"main": [verb, {"hangup": {}}]}}
    await _dialled_and_answered(server, innocent, swml=script)


@pytest.mark.parametrize("field", ["from_name", "from", "to", "url", "status_url", "fallback_url"])
async def test_one_field_of_a_dial(server: Server, innocent: WireClient, field: str):
    for text in ("%" * 400_000, "http://" + "a." * 200_000, "/private/" + "é" * 200_000):
        await _dialled_and_answered(server, innocent, **{field: text})


async def test_a_description_of_many_lines(server: Server, innocent: WireClient):
    """Of an answer: each line of it could be looked up in all others."""
    call = await _dialled(server, swml=HANG_ON)
    invite = await innocent.event("verto.invite")
    for line in ("a=ssrc:1 cname:x\r\n", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "a=mid:\r\n"):
        params = {"sdp": "v=0\r\n" + line * 25_000, "dialogParams": {"callID": invite["callID"]}}
        await innocent.verto("verto.answer", params)
    await innocent.bye(invite["callID"])
    assert call


async def _dialled(server: Server, **more: object) -> bool:
    params = {"from": "+15550001111", "to": "/private/innocent", "swml": HANG_ON} | more
    if "url" in more:
        del params["swml"]
    async with rest(server) as client:
        reply = await client.post(CALLS, content=json.dumps({"command": "dial", "params": params}))
    assert reply.status_code in (200, 400, 413, 422), reply.text
    return reply.status_code == 200


async def _dialled_and_answered(server: Server, innocent: WireClient, **more: object) -> None:
    if await _dialled(server, **more):
        invite = await innocent.event("verto.invite")
        await innocent.answer(invite["callID"])
        await innocent.bye(invite["callID"])
