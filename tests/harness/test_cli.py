"""The command line from the outside: exit statuses, output, files, signals."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest

from ringproof import cli, exit_codes
from ringproof.commands import serve
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Answer, Caller, Scenario, to_json
from tests.harness.report import runs
from tests.harness.report.test_files import write_green
from tests.harness.waiting import until

RUN_WITHIN_S = 400
"""A run of a handful of scenarios in a process of its own takes some seconds on an idle machine."""


own_process = pytest.mark.timeout(RUN_WITHIN_S + 100)


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


class TestUsage:
    @pytest.mark.parametrize(
        "argv",
        [
            ["run", "--no-such-option"],
            ["run", "--examples", "-1"],
            ["run", "--examples", "many"],
            ["run", "--simulate", "--sut", "chromium"],
            ["run", "--sut", "no-such-browser-ringproof"],
            ["run", "--only", "nothing/at-all", "--examples", "0"],
            ["no-such-command"],
            ["replay"],
            ["replay", "rp1:damaged"],
            ["replay", "/no/such/file.json"],
            ["judge"],
            ["judge", "/no/such/trace.jsonl"],
            ["serve", "--public-name", "192.0.2.5"],
            ["serve", "--public-name", "https://ringproof.example"],
            ["serve", "--online-delay", "-1"],
            ["serve", "--online-delay", "60001"],
            ["serve", "--media", "clip.mp4"],
            ["serve", "--media", "https://example.com/clip.mp4=/no/such/clip.mp4"],
        ],
    )
    def test_wrong_usage_exits_64_with_a_sentence(
        self, argv: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
    ):
        more = ["--report-dir", str(tmp_path / "report")] if argv[0] == "run" else []
        assert cli.main([*argv, *more]) == exit_codes.USAGE
        printed = capsys.readouterr()
        assert printed.err.strip()
        assert "Traceback" not in printed.out + printed.err

    @pytest.mark.parametrize("command", cli.COMMANDS)
    def test_every_command_shows_an_example(self, command: str, capsys: pytest.CaptureFixture[str]):
        assert cli.main([command, "--help"]) == exit_codes.AS_EXPECTED
        output = " ".join(capsys.readouterr().out.split())
        assert f"Example: ringproof {command}" in output
        assert "Exit status: 0" in output

    @pytest.mark.parametrize(
        ("command", "output"),
        [
            ("run", "1 the client fails a MUST"),
            ("run", "130 interrupted"),
            ("compare", "1 something got worse"),
            ("mutants", "4 one was missed"),
        ],
    )
    def test_help_has_the_exit_statuses_of_the_command(
        self, command: str, output: str, capsys: pytest.CaptureFixture[str]
    ):
        assert cli.main([command, "--help"]) == exit_codes.AS_EXPECTED
        assert output in " ".join(capsys.readouterr().out.split())

    def test_help_of_adapter_check_has_its_exit_statuses(self, capsys: pytest.CaptureFixture[str]):
        assert cli.main(["adapter", "check", "--help"]) == exit_codes.AS_EXPECTED
        assert "3 the adapter broke the protocol" in " ".join(capsys.readouterr().out.split())

    def test_help_names_every_command(self, capsys: pytest.CaptureFixture[str]):
        assert cli.main(["--help"]) == exit_codes.AS_EXPECTED
        output = capsys.readouterr().out
        assert all(command in output for command in cli.COMMANDS)

    def test_help_does_not_import_what_only_a_run_needs(self):
        code = (
            "import sys; from ringproof import cli; cli.main(['run', '--help']); "
            "heavy = {'aiortc', 'hypothesis', 'httpx', 'playwright', 'uvicorn'}; "
            "sys.exit(bool(heavy & sys.modules.keys()))"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestClauses:
    def test_every_row_of_the_ledger_is_listed_with_check_or_exclusion(
        self, capsys: pytest.CaptureFixture[str]
    ):
        assert cli.main(["clauses", "--json"]) == exit_codes.AS_EXPECTED
        rows = json.loads(capsys.readouterr().out)["clauses"]
        assert [row["id"] for row in rows] == [row.id for row in ledger.load()]
        assert all(bool(row["check"]) != bool(row["excluded"]) for row in rows)

    def test_untested_lists_the_reasons(self, capsys: pytest.CaptureFixture[str]):
        assert cli.main(["clauses", "--untested"]) == exit_codes.AS_EXPECTED
        output = capsys.readouterr().out
        assert "advice/react-to-status" in output
        assert "\nstatus/answer-order" not in output
        assert "excluded: " in output


class TestJudge:
    @pytest.fixture
    def trace(self, tmp_path: Path) -> Path:
        path = tmp_path / "trace.jsonl"
        path.write_bytes(runs.trace().dumps())
        return path

    def test_recorded_failure_is_red_again(self, trace: Path, capsys: pytest.CaptureFixture[str]):
        assert cli.main(["judge", str(trace), "--ladder"]) == exit_codes.SUT_FAILS
        output = capsys.readouterr().out
        assert "FAIL status/answer-order" in output
        assert "=> " in output

    def test_outcomes_can_be_had_as_json(self, trace: Path, capsys: pytest.CaptureFixture[str]):
        assert cli.main(["judge", str(trace), "--json"]) == exit_codes.SUT_FAILS
        (judged,) = json.loads(capsys.readouterr().out)["traces"]
        assert judged["clauses"]["status/answer-order"]["failures"]

    def test_trace_that_shows_nothing_is_not_green(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        path = tmp_path / "empty.jsonl"
        path.write_bytes(runs.trace().dumps().splitlines()[0])
        assert cli.main(["judge", str(path)]) == exit_codes.NOTHING_JUDGED

    def test_file_that_is_no_trace_is_refused_with_its_line(
        self, trace: Path, capsys: pytest.CaptureFixture[str]
    ):
        trace.write_bytes(trace.read_bytes() + b"{}\n")
        assert cli.main(["judge", str(trace)]) == exit_codes.USAGE
        assert "line 12" in capsys.readouterr().err

    def test_reports_of_recorded_traces_are_those_of_a_run(
        self, trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        folder = tmp_path / "report"
        argv = ["judge", str(trace), "--report-dir", str(folder)]
        assert cli.main(argv) == exit_codes.SUT_FAILS
        document = json.loads((folder / "report.json").read_text())
        assert document["status"] == "complete"
        assert document["exit"] == exit_codes.SUT_FAILS
        failed = [one["id"] for one in document["clauses"] if one["verdict"] == "FAIL"]
        assert "status/answer-order" in failed
        for name in ("report.html", "junit.xml", "report.sarif", "summary.md", "badge.svg"):
            assert (folder / name).stat().st_size
        assert (folder / "traces" / "status-answer-order.jsonl").read_bytes() == trace.read_bytes()

    def test_trace_is_not_lost_to_the_reports_about_it(
        self, trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        inside = tmp_path / "report" / "traces" / "one.jsonl"
        inside.parent.mkdir(parents=True)
        inside.write_bytes(trace.read_bytes())
        argv = ["judge", str(inside), "--report-dir", str(tmp_path / "report")]
        assert cli.main(argv) == exit_codes.USAGE
        assert "choose another folder" in capsys.readouterr().err
        assert inside.exists()


class TestRun:
    def test_small_run_writes_every_report(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        folder = tmp_path / "report"
        argv = ["run", "--examples", "0", "--only", "accept/at-once", "--only", "decline/*"]
        assert cli.main([*argv, "--report-dir", str(folder)]) == exit_codes.AS_EXPECTED
        document = json.loads((folder / "report.json").read_text())
        assert document["status"] == "complete"
        assert document["scenarios"]["catalogue"] >= 2
        assert document["scenarios"]["generated"] == 0
        ET.parse(folder / "junit.xml")
        assert (folder / "events.jsonl").read_text().count("scenario_finished") >= 2
        output = capsys.readouterr().out
        assert "status/reject-order" in output
        assert "exit 0" in output

    def test_json_is_all_that_reaches_standard_output(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        argv = ["run", "--examples", "0", "--only", "decline/at-once", "--json"]
        assert cli.main([*argv, "--report-dir", str(tmp_path)]) == exit_codes.AS_EXPECTED
        printed = capsys.readouterr()
        assert json.loads(printed.out)["exit"] == 0
        assert "Verdicts" in printed.err

    def test_failure_can_be_replayed_from_the_report(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        argv = ["run", "--sut", "mutant:status-skips-connecting", "--examples", "0"]
        argv += ["--only", "accept/after-a-while", "--report-dir", str(tmp_path)]
        assert cli.main(argv) == exit_codes.SUT_FAILS
        document = json.loads((tmp_path / "report.json").read_text())
        (failure,) = [c["first_failure"] for c in document["clauses"] if c["verdict"] == "FAIL"]
        assert (tmp_path / failure["trace"]).exists()
        words = failure["replay"].split()
        assert words[0] == "ringproof"
        assert cli.main(words[1:]) == exit_codes.SUT_FAILS

    def test_run_that_cannot_begin_leaves_no_green_report_behind(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        write_green(tmp_path)
        argv = ["run", "--sut", "mutant:no-such", "--report-dir", str(tmp_path)]
        assert cli.main(argv) == exit_codes.USAGE
        document = json.loads((tmp_path / "report.json").read_text())
        assert (document["status"], document["exit"]) == ("incomplete", exit_codes.USAGE)
        assert "no mutant" in document["faults"][0]["text"]


class TestReplay:
    def test_scenario_file_is_played_and_drawn(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        path = tmp_path / "scenario.json"
        path.write_bytes(
            to_json(Scenario(callers=(Caller(talk_ms=10),), actions=(Answer(audio=True),)))
        )
        trace = tmp_path / "out.jsonl"
        assert cli.main(["replay", str(path), "--trace", str(trace)]) == exit_codes.AS_EXPECTED
        output = capsys.readouterr().out
        assert "the subscriber answers call 0 (audio on)" in output
        assert "verto.invite" in output
        assert cli.main(["judge", str(trace)]) == exit_codes.AS_EXPECTED

    def test_catalogue_name_is_played_as_often_as_asked(self, capsys: pytest.CaptureFixture[str]):
        argv = ["replay", "decline/at-once", "--times", "3", "--json"]
        assert cli.main(argv) == exit_codes.AS_EXPECTED
        assert json.loads(capsys.readouterr().out)["scenarios"]["run"] == 3

    def test_reports_are_those_of_a_run(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        folder = tmp_path / "report"
        argv = ["replay", "accept/audio", "--sut", "mutant:status-skips-connecting", "--simulate"]
        assert cli.main([*argv, "--report-dir", str(folder)]) == exit_codes.SUT_FAILS
        document = json.loads((folder / "report.json").read_text())
        assert (document["status"], document["exit"]) == ("complete", exit_codes.SUT_FAILS)
        assert 'class="ladder"' in (folder / "report.html").read_text()


@own_process
class TestSignals:
    @pytest.mark.parametrize(
        "how", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
    )
    def test_interrupted_run_leaves_reports_that_say_incomplete(
        self, how: signal.Signals, tmp_path: Path
    ):
        argv = [sys.executable, "-m", "ringproof.cli", "run", "--examples", "600"]
        process = subprocess.Popen(
            [*argv, "--report-dir", str(tmp_path), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            wait_for_text(tmp_path / "events.jsonl", b"scenario_finished", process)
            process.send_signal(how)
            out, err = process.communicate(timeout=RUN_WITHIN_S)
        finally:
            process.kill()
        assert process.returncode == exit_codes.INTERRUPTED
        assert json.loads(out)["status"] == "incomplete"
        assert json.loads((tmp_path / "report.json").read_text())["status"] == "incomplete"
        assert b"Traceback" not in err

    def test_serve_prints_what_to_paste_and_stops_cleanly(self):
        argv = [sys.executable, "-m", "ringproof.cli", "serve", "--port", "0", "--http-port", "0"]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            assert process.stdout is not None
            lines = []
            while b"Ctrl-C" not in (line := process.stdout.readline()) and line:
                lines.append(line.decode())
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=RUN_WITHIN_S)
        finally:
            process.kill()
        output = "".join(lines)
        for words in (
            "project",
            "API token",
            "CA file",
            "/demo",
            "curl --cacert",
            '"command":"dial"',
        ):
            assert words in output
        assert process.returncode == exit_codes.AS_EXPECTED
        assert err == b""


def status_without_a_reader(*argv: str) -> int:
    """Run a command whose standard output nobody reads; return its exit status."""
    command = [sys.executable, "-m", "ringproof.cli", *argv]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.close()
        return process.wait(RUN_WITHIN_S)


@own_process
@pytest.mark.parametrize("output", [["--json"], []], ids=["json", "table"])
@pytest.mark.parametrize("sut", ["mutant:list-newest-only", "reference"])
def test_reader_that_goes_away_early_changes_no_verdict(
    sut: str, output: list[str], tmp_path: Path
):
    argv = ["run", "--sut", sut, "--only", "simultaneous/*", *output]
    argv += ["--simulate", "--examples", "0", "--report-dir", str(tmp_path)]
    assert status_without_a_reader(*argv) == exit_codes.READER_GONE
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert report["status"] == "complete"
    assert (report["exit"] == exit_codes.SUT_FAILS) is (sut != "reference")


@own_process
@pytest.mark.parametrize("argv", [("--help",), ("mutants", "--help"), ("clauses",), ("--version",)])
def test_reader_that_goes_away_early_has_a_status_of_its_own(argv: tuple[str, ...]):
    assert status_without_a_reader(*argv) == exit_codes.READER_GONE


def test_what_nobody_foresaw_is_a_fault_of_ours_and_not_of_the_client(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    def fail(name: str) -> None:
        raise RuntimeError("out of coffee")

    monkeypatch.setattr("ringproof.commands.run_plan.find_sut", fail)
    assert cli.main(["run", "--report-dir", str(tmp_path)]) == exit_codes.HARNESS_FAULT
    assert "out of coffee" in capsys.readouterr().err


def wait_for_text(path: Path, text: bytes, process: subprocess.Popen[bytes]) -> None:
    """Return once the file holds the text; fail when the process ends before."""
    until(lambda: path.exists() and text in path.read_bytes(), process, process.communicate)


def test_media_option_maps_a_url_to_a_file(tmp_path: Path):
    clip = tmp_path / "clip.mp4"
    clip.touch()
    url = "https://example.com/a.mp4?sign=1"
    assert serve._media_file(f"{url}={clip}") == (url, clip)


def test_nothing_in_a_trace_moves_the_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    trace = tmp_path / "trace.jsonl"
    assert cli.main(["replay", "accept/audio", "--simulate", "--trace", str(trace)]) == 0
    header, _, rest = trace.read_text().partition("\n")
    evil = msgspec.json.decode(header) | {"sut": "\x1b[31mred\x1b]0;title\x07"}
    trace.write_text(f"{msgspec.json.encode(evil).decode()}\n{rest}")
    capsys.readouterr()
    assert cli.main(["judge", str(trace), "--ladder"]) == 0
    judged = capsys.readouterr().out
    assert "\\x1b[31mred" in judged
    assert "\x1b" not in judged


def test_nothing_in_a_log_line_moves_the_cursor():
    assert cli.main(["clauses"]) == 0
    assert logging.lastResort is not None
    record = logging.LogRecord("x", logging.WARNING, "", 0, "to %s", ("\x1b[2J",), None)
    assert logging.lastResort.format(record) == "to \\x1b[2J"
