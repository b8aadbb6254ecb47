"""A project's own catalogue, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringproof import cli, exit_codes
from ringproof.commands import own_scenarios
from ringproof.commands.errors import UsageStop
from ringproof_scenarios.model import Answer, Caller, Scenario, to_json
from tests.harness.campaign.clients import broken

SCENARIO = Scenario(callers=(Caller(talk_ms=30),), actions=(Answer(),))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_without_a_folder_there_are_none():
    assert own_scenarios.load() == ()


def test_added_scenario_is_played_by_name_and_by_every_later_run(
    capsys: pytest.CaptureFixture[str],
):
    add = ["replay", repr(SCENARIO.replay())[1:-1], "--simulate", "--add", "own/one-call"]
    assert cli.main(add) == exit_codes.AS_EXPECTED
    assert "ringproof-scenarios/own--one-call.json" in capsys.readouterr().err
    assert [one.name for one in own_scenarios.load()] == ["own/one-call"]
    assert cli.main(["replay", "own/one-call", "--simulate"]) == exit_codes.AS_EXPECTED
    only = ["--only", "own/*", "--report-dir", "report", "--json"]
    capsys.readouterr()
    assert cli.main(["run", "--simulate", *only]) == exit_codes.AS_EXPECTED
    assert json.loads(capsys.readouterr().out)["scenarios"]["run"] == 1


def test_failing_program_is_added_and_fails_again(tmp_path: Path):
    sut = broken("status/answer-order")
    program = tmp_path / "found.py"
    program.write_text(f"from ringproof_scenarios.model import *\n\n{SCENARIO!r}\n")
    again = ["--sut", sut, "--simulate"]
    added = cli.main(["replay", str(program), *again, "--add", "own/broken"])
    assert added == cli.main(["replay", "own/broken", *again]) == exit_codes.SUT_FAILS


@pytest.mark.parametrize(
    "name", ["", "Own/Call", "own call", "../own", "/own", "own/", "accept/audio"]
)
def test_name_that_is_no_name_or_taken_is_refused(name: str):
    with pytest.raises(UsageStop, match="--add"):
        own_scenarios.add(SCENARIO, name)


def test_name_is_taken_once():
    own_scenarios.add(SCENARIO, "own/call")
    with pytest.raises(UsageStop, match="choose another"):
        own_scenarios.add(SCENARIO, "own/call")


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"not json",
        to_json(SCENARIO),
        to_json(Scenario(callers=(Caller(),), name="Not A Name")),
        to_json(Scenario(callers=(Caller(),), name="accept/audio")),
    ],
)
def test_file_that_is_no_named_scenario_is_named_itself(content: bytes):
    own_scenarios.FOLDER.mkdir()
    (own_scenarios.FOLDER / "odd.json").write_bytes(content)
    with pytest.raises(UsageStop, match=r"odd\.json"):
        own_scenarios.load()
    assert cli.main(["run", "--simulate", "--report-dir", "report"]) == exit_codes.USAGE
