"""``ringproof adapter`` from the outside: exit statuses, what is printed, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringproof import cli, exit_codes
from tests.harness.adapter_check import faults, filled

pytestmark = pytest.mark.timeout(180)


def test_a_failure_says_what_was_seen_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    manifest = filled.javascript(tmp_path, faults.PROTOCOL["protocol/unknown-op"])
    code = cli.main(["adapter", "check", str(manifest), "--only", "*unknown-op", "--timeout", "60"])
    verdict, advice, summary = capsys.readouterr().out.splitlines()
    assert code == exit_codes.ADAPTER_FAULT
    assert verdict.split()[:2] == ["FAIL", "protocol/unknown-op"]
    assert "answered an unknown op with" in verdict
    assert "unsupported" in advice
    assert summary == "1 checks: 1 FAIL"


def test_a_command_line_is_checked_like_a_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    program = filled.javascript(tmp_path).with_name("adapter.mjs")
    argv = ["adapter", "check", f"node '{program}'", "--only", "*/hello", "--json"]
    assert cli.main([*argv, "--timeout", "60"]) == exit_codes.AS_EXPECTED
    document = json.loads(capsys.readouterr().out)
    assert document["checks"] == [
        {"id": "protocol/hello", "result": "PASS", "text": "", "advice": ""}
    ]
    assert document["exit_code"] == exit_codes.AS_EXPECTED


def test_control_characters_of_an_adapter_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    manifest = filled.javascript(
        tmp_path, faults.first('console.error("\\x1b[2Jgone"); process.exit(1);')
    )
    argv = ["adapter", "check", str(manifest), "--only", "*/hello"]
    assert cli.main([*argv, "--timeout", "60"]) == exit_codes.ADAPTER_FAULT
    printed = capsys.readouterr().out
    assert "gone" in printed
    assert "\x1b" not in printed


def test_a_program_that_cannot_be_started_is_reported_in_one_sentence(
    capsys: pytest.CaptureFixture[str],
):
    argv = ["adapter", "check", "/no/such/program", "--only", "protocol/*"]
    assert cli.main(argv) == exit_codes.ADAPTER_FAULT
    message = capsys.readouterr()
    assert "/no/such/program" in message.err
    assert not message.out


@pytest.mark.parametrize(
    "argv",
    [
        ["check"],
        ["check", ""],
        ["check", "'unbalanced"],
        ["check", "/no/such/adapter.toml"],
        ["check", "node", "--only", "no/such-check"],
        ["check", "node", "--timeout", "0"],
        ["new"],
        ["new", "--lang", "cobol"],
    ],
)
def test_wrong_usage_exits_64_with_a_sentence(
    argv: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    folder = [str(tmp_path / "new")] if argv[0] == "new" else []
    assert cli.main(["adapter", *argv, *folder]) == exit_codes.USAGE
    printed = capsys.readouterr()
    assert (printed.err + printed.out).strip()
    assert "Traceback" not in printed.out + printed.err


@pytest.mark.parametrize("command", cli.ADAPTER_COMMANDS)
def test_each_command_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["adapter", command, "--help"]) == exit_codes.AS_EXPECTED
    assert "Example: ringproof adapter" in capsys.readouterr().out
