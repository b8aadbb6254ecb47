"""A stand-in for the tests of the runner, and what every run of theirs needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from ringproof.adapters.protocol import Adapter, Hello
from ringproof.runner.lane import Lane
from ringproof.runner.rest import Rest
from ringproof.runner.rig import Rig
from ringproof.runner.selection import Selection, given
from ringproof.runner.sut import Sut
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with Server(Config(state_dir=tmp_path)) as running:
        yield running


@pytest.fixture
async def rest(server: Server) -> AsyncIterator[Rest]:
    async with Rest(server.space_url, server.project, server.api_token, server.ca_file) as client:
        yield client


@pytest.fixture
async def make_lane(server: Server, rest: Rest) -> AsyncIterator[Callable]:
    """Return what makes a lane on an adapter: ``await make_lane(adapter)``."""
    rigs: list[Rig] = []

    async def make(adapter: Adapter) -> tuple[Lane, Rig, Hello]:
        rig = Rig(lambda: adapter)
        rigs.append(rig)
        hello = await rig.start()
        return Lane(server, rest, rig, hello), rig, hello

    yield make
    for rig in rigs:
        await rig.close()


def sut_of(make: Callable[[], Adapter], lanes: int = 2) -> Sut:
    return Sut(name="odd", make=lambda server: make(), event_lanes=lanes, real_lanes=1)


def selection_of(*scenarios: Scenario, sut: Sut, real_media: bool = False) -> Selection:
    return Selection(
        planned=given(scenarios, sut, real_media=real_media),
        clauses=frozenset(row.id for row in ledger.load()),
        complete=False,
    )
