"""``ringproof serve --public-name`` from another network namespace, as from another machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import uuid
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from ringproof.adapters import firefox
from ringproof_fakeserver import tls

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

RINGPROOF = str(Path(sys.executable).parent / "ringproof")
ROOT = Path(__file__).parents[2]
SERVER, CLIENT = "198.51.100.1", "198.51.100.2"
"""TEST-NET-2 of RFC 5737, in namespaces that nothing else uses."""
NAME = "ringproof.example"


def ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True)


class Machines:
    """Two network namespaces joined by one cable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        marker = uuid.uuid4().hex[:8]
        self.server, self.client = f"rp-server-{marker}", f"rp-client-{marker}"

    @contextlib.contextmanager
    def set_up(self) -> Iterator[Machines]:
        with contextlib.ExitStack() as stack:
            for name in (self.server, self.client):
                ip("netns", "add", name)
                stack.callback(ip, "netns", "delete", name)
            ip(*("-n", self.server, "link", "add", "cable", "type", "veth"),
               *("peer", "name", "cable", "netns", self.client))  # fmt: skip
            for name, address in ((self.server, SERVER), (self.client, CLIENT)):
                ip("-n", name, "address", "add", f"{address}/24", "dev", "cable")
                # An address of IPv6 comes into use only after a second or two, and Chromium then
                # breaks off what it loads ("network changed").
                ip("-n", name, "link", "set", "cable", "addrgenmode", "none")
                for device in ("lo", "cable"):
                    ip("-n", name, "link", "set", device, "up")
            yield self

    async def run(self, machine: str, *words: str, hosts: str = "", **more: Any) -> Process:
        """Start a program on one of the machines, with these lines as its file of hosts."""
        file = self._folder / f"{machine}.hosts"
        file.write_text(f"127.0.0.1 localhost\n{hosts}\n")
        script = f"mount --bind {shlex.quote(str(file))} /etc/hosts && exec {shlex.join(words)}"
        command = ("ip", "netns", "exec", machine, "sh", "-c", script)
        return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, **more)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and iproute2, to make network namespaces")
    with Machines(tmp_path).set_up() as made:
        yield made


class Serving:
    def __init__(self, printed: str) -> None:
        self.printed = printed
        self.demo = re.findall(r"https://\S+/demo", printed)[0]
        self.token_line, self.dial_line = re.findall(r"^\s*(curl .*)$", printed, re.M)


@contextlib.asynccontextmanager
async def serve(machines: Machines, host: str) -> AsyncIterator[Serving]:
    words = (RINGPROOF, "serve", "--host", host, "--public-name", NAME)
    process = await machines.run(machines.server, *words, stderr=PIPE)
    assert process.stdout is not None
    printed = (await process.stdout.readuntil(b"Ctrl-C stops.")).decode()
    try:
        yield Serving(printed)
    finally:
        process.terminate()
        _, said = await process.communicate()
    assert process.returncode == 0
    assert said.decode().splitlines() == [
        f"listening on {host}: anybody who reaches it can place calls"
    ]


async def paste(machines: Machines, line: str, hosts: str) -> dict[str, Any]:
    words = ("sh", "-c", f"{line} --silent --show-error")
    process = await machines.run(machines.client, *words, hosts=hosts)
    answer, _ = await process.communicate()
    assert process.returncode == 0
    return dict(json.loads(answer))


def firefox_profile(folder: Path, authority: str, fingerprint: str) -> Path:
    """Make the profile of somebody who has told Firefox to trust this one certificate."""
    profile = folder / "profile"
    profile.mkdir()
    firefox.write_profile(profile, [authority], fingerprint, 9)
    with (profile / "user.js").open("a") as file:
        file.write('user_pref("network.proxy.type", 0);\n')
    return profile


UPGRADE = (
    *("-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13"),
    *("-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
)


async def curl(machines: Machines, hosts: str, *words: str) -> str:
    process = await machines.run(machines.client, "curl", "-sk", *words, hosts=hosts)
    return (await process.communicate())[0].decode()


async def test_a_browser_of_another_machine_is_judged(
    machines: Machines, package: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Firefox there opens the page that ``--attach`` prints, and dials over the one port."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    hosts = f"{SERVER} {NAME} fabric.{NAME}"
    where = ("--host", "0.0.0.0", "--public-name", NAME, "--port", "8443")
    words = ("replay", "accept/audio-video", "--sut", "browser", "--attach", "--json", *where)
    playing = await machines.run(machines.server, RINGPROOF, *words, stderr=PIPE)
    assert playing.stderr is not None
    said = (await playing.stderr.readuntil(b"gives up.")).decode()
    assert "▄" in said
    [url] = re.findall(r"https://fabric\.\S+", said)
    [authority] = re.findall(r"http://\S+/ca\.pem", said)
    assert (await curl(machines, hosts, authority)).startswith("-----BEGIN CERTIFICATE-----")
    for token in ("", "x" * 32):
        ask = ("--http1.1", "-o", "/dev/null", "-w", "%{http_code}", *UPGRADE)
        target = f"https://fabric.{NAME}:8443/ringproof-carrier/{token}"
        assert await curl(machines, hosts, *ask, target) == "404"
    [chain] = (tmp_path / "ringproof" / "tls").glob("server-*.pem")
    identity = tls.Identity(chain, chain)
    profile = firefox_profile(tmp_path, f"fabric.{NAME}:8443", identity.fingerprint())
    browser = await machines.run(
        machines.client,
        *(firefox.executable(), "--headless", "--no-remote", "--profile", str(profile), url),
        hosts=hosts,
        env={**os.environ, "HOME": str(tmp_path), "MOZ_CRASHREPORTER_DISABLE": "1"},
        start_new_session=True,
    )
    try:
        report, _ = await playing.communicate()
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        await browser.communicate()
    result = json.loads(report)
    assert result["faults"] == []
    assert result["sut"]["runtime"].startswith("Firefox ")
    verdicts = {row["id"]: row["verdict"] for row in result["clauses"]}
    assert verdicts["stream/media-flows"] == "PASS"
    assert verdicts["stream/answer-audio-video"] == "PASS"


@pytest.mark.parametrize("host", [SERVER, "0.0.0.0", "::"])
async def test_a_browser_of_another_machine_gets_a_call_with_media(
    machines: Machines,
    package: object,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    host: str,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    hosts = f"{SERVER} {NAME} fabric.{NAME}"
    async with serve(machines, host) as serving:
        assert f"https://fabric.{NAME}:8443 (also https://{NAME}:8443" in serving.printed
        # curl trusts the printed CA file alone: the certificate has the name.
        token = (await paste(machines, serving.token_line, hosts))["token"]
        words = (sys.executable, "-m", "tests.browser.other_machine", serving.demo, token)
        browser = await machines.run(machines.client, *words, hosts=hosts)
        assert browser.stdout is not None
        assert await browser.stdout.readline() == b"online\n"
        await paste(machines, serving.dial_line, hosts)
        assert await browser.stdout.read() == b"playing 320\n"
        assert await browser.wait() == 0
