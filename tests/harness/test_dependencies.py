"""What is installed and what is not: extras, and the packages whose inside is used."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from ringproof import exit_codes
from ringproof.cli import main

OPTIONAL = ("playwright", "distributed", "dask")

WITHOUT_EXTRAS = f"""\
import sys
for name in {OPTIONAL!r}:
    sys.modules[name] = None  # importing it raises
from ringproof.cli import main
raise SystemExit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("module", "argv", "message", "code"),
    [
        (
            "playwright",
            ["run", "--sut", "chromium"],
            "--sut chromium needs playwright, which is not installed: "
            "pip install 'ringproof[browser]'",
            exit_codes.ADAPTER_FAULT,
        ),
        (
            "distributed",
            ["campaign", "--seeds", "1", "--scheduler", "tcp://127.0.0.1:1"],
            "--scheduler needs distributed, which is not installed: "
            "pip install 'ringproof[cluster]'",
            exit_codes.ADAPTER_FAULT,
        ),
    ],
)
def test_missing_extra_is_named_with_its_command(
    module: str,
    argv: list[str],
    message: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    assert main(argv) == code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        ["run", "--only", "accept/audio", "--examples", "0"],
        ["campaign", "--seeds", "1"],
        ["serve", "--help"],
        ["mutants", "--help"],
    ],
    ids=lambda argv: argv[0],
)
def test_plain_installation_needs_no_extra(argv: list[str], tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, *argv],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exit_codes.AS_EXPECTED, done.stderr


class TestInsideOfDependencies:
    """Each is capped in pyproject.toml; one of these fails first when a newer version differs."""

    def test_aioice_still_has_what_is_replaced(self):
        from aioice import Connection, ice

        assert list(inspect.signature(ice.get_host_addresses).parameters) == [
            "use_ipv4",
            "use_ipv6",
        ]
        received = inspect.signature(Connection.request_received)
        assert list(received.parameters) == ["self", "message", "addr", "protocol"]
        assert inspect.iscoroutinefunction(Connection.connect)
        assert ice.StunProtocol is not None

    def test_aiortc_still_has_what_is_replaced(self):
        from aiortc import RTCDtlsTransport, RTCRtpReceiver, RTCRtpSender

        received = inspect.signature(RTCDtlsTransport._handle_rtp_data)
        assert list(received.parameters)[:2] == ["self", "data"]
        assert inspect.iscoroutinefunction(RTCDtlsTransport._handle_rtp_data)
        sent = inspect.signature(RTCDtlsTransport._send_rtp)
        assert list(sent.parameters) == ["self", "data"]
        assert inspect.iscoroutinefunction(RTCDtlsTransport._send_rtp)
        for replaced in (
            RTCRtpReceiver.receive,
            RTCRtpReceiver.stop,
            RTCRtpSender.send,
            RTCRtpSender.stop,
        ):
            assert inspect.iscoroutinefunction(replaced)

    def test_hypothesis_still_has_the_backend_that_draws_from_the_seed_alone(self):
        from hypothesis.internal.conjecture.providers import (
            AVAILABLE_PROVIDERS,
            HypothesisProvider,
        )

        assert "hypothesis" in AVAILABLE_PROVIDERS
        assert callable(HypothesisProvider._maybe_draw_constant)
