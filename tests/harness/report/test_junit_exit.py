"""``junit.xml`` is red exactly when the exit status is not 0, whatever kind of run it was.

A CI that reads the one and a CI that reads the other come to the same end.
"""

from __future__ import annotations

import asyncio
import datetime
import xml.etree.ElementTree as ET

import msgspec
import pytest

from ringproof import checks, exit_codes
from ringproof.accounting.merging import Part, in_order, merge
from ringproof.accounting.selection import select
from ringproof.baseline import Baseline, BaselineEntry, FailureFields
from ringproof.report import files, junit
from ringproof.results import AnyRunEvent, Counts, Emit, LeftOut, PartStarted, RunFinished
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.runner.sharding import cut
from ringproof.suts import registry as sut
from ringproof.trace import Trace
from ringproof.verdict import Outcome, Verdict
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Answer, Caller, Reject, Scenario
from tests.harness.report import runs

MUST = "status/answer-order"
SHOULD = "list/snapshot"
ELSE = "list/inbound-only"
"""A MUST that any call brings about."""
BREAKS_MUST = "mutant:status-skips-connecting"
BREAKS_SHOULD = "mutant:list-one-object-for-all"
TODAY = datetime.date(2026, 11, 22)
ANSWERED = Scenario(name="a/answered", callers=(Caller(talk_ms=10),), actions=(Answer(),))
DECLINED = Scenario(name="a/declined", callers=(Caller(),), actions=(Reject(),))


def known(who: str, kind: str, **more: object) -> BaselineEntry:
    usual = {"clause": MUST, "reason": "as it is", "file": "f.toml", "number": 1}
    return BaselineEntry(**{**usual, "sut": who, "failure": FailureFields(kind=kind), **more})


async def played(
    client: str,
    *scenarios: Scenario,
    only: tuple[str, ...] = (MUST,),
    entries: tuple[BaselineEntry, ...] = (),
    share: tuple[int, int] | None = None,
    strict: bool = False,
    emit: Emit = lambda event: None,
) -> RunFinished:
    thing = sut.find(client)
    selection = select(
        catalogue=scenarios,
        generated=(),
        ledger=ledger.load(),
        sut=thing,
        only=only,
        modes=("simulated",),
    )
    if share is not None:
        selection = cut(selection, *share)
    plan = Plan(
        sut=thing,
        selection=selection,
        seed=0,
        strict=strict,
        baseline=Baseline(("f.toml",), entries) if entries else None,
        today=TODAY,
    )
    return await run(plan, emit)


async def shards(client: str, *scenarios: Scenario, **more: object) -> list[RunFinished]:
    return [await played(client, *scenarios, share=(number, 2), **more) for number in (1, 2)]


def merged(ends: list[RunFinished]) -> RunFinished:
    parts = [
        Part(where=f"dir{number}", ringproof="1", option="reference", finished=end)
        for number, end in enumerate(ends)
    ]
    return merge(in_order(parts))


def suite(finished: RunFinished) -> ET.Element:
    element = ET.fromstring(junit.render(finished, "reference")).find("testsuite")
    assert element is not None
    return element


def case(finished: RunFinished, name: str) -> ET.Element:
    return next(one for one in suite(finished).iter("testcase") if one.get("name") == name)


def agrees(finished: RunFinished, code: int) -> None:
    """Assert that a run ended with ``code``, and that the document is red if that is not 0."""
    assert finished.exit_code == code
    cases = suite(finished)
    red = [one for one in cases if one.find("failure") is not None or one.find("error") is not None]
    assert int(cases.get("failures", "")) + int(cases.get("errors", "")) == len(red)
    assert bool(red) is (code != exit_codes.AS_EXPECTED)


