"""SignalWire's own programs, unmodified, against the stand-in: its SDK for Python, and its shell.

They are installed into folders of their own, because they bring a web framework and other versions
of what is used here, and are told where the stand-in is by environment variables alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.protocol.platform import Platform
from tests.fakeserver.wire_client import WireClient, dial, registered

pytestmark = pytest.mark.long

PROGRAM = Path(__file__).with_name("official_sdk_program.py")
SDK = "signalwire-sdk==3.7.5"
SHELL = "swsh==3.0.2"
LIMIT_S = 200.0
"""Of one program: the SDK's takes 4 s on an idle machine, one command of the shell 2 s."""

REFUSED = {
    "invite": (401, []),
    "dial to nobody": (422, ["to_destination_unresolvable"]),
    "play without control_id": (422, ["missing_required_parameter"]),
    "transcribe twice": (409, []),
    "ai_hold with a number": (422, ["invalid_parameter"]),
    "update without a document": (422, ["inline_swml_or_swml_webhook_required"]),
    "end twice": (422, ["invalid_state"]),
    "end of nothing": (404, []),
    "call_flows.list": (404, []),
    **{
        f"{kind}.get again": (404, [])
        for kind in ("subscribers", "conference_rooms", "swml_scripts", "swml_webhooks")
    },
}
"""What the documentation, or the stand-in's own limits, refuse; everything else succeeds."""


def installed(folder: Path, package: str) -> Path:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), package]
    subprocess.run(install, check=True, timeout=900)
    return folder


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("sdk"), SDK)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("shell"), SHELL)


def environment(server: Server, folder: Path, space: str, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return {
        **kept,
        "PYTHONPATH": str(folder),
        "SIGNALWIRE_PROJECT_ID": server.project,
        "SIGNALWIRE_API_TOKEN": server.api_token,
        "SIGNALWIRE_SPACE": space.partition("//")[2],
        **more,
    }


async def run(*command: str, env: dict[str, str]) -> tuple[int | None, str]:
    """Run a program to its end; return its exit status and all that it printed."""
    program = await asyncio.create_subprocess_exec(
        *command,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(LIMIT_S):
        output, _ = await program.communicate()
    return program.returncode, output.decode()


@contextlib.asynccontextmanager
async def answering(server: Server) -> AsyncIterator[WireClient]:
    """Bob, who answers one call and stays until it ends."""

    async def answer() -> None:
        invite = await bob.event("verto.invite")
        await bob.answer(invite["callID"])
        await bob.event("verto.bye")

    async with registered(server, "bob@example.com") as bob:
        subscriber = server.exchange.directory.by_reference("bob@example.com")
        assert subscriber is not None
        # This client answers no pings, and a slow machine may take longer than one lasts.
        server.exchange.set_platform(subscriber.id, Platform(verto_ping_ms=0))
        task = asyncio.create_task(answer())
        yield bob
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_every_call_of_the_sdk_succeeds_or_is_refused_as_documented(
    server: Server, sdk: Path
):
    env = environment(server, sdk, server.http_url)
    async with answering(server):
        status, output = await run(sys.executable, str(PROGRAM), env=env)
    assert status == 0, output
    outcomes = {}
    for line in output.splitlines():
        name, code, codes = json.loads(line)
        outcomes[name] = code, codes
    refused = {name: outcome for name, outcome in outcomes.items() if outcome[0] != 200}
    assert refused == REFUSED
    assert len(outcomes) > 90


async def test_the_shell_finds_steers_and_ends_a_call(server: Server, shell: Path, tmp_path: Path):
    ca_file = str(server.ca_file)
    env = environment(
        server,
        shell,
        server.space_url,
        HOME=str(tmp_path),
        SSL_CERT_FILE=ca_file,
        REQUESTS_CA_BUNDLE=ca_file,
    )
    env.pop("SSL_CERT_DIR", None)

    async def sw(*arguments: str) -> tuple[int | None, str]:
        program = "import sys; from swsh.cli import main; sys.exit(main())"
        return await run(sys.executable, "-c", program, *arguments, env=env)

    async with answering(server):
        path = "/api/fabric/subscribers/tokens"
        issued = await sw("api", path, "-X", "POST", "-F", "reference=bob@example.com", "--force")
        forever = {"sections": {"main": [{"sleep": -1}]}}
        call = (await dial(server, swml=forever))["id"]
        subscribers = await sw("subscribers", "list", "--json")
        live = await sw("calls", "list", "--live", "--json")
        played = await sw("calls", "play", call, "--tts", "hello")
        moved = await sw("calls", "transfer", call, "/private/bob")
        ended = await sw("calls", "hangup", call)
        again = await sw("calls", "hangup", call)
    assert issued[0] == 0
    assert '"subscriber_id"' in issued[1]
    assert (subscribers[0], "bob" in subscribers[1]) == (0, True)
    assert (live[0], call in live[1]) == (0, True)
    # It sends neither a control_id nor the parameters that the API asks for.
    assert (played[0], "missing_required_parameter" in played[1]) == (1, True)
    assert (moved[0], ended[0]) == (0, 0), moved[1] + ended[1]
    assert "The call is over" in again[1]
