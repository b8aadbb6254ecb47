"""Adapters that mean harm can neither hang a run, nor exhaust its memory, nor turn it green.

Events of calls that the platform never made pass nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import tempfile
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ringproof import exit_codes
from ringproof.adapter_check import leftovers
from ringproof.adapters import process
from ringproof.adapters.process import Program
from ringproof.adapters.protocol import (
    Adapter,
    AdapterError,
    Command,
    Hello,
    Limits,
    Listener,
    Reply,
)
from ringproof.adapters.remote import RemoteAdapter
from ringproof.play.deadlines import DEADLINES, Deadlines
from ringproof.results import RunFinished
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.suts.sut import Sut
from ringproof.verdict import Owner, Verdict
from ringproof_scenarios.model import Answer, Caller, Reject, Scenario
from tests.harness.conftest import selection_of

HOSTILE = Path(__file__).parent / "hostile"
MARK, OURS = "RINGPROOF_TEST_PROCESS", secrets.token_hex(8)
"""Environment variable of every process that is started here, and not by another test worker."""

SCENARIOS = (
    Scenario(name="a/declined", callers=(Caller(),), actions=(Reject(),)),
    Scenario(name="a/answered", callers=(Caller(talk_ms=10),), actions=(Answer(),)),
)

MEMORY_BYTES = 16 * 1024 * 1024
"""What a run may take while an adapter pours out a gibibyte: a line, a tail and two pipes full."""

LOG_BYTES = 24 * 1024 * 1024
"""Stands for the 64 MiB of standard error that are kept, to save the test some seconds."""

PRETENCE_PASSES = {
    "caller/direction",
    "caller/from",
    "caller/from-name",
    "caller/to-alias",
    "list/current-on-subscribe",
    "list/every-change",
    "list/inbound-only",
    "list/leaves-only-when-destroyed",
    "list/ringing-filter",
    "list/snapshot",
    "list/stays-through-status",
    "outcome/decline-never-picks-up",
    "outcome/three-ways",
    "platform/one-ended",
    "platform/undef-name",
    "register/sync-point",
    "status/getter-agrees",
    "status/known-words",
    "status/no-repeat",
    "status/single-exit",
    "status/starts-ringing",
    "stream/complete-at-end",
    "stream/never-without-accept",
}
"""What a client passes that rings truly and then tells its user a likely story: clauses about the
list and the shape of that story, and about outcomes that one who never answers cannot break."""


def make(script: str, *arguments: str, **limits: float) -> RemoteAdapter:
    argv = [sys.executable, str(HOSTILE / f"{script}.py"), *arguments]
    environment = {"PYTHONPATH": str(Path(__file__).parents[3]), MARK: OURS}
    program = Program(argv=argv, env=environment, name=script)
    return RemoteAdapter(program, limits=Limits(**{"terminate_s": 0.2, **limits}))


async def play(
    script: str,
    *arguments: str,
    scenarios: tuple[Scenario, ...] = SCENARIOS,
    workers: int = 1,
    wrap: Callable[[Adapter], Adapter] = lambda adapter: adapter,
    deadlines: Deadlines = DEADLINES,
    **limits: float,
) -> RunFinished:
    """Run the scenarios, ``workers`` at a time, against an adapter of this folder."""
    sut = Sut(
        name=script,
        make=lambda _: wrap(make(script, *arguments, **limits)),
        event_workers=workers,
        real_workers=1,
        media_by_caps=True,
    )
    selection = selection_of(*scenarios, sut=sut)
    plan = Plan(sut=sut, selection=selection, seed=0, reduce=False, deadlines=deadlines)
    return await run(plan, lambda event: None)


def passes(finished: RunFinished) -> list[str]:
    return [one.id for one in finished.verdicts if one.verdict is Verdict.PASS]


def blame(finished: RunFinished, *message: str, code: int = exit_codes.ADAPTER_FAULT) -> str:
    """Check that the adapter's fault ended the run; return the first message about it."""
    assert passes(finished) == []
    assert finished.exit_code == code
    first = finished.faults[0]
    assert first.owner is Owner.ADAPTER
    for text in message:
        assert text in first.text
    return first.text


