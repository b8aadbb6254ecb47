"""All checks of an adapter, in the order in which they are made, and what to do when one fails."""

from __future__ import annotations

import fnmatch
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from ringproof.adapter_check import ending_checks as ending
from ringproof.adapter_check import greeting_checks as greeting
from ringproof.adapter_check import session_checks as session
from ringproof.adapter_check.context import LEFT_BEHIND, Context
from ringproof.adapter_check.result import CheckResult, NotApplicable, NotJudged, Outcome, Unmet
from ringproof.adapter_check.transcript import NUMBERS, REPLIES, SHAPES, STRAYS

SESSION = "session/"
"""What the ids of checks that need the platform begin with."""
HELLO = "protocol/hello"
OPEN = "session/open"
LISTED = "session/listed-call"

Run = Callable[[Context], Awaitable[None]]


class Check(msgspec.Struct, frozen=True):
    """One thing that the protocol demands."""

    id: str
    run: Run
    """Returns when it is so; raises ``Unmet``, ``NotJudged`` or ``NotApplicable``."""
    advice: str
    """What to do when it is not."""
    rings: bool = False
    """It needs a call that is listed."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Checks without whose pass this one would only wait in vain."""
        opened = (OPEN,) if self.id.startswith(SESSION) and self.id != OPEN else ()
        return (*opened, LISTED) if self.rings else opened


def _on_every_process(check: str) -> Run:
    """Return the check of a rule for every process that was started; it starts one if none was."""

    async def judge(context: Context) -> None:
        if not context.peers:
            async with context.peer() as peer:
                await greeting.probe(peer)
        context.require_no_fault(check)

    return judge


_TABLE: dict[str, tuple[Run, str] | tuple[Run, str, bool]] = {
    HELLO: (greeting.hello, "reply {protocol: 1, sut: {…}, caps: {…}} to the op `hello`"),
    "protocol/version-refusal": (
        greeting.version_refusal,
        "look into `protocols` of hello, and reply with the error `version` if 1 is not in it",
    ),
    "protocol/unknown-op": (
        greeting.unknown_op,
        "reply with the error `unsupported` to every op that you do not know",
    ),
    "protocol/unknown-fields": (
        greeting.unknown_fields,
        "ignore the fields of a command that you do not use: later versions add some",
    ),
    "protocol/malformed-lines": (
        greeting.malformed_lines,
        "catch what your JSON parser throws, and read on",
    ),
    "protocol/concurrent-commands": (
        greeting.concurrent_commands,
        "treat each line as a command of its own, also when several arrive in one read",
    ),
    "protocol/split-line": (
        greeting.split_line,
        "gather bytes until a line end, and decode UTF-8 only then",
    ),
    "protocol/long-line": (
        greeting.long_line,
        "raise the limit of your line reader to 1 MiB or more",
    ),
    "protocol/oversized-line": (
        greeting.oversized_line,
        "skip or refuse a line that is too long; do not die of it",
    ),
    "protocol/unknown-session": (
        greeting.unknown_session,
        "look the session up first, and reply with the error `not_ready` if it is not open",
    ),
    "protocol/bye": (ending.bye, "on `bye` close what is open, reply, and exit with status 0"),
    "protocol/end-of-input": (
        ending.end_of_input,
        "when standard input ends, exit with status 0: the harness has gone",
    ),
    "protocol/sigterm": (
        ending.sigterm,
        "leave SIGTERM to its default, or exit from your handler at once",
    ),
    OPEN: (session.opens, "fill in blank 1: connect and register, then send `registered`"),
    "session/double-open": (
        session.double_open,
        "reply with the error `bad_request` to a session.open of a session that is open",
    ),
    "session/unknown-call": (
        session.unknown_call,
        "look the call up by `c`, and reply with the error `no_such_call` if it never was listed",
    ),
    LISTED: (
        session.listed_call,
        "fill in blank 3: send `calls`, the whole list, whenever your SDK's list changes",
    ),
    "session/side-by-side": (
        session.side_by_side,
        "keep client, calls and event counter by session, or say caps.sessions 1",
        True,
    ),
    "session/sync-is-a-barrier": (
        session.barrier,
        "reply to sync only after your SDK's handlers have run and their events are written",
        True,
    ),
    "session/command-event": (
        session.command_event,
        "send the event `command` with the command's id just before you call the SDK's method",
        True,
    ),
    "session/answer": (
        session.answers,
        "fill in blank 2: call your SDK's method that answers",
        True,
    ),
    "session/decline": (
        session.declines,
        "fill in blank 2: call your SDK's method that declines",
        True,
    ),
    "session/dial": (
        session.dials,
        "call your SDK's method that dials, send `dialled` as soon as it has the call, and reply "
        "with its id as `c`; or leave call.dial out of caps.ops",
    ),
    "session/transfer": (
        session.transfers,
        "call your SDK's method that transfers, with `destination`; or leave call.transfer out of "
        "caps.ops",
        True,
    ),
    "session/close": (
        session.closes,
        "on session.close disconnect the client and forget the session",
    ),
    "protocol/restart-after-kill": (
        ending.restart_after_kill,
        "keep no lock file, fixed port or other state that outlives a killed process",
    ),
    # What is judged by all processes together.
    NUMBERS: (
        session.event_numbers,
        "count the events of each session from 0, and take t_us from a monotonic clock",
    ),
    STRAYS: (
        _on_every_process(STRAYS),
        "print nothing but messages to standard output: your SDK's log belongs on standard error",
    ),
    SHAPES: (_on_every_process(SHAPES), "compare the message with docs/adapter-protocol.md"),
    REPLIES: (_on_every_process(REPLIES), "reply once to every command, with its id in `re`"),
    LEFT_BEHIND: (ending.no_leftovers, "end the processes that you start before you exit"),
}

CHECKS = tuple(Check(id, *row) for id, row in _TABLE.items())
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
    return any(check.id.startswith(SESSION) for check in checks)


async def examine(
    context: Context, checks: Sequence[Check], notify: Callable[[CheckResult], None]
) -> list[CheckResult]:
    """Make the checks one after the other; ``notify`` gets each result as soon as it is there.

    One that needs another which did not pass is not made, and none is after a hello that was never
    answered. Raises ``AdapterError`` if the program cannot be started at all.
    """
    results: list[CheckResult] = []
    failed: set[str] = set()
    for check in checks:
        greeted = any(peer.hello for peer in context.peers)
        needs = check.needs if greeted else (*check.needs, HELLO)
        if needed := next((need for need in needs if need in failed), ""):
            result = CheckResult(check=check.id, outcome=Outcome.NOT_JUDGED, text=f"needs {needed}")
        else:
            result = await _judge(context, check)
        if result.outcome in (Outcome.FAIL, Outcome.NOT_JUDGED):
            failed.add(check.id)
        results.append(result)
        notify(result)
    return results


async def _judge(context: Context, check: Check) -> CheckResult:
    outcome, text, advice = Outcome.PASS, "", ""
    try:
        await check.run(context)
    except Unmet as error:
        outcome, text, advice = Outcome.FAIL, f"it {error}", check.advice
    except NotJudged as error:
        outcome, text, advice = Outcome.NOT_JUDGED, str(error), check.advice
    except NotApplicable as error:
        outcome, text = Outcome.NOT_APPLICABLE, str(error)
    return CheckResult(check=check.id, outcome=outcome, text=text, advice=advice)
