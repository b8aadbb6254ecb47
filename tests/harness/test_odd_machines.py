"""The command on machines with an odd locale, odd folders or a full disk, as a process."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ringproof import exit_codes
from ringproof.adapters import node_runtime
from ringproof.adapters.npm import Package, PackageError
from tests.harness.adapters.test_npm import Registry
from tests.harness.report.test_files import write_green

RINGPROOF = Path(sys.executable).parent / "ringproof"

SECONDS = 300
"""Of a command that takes some seconds on an idle machine."""

pytestmark = pytest.mark.timeout(SECONDS + 60)

ENCODINGS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "locale-c": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
CODECS = {"ascii": "ascii", "cp1252": "cp1252", "locale-c": "ascii"}


FAILS = "register-misses-the-first-invite"
"""A mutant that fails accept/audio."""


def run(*words: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [RINGPROOF, *words],
        cwd=cwd,
        env={**kept, "XDG_STATE_HOME": str(cwd / "state"), "COLUMNS": "120", **more},
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
class TestEncoding:
    def test_the_clauses_are_listed(self, tmp_path: Path, encoding: str):
        done = run("clauses", cwd=tmp_path, **ENCODINGS[encoding])
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode(CODECS[encoding])

    def test_json_is_the_same_in_every_encoding(self, tmp_path: Path, encoding: str):
        names = run("clauses", "--json", cwd=tmp_path, **ENCODINGS[encoding])
        usual = run("clauses", "--json", cwd=tmp_path, PYTHONIOENCODING="utf-8")
        assert json.loads(names.stdout) == json.loads(usual.stdout)

    def test_a_failing_client_ends_with_the_status_of_its_verdict(
        self, tmp_path: Path, encoding: str
    ):
        words = ("replay", "accept/audio", "--simulate", "--sut", "mutant:" + FAILS)
        done = run(*words, cwd=tmp_path, **ENCODINGS[encoding])
        assert done.returncode == exit_codes.SUT_FAILS, done.stderr
        assert done.stderr == b""
        assert " | " in done.stdout.decode(CODECS[encoding]), "the ladder"


class TestFolders:
    @pytest.mark.parametrize(
        "variables", [{"XDG_STATE_HOME": "/dev/null"}, {"XDG_STATE_HOME": "", "HOME": "/dev/null"}]
    )
    @pytest.mark.parametrize(
        "words", [("serve", "--port", "0", "--http-port", "0"), ("run", "--network")]
    )
    def test_a_folder_for_state_that_cannot_be_written_is_named_with_its_variable(
        self, tmp_path: Path, words: tuple[str, ...], variables: dict[str, str]
    ):
        # No npm on PATH: no registry is asked for the SDK of the demo page.
        done = run(*words, cwd=tmp_path, PATH="/nonexistent", **variables)
        text = " ".join((done.stderr + done.stdout).decode().split())
        assert done.returncode == exit_codes.HARNESS_FAULT, text
        assert "/dev/null" in text
        assert "set XDG_STATE_HOME to a folder that can be written" in text
        assert "Traceback" not in text
        assert "--port" not in text

    def test_serve_goes_on_without_an_sdk_where_no_package_can_be_kept(self, tmp_path: Path):
        words = (RINGPROOF, "serve", "--port", "0", "--http-port", "0", "--json")
        state = str(tmp_path / "state")
        env = {**os.environ, "XDG_CACHE_HOME": "/dev/null", "XDG_STATE_HOME": state}
        pipe = subprocess.PIPE
        with subprocess.Popen(
            words, env={**env, "PATH": "/nonexistent"}, stdout=pipe, stderr=pipe
        ) as process:
            assert process.stdout is not None
            served = json.loads(process.stdout.readline())
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 0
        assert served["sdk"] is None
        assert b"the demo page will have no SDK" in errors


FULL = "No space left on device"
PLAYED = ("--simulate", "--examples", "0", "--only", "accept/audio")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Return what mounts a disk of a size (``64k``)."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small disk")
    with contextlib.ExitStack() as stack:

        def mount(size: str) -> Path:
            folder = tmp_path / f"disk-{size}"
            folder.mkdir()
            kind = ("-t", "tmpfs", "-o", f"size={size}", "tmpfs")
            subprocess.run(("mount", *kind, folder), check=True)
            stack.callback(subprocess.run, ("umount", "--lazy", folder), check=True)
            return folder

        yield mount


def fill(folder: Path) -> None:
    with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


def said(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return all that was printed, on one line, once it is known to be no traceback."""
    text = " ".join((done.stdout + done.stderr).decode().split())
    assert "Traceback" not in text
    assert "Exception ignored" not in text
    return text


