"""What failures have in common before their cause is known: clause and identity. Pure.

An *occurrence* is one failure on one call; a *signature* is what many occurrences share. A scenario
of six calls may break one clause in several ways, and each is an occurrence of its own.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Mapping

import msgspec

from ringproof import trace as traces
from ringproof.results import Planned
from ringproof.trace import Trace
from ringproof.triage.subsumption import NOWHERE, FailurePlace
from ringproof.verdict import Failure, FailureIdentity, Outcome, Owner
from ringproof_fakeserver.protocol import journal
from ringproof_scenarios.reduction import Size, keep, size


class Signature(msgspec.Struct, frozen=True):
    """What failures of one kind look like."""

    clause: str
    identity: FailureIdentity | None = None
    """None stands for any failure of the clause."""

    def fits(self, failure: Failure) -> bool:
        """Say whether a failure of the clause is of this kind."""
        return self.identity in (None, failure.identity)


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One failure of the SUT in one scenario that was played."""

    signature: Signature
    planned: Planned
    failure: Failure
    place: FailurePlace
    trace: Trace | None
    """None for what was played in virtual time, which can always be had again."""
    size: Size
    """Of the scenario: what occurrences are sorted by."""

    def starts(self) -> Iterator[tuple[Planned, FailurePlace]]:
        """Yield what a reduction may begin with: the failing call alone, then the whole scenario.

        Each comes with the place of the failure in it.
        """
        scenario, place = self.planned.scenario, self.place
        if place.call is not None and len(scenario.callers) > 1:
            alone = msgspec.structs.replace(self.planned, scenario=keep(scenario, [place.call]))
            yield alone, FailurePlace(0, place.device)
        yield self.planned, place


class Occurrences:
    """All failures seen so far, by signature; the simplest scenario first."""

    def __init__(self) -> None:
        self.by_signature: dict[Signature, list[Occurrence]] = {}

    def add(
        self,
        planned: Planned,
        trace: Trace,
        outcomes: Mapping[str, Outcome],
        excused: Callable[[str, Failure], bool] = lambda *_: False,
    ) -> None:
        """Add the failures of the SUT in a scenario that was played.

        Those for which ``excused``, given clause and failure, is true are left out.
        """
        for occurrence in _occurrences(planned, trace, outcomes):
            if excused(occurrence.signature.clause, occurrence.failure):
                continue
            known = self.by_signature.setdefault(occurrence.signature, [])
            bisect.insort(known, occurrence, key=lambda one: one.size)


def signature(clause: str, failure: Failure) -> Signature:
    """Return what the failure has in common with others."""
    return Signature(clause, failure.identity)


def _occurrences(
    planned: Planned, trace: Trace, outcomes: Mapping[str, Outcome]
) -> Iterator[Occurrence]:
    failing = {
        clause: [failure for failure in outcome.failures if failure.owner is Owner.SUT]
        for clause, outcome in outcomes.items()
    }
    if not any(failing.values()):
        return
    dialogs = _dialogs(trace)
    seen = set()
    for clause, failures in failing.items():
        for failure in failures:
            key = signature(clause, failure), _place(trace, failure, dialogs)
            if key not in seen:
                seen.add(key)
                yield Occurrence(
                    signature=key[0],
                    planned=planned,
                    failure=failure,
                    place=key[1],
                    trace=None if planned.mode == "simulated" else trace,
                    size=size(planned.scenario),
                )


def failure_place(trace: Trace, failure: Failure) -> FailurePlace:
    """Return the call and the device that a failure is about, as far as the trace shows it."""
    return _place(trace, failure, _dialogs(trace))


def _place(trace: Trace, failure: Failure, dialogs: Mapping[str, FailurePlace]) -> FailurePlace:
    if failure.dialog in dialogs:
        return dialogs[failure.dialog]
    entry = trace.entries[failure.entry] if failure.entry >= 0 else None
    sessions = trace.header.sessions
    if isinstance(entry, traces.Emitted) and entry.event.s in sessions:
        return FailurePlace(device=sessions.index(entry.event.s))
    return NOWHERE


def _dialogs(trace: Trace) -> dict[str, FailurePlace]:
    """Return which call and device each dialog of a trace is."""
    sessions = trace.header.sessions
    dials: dict[str, int] = {}
    callers: dict[str, int] = {}
    seen: dict[str, tuple[str, int]] = {}
    for entry in trace:
        match entry:
            case traces.Commanded(op="rest.dial"):
                dials[entry.id] = entry.args["caller"]
            case traces.Replied(id=id, text=call) if id in dials and not entry.error:
                callers[call] = dials[id]
            case traces.Platformed(fact=journal.DialogFact() as fact) if fact.session in sessions:
                seen[fact.dialog] = (fact.call, sessions.index(fact.session))
            case _:
                pass
    # The reply to a dial may come after the first facts about its call.
    return {
        dialog: FailurePlace(callers.get(call), device) for dialog, (call, device) in seen.items()
    }
