"""Each check turns red for an adapter with exactly that fault, and for no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio

from ringproof.adapter_check import examination
from ringproof.adapter_check.context import Context
from ringproof.adapter_check.result import CheckResult, Outcome
from ringproof.adapter_check.stand_in import StandIn
from ringproof.adapters import manifest
from ringproof.adapters.process import Program
from ringproof.adapters.protocol import AdapterError
from ringproof.rest_client import RestClient
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from tests.harness.adapter_check import faults, filled
from tests.harness.adapter_check.filled import Edit

# One worker examines all the adapters with a fault: with --dist loadgroup that is done once.
pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("adapters-with-a-fault")]

REPLY_WITHIN_S = 20.0
"""An adapter that never replies costs this once; one on a busy machine has to make do with it."""
AT_ONCE = 8
"""Adapters that are examined side by side: most of the time of a fault is waiting."""

CASES = {
    **{check: (check, edits) for check, edits in {**faults.PROTOCOL, **faults.SESSION}.items()},
    **faults.MORE,
}

Results = dict[str, CheckResult]


async def examined(
    folder: Path,
    edits: tuple[Edit, ...],
    only: str,
    stand_in: StandIn | None = None,
    *,
    carrier: Literal["stdio", "ws"] = "stdio",
) -> Results:
    command = manifest.load(filled.javascript(folder, edits)).command
    program = Program(argv=command, cwd=folder, carrier=carrier)
    async with Context(program, stand_in, REPLY_WITHIN_S) as context:
        results = await examination.examine(context, examination.choose([only]), lambda _: None)
    return {result.check: result for result in results}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stand_in(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StandIn]:
    config = Config(state_dir=tmp_path_factory.mktemp("state"))
    async with (
        Server(config) as server,
        RestClient(server.space_url, server.project, server.api_token, server.ca_file) as rest,
    ):
        yield StandIn(server, rest)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def examinations(
    tmp_path_factory: pytest.TempPathFactory, stand_in: StandIn
) -> dict[str, Results]:
    """The results of the adapter of every case, of its own family of checks."""
    free = asyncio.Semaphore(AT_ONCE)

    async def examine(check: str, edits: tuple[Edit, ...]) -> Results:
        family = check.partition("/")[0]
        async with free:
            folder = tmp_path_factory.mktemp("broken")
            return await examined(folder, edits, f"{family}/*", stand_in)

    async with asyncio.TaskGroup() as tasks:
        under_way = {
            name: tasks.create_task(examine(check, edits)) for name, (check, edits) in CASES.items()
        }
    return {name: task.result() for name, task in under_way.items()}


def test_every_check_has_a_fault_that_turns_it_red():
    assert {*faults.PROTOCOL, *faults.SESSION} == {check.id for check in examination.CHECKS}


@pytest.mark.parametrize("name", CASES)
def test_an_adapter_with_one_fault_fails_the_check_of_it_alone(
    name: str, examinations: dict[str, Results]
):
    check, _ = CASES[name]
    results = examinations[name]
    red = [each for each, result in results.items() if result.outcome is Outcome.FAIL]
    assert red == [check], results
    assert results[check].text.startswith("it ")
    assert results[check].advice


@pytest.mark.asyncio(loop_scope="module")
async def test_what_needs_a_check_that_failed_is_not_judged(
    examinations: dict[str, Results],
):
    results = examinations["session/open"]
    del results["session/open"]
    assert {result.outcome for result in results.values()} == {Outcome.NOT_JUDGED}
    assert {result.text for result in results.values()} == {"needs session/open"}


async def test_after_a_hello_that_is_never_answered_nothing_is_waited_for(tmp_path: Path):
    dead = faults.first("process.exit(3);")
    results = await examined(tmp_path, dead, "*")
    assert results["protocol/hello"].outcome is Outcome.FAIL
    assert "exited with status 3" in results["protocol/hello"].text
    assert [f.outcome for f in results.values()].count(Outcome.NOT_JUDGED) == len(results) - 1


async def test_a_flood_ends_the_check_and_not_the_harness(tmp_path: Path):
    flood = faults.first('setInterval(() => process.stdout.write("x\\n".repeat(9999)));')
    results = await examined(tmp_path, flood, "protocol/stdout-is-json")
    assert results["protocol/stdout-is-json"].outcome is not Outcome.PASS


async def test_a_line_that_is_too_long_is_quoted_by_its_limit(tmp_path: Path):
    long = faults.first('console.log("x".repeat(1048577));')
    result = (await examined(tmp_path, long, "protocol/stdout-is-json"))["protocol/stdout-is-json"]
    assert (result.outcome, result.text) == (
        Outcome.FAIL,
        "it wrote a line of more than 1048576 bytes",
    )


class TestOverAWebSocket:
    @pytest.mark.asyncio(loop_scope="module")
    async def test_an_adapter_without_fault_passes_everything(
        self, tmp_path: Path, stand_in: StandIn
    ):
        results = await examined(tmp_path, faults.dials(), "*", stand_in, carrier="ws")
        assert {result.outcome for result in results.values()} == {Outcome.PASS}, results

    @pytest.mark.asyncio(loop_scope="module")
    @pytest.mark.parametrize("check", ["protocol/end-of-input", "session/double-open"])
    async def test_an_adapter_with_one_fault_fails_the_check_of_it_alone(
        self, check: str, tmp_path: Path, stand_in: StandIn
    ):
        staying = (("const over = () => process.exit(0);", "const over = () => {};"),)
        fault = faults.SESSION.get(check, (*staying, *faults.first("setInterval(() => {}, 1000);")))
        edits = (*faults.dials(), *fault)
        only = check.replace("end-of-input", "[be]*")
        results = await examined(tmp_path, edits, only, stand_in, carrier="ws")
        red = [each for each, result in results.items() if result.outcome is Outcome.FAIL]
        assert red == [check], results

    async def test_an_adapter_that_never_dials_fails_hello(self, tmp_path: Path):
        program = Program(argv=("sleep", "60"), cwd=tmp_path, carrier="ws")
        async with Context(program, None, 0.3) as context:
            checks = examination.choose(["protocol/hello"])
            (result,) = await examination.examine(context, checks, lambda _: None)
        assert result.outcome is Outcome.FAIL
        assert "took nothing in" in result.text


async def test_a_program_that_does_not_exist_is_an_error(tmp_path: Path):
    program = Program(argv=("no-such-program",), cwd=tmp_path)
    async with Context(program, None, REPLY_WITHIN_S) as context:
        with pytest.raises(AdapterError, match="no-such-program"):
            await examination.examine(context, examination.choose([]), lambda _: None)


def test_a_glob_that_fits_no_check_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="protocol/hello"):
        examination.choose(["nothing/*"])
