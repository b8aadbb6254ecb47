"""A process is started, spoken to, and gone afterwards with all that it forked."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from ringproof.adapters import process
from ringproof.adapters.process import ProcessGroup, Program
from ringproof.adapters.protocol import Adapter, AdapterError, Command, Limits, Reply
from ringproof.adapters.remote import RemoteAdapter
from ringproof.trace import AnySutEvent

HERE = Path(__file__).parent
HONEST = [sys.executable, "-m", "tests.harness.adapters.hostile.honest"]
SYNC = Command(id="c1", op="sync", s="s")
OPEN = Command(id="c0", op="session.open", s="s", token="t")

Made = Callable[[Adapter], Adapter]


@pytest.fixture
async def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Made]:
    """Return what takes note of an adapter: at the end it is closed, twice, and leaves nothing."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    adapters: list[Adapter] = []

    def take(adapter: Adapter) -> Adapter:
        adapters.append(adapter)
        return adapter

    yield take
    for adapter in adapters:
        await adapter.close()
        await adapter.close()
    assert process.running == set()
    assert [name for name in os.listdir(tmp_path) if name.startswith("ringproof-")] == []


def in_shell(script: str, **more: object) -> Program:
    return Program(argv=["sh", "-c", script], name="it", **more)


def shell(script: str, **limits: float) -> RemoteAdapter:
    return RemoteAdapter(in_shell(script), limits=Limits(**limits))


def ignore(event: AnySutEvent) -> None:
    """Listen to nothing."""


async def test_client_in_a_process_of_its_own_says_who_it_is_and_says_bye(made: Made):
    adapter = made(RemoteAdapter(Program(argv=HONEST)))
    hello = await adapter.start(ignore)
    assert (hello.name, hello.carrier, hello.language) == ("reference", "stdio", "python")
    reply = await adapter.send(SYNC)
    assert (reply.error, reply.definite) == ("not_ready", True)
    child = adapter.process
    await adapter.close()
    assert child.status == 0, "it left by itself"
    with pytest.raises(AdapterError, match="was closed"):
        await adapter.send(SYNC)


async def test_command_before_the_start_is_refused(made: Made):
    with pytest.raises(AdapterError, match="start the adapter"):
        await made(RemoteAdapter(Program(argv=HONEST))).send(SYNC)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 3", r"^SUT crashed: exit status 3 \(it\)$"),
        ("exit 0", r"^SUT crashed: exit status 0 \(it\)$"),
        ("kill -SEGV $$", r"^SUT crashed: killed by SIGSEGV \(it\)$"),
        ("kill -40 $$", r"^SUT crashed: killed by signal 40 \(it\)$"),
        ("echo one >&2; printf two >&2; exit 1", "last lines of standard error:\n  one\n  two$"),
        ("exec >&-; sleep 60", "^it closed its standard output$"),
        ("echo hello", "^it said 'hello': standard output carries messages alone"),
        ("printf '{'", "^it said '{': Input data was truncated"),
    ],
)
async def test_program_that_fails_before_hello_is_quoted(made: Made, script: str, message: str):
    adapter = made(shell(script, terminate_s=0.1))
    with pytest.raises(AdapterError, match=message):
        await adapter.start(ignore)


async def test_program_that_never_replies_is_an_error(made: Made):
    adapter = made(shell("exec sleep 60", greeted_within_ms=100))
    with pytest.raises(AdapterError, match="refused hello: timeout it did not reply to hello"):
        await adapter.start(ignore)


@pytest.mark.parametrize(
    ("argv", "cwd", "message"),
    [
        (["no-such-program"], None, "cannot start 'no-such-program': No such file"),
        ([str(HERE / "dialer.py")], None, "dialer.py': Permission denied"),
        (["sh"], Path("/nowhere"), "cannot start 'sh' in /nowhere: No such file"),
    ],
)
async def test_program_that_is_not_there_is_named(
    made: Made, argv: list[str], cwd: Path | None, message: str
):
    with pytest.raises(AdapterError, match=message):
        await made(RemoteAdapter(Program(argv=argv, cwd=cwd))).start(ignore)


async def test_environment_and_folder_are_handed_on(made: Made, tmp_path: Path):
    script = 'pwd >&2; echo "$COLOUR $HOME" >&2; exit 1'
    program = in_shell(script, cwd=tmp_path, env={"COLOUR": "blue"})
    adapter = made(RemoteAdapter(program))
    with pytest.raises(AdapterError) as raised:
        await adapter.start(ignore)
    assert f"/{tmp_path.name}\n" in str(raised.value)
    assert f"  blue {os.environ['HOME']}" in str(raised.value)


STUBBORN = "trap '' TERM; echo deaf >&2; while :; do sleep 60; done"


async def stubborn(adapter: RemoteAdapter) -> tuple[asyncio.Task, ProcessGroup]:
    """Start one that ignores SIGTERM, and return once it does."""
    starting = asyncio.get_running_loop().create_task(adapter.start(ignore))
    async with asyncio.timeout(10):
        # Nobody announces a line of standard error.
        while adapter.process is None or not adapter.process.complaints:  # noqa: ASYNC110
            await asyncio.sleep(0)
    return starting, adapter.process


