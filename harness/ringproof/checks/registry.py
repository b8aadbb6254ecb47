"""Which check judges which clause, and how a trace is judged by all of them.

A check is a pure function of one record. It returns ``UNTOUCHED`` when the clause's precondition
did not occur there, ``HELD`` when it did and all was well, and a ``Failure`` otherwise.

One fault, one clause: where a wrong client would break several statements at once, the checks
divide the cases among them, so that a red row names the cause and not its shadows. Where they do,
their docstrings say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, Literal, TypeAlias, TypeVar

import msgspec

from ringproof.checks import doubt
from ringproof.checks.call_record import CallRecord
from ringproof.checks.history import build
from ringproof.checks.records import History, OriginRecord, SessionRecord
from ringproof.trace import Trace
from ringproof.verdict import Failure, Outcome

UNTOUCHED: Final = None
HELD: Final = True

Finding: TypeAlias = Failure | Literal[True] | None
"""``HELD``, ``UNTOUCHED`` or what went wrong."""

Subject = TypeVar("Subject")


class Check(msgspec.Struct, Generic[Subject], frozen=True):
    """One clause's check."""

    clause: str
    scope: Literal["call", "session", "origin"]
    """What it looks at: a call on one device, a device, or a caller's call with all it rang."""
    find: Callable[[Subject], Finding]

    @property
    def wrong_client(self) -> str:
        """One sentence: what a client (or platform) that breaks the clause looks like."""
        return (self.find.__doc__ or "").strip()


AnyCheck: TypeAlias = Check[CallRecord] | Check[SessionRecord] | Check[OriginRecord]

_calls: dict[str, Check[CallRecord]] = {}
_sessions: dict[str, Check[SessionRecord]] = {}
_origins: dict[str, Check[OriginRecord]] = {}

_COUNTED: Final = tuple(Outcome(exercised) for exercised in range(64))
"""Outcomes are values: those without a failure are made once."""


def per_call(
    clause: str,
) -> Callable[[Callable[[CallRecord], Finding]], Callable[[CallRecord], Finding]]:
    """Register the decorated function as the check of ``clause``, asked for every call."""

    def register(find: Callable[[CallRecord], Finding]) -> Callable[[CallRecord], Finding]:
        _calls[_unused(clause)] = Check(clause, "call", find)
        return find

    return register


def per_session(
    clause: str,
) -> Callable[[Callable[[SessionRecord], Finding]], Callable[[SessionRecord], Finding]]:
    """Register the decorated function as the check of ``clause``, asked for every device."""

    def register(find: Callable[[SessionRecord], Finding]) -> Callable[[SessionRecord], Finding]:
        _sessions[_unused(clause)] = Check(clause, "session", find)
        return find

    return register


def per_origin_call(
    clause: str,
) -> Callable[[Callable[[OriginRecord], Finding]], Callable[[OriginRecord], Finding]]:
    """Register the decorated function as the check of ``clause``, asked for every caller's call."""

    def register(find: Callable[[OriginRecord], Finding]) -> Callable[[OriginRecord], Finding]:
        _origins[_unused(clause)] = Check(clause, "origin", find)
        return find

    return register


def registered() -> dict[str, AnyCheck]:
    """Return every check by its clause id."""
    return {**_calls, **_sessions, **_origins}


def judge(trace: Trace) -> dict[str, Outcome]:
    """Judge a trace by every check. Never raises, whatever the SUT did."""
    return judge_history(build(trace))


def judge_history(history: History) -> dict[str, Outcome]:
    """Judge a trace that is indexed already."""
    if history.doubtful:
        return dict.fromkeys(registered(), _COUNTED[0]) | doubt.judge(history, _each)
    outcomes: dict[str, Outcome] = {}
    _ask(_calls, history.calls, outcomes)
    _ask(_sessions, tuple(history.sessions.values()), outcomes)
    _ask(_origins, tuple(history.origins.values()), outcomes)
    return outcomes


def _each(history: History) -> Iterator[tuple[str, doubt.Subject, Finding]]:
    """Yield what every check finds, subject by subject."""
    for clause, of_call in _calls.items():
        yield from ((clause, call, of_call.find(call)) for call in history.calls)
    for clause, of_session in _sessions.items():
        found = history.sessions.values()
        yield from ((clause, session, of_session.find(session)) for session in found)
    for clause, of_origin in _origins.items():
        yield from ((clause, one, of_origin.find(one)) for one in history.origins.values())


def _ask(
    checks: dict[str, Check[Subject]], subjects: Sequence[Subject], outcomes: dict[str, Outcome]
) -> None:
    few = len(subjects) < len(_COUNTED)
    for clause, check in checks.items():
        # One comprehension for all subjects: most checks have nothing to say of most of them.
        findings = [found for found in map(check.find, subjects) if found is not None]
        if not findings:
            outcomes[clause] = _COUNTED[0]
        elif few and findings.count(True) == len(findings):
            outcomes[clause] = _COUNTED[len(findings)]
        else:
            failures = [found for found in findings if found is not True]
            outcomes[clause] = Outcome(len(findings), tuple(failures))


def _unused(clause: str) -> str:
    assert clause not in registered(), f"two checks for {clause}"
    return clause
