"""Plays one scenario in virtual time and over real sockets, so that verdicts can be compared.

What the two can differ in is timing, and nothing else. So

* a scenario's own delays are stretched before either plays it: then a busy machine, which is some
  tens of milliseconds late, does not make another scenario of it;
* virtual time plays it again and again, on machines from idle to busy, each of the scenario's
  moments late by as much as a busy machine might be. What a clause says in any of these runs is its
  *envelope*. Where timing does not matter the envelope is one verdict, and the network has to give
  that verdict; where calls cross it may hold two, and the network has to give one of them;
* a machine may stall for longer than any envelope foresees. A scenario outside its envelope is
  played again, alone, until it is inside; a difference counts when it shows every time.

Checks give a client more time over the network, where machines stall, than in virtual time, where
none does; here both records are judged by the rule for the network.

A failure is never forgiven: one that virtual time does not know counts in the first play.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec

from ringproof import checks
from ringproof.accounting.selection import given
from ringproof.network.supervisor import Supervisor
from ringproof.network.worker import Worker
from ringproof.rest_client import RestClient
from ringproof.results import Planned
from ringproof.simulation.network import IDLE, LatencyProfile
from ringproof.simulation.player import Player
from ringproof.suts.sut import Sut
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario, validate

Verdicts = dict[str, str]
"""Clause → ``PASS``, ``FAIL`` or ``NOT_EXERCISED``."""

Envelope = dict[str, frozenset[str]]
"""Clause → what it may say."""

PACKETS = frozenset(row.id for row in ledger.load() if "rtp" in row.requires)
"""Clauses about packets, which no simulation has."""

STRETCH = 3
SHORT_MS = 400
"""Delays up to this are stretched: longer ones outlast a busy machine as they are."""

PLAYS = 12
"""At most, of a scenario that was outside its envelope. With a load of 20 on two cores, 4 in a row
were not enough for scenarios in which two calls overlap for less than 50 ms."""

LATE_MS = 40
"""How late a busy machine is with what it was asked to do at a certain moment."""

RUNS_OF_EACH = 6
BUSY = LatencyProfile(
    frame_us=(1_000, 30_000),
    lookup_us=(1_000, 30_000),
    media_us=(500, 30_000),
    connect_us=(1_000, 60_000),
)
PROMPT = LatencyProfile(
    frame_us=(200, 3_000), lookup_us=(500, 5_000), media_us=(1, 20), connect_us=(1, 20)
)
"""A client in one process with the harness, whose media are no more than events, has no delay."""
WORKERS = 6


def stretched(scenario: Scenario) -> Scenario:
    """Return the scenario with its short delays longer, each in proportion."""
    return _timed(scenario, lambda ms: ms * STRETCH if ms <= SHORT_MS else ms)


def verdicts_of(outcomes: dict[str, checks.Outcome]) -> Verdicts:
    """Return the verdict of each clause on one scenario."""
    return {
        clause: "FAIL" if outcome.failures else "PASS" if outcome.exercised else "NOT_EXERCISED"
        for clause, outcome in outcomes.items()
    }


def envelope(scenario: Scenario, client: Player) -> Envelope:
    """Return everything that virtual time has to say about a scenario, however busy it is."""
    seen: dict[str, set[str]] = {}
    for latency in (PROMPT, IDLE, BUSY):
        for number in range(RUNS_OF_EACH):
            played = _late(scenario, number) if number else scenario
            trace = client.play(played, seed=number, latency=latency)
            trace.header = msgspec.structs.replace(trace.header, mode="network")
            for clause, verdict in verdicts_of(checks.judge(trace)).items():
                seen.setdefault(clause, set()).add(verdict)
    return {clause: frozenset(verdicts) for clause, verdicts in seen.items()}


def outside(verdicts: Verdicts, envelope: Envelope) -> dict[str, str]:
    """Return the clauses whose verdict virtual time does not know, with both in words.

    What only packets show may pass over the network alone.
    """
    return {
        clause: f"network {verdict}, simulated {' or '.join(sorted(envelope[clause]))}"
        for clause, verdict in verdicts.items()
        if verdict not in envelope[clause] and not (verdict == "PASS" and clause in PACKETS)
    }


async def verdicts_that_differ(
    scenarios: Sequence[Scenario], envelopes: Sequence[Envelope], thing: Sut, state: Path
) -> dict[str, dict[str, str]]:
    """Play scenarios over the network, side by side; return scenario → clauses that differ."""
    waiting = list(zip(given(scenarios, thing, real_media=False), envelopes, strict=True))[::-1]
    again: list[tuple[Planned, Envelope]] = []
    differences: dict[str, dict[str, str]] = {}
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            Server(Config(state_dir=state), exchange=thing.exchange, rest=thing.rest)
        )
        rest = await stack.enter_async_context(
            RestClient(server.space_url, server.project, server.api_token, server.ca_file)
        )
        supervisor = Supervisor(lambda: thing.make(server))
        stack.push_async_callback(supervisor.close)
        hello = await supervisor.start()

        async def compare(worker: Worker, planned: Planned, known: Envelope) -> dict[str, str]:
            played = await worker.play(planned)
            # Registration is judged too, so every scenario has sessions of its own.
            await worker.leave()
            assert played.fault is None, played.fault
            return outside(verdicts_of(checks.judge(played.trace)), known)

        async def work() -> None:
            worker = Worker(server, rest, supervisor, hello)
            while waiting:
                planned, known = waiting.pop()
                differing = await compare(worker, planned, known)
                if any(text.startswith("network FAIL") for text in differing.values()):
                    differences[label(planned)] = differing
                elif differing:
                    again.append((planned, known))

        async with asyncio.TaskGroup() as workers:
            for _ in range(WORKERS):
                workers.create_task(work())
        alone = Worker(server, rest, supervisor, hello)
        for planned, known in again:
            for _ in range(PLAYS):
                differing = await compare(alone, planned, known)
                if not differing:
                    break
            else:
                differences[label(planned)] = differing
    return differences


def label(planned: Planned) -> str:
    """Return the name of a scenario, or what replays it."""
    return planned.scenario.name or planned.scenario.replay()


def _late(scenario: Scenario, number: int) -> Scenario:
    draw = random.Random(number)
    return _timed(scenario, lambda ms: ms + draw.randint(0, LATE_MS))


def _timed(scenario: Scenario, change: Any) -> Scenario:
    """Return the scenario with every duration passed through ``change``; None and 0 stay."""

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: walk(inner, name) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [walk(inner) for inner in value]
        return change(value) if key.endswith("_ms") and value else value

    return validate(msgspec.convert(walk(msgspec.to_builtins(scenario)), Scenario))


def share_decided(envelopes: Iterable[Envelope]) -> float:
    """Return how many of the verdicts that are ever given do not depend on timing, of 1."""
    given_ever = [
        verdicts for one in envelopes for verdicts in one.values() if verdicts != {"NOT_EXERCISED"}
    ]
    return sum(len(verdicts) == 1 for verdicts in given_ever) / len(given_ever)
