"""``import ringproof``: what programs, tests of apps, adapters and checks may use."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ringproof
from ringproof import RunFinished, Stop, Trace, Verdict, judge, run
from ringproof.results import RunStarted
from tests.harness.report import runs

HEAVY = {
    "aiortc",
    "asyncio",
    "distributed",
    "httpx",
    "hypothesis",
    "msgspec",
    "numpy",
    "playwright",
    "uvicorn",
}


@pytest.fixture(autouse=True)
def _no_scenarios_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_importing_it_loads_nothing_else():
    code = f"import sys, ringproof; sys.exit(' '.join({HEAVY!r} & sys.modules.keys()) or 0)"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ringproof.__all__)
def test_every_name_is_there(name: str):
    assert getattr(ringproof, name) is not None
    assert name in dir(ringproof)


def test_type_checkers_see_the_same_names():
    stub = ast.parse(Path(ringproof.__file__).with_suffix(".pyi").read_text())
    named = [node.names[0].asname for node in stub.body if isinstance(node, ast.ImportFrom)]
    assert sorted(map(str, named)) == ringproof.__all__


def test_any_other_name_is_an_error():
    with pytest.raises(AttributeError, match="has no attribute 'no_such_name'"):
        _ = ringproof.no_such_name


def test_run_returns_the_verdicts_and_emits_every_event():
    events: list[object] = []
    finished = run(
        "mutant:status-skips-connecting",
        network=False,
        examples=0,
        only=["accept/audio"],
        emit=events.append,
    )
    assert isinstance(finished, RunFinished)
    assert isinstance(events[0], RunStarted)
    assert events[-1] is finished
    assert [one.id for one in finished.verdicts if one.verdict is Verdict.FAIL] == [
        "status/answer-order"
    ]


def test_run_of_nobody_raises_what_the_command_says():
    with pytest.raises(Stop, match="no mutant"):
        run("mutant:no-such")


def test_a_recorded_trace_is_judged_again():
    trace = ringproof.loads(runs.trace().dumps())
    assert isinstance(trace, Trace)
    assert judge(trace)["status/answer-order"].failures
