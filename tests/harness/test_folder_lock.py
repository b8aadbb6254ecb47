"""Two runs never write to one folder: the second is refused, and harms nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ringproof import cli, exit_codes
from ringproof.commands.errors import Stop
from ringproof.commands.folder_lock import HOLDER, NAME, alone_in

TWO_CLIENTS = ("--sut", "reference", "--sut", "mutant:list-newest-only")

CHILD = """
import sys
from pathlib import Path
from ringproof.commands.folder_lock import alone_in

with alone_in(Path(sys.argv[1]), "--report-dir"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("argv", "option"),
    [
        (["run", "--simulate", "--examples", "0", "--report-dir"], "--report-dir"),
        (["replay", "accept/audio", "--simulate", "--report-dir"], "--report-dir"),
        (["matrix", *TWO_CLIENTS, "--report-dir"], "--report-dir"),
        (["campaign", "--seeds", "10", "--workers", "1", "--dir"], "--dir"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_second_run_is_refused_by_the_number_of_the_first(
    argv: list[str], option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "report.json").write_text("of the first")
    with alone_in(tmp_path, option):
        assert cli.main([*argv, str(tmp_path)]) == exit_codes.USAGE
    told = capsys.readouterr().err
    assert f"{option} {tmp_path}: another run (process {os.getpid()}) writes to it" in told
    assert f"choose another {option}" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, "report.json"]
    assert (tmp_path / "report.json").read_text() == "of the first"


def test_folder_of_a_killed_run_is_free(tmp_path: Path):
    argv = [sys.executable, "-c", CHILD, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Stop, match=rf"process {holder.pid}"), alone_in(tmp_path, "--dir"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with alone_in(tmp_path, "--dir"):
            assert [path.name for path in tmp_path.glob(f"{HOLDER}*")] == [f"{HOLDER}{os.getpid()}"]


def test_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    sentence = r"--dir .*file.*choose another --dir"
    with pytest.raises(Stop, match=sentence), alone_in(tmp_path / "file", "--dir"):
        pass
