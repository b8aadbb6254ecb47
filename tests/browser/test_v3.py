"""The generation before: unmodified 3.30.0 in Chromium, judged by what it offers its users."""

from __future__ import annotations

import pytest

from ringproof.accounting.selection import select
from ringproof.results import RunFinished
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.suts import registry as sut
from ringproof.verdict import Verdict
from ringproof_scenarios import catalogue, ledger

pytestmark = pytest.mark.browser

SCENARIOS = (
    "accept/audio-video",
    "decline/after-a-while",
    "hang-up/by-subscriber",
    "unanswered/caller-gives-up",
)


@pytest.fixture(scope="module")
def played() -> list[RunFinished]:
    return []


async def verdicts(played: list[RunFinished]) -> dict[str, Verdict]:
    if not played:
        thing = sut.find("v3")
        selection = select(
            catalogue=catalogue.all(),
            generated=(),
            ledger=ledger.load(),
            sut=thing,
            only=SCENARIOS,
        )
        plan = Plan(sut=thing, selection=selection, seed=0, reduce=False)
        played.append(await run(plan, lambda _: None))
    (finished,) = played
    assert finished.faults == ()
    assert finished.sut is not None
    assert finished.sut.version == "3.30.0"
    assert finished.counts.run == len(SCENARIOS)
    return {row.id: row.verdict for row in finished.verdicts}


@pytest.mark.parametrize(
    "clause",
    [
        "caller/from",
        "caller/from-name",
        "stream/answer-audio-video",
        "stream/media-flows",
        "end/hangup-tells-server",
        "outcome/decline-never-picks-up",
    ],
)
async def test_clause_that_both_generations_promise_is_judged(
    clause: str, played: list[RunFinished]
) -> None:
    assert (await verdicts(played))[clause] == Verdict.PASS


async def test_what_only_version_4_promises_does_not_apply(played: list[RunFinished]) -> None:
    found = await verdicts(played)
    lacks = {"list", "status", "streams", "default_media", "errors"}
    newer = [row.id for row in ledger.load() if lacks.intersection(row.requires)]
    assert len(newer) > 20
    assert {found[clause] for clause in newer} == {Verdict.NOT_APPLICABLE}
