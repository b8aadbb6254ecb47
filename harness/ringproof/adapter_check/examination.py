"""All checks of an adapter, in the order in which they are made, and what to do when one fails."""

from __future__ import annotations

import fnmatch
from collections.abc import Awaitable, Callable, Iterator, Sequence

import msgspec

from ringproof.adapter_check import ending_checks as ending
from ringproof.adapter_check import greeting_checks as greeting
from ringproof.adapter_check import session_checks as session
from ringproof.adapter_check.context import LEFT_BEHIND, Bench
from ringproof.adapter_check.result import Finding, NotApplicable, NotJudged, Result, Unmet
from ringproof.adapter_check.transcript import NUMBERS, REPLIES, SHAPES, STRAYS

HELLO = "protocol/hello"
OPEN = "session/open"
LISTED = "session/listed-call"


class Check(msgspec.Struct, frozen=True):
    """One thing that the protocol demands."""

    id: str
    run: Callable[[Bench], Awaitable[None]]
    """Returns when it is so; raises ``Unmet``, ``NotJudged`` or ``NotApplicable``."""
    advice: str
    needs: tuple[str, ...] = ()
    """Checks without whose pass this one would only wait in vain."""


async def _stray_output(bench: Bench) -> None:
    """Standard output carries nothing but messages, one JSON object a line."""
    await _observed(bench, STRAYS)


async def _message_shapes(bench: Bench) -> None:
    """Every message is one that the published schema allows."""
    await _observed(bench, SHAPES)


async def _one_reply_each(bench: Bench) -> None:
    """Every command has one reply, and nothing else has any."""
    await _observed(bench, REPLIES)


async def _observed(bench: Bench, check: str) -> None:
    """Judge what every process was watched for; run one where none has been."""
    if bench.idle:
        async with bench.peer() as peer:
            await greeting.probe(peer)
    if fault := bench.fault_of(check):
        raise Unmet(fault)


CHECKS = (
    Check(HELLO, greeting.hello, "reply {protocol: 1, sut: {…}, caps: {…}} to the op `hello`"),
    Check(
        "protocol/version-refusal",
        greeting.version_refusal,
        "look into `protocols` of hello, and reply with the error `version` if 1 is not in it",
    ),
    Check(
        "protocol/unknown-op",
        greeting.unknown_op,
        "reply with the error `unsupported` to every op that you do not know",
    ),
    Check(
        "protocol/unknown-fields",
        greeting.unknown_fields,
        "ignore the fields of a command that you do not use: later versions add some",
    ),
    Check(
        "protocol/malformed-lines",
        greeting.malformed_lines,
        "catch what your JSON parser throws, and read on",
    ),
    Check(
        "protocol/concurrent-commands",
        greeting.concurrent_commands,
        "treat each line as a command of its own, also when several arrive in one read",
    ),
    Check(
        "protocol/split-line",
        greeting.split_line,
        "gather bytes until a line end, and decode UTF-8 only then",
    ),
    Check(
        "protocol/long-line",
        greeting.long_line,
        "raise the limit of your line reader to 1 MiB or more",
    ),
    Check(
        "protocol/oversized-line",
        greeting.oversized_line,
        "skip or refuse a line that is too long; do not die of it",
    ),
    Check(
        "protocol/unknown-session",
        greeting.unknown_session,
        "look the session up first, and reply with the error `not_ready` if it is not open",
    ),
    Check("protocol/bye", ending.bye, "on `bye` close what is open, reply, and exit with status 0"),
    Check(
        "protocol/end-of-input",
        ending.end_of_input,
        "when standard input ends, exit with status 0: the harness has gone",
    ),
    Check(
        "protocol/sigterm",
        ending.sigterm,
        "leave SIGTERM to its default, or exit from your handler at once",
    ),
    Check(OPEN, session.opens, "fill in blank 1: connect and register, then send `registered`"),
    Check(
        "session/double-open",
        session.double_open,
        "reply with the error `bad_request` to a session.open of a session that is open",
        (OPEN,),
    ),
    Check(
        "session/unknown-call",
        session.unknown_call,
        "look the call up by `c`, and reply with the error `no_such_call` if it never was listed",
        (OPEN,),
    ),
    Check(
        LISTED,
        session.listed_call,
        "fill in blank 3: send `calls`, the whole list, whenever your SDK's list changes",
        (OPEN,),
    ),
    Check(
        "session/side-by-side",
        session.side_by_side,
        "keep client, calls and event counter by session, or say caps.sessions 1",
        (OPEN, LISTED),
    ),
    Check(
        "session/sync-is-a-barrier",
        session.barrier,
        "reply to sync only after your SDK's handlers have run and their events are written",
        (OPEN, LISTED),
    ),
    Check(
        "session/command-event",
        session.command_event,
        "send the event `command` with the command's id just before you call the SDK's method",
        (OPEN, LISTED),
    ),
    Check(
        "session/answer",
        session.answers,
        "fill in blank 2: call your SDK's method that answers",
        (OPEN, LISTED),
    ),
    Check(
        "session/decline",
        session.declines,
        "fill in blank 2: call your SDK's method that declines",
        (OPEN, LISTED),
    ),
    Check(
        "session/close",
        session.closes,
        "on session.close disconnect the client and forget the session",
        (OPEN,),
    ),
    Check(
        "protocol/restart-after-kill",
        ending.restart_after_kill,
        "keep no lock file, fixed port or other state that outlives a killed process",
    ),
    # What every process was watched for, whatever it was started for.
    Check(
        NUMBERS,
        session.event_numbers,
        "count the events of each session from 0, and take t_us from a monotonic clock",
        (OPEN,),
    ),
    Check(
        STRAYS,
        _stray_output,
        "print nothing but messages to standard output: your SDK's log belongs on standard error",
    ),
    Check(SHAPES, _message_shapes, "compare the message with docs/adapter-protocol.md"),
    Check(REPLIES, _one_reply_each, "reply once to every command, with its id in `re`"),
    Check(LEFT_BEHIND, ending.no_leftovers, "end the processes that you start before you exit"),
)
"""In the order in which they are made: hello first, what may do lasting harm last."""