@pytest.fixture
def peak() -> Callable[[], int]:
    """Return a function that returns the most bytes Python used since the test began."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    yield lambda: tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


HASTY = Deadlines(command_ms=500, ping_ms=500, listed_ms=500, connected_ms=500, ended_ms=500)
PROMPT = Deadlines(effect_ms=1_000, connected_ms=1_000, ended_ms=1_000)


@pytest.mark.parametrize(
    ("script", "limit"),
    [("floods", "10000 events"), ("fat", "4 MiB of events")],
)
async def test_flood_of_events_is_cut_off(peak: Callable[[], int], script: str, limit: str):
    finished = await play(script)
    blame(finished, f"{script} floods: more than {limit} of session")
    assert peak() < MEMORY_BYTES


async def test_line_of_a_gibibyte_is_never_in_memory(peak: Callable[[], int]):
    finished = await play("long_line", scenarios=SCENARIOS[:1])
    blame(finished, "long_line sent a line of more than 1048576 bytes")
    assert peak() < MEMORY_BYTES


def test_standard_error_is_kept_up_to_its_limit(peak: Callable[[], int], logs: Path):
    finished = asyncio.run(play("shouts", scenarios=SCENARIOS[:1], log_bytes=LOG_BYTES))
    blame(finished, f"more than {LOG_BYTES} bytes to standard error")
    assert peak() < MEMORY_BYTES
    (log,) = logs.glob("ringproof-adapter-*.log")
    assert log.stat().st_size <= LOG_BYTES


def test_children_in_its_group_are_gone_with_it(tmp_path: Path):
    """The reader sees the end of the FIFO when nobody is left who could write to it."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    children: list[int] = []

    def read() -> None:
        with fifo.open() as lines:
            children.extend(int(line) for line in lines)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        finished = asyncio.run(play("forks", str(fifo), scenarios=SCENARIOS[:1]))
        blame(finished, "exit status 1 (forks)")
        reader.join(timeout=10)
        assert not reader.is_alive()
        assert len(children) == 3
    finally:
        for child in children if reader.is_alive() else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


async def test_adapter_that_hangs_is_ended():
    finished = await play("hangs", deadlines=HASTY, alive_within_ms=300)
    blame(finished, "hangs hangs: hangs did not reply to session.open in 500 ms")


def test_crash_is_reported_with_the_last_output(logs: Path):
    text = blame(asyncio.run(play("dies")), "SUT crashed: exit status 7 (dies)")
    lines = text.splitlines()
    assert "  Traceback: everything is lost\N{REPLACEMENT CHARACTER}[2J" in lines
    assert "  line 39 with token …" in lines
    assert "  line 8 with token …" not in lines, "the last 32 lines, with that of the traceback"
    assert any('"n": 39' in line for line in lines), "standard output too"
    assert lines[-1].startswith("play it again: ringproof replay rp1:")
    assert lines[-1].endswith("--sut dies")
    kept = Path(lines[-2].removeprefix("all of standard error: "))
    assert kept.parent == logs
    assert "line 0 with token …" in kept.read_text()
    assert "eyJ" not in kept.read_text() + text


async def test_three_deaths_in_a_row_end_the_run():
    finished = await play("dies", str(int(signal.SIGSEGV)), scenarios=SCENARIOS * 3)
    blame(finished, "SUT crashed: killed by SIGSEGV (dies)", code=exit_codes.HARNESS_FAULT)
    assert [fault.owner for fault in finished.faults] == [Owner.ADAPTER] * 3 + [Owner.ENVIRONMENT]


class Watched:
    """An adapter of which every reply is compared with its command."""

    def __init__(self, inner: Adapter) -> None:
        self.inner = inner
        self.overtaking: list[str] = []
        """Commands that were replied to before an older one."""
        self.mistaken: list[str] = []
        """Commands that got the reply to another."""
        self._pending: list[str] = []

    async def start(self, listener: Listener) -> Hello:
        return await self.inner.start(listener)

    async def send(self, command: Command) -> Reply:
        self._pending.append(command.id)
        reply = await self.inner.send(command)
        if self._pending[0] != command.id:
            self.overtaking.append(command.id)
        if reply.re != command.id:
            self.mistaken.append(command.id)
        self._pending.remove(command.id)
        return reply

    async def close(self) -> None:
        await self.inner.close()


