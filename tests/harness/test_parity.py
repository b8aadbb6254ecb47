"""A scenario played in virtual time and over real sockets gives the same verdicts.

The rule by which timing is taken out of the comparison is explained in ``tests/harness/parity.py``.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from ringproof.simulation.player import player
from ringproof.suts import registry as sut
from ringproof_scenarios import catalogue
from ringproof_scenarios.generate.bounds import NETWORK
from ringproof_scenarios.generate.seeded import draw
from ringproof_scenarios.model import Answer, Caller, HangUp, Platform, Reject, Scenario
from tests.harness import parity
from tests.harness.campaign.clients import broken

pytestmark = pytest.mark.timeout(1_200)
"""Two minutes on an idle machine; this only catches a hang."""

DRAWN = 100
FAMILIES_PLAYED_BY_MUTANTS = ("accept", "decline", "unanswered", "hang-up", "busy", "names")
BROKEN = (
    "status/answer-order",
    "list/stays-through-status",
    "caller/undef-name",
    "status/hangup-order",
)


@functools.cache
def scenarios() -> tuple[Scenario, ...]:
    """The whole catalogue and scenarios drawn for real time, each stretched."""
    whole = (*catalogue.all(), *(draw(seed, bounds=NETWORK) for seed in range(DRAWN)))
    return tuple(parity.stretched(one) for one in whole)


@pytest.mark.long
async def test_reference_client_gets_the_same_verdicts_simulated_and_over_the_network(
    tmp_path: Path,
):
    client = player("reference")
    envelopes = [parity.envelope(one, client) for one in scenarios()]
    assert not any("FAIL" in verdicts for one in envelopes for verdicts in one.values())
    # The comparison is worth something only where virtual time has one thing to say.
    assert parity.share_decided(envelopes) > 0.9
    differing = await parity.verdicts_that_differ(
        scenarios(), envelopes, sut.find("reference"), tmp_path
    )
    assert differing == {}


@pytest.mark.parametrize(
    "clause", [BROKEN[0], *(pytest.param(each, marks=pytest.mark.long) for each in BROKEN[1:])]
)
async def test_broken_client_fails_in_the_same_scenarios(clause: str, tmp_path: Path):
    name = broken(clause)
    client = player(name)
    chosen = [
        one for one in scenarios() if one.name.partition("/")[0] in FAMILIES_PLAYED_BY_MUTANTS
    ]
    envelopes = [parity.envelope(one, client) for one in chosen]
    assert any(one[clause] == {"FAIL"} for one in envelopes)
    assert any(one[clause] != {"FAIL"} for one in envelopes)
    assert await parity.verdicts_that_differ(chosen, envelopes, sut.find(name), tmp_path) == {}


async def test_a_client_that_behaves_otherwise_over_the_network_fails_the_comparison(
    tmp_path: Path,
):
    """Envelopes of one client, network of another: the comparison can say no."""
    clause = "status/answer-order"
    chosen = [one for one in scenarios() if one.name == "accept/audio"]
    envelopes = [parity.envelope(one, player("reference")) for one in chosen]
    differing = await parity.verdicts_that_differ(
        chosen, envelopes, sut.find(broken(clause)), tmp_path
    )
    assert differing["accept/audio"][clause] == "network FAIL, simulated PASS"


def test_short_delays_are_stretched_and_long_ones_are_long_enough():
    scenario = Scenario(
        callers=(Caller(at_ms=10, patience_ms=50), Caller(talk_ms=5_000)),
        actions=(Answer(after_ms=7), HangUp(on="connected")),
        platform=Platform(lookup_delay_ms=20),
    )
    assert parity.stretched(scenario) == Scenario(
        callers=(Caller(at_ms=30, patience_ms=150), Caller(talk_ms=5_000)),
        actions=(Answer(after_ms=21), HangUp(on="connected")),
        platform=Platform(lookup_delay_ms=60),
    )


def test_envelope_of_calls_that_cross_holds_both_ends_and_of_others_one():
    client = player("reference")
    crossing = Scenario(callers=(Caller(patience_ms=60),), actions=(Answer(after_ms=60),))
    assert parity.envelope(crossing, client)["outcome/gave-up-no-resurrection"] == {
        "PASS",
        "NOT_EXERCISED",
    }
    plain = Scenario(callers=(Caller(),), actions=(Reject(after_ms=30),))
    assert all(len(verdicts) == 1 for verdicts in parity.envelope(plain, client).values())


def test_verdict_outside_the_envelope_names_both_verdicts():
    known = {"a": frozenset({"PASS"}), "b": frozenset({"PASS", "NOT_EXERCISED"})}
    assert parity.outside({"a": "PASS", "b": "NOT_EXERCISED"}, known) == {}
    assert parity.outside({"a": "FAIL", "b": "FAIL"}, known) == {
        "a": "network FAIL, simulated PASS",
        "b": "network FAIL, simulated NOT_EXERCISED or PASS",
    }


def test_what_only_packets_show_may_pass_over_the_network_and_not_fail():
    known = {"stream/media-flows": frozenset({"NOT_EXERCISED"})}
    assert parity.outside({"stream/media-flows": "PASS"}, known) == {}
    assert parity.outside({"stream/media-flows": "FAIL"}, known) != {}
