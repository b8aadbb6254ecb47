"""What a played scenario leaves behind in memory."""

from __future__ import annotations

import gc

import pytest

from ringproof.bench.mix import mixed
from ringproof.simulation.memory import collected_by_hand, take_apart
from ringproof.simulation.player import simulate


def test_a_scenario_frees_its_world_without_the_collector() -> None:
    """The handful that is left are calls and legs that know of each other."""
    scenario = mixed(5)
    simulate(scenario)
    with collected_by_hand():
        trace = simulate(scenario)
        left = gc.collect()
    assert left < len(trace) / 2


def test_the_trace_outlives_its_world() -> None:
    trace = simulate(mixed(5))
    gc.collect()
    assert trace.header.mode == "simulated"
    assert trace.dumps() == simulate(mixed(5)).dumps()


class _Ours:
    def __init__(self) -> None:
        self.me = self
        self.table = {"me": self.act}
        self.others = {"other": [1]}

    def act(self) -> None:
        """Be bound."""


def test_only_what_is_ours_is_emptied() -> None:
    _Ours.__module__ = "ringproof.somewhere"
    ours, foreign = _Ours(), [1]
    ours.others["other"] = foreign
    take_apart(ours)
    assert vars(ours) == {}
    assert foreign == [1]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with collected_by_hand():
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
        assert gc.get_freeze_count() == 0
    finally:
        (gc.enable if was else gc.disable)()