async def test_program_that_ignores_sigterm_is_killed(made: Made):
    """It was never greeted: end of input, SIGTERM, and then SIGKILL of the whole group."""
    adapter = made(shell(STUBBORN, exit_grace_s=0.1, terminate_s=0.2, bye_within_ms=100))
    starting, child = await stubborn(adapter)
    await adapter.close()
    assert child.status == -9
    with pytest.raises(AdapterError, match="was closed"):
        await starting


async def test_close_that_is_cancelled_still_kills(made: Made):
    adapter = made(shell(STUBBORN, terminate_s=60))
    starting, child = await stubborn(adapter)
    closing = asyncio.get_running_loop().create_task(adapter.close())
    await asyncio.sleep(0)
    closing.cancel()
    async with asyncio.timeout(10):
        await child.exited.wait()
    assert child.status == -9
    starting.cancel()


async def test_program_that_is_gone_before_its_pipes_are_read_is_reported(
    made: Made, monkeypatch: pytest.MonkeyPatch
):
    start = process._popen

    def ended(program: Program) -> subprocess.Popen[bytes]:
        child = start(program)
        child.wait()
        return child

    monkeypatch.setattr(process, "_popen", ended)
    # What it forked holds its pipes.
    with pytest.raises(AdapterError, match=r"^SUT crashed: exit status 3 \(it\)$"):
        await made(shell("sleep 60 & exit 3", terminate_s=0.1)).start(ignore)


async def test_group_is_gone_with_its_last_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(process, "GONE_WITHIN_S", 0.05)
    orphaned = in_shell("sleep 60 & exit 0")
    group = await ProcessGroup.spawn(orphaned, on_fault=lambda fault: None, limits=Limits())
    await group.exited.wait()
    assert not await group.gone()
    await group.stop(polite=False)
    monkeypatch.setattr(process, "GONE_WITHIN_S", 10.0)
    assert await group.gone()


class TestDialing:
    """A process that dials a WebSocket instead."""

    def make(self, *arguments: str) -> RemoteAdapter:
        argv = [sys.executable, str(HERE / "dialer.py"), *arguments]
        return RemoteAdapter(Program(argv=argv, name="dialer", carrier="ws"))

    async def test_it_is_greeted_spoken_to_and_leaves(self, made: Made):
        adapter = made(self.make())
        assert (await adapter.start(ignore)).name == "dialer"
        assert await adapter.send(OPEN) == Reply(re="c0", ok={})
        child = adapter.process
        await adapter.close()
        assert child.status == 0

    async def test_its_exit_before_it_dials_is_reported(self, made: Made):
        with pytest.raises(AdapterError, match="SUT crashed: exit status 3") as raised:
            await made(self.make("early")).start(ignore)
        assert "  a complaint" in str(raised.value)
        assert "  last words" in str(raised.value)

    async def test_its_death_later_says_more_than_its_socket(self, made: Made):
        adapter = made(self.make("late"))
        await adapter.start(ignore)
        with pytest.raises(AdapterError, match="SUT crashed: exit status 3") as raised:
            await adapter.send(OPEN)
        assert "  a complaint" in str(raised.value)

    async def test_program_that_never_dials_is_an_error(self, made: Made):
        adapter = RemoteAdapter(
            in_shell("echo lost >&2; exec sleep 60", carrier="ws"),
            limits=Limits(dialled_within_s=2, terminate_s=0.2),
        )
        with pytest.raises(AdapterError, match="it did not dial its carrier within") as raised:
            await made(adapter).start(ignore)
        assert "  lost" in str(raised.value)


class TestHandingOver:
    """A command that has a browser which runs already, perhaps elsewhere, open the page."""

    async def test_it_may_end_before_the_browser_dials(self, made: Made):
        dialer = f"exec {sys.executable} {HERE / 'dialer.py'} late"
        # The shell can be signalled until its exit status was read.
        waiting = f"while kill -0 $$; do :; done; {dialer}"
        script = f"({waiting}) </dev/null >/dev/null 2>&1 & exit 0"
        adapter = made(RemoteAdapter(in_shell(script, carrier="ws", page=str)))
        assert (await adapter.start(ignore)).name == "dialer"
        assert adapter.process.status == 0
        with pytest.raises(AdapterError, match=r"^it closed its carrier \(code \d+\)$"):
            await adapter.send(OPEN)

    @pytest.mark.parametrize(
        ("script", "message"),
        [
            ("exit 0", r"^it did not dial its carrier within 0\.5 s"),
            ("exit 3", r"^SUT crashed: exit status 3 \(it\)$"),
        ],
    )
    async def test_browser_that_never_dials_is_waited_for_unless_the_command_fails(
        self, made: Made, script: str, message: str
    ):
        program = in_shell(script, carrier="ws", page=str)
        limits = Limits(dialled_within_s=60.0 if "3" in script else 0.5)
        with pytest.raises(AdapterError, match=message):
            await made(RemoteAdapter(program, limits=limits)).start(ignore)
