"""Judges a trace by every check. Pure; never raises, whatever the SUT did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ringproof.checks import indefinite
from ringproof.checks.check import CheckResult
from ringproof.checks.history import build
from ringproof.checks.records import History, Record
from ringproof.checks.table import CHECKS
from ringproof.trace import Trace
from ringproof.verdict import Outcome

_PASSED: Final = tuple(Outcome(exercised) for exercised in range(64))
"""Outcomes are values: those without a failure are made once."""


def judge(trace: Trace) -> dict[str, Outcome]:
    """Return the outcome of every clause that has a check."""
    return judge_history(build(trace))


def judge_history(history: History) -> dict[str, Outcome]:
    """Judge a trace that is indexed already."""
    if history.indefinite_ids:
        return dict.fromkeys(CHECKS, _PASSED[0]) | indefinite.judge(history, _each)
    subjects = _subjects(history)
    outcomes: dict[str, Outcome] = {}
    for clause, check in CHECKS.items():
        # One comprehension for all subjects: most checks are not exercised by most of them.
        results = [result for result in map(check.run, subjects[check.scope]) if result is not None]
        if not results:
            outcomes[clause] = _PASSED[0]
        elif results.count(True) == len(results) < len(_PASSED):
            outcomes[clause] = _PASSED[len(results)]
        else:
            failures = [result for result in results if result is not True]
            outcomes[clause] = Outcome(len(results), tuple(failures))
    return outcomes


def _subjects(history: History) -> dict[str, tuple[Record, ...]]:
    return {
        # Of a call that the client placed no clause speaks for itself.
        "call": tuple([call for call in history.calls if not call.wire.outbound]),
        "session": tuple(history.sessions.values()),
        "origin": tuple(history.origins.values()),
        "request": tuple(history.requests),
    }


def _each(history: History) -> Iterator[tuple[str, Record, CheckResult]]:
    """Yield what every check answers, subject by subject."""
    subjects = _subjects(history)
    for clause, check in CHECKS.items():
        yield from ((clause, subject, check.run(subject)) for subject in subjects[check.scope])
