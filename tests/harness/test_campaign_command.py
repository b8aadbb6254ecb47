"""``ringproof campaign`` from the outside."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from ringproof import cli, exit_codes
from ringproof.campaign.plan import ClusterDeadlines, Plan
from tests.harness.campaign.clients import broken
from tests.harness.waiting import until

RINGPROOF = [sys.executable, "-m", "ringproof.cli"]


def campaign(folder: Path, *more: str) -> list[str]:
    return ["campaign", "--seeds", "200", "--workers", "1", "--dir", str(folder), *more]


def test_json_has_what_other_tools_read_and_every_finding_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    sut = broken("status/answer-order")
    argv = campaign(tmp_path, "--sut", sut, "--json")
    assert cli.main(argv) == exit_codes.SUT_FAILS
    found = json.loads(capsys.readouterr().out)
    assert found["seeds"] == found["scenarios"] == 200
    assert found["failures"] > 0
    assert found["workers"] == 1
    assert found["duration_s"] > 0
    assert found["status"] == "complete"
    assert {one["clause"] for one in found["findings"]} >= {"status/answer-order"}
    for finding in found["findings"]:
        command, *replay = shlex.split(finding["replay"])
        assert command == "ringproof"
        assert "--simulate" in replay
        assert cli.main(replay) == exit_codes.SUT_FAILS
        program = tmp_path / "program.py"
        program.write_text(finding["program"])
        assert cli.main(["replay", str(program), *replay[2:]]) == exit_codes.SUT_FAILS
    capsys.readouterr()
    assert cli.main(argv) == exit_codes.SUT_FAILS
    again = json.loads(capsys.readouterr().out)
    assert again["taken_over"] == 200
    assert again["findings"] == found["findings"]


def test_findings_are_told_with_sentences_and_a_replay_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(campaign(tmp_path, "--sut", broken("status/answer-order"))) == 1
    told = capsys.readouterr().out
    assert "FAIL status/answer-order (seed " in told
    assert "\n  call 0: " in told
    assert "\n  ringproof replay rp1:" in told
    assert "200 seeds: " in told


@pytest.mark.parametrize(
    "more",
    [
        ["--sut", "chromium"],
        ["--sut", "mutant:nobody"],
        ["--seeds", "0"],
        ["--workers", "0"],
        ["--start", "-1"],
    ],
)
def test_wrong_usage_is_told(more: list[str], tmp_path: Path):
    assert cli.main(campaign(tmp_path, *more)) == exit_codes.USAGE


def test_scheduler_that_is_not_there_ends_it_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    impatient = partial(Plan, deadlines=ClusterDeadlines(answers_s=1))
    monkeypatch.setattr("ringproof.campaign.plan.Plan", impatient)
    argv = campaign(tmp_path, "--scheduler", "tcp://127.0.0.1:1")
    assert cli.main(argv) == exit_codes.HARNESS_FAULT
    assert "start one with `dask scheduler`" in capsys.readouterr().err


def wait_for_blocks(blocks: Path, process: subprocess.Popen[bytes]) -> None:
    """Return once a campaign has written a block; fail when the process ends before."""

    def written() -> bool:
        return blocks.exists() and blocks.read_bytes().count(b"\n") > 1

    until(written, process, lambda: blocks)


@pytest.mark.timeout(600)  # blocks take long on a busy machine
def test_killed_campaign_keeps_its_blocks_and_goes_on(tmp_path: Path):
    argv = [*RINGPROOF, "campaign", "--seeds", "1500", "--workers", "1", "--dir", str(tmp_path)]
    blocks = tmp_path / "blocks.jsonl"
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for_blocks(blocks, process)
        process.send_signal(signal.SIGKILL)
    kept = blocks.read_bytes().count(b"\n") - 1
    done = subprocess.run([*argv, "--json"], capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert kept * 500 <= found["taken_over"] < 1500
    assert found["seeds"] == 1500


@pytest.mark.timeout(600)  # blocks take long on a busy machine
@pytest.mark.parametrize(
    "how", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
def test_stopped_campaign_says_so_and_exits_130(how: signal.Signals, tmp_path: Path):
    argv = [*RINGPROOF, "campaign", "--seeds", "500000", "--workers", "1", "--dir", str(tmp_path)]
    blocks = tmp_path / "blocks.jsonl"
    process = subprocess.Popen(
        [*argv, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    wait_for_blocks(blocks, process)
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    assert process.returncode == exit_codes.INTERRUPTED
    found = json.loads(out)
    assert found["status"] == "incomplete"
    assert found["seeds"] > 0
    assert b"Traceback" not in err
