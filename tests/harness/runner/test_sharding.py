"""Cutting a plan: every scenario in exactly one shard, evenly, and everywhere in the same way."""

from __future__ import annotations

import functools
from collections.abc import Callable

import msgspec
import pytest

from ringproof.accounting.selection import Selection, select
from ringproof.adapters.in_process import InProcessAdapter
from ringproof.results import Shard
from ringproof.runner import sharding
from ringproof.runner.sharding import ShardError
from ringproof.suts.sut import Sut
from ringproof_scenarios import catalogue, ledger
from ringproof_scenarios.generate import strategies
from ringproof_scenarios.model import Scenario

SUT = Sut(name="x", make=lambda server: InProcessAdapter())
REAL = Sut(name="x", make=lambda server: InProcessAdapter(), always_real=True)


@functools.cache
def generated() -> tuple[Scenario, ...]:
    return strategies.draw_examples(25, 4)


def plan(
    *only: str,
    sut: Sut = SUT,
    sweep: range = range(700, 1_711),
    examples: tuple[Scenario, ...] | None = None,
) -> Selection:
    return select(
        catalogue=catalogue.all(),
        generated=generated() if examples is None else examples,
        ledger=ledger.load(),
        sut=sut,
        only=only,
        modes=("simulated", "network"),
        sweep=sweep,
    )


@pytest.mark.parametrize("of", [1, 2, 3, 7])
class TestCut:
    def test_every_scenario_is_in_exactly_one_shard(self, of: int):
        whole = plan()
        shards = [sharding.cut(whole, number, of) for number in range(1, of + 1)]
        for part in ("planned", "simulated"):
            dealt = [one for shard in shards for one in getattr(shard, part)]
            assert len(dealt) == len(getattr(whole, part))
            key = [(one.source, one.number) for one in getattr(whole, part)]
            assert sorted((one.source, one.number) for one in dealt) == sorted(key)
        assert [seed for shard in shards for seed in shard.sweep] == list(whole.sweep)

    def test_shards_differ_by_one_scenario_at_most(self, of: int):
        whole = plan()
        shards = [sharding.cut(whole, number, of) for number in range(1, of + 1)]
        for sizes in (
            [len(shard.planned) for shard in shards],
            [len(shard.simulated) for shard in shards],
            [len(shard.sweep) for shard in shards],
            [sum(one.real_media for one in shard.planned) for shard in shards],
        ):
            assert max(sizes) - min(sizes) <= 1

    def test_a_shard_keeps_the_order_of_the_plan_and_says_which_it_is(self, of: int):
        whole = plan()
        shard = sharding.cut(whole, of, of)
        assert [one for one in whole.planned if one in shard.planned] == list(shard.planned)
        assert shard.shard == Shard(number=of, of=of, complete=True)
        assert not shard.complete
        assert shard.clauses == whole.clauses
        assert shard.mode == whole.mode


def test_there_is_no_shard_without_scenarios():
    with pytest.raises(ShardError, match="there are 2 scenarios to share out"):
        sharding.cut(plan("accept/audio", "accept/audio-video"), 1, 3)
    sharding.cut(plan("accept/audio", "accept/audio-video"), 2, 2)


@pytest.mark.parametrize("text", ["0/3", "4/3", "1/0", "1", "1/2/3", "a/b", "-1/2", "1/5000", ""])
def test_what_is_no_shard_is_refused_with_the_way_to_write_it(text: str):
    with pytest.raises(ShardError, match="the first of three is 1/3"):
        sharding.parse(text)


def test_a_shard_is_read_as_number_and_count():
    assert sharding.parse("2/3") == (2, 3)


class TestFingerprint:
    def test_is_the_same_for_the_same_plan_whoever_plays_it(self):
        assert sharding.fingerprint(plan()) == sharding.fingerprint(plan())
        assert sharding.fingerprint(plan()) == sharding.fingerprint(plan(sut=REAL))

    @pytest.mark.parametrize(
        "other",
        [
            lambda: plan(sweep=range(700, 1_710)),
            lambda: plan(sweep=range(701, 1_712)),
            lambda: plan("status/*"),
            lambda: plan("accept/*"),
            lambda: plan(examples=generated()[:-1]),
            lambda: plan(examples=strategies.draw_examples(25, 5)),
            lambda: msgspec.structs.replace(plan(), planned=plan().planned[1:]),
        ],
    )
    def test_differs_for_any_other_plan(self, other: Callable[[], Selection]):
        assert sharding.fingerprint(other()) != sharding.fingerprint(plan())
