from __future__ import annotations

import pytest

from ringproof.adapters.protocol import AdapterError
from ringproof.runner import rig as rig_module
from ringproof.runner.rig import Rig
from ringproof.trace import AnySutEvent, Log
from tests.harness.runner.odd_adapters import OddAdapter, UnstartableAdapter, well


@pytest.fixture
def adapters() -> list[OddAdapter]:
    return []


@pytest.fixture
def rig(adapters: list[OddAdapter]) -> Rig:
    def make() -> OddAdapter:
        adapters.append(OddAdapter(well))
        return adapters[-1]

    return Rig(make)


async def test_events_reach_the_scenario_of_their_session(rig: Rig, adapters: list[OddAdapter]):
    heard: list[AnySutEvent] = []
    await rig.start()
    rig.route("mine", heard.append)
    mine, other = (Log(s=s, n=0, level="info", text="") for s in ("mine", "other"))
    adapters[0].listener(other)
    adapters[0].listener(mine)
    rig.unroute("mine")
    adapters[0].listener(mine)
    assert heard == [mine]
    await rig.close()


async def test_restart_replaces_a_dead_adapter_once_for_all_lanes(
    rig: Rig, adapters: list[OddAdapter]
):
    await rig.start()
    await rig.restart(0)
    await rig.restart(0)  # a second lane that saw the same death
    assert rig.generation == 1
    assert len(adapters) == 2
    assert adapters[0].closed == 1
    assert rig.adapter is adapters[1]
    await rig.close()


async def test_an_adapter_that_keeps_dying_ends_the_run(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rig_module, "RESTARTS_MAX", 2)
    await rig.start()
    await rig.restart(0)
    await rig.restart(1)
    with pytest.raises(AdapterError, match="died 3 times"):
        await rig.restart(2)
    await rig.close()


async def test_close_is_harmless_before_start_and_after_a_failed_one():
    await Rig(UnstartableAdapter).close()
    rig = Rig(UnstartableAdapter)
    with pytest.raises(AdapterError, match="install it first"):
        await rig.start()
    await rig.close()
