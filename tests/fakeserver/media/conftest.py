from __future__ import annotations

import contextlib

import pytest

from ringproof_fakeserver.media.aiortc_legs import AiortcLegs
from ringproof_fakeserver.media.clip import generate_clip
from tests.fakeserver.media.client import Client, Reports


@pytest.fixture
def reports():
    return Reports()


@pytest.fixture
async def legs(reports):
    legs = AiortcLegs(reports.connected, reports.failed)
    yield legs
    await legs.close_all()


@pytest.fixture
async def client():
    async with contextlib.AsyncExitStack() as stack:
        client = Client()
        stack.push_async_callback(client.close)
        yield client


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    generate_clip(path, seconds=1)
    return path


@pytest.fixture
def endless(clip):
    """What to play so that it does not end before a test does."""
    return [clip] * 1_000