class TestFullDisk:
    @pytest.mark.parametrize("size", ["4k", "64k", "100k"], ids=["at once", "during", "at the end"])
    def test_reports_that_cannot_be_kept_are_said_and_end_the_run_with_4(
        self, tmp_path: Path, small_disk: Callable[[str], Path], size: str
    ):
        folder = small_disk(size) / "report"
        played = PLAYED if size == "100k" else PLAYED[:3]
        done = run("run", *played, "--report-dir", str(folder), cwd=tmp_path)
        text = said(done)
        assert done.returncode == exit_codes.HARNESS_FAULT, text
        assert f"--report-dir {folder}: {FULL}" in text
        assert "free some space, or choose another --report-dir" in text
        assert text.count(FULL) == 1
        assert json.loads((folder / "report.json").read_bytes())["status"] == "incomplete"

    def test_reports_of_an_earlier_run_do_not_stay_on_a_full_disk(
        self, tmp_path: Path, small_disk: Callable[[str], Path]
    ):
        folder = small_disk("300k") / "report"
        write_green(folder)
        fill(folder)
        done = run("run", *PLAYED, "--report-dir", str(folder), cwd=tmp_path)
        assert done.returncode == exit_codes.HARNESS_FAULT, said(done)
        assert f"--report-dir {folder}: {FULL}: {folder}/report.json" in said(done)
        assert not (folder / "report.json").exists()
        assert not (folder / "badge.svg").exists()

    def test_a_file_that_exceeds_the_limit_of_the_process_is_said_too(self, tmp_path: Path):
        words = (str(RINGPROOF), "run", *PLAYED, "--report-dir", "report")
        done = subprocess.run(
            words,
            cwd=tmp_path,
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == exit_codes.HARNESS_FAULT, said(done)
        assert "--report-dir report: File too large: report/" in said(done)

    @pytest.mark.parametrize(
        ("words", "option"),
        [
            (("matrix", "--sut", "reference", "--sut", f"mutant:{FAILS}", "--examples", "0",
              "--only", "accept/audio", "--report-dir", "DISK"), "--report-dir DISK/reference"),
            (("campaign", "--seeds", "200", "--workers", "1", "--dir", "DISK"), "--dir DISK"),
            (("replay", "accept/audio", "--simulate", "--trace", "DISK/t.jsonl"),
             "--trace DISK/t.jsonl"),
        ],
        ids=["matrix", "campaign", "replay"],
    )  # fmt: skip
    def test_other_files_are_named_with_their_option(
        self,
        tmp_path: Path,
        small_disk: Callable[[str], Path],
        words: tuple[str, ...],
        option: str,
    ):
        disk = str(small_disk("4k"))
        done = run(*(word.replace("DISK", disk) for word in words), cwd=tmp_path)
        assert done.returncode == exit_codes.HARNESS_FAULT, said(done)
        assert f"{option.replace('DISK', disk)}: {FULL}" in said(done)
        assert "free some space, or choose another --" in said(done)

    def test_standard_output_that_is_full_is_no_success(self, tmp_path: Path):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [RINGPROOF, "clauses"], stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert done.returncode == exit_codes.HARNESS_FAULT
        assert b"standard output: No space left on device; free some space" in done.stderr
        assert b"Exception ignored" not in done.stderr

    def test_a_folder_for_state_is_named_with_its_variable(
        self, tmp_path: Path, small_disk: Callable[[str], Path]
    ):
        disk = small_disk("4k")
        words = ("serve", "--port", "0", "--http-port", "0")
        done = run(*words, cwd=tmp_path, PATH="/nonexistent", XDG_STATE_HOME=str(disk))
        assert done.returncode == exit_codes.HARNESS_FAULT, said(done)
        assert f"the certificate cannot be kept: {disk}/ringproof/tls/" in said(done)
        assert f"{FULL}; set XDG_STATE_HOME to a folder" in said(done)

    @pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "TMPDIR", "npm_config_cache"])
    def test_a_cache_is_named_with_its_variable_and_serve_goes_on(
        self, tmp_path: Path, small_disk: Callable[[str], Path], variable: str
    ):
        disk = small_disk("64k")
        if variable == "XDG_CACHE_HOME":
            Registry(tmp_path).publish(version="4.0.0-beta.12", filler="x" * 100_000)
        else:  # as npm says it, wherever it was
            failed = "npm error code ENOSPC\nnpm error nospc"
            Registry(tmp_path).answer(stderr=failed, code=1)
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        places = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": path, variable: str(disk)}
        env = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), **places}
        words = (RINGPROOF, "serve", "--port", "0", "--http-port", "0", "--json")
        pipe = subprocess.PIPE
        with subprocess.Popen(words, env=env, stdout=pipe, stderr=pipe) as process:
            assert process.stdout is not None
            served = json.loads(process.stdout.readline())
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 0
        assert served["sdk"] is None
        assert b"the demo page will have no SDK" in errors
        assert f"set {variable} to " in errors.decode()
        assert "Traceback" not in errors.decode()

    def test_packages_that_npm_left_half_written_are_not_kept(
        self,
        tmp_path: Path,
        small_disk: Callable[[str], Path],
        monkeypatch: pytest.MonkeyPatch,
    ):
        """npm reports success on a disk that filled up while it unpacked."""
        disk = small_disk("64k")
        Registry(tmp_path).answer()
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("XDG_CACHE_HOME", str(disk))
        sdk = Package(name="sdk", version="4.0.0", folder=tmp_path)
        with pytest.raises(PackageError, match=f"packages cannot be kept.*{FULL}; set XDG_CACHE_H"):
            node_runtime.find(sdk)
        assert list((disk / "ringproof" / "npm" / "runtimes").iterdir()) == []
