"""Clients that are not ours: a command line, a manifest, or a process that dials by itself."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import pytest

from ringproof import exit_codes
from ringproof.adapters import wire
from ringproof.adapters.protocol import AdapterError, Command
from ringproof.adapters.wire import WrongCommand
from ringproof.cli import main
from ringproof.network.worker import blame
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.suts import registry
from ringproof.suts.sut import SutError
from ringproof.verdict import Owner, Verdict
from ringproof_scenarios.model import Answer, Caller, Observe, Scenario
from tests.harness.conftest import selection_of

ROOT = Path(__file__).parents[3]
ADAPTERS = ROOT / "tests/harness/adapters"
HONEST = f"{sys.executable} -m tests.harness.adapters.hostile.honest"

SKIP = """
[[skip]]
clause = "status/answer-order"
reason = "known"
issue = "https://example.com/7"
expires = {day}
"""


Written = Callable[[str], Path]


@pytest.fixture
def manifest(tmp_path: Path) -> Written:
    """Return what writes a manifest."""

    def write(text: str) -> Path:
        path = tmp_path / "adapter.toml"
        path.write_text(text)
        return path

    return write


HEAD = f'command = {json.dumps(HONEST.split())}\nenvironment = {{PYTHONPATH = "{ROOT}"}}\n'
"""Of a manifest of an honest client that is started elsewhere than where it lives."""


PRINTS_ITS_START = """\
import json, os, sys
names = ("NODE_EXTRA_CA_CERTS", "RINGPROOF_CA_FILE", "RINGPROOF_URL")
env = {name: os.environ.get(name, "")[:8] for name in names}
print(json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), **env}), file=sys.stderr)
"""
"""A program that says how it was started, and exits."""


async def started(name: str, folder: Path) -> dict[str, object]:
    adapter = registry.find(name).make(_Served(folder))
    with pytest.raises(AdapterError) as raised:
        await adapter.start(lambda event: None)
    await adapter.close()
    (line,) = (line for line in str(raised.value).splitlines() if line.startswith("  {"))
    return json.loads(line)


async def test_command_line_starts_a_process(tmp_path: Path):
    program = tmp_path / "adapter.py"
    program.write_text(PRINTS_ITS_START)
    name = f"{sys.executable} {program} 'a b'"
    assert await started(name, tmp_path) == {
        "argv": ["a b"],
        "cwd": os.getcwd(),
        "NODE_EXTRA_CA_CERTS": "/ca.pem",
        "RINGPROOF_CA_FILE": "/ca.pem",
        "RINGPROOF_URL": "",
    }
    assert registry.find(name).media_by_caps


class _Served:
    """As much of a server as a SUT is made with."""

    def __init__(self, folder: Path) -> None:
        self.ca_file = "/ca.pem"


@pytest.mark.parametrize("name", ["sh", "./sh", "/bin/sh"])
def test_program_without_arguments_is_a_command_line(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir("/bin")
    assert registry.find(name).name == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("refrence", "unknown SUT 'refrence': there is reference, .*, 'COMMAND LINE'"),
        ("nonsense --fast", "there is no program 'nonsense' to start"),
        ("./nonsense", "there is no program './nonsense' to start"),
        ("it's", "No closing quotation"),
        ("missing.toml", "missing.toml: cannot be read"),
        ("attach:missing.toml", "missing.toml: cannot be read"),
        ("", "unknown SUT ''"),
    ],
)
def test_name_that_means_nothing_is_refused(name: str, message: str):
    with pytest.raises(SutError, match=message):
        registry.find(name)


async def test_manifest_chooses_carrier_environment_and_folder(manifest: Written, tmp_path: Path):
    (tmp_path / "adapter.py").write_text(PRINTS_ITS_START)
    path = manifest(
        f'command = ["{sys.executable}", "adapter.py"]\ncarrier = "ws"\n'
        '[environment]\nNODE_EXTRA_CA_CERTS = "mine"\n'
    )
    assert await started(str(path), tmp_path) == {
        "argv": [],
        "cwd": str(tmp_path),
        "NODE_EXTRA_CA_CERTS": "mine",
        "RINGPROOF_CA_FILE": "/ca.pem",
        "RINGPROOF_URL": "ws://127",
    }


def test_skip_past_its_day_ends_the_run_before_it_begins(
    manifest: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = manifest(HEAD + SKIP.format(day="2020-02-29"))
    arguments = ["run", "--sut", str(path), "--report-dir", str(tmp_path / "report")]
    assert main(arguments) == exit_codes.STALE_BASELINE
    message = "skips have expired: status/answer-order (2020-02-29, https://example.com/7)"
    assert message in capsys.readouterr().err


async def test_manifest_is_played_with_its_caps_statuses_and_skips(manifest: Written):
    path = manifest(
        HEAD
        + '[status]\nconnecting = "connected"\n[caps]\nmedia = "sdp"\n'
        + 'ops = ["session.open", "session.close", "sync", "call.answer"]\n'
        + SKIP.format(day="2999-01-01")
    )
    sut = registry.find(str(path))
    scenarios = (
        Scenario(name="answered", callers=(Caller(talk_ms=10),), actions=(Answer(),)),
        Scenario(name="observed", callers=(Caller(),), actions=(Observe(),)),
    )
    plan = Plan(sut=sut, selection=selection_of(*scenarios, sut=sut), seed=0, reduce=False)
    finished = await run(plan, lambda event: None)
    assert (finished.counts.run, finished.faults) == (1, ())
    verdicts = {one.id: one for one in finished.verdicts}
    skipped = verdicts["status/answer-order"]
    assert skipped.verdict is Verdict.NOT_APPLICABLE
    assert skipped.reason == "skipped until 2999-01-01: known (https://example.com/7)"
    late = verdicts["status/late-subscriber"]
    assert (late.verdict, late.reason) == (
        Verdict.NOT_APPLICABLE,
        "the SUT does not declare observe",
    )
    assert verdicts["status/no-repeat"].verdict is Verdict.WARN, "connected twice, as mapped"
    declined = verdicts["outcome/decline-no-media"]
    assert declined.verdict is Verdict.NOT_EXERCISED
    assert declined.reason.endswith("does not declare it: observe (1 scenarios)")


def test_command_that_the_protocol_forbids_is_blamed_on_us():
    with pytest.raises(WrongCommand) as raised:
        wire.encode(Command(id="1", op="sync"))
    assert blame([raised.value], "a/scenario").owner is Owner.HARNESS


class TestAttaching:
    """A SUT that is waited for, not started."""

    def test_flag_names_it(self):
        assert registry.attached("reference") == "attach"
        assert registry.attached("my/adapter.toml") == "attach:my/adapter.toml"
        with pytest.raises(SutError, match=r"give no --sut but adapter\.toml .*: chromium"):
            registry.attached("chromium")

    def test_flag_with_another_client_is_wrong_usage(self, capsys: pytest.CaptureFixture[str]):
        assert main(["run", "--attach", "--sut", "chromium"]) == exit_codes.USAGE
        assert main(["replay", "accept/audio", "--attach", "--sut", "x y"]) == exit_codes.USAGE
        assert "give no --sut but adapter.toml" in capsys.readouterr().err

    async def test_it_is_waited_for_ten_minutes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        allowed: list[float | None] = []

        def at_once(within_s: float | None) -> asyncio.Timeout:
            allowed.append(within_s)
            return asyncio.Timeout(asyncio.get_running_loop().time())

        adapter = registry.find("attach").make(_Served(tmp_path))
        monkeypatch.setattr(asyncio, "timeout", at_once)
        with pytest.raises(AdapterError, match="did not dial its carrier within 600 s"):
            await adapter.start(lambda event: None)
        monkeypatch.undo()
        await adapter.close()
        assert allowed == [600.0]

    async def test_url_is_printed_and_a_client_that_dials_it_is_greeted(
        self, manifest: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        path = manifest('command = "x"\n[caps]\nsessions = 1\n')
        adapter = registry.find(f"attach:{path}").make(_Served(tmp_path))
        starting = asyncio.ensure_future(adapter.start(lambda event: None))
        message = ""
        async with asyncio.timeout(30):
            while "ws://" not in message:
                await asyncio.sleep(0)
                message += capsys.readouterr().err
        url = next(word for word in message.split() if word.startswith("ws://127.0.0.1:"))
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(ADAPTERS / "dialer.py"), env={**os.environ, "RINGPROOF_URL": url}
        )
        hello = await starting
        assert (hello.name, hello.sessions) == ("dialer", 1)
        await adapter.close()
        assert await process.wait() == 0


class TestTheHarnessEnds:
    """Whatever ends the harness, the process it started is gone soon after."""

    @pytest.fixture
    def running(self, tmp_path: Path) -> Iterator[tuple[subprocess.Popen, TextIO]]:
        """A run whose adapter has been asked to open a session, and what ends with the adapter."""
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        command = f"{sys.executable} {ADAPTERS}/hostile/lingers.py {fifo}"
        arguments = ["--sut", command, "--only", "accept/audio", "--examples", "0"]
        process = subprocess.Popen(
            [sys.executable, "-m", "ringproof.cli", "run", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with fifo.open() as adapter:
            assert adapter.readline() == "asked\n"
            yield process, adapter
        process.kill()
        process.wait()

    @pytest.mark.parametrize(
        ("number", "status"),
        [
            (signal.SIGTERM, exit_codes.INTERRUPTED),
            (signal.SIGINT, exit_codes.INTERRUPTED),
            (signal.SIGKILL, -9),
        ],
    )
    def test_adapter_ends_with_it(
        self, running: tuple[subprocess.Popen, TextIO], number: signal.Signals, status: int
    ):
        process, adapter = running
        process.send_signal(number)
        assert process.wait(timeout=50) == status
        assert adapter.read() == "", "which is the end, once nobody holds the other side"
