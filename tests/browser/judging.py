"""Scenarios of the catalogue, judged against what ``--sut`` names."""

from __future__ import annotations

from ringproof.accounting.selection import select
from ringproof.results import RunFinished
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.suts import registry
from ringproof.verdict import Verdict
from ringproof_scenarios import catalogue, ledger


async def judged(sut: str, *scenarios: str) -> tuple[RunFinished, dict[str, Verdict]]:
    """Play scenarios by their names; return the run, without a fault, and a verdict per clause."""
    thing = registry.find(sut)
    selection = select(
        catalogue=catalogue.all(), generated=(), ledger=ledger.load(), sut=thing, only=scenarios
    )
    finished = await run(Plan(sut=thing, selection=selection, seed=0, reduce=False), lambda _: None)
    assert finished.faults == ()
    assert finished.counts.run == len(scenarios)
    return finished, {row.id: row.verdict for row in finished.verdicts}
