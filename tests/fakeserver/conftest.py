"""A running server for each test; the certificate authority is made once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config, Limits


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture
async def server(state_dir: Path) -> AsyncIterator[Server]:
    limits = Limits(unread_bytes=256 * 1024)  # so that a test needs little to reach it
    async with Server(Config(state_dir=state_dir, limits=limits)) as running:
        yield running
        assert running.faults == ()