class TestPlayed:
    @pytest.mark.parametrize("strict", [False, True])
    async def test_passing(self, strict: bool):
        agrees(await played("reference", ANSWERED, strict=strict), exit_codes.AS_EXPECTED)

    async def test_must_that_fails(self):
        agrees(await played(BREAKS_MUST, ANSWERED), exit_codes.SUT_FAILS)

    async def test_should_that_fails(self):
        finished = await played(BREAKS_SHOULD, ANSWERED, only=(SHOULD,))
        assert finished.verdicts[0].verdict is Verdict.WARN
        agrees(finished, exit_codes.AS_EXPECTED)

    async def test_should_that_fails_in_a_strict_run(self):
        finished = await played(BREAKS_SHOULD, ANSWERED, only=(SHOULD,), strict=True)
        agrees(finished, exit_codes.SUT_FAILS)
        failure = case(finished, SHOULD).find("failure")
        assert failure is not None
        assert failure.get("type") == "WARN"
        assert "ringproof replay rp1:" in (failure.text or "")

    async def test_part_of_the_scenarios_need_not_bring_everything_about(self):
        finished = await played("reference", ANSWERED, DECLINED, only=("a/answered",))
        agrees(finished, exit_codes.AS_EXPECTED)
        unheard = [one for one in finished.verdicts if one.verdict is Verdict.NOT_EXERCISED]
        assert any(one.level == "M" for one in unheard)
        for one in unheard:
            skipped = case(finished, one.id).find("skipped")
            assert skipped is not None
            assert str(skipped.get("message")).startswith("NOT_EXERCISED: ")

    async def test_part_of_the_scenarios_in_which_nothing_was_judged(self):
        finished = await played("reference", ANSWERED, DECLINED, only=(MUST, "a/declined"))
        agrees(finished, exit_codes.NOTHING_JUDGED)
        assert case(finished, MUST).find("skipped") is not None
        error = case(finished, "judged").find("error")
        assert error is not None
        assert error.get("message") == "nothing judged, or a clause was not exercised"

    async def test_whole_run_has_to_bring_everything_about(self):
        finished = await played("reference", DECLINED, only=(MUST, ELSE))
        agrees(finished, exit_codes.NOTHING_JUDGED)
        error = case(finished, MUST).find("error")
        assert error is not None
        assert error.get("type") == "NOT_EXERCISED"

    @pytest.mark.parametrize(
        ("strict", "code"),
        [(False, exit_codes.AS_EXPECTED), (True, exit_codes.STALE_BASELINE)],
    )
    @pytest.mark.parametrize("expires", [None, TODAY - datetime.timedelta(days=1)])
    async def test_entry_that_is_fixed_or_expired(
        self, expires: datetime.date | None, strict: bool, code: int
    ):
        entry = known("reference", "never said", expires=expires)
        agrees(await played("reference", ANSWERED, entries=(entry,), strict=strict), code)

    async def test_known_failure(self):
        entry = known("mutant:*", "wrong-answer-order")
        finished = await played(BREAKS_MUST, ANSWERED, entries=(entry,), strict=True)
        agrees(finished, exit_codes.AS_EXPECTED)

    async def test_fault_beside_a_clause_that_holds(self, monkeypatch: pytest.MonkeyPatch):
        judge = checks.judge

        def failing_once(trace: Trace) -> dict[str, Outcome]:
            monkeypatch.setattr(checks, "judge", judge)
            raise RuntimeError("ours")

        monkeypatch.setattr(checks, "judge", failing_once)
        finished = await played("reference", DECLINED, ANSWERED)
        assert finished.verdicts[0].verdict is Verdict.PASS
        agrees(finished, exit_codes.HARNESS_FAULT)

    def test_run_that_did_not_begin(self):
        shown = files.unfinished(0, faults=(runs.FAULT,), exit_code=exit_codes.USAGE)
        agrees(shown, exit_codes.USAGE)

    async def test_run_that_was_interrupted_is_red_for_that_alone(self):
        def interrupt(event: AnyRunEvent) -> None:
            if isinstance(event, PartStarted):
                playing.cancel()

        playing = asyncio.create_task(
            played("reference", DECLINED, only=(MUST, ELSE), emit=interrupt)
        )
        cut_short = await playing
        assert cut_short.status == "incomplete"
        agrees(cut_short, exit_codes.INTERRUPTED)
        assert case(cut_short, MUST).find("skipped") is not None


class TestSharded:
    async def test_shard_makes_no_claim_on_what_another_may_bring_about(self):
        first, second = await shards("reference", ANSWERED, DECLINED, only=(MUST, ELSE))
        agrees(first, exit_codes.AS_EXPECTED)
        agrees(second, exit_codes.AS_EXPECTED)
        assert {case(one, MUST).find("skipped") is None for one in (first, second)} == {True, False}
        agrees(merged([first, second]), exit_codes.AS_EXPECTED)

    async def test_shard_in_which_nothing_could_be_played(self):
        finished = msgspec.structs.replace(
            (await shards("reference", ANSWERED, DECLINED))[0],
            verdicts=(runs.NOT_EXERCISED,),
            counts=Counts(),
            left_out=(LeftOut("devices", 1),),
            exit_code=exit_codes.NOTHING_JUDGED,
        )
        agrees(finished, exit_codes.NOTHING_JUDGED)

    async def test_whole_of_which_no_shard_brought_it_about(self):
        only = (MUST, ELSE)
        ends = await shards("reference", DECLINED, DECLINED, only=only)
        for end in ends:
            agrees(end, exit_codes.AS_EXPECTED)
        agrees(merged(ends), exit_codes.NOTHING_JUDGED)
        assert case(merged(ends), MUST).find("error") is not None

    async def test_whole_with_a_must_that_fails(self):
        ends = await shards(BREAKS_MUST, ANSWERED, DECLINED)
        agrees(merged(ends), exit_codes.SUT_FAILS)

    @pytest.mark.parametrize(
        ("strict", "code"),
        [(False, exit_codes.AS_EXPECTED), (True, exit_codes.SUT_FAILS)],
    )
    async def test_whole_with_a_should_that_fails(self, strict: bool, code: int):
        ends = await shards(BREAKS_SHOULD, ANSWERED, ANSWERED, only=(SHOULD,), strict=strict)
        agrees(merged(ends), code)
