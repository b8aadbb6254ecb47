"""``ringproof adapter``: check an adapter against the protocol, or begin a new one."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import Parameter

from ringproof import exit_codes
from ringproof.adapter_check.result import CheckResult, Outcome
from ringproof.commands.errors import AdapterStop, UsageStop
from ringproof.commands.output import say, write_json
from ringproof.commands.parameters import Flag

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringproof.adapter_check.examination import Check
    from ringproof.adapters.process import Program

    Notify = Callable[[CheckResult], None]

DEFAULT_TIMEOUT_S = 10.0
"""For any one reply; the same that a run allows."""


def check(
    target: str,
    *,
    only: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    timeout: float = DEFAULT_TIMEOUT_S,
    json: Flag = False,
) -> int:
    """Hold an adapter to the protocol, with no scenario: one line a check.

    The checks `protocol/…` need no platform; `session/…` open sessions on a stand-in that is
    started for them. Exit status: 0 all passed, 3 the adapter broke the protocol, 2 a check could
    not be made (a blank of the skeleton is empty, say), 64 wrong usage.

    Parameters
    ----------
    target
        An `adapter.toml`, or a command line in quotes.
    only
        Glob over check ids, such as `protocol/*`; may be given several times.
    timeout
        Seconds within which each command has to be answered.
    json
        Print the results as JSON.
    """
    from ringproof.adapter_check import examination
    from ringproof.adapters.protocol import AdapterError
    from ringproof.report.document import encode

    try:
        checks = examination.choose(only)
    except ValueError as error:
        raise UsageStop(str(error)) from error
    if timeout <= 0:
        raise UsageStop(f"--timeout {timeout:g}: give a number of seconds above 0")
    program = _program(target)

    notify = (lambda _: None) if json else _print
    try:
        results = asyncio.run(_examine(program, checks, timeout, notify))
    except AdapterError as error:
        raise AdapterStop(str(error)) from error
    code = _exit_code(results)
    if json:
        checks_json = [
            {"id": each.check, "result": each.outcome, "text": each.text, "advice": each.advice}
            for each in results
        ]
        document = {"target": target, "checks": checks_json, "exit_code": code}
        write_json(encode(document))
    else:
        counts = Counter(result.outcome for result in results)
        counted = ", ".join(f"{counts[each]} {each}" for each in Outcome if counts[each])
        say(f"{len(results)} checks: {counted}")
    return code


def new(folder: Path = Path(), *, lang: str) -> int:
    """Begin an adapter: a program of 30 lines with three blanks, and its adapter.toml.

    As it is written it keeps the protocol. Filled in (connect, act, tell) it answers calls.

    Parameters
    ----------
    folder
        Where to write; made if need be. Nothing is overwritten.
    lang
        `go`, `javascript` or `python`.
    """
    from ringproof.adapters import skeleton

    try:
        program, manifest = skeleton.write(lang, folder)
    except skeleton.SkeletonError as error:
        raise UsageStop(str(error)) from error
    say(f"wrote {program} and {manifest}")
    say("  1. fill in the three blanks; the manifest says what belongs there")
    say(f"  2. ringproof adapter check {manifest}")
    say(f"  3. ringproof run --sut {manifest}")
    return exit_codes.AS_EXPECTED


def _program(target: str) -> Program:
    """Return how to start a manifest's program, or a command line. Raises ``UsageStop``."""
    from ringproof.adapters import manifest
    from ringproof.adapters.process import Program

    try:
        if target.endswith(manifest.SUFFIX):
            return manifest.load(Path(target)).program
        argv = shlex.split(target)
    except ValueError as error:
        raise UsageStop(str(error)) from error
    if not argv:
        raise UsageStop("the command line is empty: give a program, or an adapter.toml")
    return Program(argv=argv)


async def _examine(
    program: Program, checks: Sequence[Check], timeout_s: float, notify: Notify
) -> list[CheckResult]:
    from ringproof.adapter_check import examination
    from ringproof.adapter_check.context import Context

    async with contextlib.AsyncExitStack() as stack:
        stand_in = None
        if examination.needs_platform(checks):
            from ringproof.adapter_check.stand_in import StandIn
            from ringproof.rest_client import RestClient
            from ringproof.suts.registry import trust
            from ringproof_fakeserver.app import Server

            server = await stack.enter_async_context(Server())
            project, api_token = server.project, server.api_token
            rest = RestClient(server.space_url, project, api_token, server.ca_file)
            stand_in = StandIn(server, await stack.enter_async_context(rest))
            program = msgspec.structs.replace(program, env={**trust(server), **program.env})
        context = await stack.enter_async_context(Context(program, stand_in, timeout_s))
        return await examination.examine(context, checks, notify)


def _exit_code(results: Sequence[CheckResult]) -> int:
    outcomes = {result.outcome for result in results}
    if Outcome.FAIL in outcomes:
        return exit_codes.ADAPTER_FAULT
    if Outcome.NOT_JUDGED in outcomes:
        return exit_codes.NOTHING_JUDGED
    return exit_codes.AS_EXPECTED


def _print(result: CheckResult) -> None:
    from ringproof.report.printable import printable

    say(f"{result.outcome:<14}  {result.check:<28}  {printable(result.text)}".rstrip())
    if result.advice:
        say(f"{'':<14}  {'':<28}  → {result.advice}")
    sys.stdout.flush()
