"""The stand-in, workers and runs for the tests of the harness."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ringproof.accounting.selection import Selection, given
from ringproof.adapters.protocol import Adapter, Hello
from ringproof.network.supervisor import Supervisor
from ringproof.network.worker import Worker
from ringproof.rest_client import RestClient
from ringproof.results import AnyRunEvent, Emit, RunFinished
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.suts.registry import find
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


PlayRun = Callable[..., Awaitable[tuple[RunFinished, list[AnyRunEvent]]]]


@pytest.fixture
def play_run() -> PlayRun:
    """Return what plays a run: ``finished, events = await play_run(sut, *scenarios, …)``.

    ``sut`` is a name, a ``Sut``, or what makes an adapter. A ``selection`` takes the place of
    scenarios, ``on_event`` is called with each event, and anything else is a field of the plan.
    """

    async def play(
        sut: str | Sut | Callable[[], Adapter],
        *scenarios: Scenario,
        selection: Selection | None = None,
        on_event: Emit = lambda event: None,
        **fields: object,
    ) -> tuple[RunFinished, list[AnyRunEvent]]:
        chosen = find(sut) if isinstance(sut, str) else sut if isinstance(sut, Sut) else sut_of(sut)
        events: list[AnyRunEvent] = []

        def emit(event: AnyRunEvent) -> None:
            events.append(event)
            on_event(event)

        selection = selection or selection_of(*scenarios, sut=chosen)
        plan = Plan(sut=chosen, selection=selection, **{"seed": 0, **fields})
        return await run(plan, emit), events

    return play
