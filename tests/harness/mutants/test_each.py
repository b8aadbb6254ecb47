"""Each mutant is caught under its own clause, and under no other that it does not name."""

from __future__ import annotations

import pytest

from ringproof import mutants
from ringproof.accounting.selection import Selection, given
from ringproof.mutants.mutant import Mutant
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.suts import registry
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_scenarios import catalogue, ledger

from .plays import failures

REAL = frozenset(row.id for row in ledger.load() if "rtp" in row.requires)
"""Clauses about packets, which no simulation has."""

PLAYED_WITH_MEDIA = (
    *("accept/audio", "accept/audio-video"),
    *("media-loss/to-client", "script/plays-pictures"),
)
SIMULATED = [mutant for mutant in mutants.all() if mutant.clause not in REAL]
SCENARIOS = catalogue.all()
SHOWN_BY = {"platform": ("backend/", "callbacks/", "script/")}
"""Families of scenarios with other names than the clauses that they are about."""


def named(several: list[Mutant]) -> list[object]:
    return [pytest.param(mutant, id=mutant.name) for mutant in several]


def first_of_each_clause(several: list[Mutant]) -> list[Mutant]:
    """Leave out the other mutants of a clause: the long tests play them all, and play more."""
    return list({mutant.clause: mutant for mutant in reversed(several)}.values())


def test_reference_client_fails_no_clause():
    reference = Mutant(name="none", clause="", fault="")
    assert failures(reference, SCENARIOS) == {}


def only_its_own(mutant: Mutant, failed: dict[str, str]) -> None:
    assert mutant.clause in failed
    allowed = {mutant.clause, *mutant.entails}
    assert {clause: why for clause, why in failed.items() if clause not in allowed} == {}


@pytest.mark.parametrize("mutant", named(first_of_each_clause(SIMULATED)))
def test_mutant_fails_its_clause_first(mutant: Mutant):
    """Played until it is caught, the scenarios of the clause's family before the others."""
    family = mutant.clause.partition("/")[0]
    families = (*SHOWN_BY.get(family, ()), f"{family}/")
    failed: dict[str, str] = {}
    for scenario in sorted(SCENARIOS, key=lambda one: not one.name.startswith(families)):
        failed |= failures(mutant, (scenario,))
        if mutant.clause in failed:
            break
    only_its_own(mutant, failed)


@pytest.mark.long
@pytest.mark.parametrize("mutant", named(SIMULATED))
def test_mutant_fails_its_clause_and_no_other_in_the_whole_catalogue(mutant: Mutant):
    only_its_own(mutant, failures(mutant, SCENARIOS))


@pytest.mark.parametrize(
    "mutant", named([mutant for mutant in mutants.all() if mutant.clause in REAL])
)
async def test_mutant_without_packets_fails_its_clause_and_no_other(mutant: Mutant):
    sut = registry.find(f"mutant:{mutant.name}")
    scenarios = [one for one in catalogue.all() if one.name in PLAYED_WITH_MEDIA]
    selection = Selection(
        planned=given(scenarios, sut, real_media=True),
        clauses=frozenset(row.id for row in ledger.load()),
        complete=False,
    )
    plan = Plan(sut=sut, selection=selection, seed=0, reduce=False)
    finished = await run(plan, lambda _: None)
    if mutant.exchange is Exchange:
        assert finished.faults == ()  # what the platform does wrong counts as a fault of ours
    failed = {verdict.id for verdict in finished.verdicts if verdict.failed}
    assert mutant.clause in failed <= {mutant.clause, *mutant.entails}
