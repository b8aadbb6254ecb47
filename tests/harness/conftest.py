"""A stand-in for the tests of the runner, and what every run of theirs needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ringproof.accounting.selection import Selection, given
from ringproof.adapters.protocol import Adapter, Hello
from ringproof.network.supervisor import Supervisor
from ringproof.network.worker import Worker
from ringproof.rest_client import RestClient
from ringproof.suts.sut import Sut
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with Server(Config(state_dir=tmp_path)) as running:
        yield running


@pytest.fixture
async def rest(server: Server) -> AsyncIterator[RestClient]:
    async with RestClient(
        server.space_url, server.project, server.api_token, server.ca_file
    ) as client:
        yield client


@pytest.fixture
async def make_worker(server: Server, rest: RestClient) -> AsyncIterator[Callable]:
    """Return what makes a worker on an adapter: ``await make_worker(adapter)``.

    ``lacks`` replaces what the hello says; other options go to the worker.
    """
    supervisors: list[Supervisor] = []

    async def make(
        adapter: Adapter, *, lacks: tuple[str, ...] = (), **options: Any
    ) -> tuple[Worker, Supervisor, Hello]:
        supervisor = Supervisor(lambda: adapter)
        supervisors.append(supervisor)
        hello = await supervisor.start()
        if lacks:
            hello = msgspec.structs.replace(hello, lacks=lacks)
        return Worker(server, rest, supervisor, hello, **options), supervisor, hello

    yield make
    for supervisor in supervisors:
        await supervisor.close()


def sut_of(make: Callable[[], Adapter], workers: int = 2) -> Sut:
    return Sut(name="odd", make=lambda server: make(), event_workers=workers, real_workers=1)


def selection_of(*scenarios: Scenario, sut: Sut, real_media: bool = False) -> Selection:
    return Selection(
        planned=given(scenarios, sut, real_media=real_media),
        clauses=frozenset(row.id for row in ledger.load()),
        complete=False,
    )