def choose(only: Sequence[str]) -> tuple[Check, ...]:
    """Return the checks that any glob fits, all of them for none. Raises ``ValueError``."""
    for glob in only:
        if not fnmatch.filter([check.id for check in CHECKS], glob):
            known = ", ".join(check.id for check in CHECKS)
            raise ValueError(f"--only {glob!r} fits no check: there is {known}")
    return tuple(
        check
        for check in CHECKS
        if not only or any(fnmatch.fnmatch(check.id, glob) for glob in only)
    )


def needs_platform(checks: Sequence[Check]) -> bool:
    """Say whether any of these checks needs the stand-in."""
    return any(check.id.startswith("session/") for check in checks)


async def examine(
    bench: Bench, checks: Sequence[Check], tell: Callable[[Finding], None]
) -> list[Finding]:
    """Make the checks one after the other; each finding is told as soon as it is there.

    One that needs another which did not pass is not made, and none is after a hello that was never
    answered. Raises ``AdapterError`` if the program cannot be started at all.
    """
    findings: list[Finding] = []
    failed: set[str] = set()
    for check in checks:
        needs = (*check.needs, *([] if bench.greeted else [HELLO]))
        needed = next((need for need in needs if need in failed), "")
        if needed:
            text = f"needs {needed}"
            finding = Finding(check=check.id, result=Result.NOT_JUDGED, text=text)
        else:
            finding = await _judge(bench, check)
        if finding.result in (Result.FAIL, Result.NOT_JUDGED):
            failed.add(check.id)
        findings.append(finding)
        tell(finding)
    return findings


async def _judge(bench: Bench, check: Check) -> Finding:
    try:
        await check.run(bench)
    except Unmet as error:
        return Finding(check=check.id, result=Result.FAIL, text=f"it {error}", advice=check.advice)
    except NotJudged as error:
        return Finding(
            check=check.id, result=Result.NOT_JUDGED, text=str(error), advice=check.advice
        )
    except NotApplicable as error:
        return Finding(check=check.id, result=Result.NOT_APPLICABLE, text=str(error))
    return Finding(check=check.id, result=Result.PASS)


def counts(findings: Sequence[Finding]) -> Iterator[tuple[Result, int]]:
    """Yield how many findings there are of each result that occurs."""
    for result in Result:
        if number := sum(finding.result is result for finding in findings):
            yield result, number
