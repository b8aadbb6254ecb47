"""``ringproof mutants``: red as soon as any one check is gone, or any one client gets through."""

from __future__ import annotations

import functools
import json
import shlex

import pytest

from ringproof import checks, cli, exit_codes, mutants
from ringproof.processes import submitted
from ringproof.simulation.player import player
from ringproof.triage import mutation as mutation
from ringproof.triage.mutation import MutantResult, MutantTest, run_test
from ringproof_scenarios import catalogue, ledger
from ringproof_scenarios.model import from_replay

PACKETS = frozenset(row.id for row in ledger.load() if "rtp" in row.requires)
"""Clauses that only a run with real media shows."""

SIMULATED = [clause for clause in checks.CHECKS if clause not in PACKETS]

ONE_OF_EACH_FAMILY = {clause.partition("/")[0]: clause for clause in SIMULATED}.values()
"""Played in every run of the tests; the long tests play the others too."""


def ringproof(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict]:
    status = cli.main(["mutants", *argv, "--json", "--jobs", "1"])
    return status, json.loads(capsys.readouterr().out)


def without(monkeypatch: pytest.MonkeyPatch, clause: str) -> None:
    """Delete a check from the suite."""
    monkeypatch.delitem(checks.CHECKS, clause)


@functools.cache
def witness(clause: str) -> tuple[mutants.Mutant, str]:
    """Return a mutant and a named scenario in which this check alone finds it out."""
    family = clause.partition("/")[0]
    likely_first = sorted(catalogue.all(), key=lambda one: not one.name.startswith(family))
    for mutant in mutants.all():
        if mutant.clause != clause:
            continue
        client = player(f"mutant:{mutant.name}")
        for scenario in likely_first:
            outcomes = checks.judge(client.play(scenario))
            if [id for id, outcome in outcomes.items() if outcome.failures] == [clause]:
                return mutant, scenario.name
    pytest.fail(f"every client that breaks {clause} is found out by another check as well")


