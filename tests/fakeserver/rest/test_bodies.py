"""Request bodies that no decoder should be trusted with."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol.directory import slug
from tests.fakeserver.wire_client import rest

PATHS = (
    "/api/fabric/subscribers/tokens",
    "/api/fabric/subscribers/tokens/refresh",
    "/api/fabric/guests/tokens",
    "/api/fabric/embeds/tokens",
    "/api/calling/calls",
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"token":"\xff"}',
        b"[" * 5_000 + b"]" * 5_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"a":' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"expire_at":' + b"9" * 5_000 + b"}",
        b'{"expire_at":' + b"9" * 30 + b"}",
        b'{"a":1e999}',
        b'{"a":"\\ud800"}',
        b"",
        b"\x00" * 100,
    ],
)
async def test_what_cannot_be_decoded_is_a_bad_request(server, path, body):
    async with rest(server) as client:
        reply = await client.post(path, content=body)
    assert (reply.status_code, reply.json()) == (400, {"error": "Bad Request"})


async def test_a_name_of_combining_marks_costs_no_time_in_their_square(server):
    # Normalising all of it takes seconds; the fixture's server would not answer others meanwhile.
    name = "\u0316\u0301" * 20_000
    async with rest(server) as client:
        reply = await client.post(PATHS[0], json={"reference": "x", "display_name": name})
    assert reply.status_code == 200
    assert slug(name) == slug(name[:512])
