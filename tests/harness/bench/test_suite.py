"""The whole benchmark, with next to nothing to do: its shape, not its figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ringproof import checks, cli, exit_codes
from ringproof.bench import mix, network, sipp, suite
from ringproof.bench.figure import Figure
from ringproof.bench.serving import Started
from ringproof.bench.simulated import BenchError, calls_per_second
from ringproof.simulation.player import simulate
from ringproof.verdict import Failure, Outcome
from ringproof_scenarios.model import validate

TINY = suite.Sizes(
    rounds=1,
    mixed=6,
    singles=2,
    drawn=3,
    four=1,
    judged=3,
    judged_times=1,
    network_calls=network.CONNECTIONS,
    sipp_clean=200,
    mutants=1,
)


@pytest.fixture
def no_sipp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sipp, "program", lambda: None)


def test_every_figure_comes_with_its_runs(no_sipp: None) -> None:
    steps: list[str] = []
    figures = suite.run(TINY, lambda step, total: steps.append(f"{step} {total}"))

    by_name = {one.name: one for one in figures}
    assert list(by_name) == [
        "simulated-calls",
        "simulated-single-calls",
        "drawn-calls",
        "virtual-to-real",
        "judge",
        "judge-files",
        "network-calls",
        "serve-first-answer",
        *(["serve-resident"] if "serve-resident" in by_name else []),
        "minimal-failure",
        "minimal-failure-slowest",
    ]
    assert all(one.value > 0 for one in figures)
    assert len(by_name["judge"].samples) == TINY.rounds
    assert by_name["network-calls"].ratio is not None
    assert by_name["simulated-calls"].ratio is None  # SIPp is not there
    assert len(steps) == 8
    assert steps[0] == "simulated calls 8"


def test_sipp_is_measured_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sipp, "program", lambda: "/usr/bin/sipp")
    monkeypatch.setattr("ringproof.bench.serving.start", lambda _: Started(0.5, None))
    monkeypatch.setattr(
        sipp, "load", lambda folder, rate, calls: sipp.Load(rate / 2, failed=1, retransmissions=2)
    )
    bench = suite.Bench(TINY, tmp_path)
    steps = bench.steps()
    assert [step[0] for step in steps[:3]] == ["simulated calls", "single calls", "sipp"]
    for step in steps:
        bench.take(step)

    by_name = {one.name: one for one in bench.figures()}
    assert by_name["simulated-calls"].reference_value == suite.FULL_RATE / 2
    assert "serve-resident" not in by_name  # the system does not report it
    assert "2 retransmissions and 1 failed calls in 1 runs" in by_name["simulated-calls"].reference
    assert by_name["network-calls-by-sipp"].reference_value == suite.CLEAN_RATE / 2


def test_the_command_prints_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(sizes: suite.Sizes, notice: Callable[[str, int], None]) -> tuple[Figure, ...]:
        assert sizes is suite.QUICK
        notice("a step", 1)
        return (Figure("calls", "calls/s", [2.0]),)

    monkeypatch.setattr(suite, "run", run)
    assert cli.main(["bench", "--quick", "--json"]) == exit_codes.AS_EXPECTED

    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"figures", "machine"}
    asked_for = {"name", "value", "unit", "reference", "reference_value", "ratio", "target", "met"}
    assert asked_for <= set(document["figures"][0])

    assert cli.main(["bench", "--quick"]) == exit_codes.AS_EXPECTED
    assert "calls/s" in capsys.readouterr().out


def test_bench_error_is_printed_and_is_a_harness_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> tuple[Figure, ...]:
        raise BenchError("it does not work")

    monkeypatch.setattr(suite, "run", broken)
    assert cli.main(["bench", "--quick"]) == exit_codes.HARNESS_FAULT
    assert "it does not work" in capsys.readouterr().err


def test_child_has_ended_after_an_interruption(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), network.child("echo", str(tmp_path)) as process:
        raise KeyboardInterrupt
    assert process.poll() is not None


def test_mix_passes_and_has_every_ending() -> None:
    seen = set()
    for seed in range(24):
        scenario = validate(mix.mixed(seed))
        assert len(scenario.callers) == mix.CALLERS[seed % len(mix.CALLERS)]
        outcomes = checks.judge(simulate(scenario))
        assert not [clause for clause, outcome in outcomes.items() if outcome.failures]
        seen |= {clause for clause, outcome in outcomes.items() if outcome.exercised}
    assert {
        "status/hangup-order",
        "status/reject-order",
        "status/gave-up-order",
        "end/script-finishes",
    } <= seen
    assert mix.mixed(5) == mix.mixed(5)


def test_a_rate_of_failing_calls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    red = checks.judge(simulate(mix.single())) | {
        "status/answer-order": Outcome(1, (Failure(kind="wrong"),))
    }
    monkeypatch.setattr("ringproof.bench.simulated.checks.judge", lambda _: red)
    with pytest.raises(BenchError, match="the reference client fails in"):
        calls_per_second([mix.single()])