@pytest.mark.parametrize(
    "clause",
    [
        clause if clause in ONE_OF_EACH_FAMILY else pytest.param(clause, marks=pytest.mark.long)
        for clause in SIMULATED
    ],
)
def test_without_its_check_a_broken_client_goes_through_and_the_command_is_red(
    clause: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    mutant, name = witness(clause)
    scenario = next(one for one in catalogue.all() if one.name == name)
    monkeypatch.setattr(catalogue, "all", lambda: (scenario,))
    mutation._scenarios.cache_clear()
    argv = ("--only", mutant.name, "--examples", "0")
    status, found = ringproof(capsys, *argv)
    assert status == exit_codes.AS_EXPECTED
    assert found["mutants"][0]["caught_by"] == [clause]
    without(monkeypatch, clause)
    status, found = ringproof(capsys, *argv)
    assert status == exit_codes.HARNESS_FAULT
    assert found["mutants"][0]["caught"] is False
    assert found["caught"] == 0
    mutation._scenarios.cache_clear()


def test_client_whose_fault_only_packets_show_is_left_out_of_virtual_time(
    capsys: pytest.CaptureFixture[str],
):
    argv = ("--simulate", "--only", "stream/media-flows", "--examples", "0")
    status, found = ringproof(capsys, *argv)
    assert status == exit_codes.AS_EXPECTED
    both = ["stream-promises-a-dead-microphone", "stream-promises-a-dead-camera"]
    assert sorted(found["left_out"]) == sorted(both)
    assert (found["mutants"], found["total"]) == ([], 0)
    cli.main(["mutants", *argv, "--jobs", "1"])
    told = capsys.readouterr().out
    assert "only packets show their fault" in told
    assert all(name in told for name in both)


@pytest.mark.parametrize(
    "clause", sorted(PACKETS - {"stream/media-flows", "platform/play-reaches-callee"})
)
def test_client_whose_fault_shows_in_virtual_time_too_is_not_left_out(
    clause: str, capsys: pytest.CaptureFixture[str]
):
    _, found = ringproof(capsys, "--simulate", "--only", clause, "--examples", "0")
    assert found["left_out"] == []
    assert found["caught"] == found["total"] > 0


def test_table_tells_mutant_clause_and_a_replay_that_fails_again(
    capsys: pytest.CaptureFixture[str],
):
    status, found = ringproof(capsys, "--only", "status/answer-order", "--examples", "20")
    assert status == exit_codes.AS_EXPECTED
    assert found["caught"] == found["total"] == len(found["mutants"]) > 1
    for row in found["mutants"]:
        assert row["caught"]
        assert row["under_expected_clause"]
        assert row["clause"] == "status/answer-order"
        assert 1 <= row["steps"] <= 3
        replay = shlex.split(row["replay"])
        assert len(from_replay(replay[2]).steps) == row["steps"]
        assert cli.main(replay[1:]) == exit_codes.SUT_FAILS
    assert found["reference"] == {"scenarios": len(catalogue.all()) + 20, "failed": []}
    capsys.readouterr()
    assert cli.main(["mutants", "--only", "status/answer-order", "--examples", "0"]) == 0
    told = capsys.readouterr().out
    assert f"{found['caught']} of {found['total']} mutants caught" in told
    assert f"reference client: fails nothing in {len(catalogue.all())} scenarios" in told


def test_cheats_pass_nothing_that_takes_work(capsys: pytest.CaptureFixture[str]):
    status, found = ringproof(capsys, "--only", "cheat-*", "--examples", "50")
    assert status == exit_codes.AS_EXPECTED
    assert [row["name"] for row in found["cheats"]] == [one.name for one in mutants.STUBS]
    for row in found["cheats"]:
        assert row["caught"]
        assert row["unearned"] == []
        assert "outcome/three-ways" not in row["passed"]


def of(sut: str, *failed: str, exercised: tuple[str, ...] = (), **more) -> MutantResult:
    return MutantResult(sut=sut, failed=failed, exercised=frozenset((*failed, *exercised)), **more)


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("list-newest-only", of("mutant:list-newest-only")),
        ("list-newest-only", of("mutant:list-newest-only", "list/every-change")),
        ("cheat-silent", of("mutant:cheat-silent")),
        (
            "cheat-silent",
            of("mutant:cheat-silent", "register/sync-point", exercised=("status/no-repeat",)),
        ),
        ("reference", of("reference", "list/snapshot")),
        ("reference", of("reference", faults=("stuck",))),
    ],
)
def test_whoever_gets_through_makes_it_red(
    name: str,
    result: MutantResult,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """A mutant missed or caught elsewhere, a cheat that passes, a reference client that fails."""

    def tested(test: MutantTest) -> MutantResult:
        return result if test.sut == result.sut else of("reference", exercised=("list/snapshot",))

    monkeypatch.setattr(mutation, "run_test", tested)
    only = "list-newest-only" if name == "reference" else name
    if name == "reference":
        good = of("mutant:list-newest-only", "list/whole-list")
        monkeypatch.setattr(mutation, "run_test", lambda t: result if t.sut == name else good)
    assert ringproof(capsys, "--only", only)[0] == exit_codes.HARNESS_FAULT
    cli.main(["mutants", "--only", only, "--jobs", "1"])
    assert "mutants caught" in capsys.readouterr().out


def test_nothing_of_that_name_is_wrong_usage():
    assert cli.main(["mutants", "--only", "nobody"]) == exit_codes.USAGE


@pytest.mark.long
def test_processes_bring_the_same_as_this_one():
    tests = [
        MutantTest(sut=f"mutant:{one.name}", clause=one.clause, examples=3)
        for one in mutants.all()
        if one.clause == "status/no-repeat"
    ]
    with submitted(run_test, tests, 2) as futures:
        assert [future.result() for future in futures] == list(map(run_test, tests))


def test_scenario_that_cannot_be_played_is_told(monkeypatch: pytest.MonkeyPatch):
    def stuck(*_: object, **__: object) -> None:
        raise RuntimeError("the queue ran dry")

    monkeypatch.setattr("ringproof.simulation.player.simulate", stuck)
    found = run_test(MutantTest(sut="reference", examples=0))
    assert found.faults[0].endswith("RuntimeError: the queue ran dry")
    assert len(found.faults) == mutation.FAULTS_KEPT
    assert (found.failed, found.smallest) == ((), None)
