from __future__ import annotations

import pytest

from ringproof.adapters.protocol import AdapterError
from ringproof.network.supervisor import Supervisor
from ringproof.trace import AnySutEvent, Log
from tests.harness.odd_adapters import OddAdapter, UnstartableAdapter, well


@pytest.fixture
def adapters() -> list[OddAdapter]:
    return []


@pytest.fixture
def supervisor(adapters: list[OddAdapter]) -> Supervisor:
    def make() -> OddAdapter:
        adapters.append(OddAdapter(well))
        return adapters[-1]

    return Supervisor(make)


async def test_events_reach_the_scenario_of_their_session(
    supervisor: Supervisor, adapters: list[OddAdapter]
):
    heard: list[AnySutEvent] = []
    await supervisor.start()
    supervisor.route("mine", heard.append)
    mine, other = (Log(s=s, n=0, level="info", text="") for s in ("mine", "other"))
    adapters[0].listener(other)
    adapters[0].listener(mine)
    supervisor.unroute("mine")
    adapters[0].listener(mine)
    assert heard == [mine]
    await supervisor.close()


async def test_restart_replaces_a_dead_adapter_once_for_all_workers(
    supervisor: Supervisor, adapters: list[OddAdapter]
):
    await supervisor.start()
    await supervisor.restart(0)
    await supervisor.restart(0)  # a second worker that saw the same death
    assert supervisor.generation == 1
    assert len(adapters) == 2
    assert adapters[0].closed == 1
    assert supervisor.adapter is adapters[1]
    await supervisor.close()


async def test_an_adapter_that_keeps_dying_ends_the_run():
    supervisor = Supervisor(lambda: OddAdapter(well), restarts_max=2)
    await supervisor.start()
    await supervisor.restart(0)
    await supervisor.restart(1)
    with pytest.raises(AdapterError, match="died 3 times"):
        await supervisor.restart(2)
    await supervisor.close()


async def test_close_is_harmless_before_start_and_after_a_failed_one():
    await Supervisor(UnstartableAdapter).close()
    supervisor = Supervisor(UnstartableAdapter)
    with pytest.raises(AdapterError, match="install it first"):
        await supervisor.start()
    await supervisor.close()
