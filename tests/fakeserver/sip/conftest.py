"""A stand-in with SIP, and a subscriber whose SIP endpoint is ``desk``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from tests.fakeserver.sip.stage import PASSWORD, Phone, Stage
from tests.fakeserver.wire_client import issue, rest


@pytest.fixture
async def phones(state_dir: Path) -> AsyncIterator[Server]:
    async with Server(Config(state_dir=state_dir, sip_port=0)) as running:
        await make_endpoint(running, "desk", "alice")
        yield running
        assert running.faults == ()


@pytest.fixture
def stage() -> Stage:
    """The SIP core without sockets, and an endpoint ``desk`` of alice."""
    made = Stage()
    made.endpoint(owner="alice")
    made.subscriber("bob")
    return made


@pytest.fixture
def phone(stage: Stage) -> Phone:
    """The user agent of that endpoint."""
    return Phone(stage)


async def make_endpoint(server: Server, username: str, reference: str, **more: object) -> str:
    """Make a SIP endpoint of a subscriber over REST and return its URL below the server's."""
    issued = await issue(server, reference)
    owner = f"/api/fabric/resources/subscribers/{issued['subscriber_id']}/sip_endpoints"
    body = {"username": username, "password": PASSWORD, **more}
    async with rest(server) as client:
        reply = await client.post(owner, json=body)
    assert reply.status_code == 201, reply.text
    return f"{owner}/{reply.json()['id']}"
