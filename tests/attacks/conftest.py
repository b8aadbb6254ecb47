"""A server that is attacked, with an innocent client on line."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config, Limits
from tests.attacks.toolkit import back_to, rings_soon
from tests.fakeserver.wire_client import WireClient, registered, rings

INNOCENT = "/private/innocent"


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture
async def server(state_dir: Path) -> AsyncIterator[Server]:
    """Its limits of bytes are small, so that a test needs little to reach them."""
    limits = Limits(unread_bytes=256 * 1024)
    async with Server(Config(state_dir=state_dir, limits=limits)) as running:
        yield running
        assert running.faults == ()


@pytest.fixture
async def innocent(server: Server) -> AsyncIterator[WireClient]:
    """Rings once before the attack, so that all that is made once is there; then after it.

    Afterwards the server holds what it held before: the test that uses this fixture ends its own
    connections first.
    """
    async with registered(server, "innocent") as client:
        for real in (True, False):
            server.set_media(_innocent(server), real)
            await rings(server, client, INNOCENT)
        gc.collect()
        before = server.footprint().counts()
        yield client
        await rings_soon(server, client, INNOCENT)
        await back_to(server, before)


def _innocent(server: Server) -> str:
    subscriber = server.exchange.directory.by_reference("innocent")
    assert subscriber is not None
    return subscriber.id
