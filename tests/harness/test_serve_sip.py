"""``ringproof serve --sip``: SIP is off without it, and listens where it says."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fakeserver.sip.torture import message

WITHIN_S = 60


@contextmanager
def serving(*options: str) -> Iterator[dict[str, object]]:
    """Run the command and yield the line that it prints."""
    command = [sys.executable, "-m", "ringproof.cli", "serve", "--json"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--http-port", "0", *options],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=WITHIN_S)
        assert process.returncode == 0


def test_there_is_no_sip_unless_it_is_asked_for():
    with serving() as printed:
        assert printed["sip"] is None


def test_sip_is_served_at_the_address_that_is_printed():
    with serving("--sip", "0") as printed:
        address = printed["sip"]
        assert isinstance(address, list)
        assert address[0] == "127.0.0.1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.settimeout(WITHIN_S)
            phone.bind(("127.0.0.1", 0))
            phone.sendto(message(), tuple(address))
            assert phone.recv(65_536).startswith(b"SIP/2.0 200 OK\r\n")


def test_a_port_that_cannot_be_is_refused():
    command = [sys.executable, "-m", "ringproof.cli", "serve", "--sip", "70000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN_S)
    assert done.returncode == 64
    assert "--sip 70000: give a port from 0 to 65535" in done.stderr


@pytest.mark.parametrize(("options", "port"), [(["--sip"], 5060), (["--sip", "0"], 0)])
def test_the_port_may_be_left_out(monkeypatch, options: list[str], port: int):
    from ringproof import cli
    from ringproof.commands import serve

    seen = []

    async def caught(config, *, json):
        seen.append(config.sip_port)
        return 0

    monkeypatch.setattr(serve, "_serve", caught)
    assert cli.main(["serve", *options, "--port", "0"]) in (0, None)
    assert seen == [port]