async def test_replies_out_of_order_are_no_harm():
    watched: list[Watched] = []

    def wrap(adapter: Adapter) -> Adapter:
        watched.append(Watched(adapter))
        return watched[-1]

    finished = await play("shuffles", workers=2, wrap=wrap)
    assert finished.faults == ()
    assert finished.exit_code == exit_codes.AS_EXPECTED
    assert "status/answer-order" in passes(finished)
    assert len(watched[0].overtaking) >= 3, "of session.open, sync and session.close"
    assert watched[0].mistaken == []


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("reply", "replied to '0123456789abcdef', which was never asked"),
        ("command", "sent an event of command '0123456789ab', which session"),
        ("observer", "sent an event of command '0123456789ab', which session"),
        ("session", "sent an event of session 'another', which was never opened"),
        ("number", "1, not 0"),
        ("twice", "replied to 'c1', which was never asked, or answered already"),
    ],
)
async def test_forged_ids_are_found_out(what: str, message: str):
    adapter = make("forges", what)
    try:
        await adapter.start(lambda event: None)
        opening = Command(id="c1", op="session.open", s="s", token="t")
        sync = Command(id="c2", op="sync", s="s")
        with pytest.raises(AdapterError) as raised:
            await asyncio.gather(adapter.send(opening), adapter.send(sync))
    finally:
        await adapter.close()
    assert message in str(raised.value)


async def test_run_with_forged_ids_passes_nothing():
    blame(await play("forges", "command", scenarios=SCENARIOS[:1]), "sent an event of command")


async def test_guessed_calls_and_statuses_pass_nothing():
    """Nobody came online: the platform's own log is the first witness."""
    finished = await play("guesses", deadlines=HASTY)
    assert passes(finished) == []
    assert finished.exit_code == exit_codes.ADAPTER_FAULT


async def test_made_up_effects_of_commands_fail():
    """The client is online and truly rings; it only claims to have carried out its commands."""
    finished = await play("pretends", deadlines=PROMPT)
    assert finished.exit_code == exit_codes.SUT_FAILS
    red = {one.id for one in finished.verdicts if one.verdict is Verdict.FAIL}
    assert red == {"outcome/glare", "status/destroyed-last"}
    assert set(passes(finished)) == PRETENCE_PASSES


@pytest.mark.parametrize(
    ("what", "code"), [("dies", exit_codes.ADAPTER_FAULT), ("guesses", exit_codes.SUT_FAILS)]
)
async def test_forgery_after_an_honest_scenario_adds_no_pass_and_is_red(what: str, code: int):
    prompt = msgspec.structs.replace(PROMPT, ping_ms=3_000, listed_ms=3_000)
    honest = await play("honest", scenarios=SCENARIOS[:1])
    assert honest.exit_code == exit_codes.AS_EXPECTED
    finished = await play("turns", what, deadlines=prompt)
    assert finished.exit_code == code
    assert [fault.owner for fault in finished.faults] == [Owner.ADAPTER] * (what == "dies")
    assert passes(finished), "of the first scenario"
    assert set(passes(finished)) <= set(passes(honest))


@pytest.mark.parametrize("what", ["text", "bytes", "blank", "half", "array"])
async def test_garbage_between_messages_is_the_adapters_fault(what: str):
    adapter = make("babbles", what)
    try:
        await adapter.start(lambda event: None)
        with pytest.raises(AdapterError, match="babbles said"):
            await adapter.send(Command(id="c1", op="session.open", s="s", token="t"))
    finally:
        await adapter.close()


async def test_run_with_garbage_passes_nothing():
    finished = await play("babbles", "text", scenarios=SCENARIOS[:1])
    blame(finished, "'DEBUG connecting to the platform': standard output carries messages alone")


def test_no_process_is_left_behind():
    assert process.running == set()
    assert leftovers.find(-1, MARK, OURS) == []
