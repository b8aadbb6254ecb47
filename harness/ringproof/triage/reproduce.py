"""Shows a failure again, in scenarios as small as can be, on any ``Replayer``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence

import msgspec

from ringproof.accounting.variants import describe_variant, variants_to_try
from ringproof.results import FirstFailure, Planned
from ringproof.simulation.player import Player
from ringproof.trace import Trace
from ringproof.triage.replay import OF_THE_SUT, Attempt, Replayer, VirtualReplayer
from ringproof.triage.signature import Signature
from ringproof.verdict import Failure, Owner
from ringproof_scenarios.ledger import Row
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.shrinker import Shrinker, coarse_steps


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How often scenarios are played again."""

    tries: int = 60
    """Candidates tried to make one failure small: a walk has some 25 things to do without."""
    tries_by_chance: int = 40
    """The same for what fails now and then, where each candidate is played ``chances`` times."""
    in_a_row: int = 2
    """Failures in a row before something is believed to fail every time, where one failure has led
    the search astray: a race is lost every other time."""
    chances: int = 3
    """How often what fails now and then may be played until it fails."""
    confirmed_by: int = 3
    """Replays on fresh sessions, all of which have to fail, before a failure is confirmed."""
    backtracks: int = 4
    """Larger ancestors of the smallest scenario that are confirmed in its place, one by one."""
    origins: int = 4
    """Failing scenarios of a clause with which a search begins, one after the other, as long as
    nothing is confirmed."""
    rated_by: int = 5
    """Replays on fresh sessions that show how often something fails now and then."""
    by_variant: int = 2
    """Replays of a failing scenario under another platform variant."""
    coarse: bool = True
    """Take coarse steps before fine ones."""


DEFAULT_LIMITS = Limits()
VIRTUAL_LIMITS = Limits(tries=400, coarse=False)
"""For one clause in virtual time, where 400 candidates take a second or two."""

LOOKAHEAD = 5
"""Candidates that idle workers play before it is known whether those before them fail."""


class Reproduction(msgspec.Struct, frozen=True):
    """A scenario that shows the failure that was looked for."""

    origin: Planned
    """What it was reduced from."""
    scenario: Scenario
    failure: Failure
    trace: Trace

    def first_failure(self) -> FirstFailure:
        """Return it as reports show it."""
        return FirstFailure(
            scenario=self.scenario,
            failure=self.failure,
            trace=self.trace,
            label=self.origin.label,
            real_media=self.origin.real_media,
            mode=self.origin.mode,
        )


def _ignore(smallest: Scenario) -> None:
    return None


async def _never(scenario: Scenario) -> bool:
    return False


class Reproducer:
    """Plays on a replayer until a failure shows again, or does not.

    ``notice`` is called with the smallest failing scenario so far after each candidate.
    """

    def __init__(
        self,
        replayer: Replayer,
        limits: Limits = DEFAULT_LIMITS,
        notice: Callable[[Scenario], None] = _ignore,
    ) -> None:
        self._replayer = replayer
        self._notice = notice
        self.limits = limits

    async def fails(
        self,
        wanted: Signature,
        origin: Planned,
        scenario: Scenario,
        *,
        in_a_row: int = 1,
        fresh: bool = False,
    ) -> Reproduction | None:
        """Return the proof that the failure shows ``in_a_row`` times, else None."""
        for one in self._replayer.with_delays(scenario):
            if fresh:  # a confirmation is the last step: its replays are played side by side
                await self._fresh(origin, one, in_a_row)
            else:
                self._replayer.play_ahead(origin, [one], in_a_row, fresh=False)
            for number in range(in_a_row):
                attempt = await self._replayer.attempt(origin, one, number, fresh=fresh)
                proof = _reproduction(wanted, origin, one, attempt)
                if proof is None:
                    break
            else:
                return proof
        return None

    async def fails_by_chance(
        self, wanted: Signature, origin: Planned, scenario: Scenario
    ) -> Reproduction | None:
        """Return the proof that the failure shows at least once in ``chances`` times."""
        for one in self._replayer.with_delays(scenario):
            for number in range(self.limits.chances):
                attempt = await self._replayer.attempt(origin, one, number, fresh=False)
                if (proof := _reproduction(wanted, origin, one, attempt)) is not None:
                    return proof
        return None

    async def shrink(
        self,
        wanted: Signature,
        origins: Sequence[Planned],
        *,
        in_a_row: int = 1,
        by_chance: bool = False,
        small_first: bool = False,
        astray: Callable[[Scenario], Awaitable[bool]] = _never,
    ) -> list[Reproduction]:
        """Return ever smaller scenarios that show the failure; none if nothing does.

        The search begins with the first of ``origins`` that fails, or with a coarse step from the
        first one if ``small_first``. Scenarios have failed ``in_a_row`` times, or once in some
        times ``by_chance``; those of which ``astray`` says that they fail for another reason are
        passed by.
        """
        proofs: list[Reproduction] = []

        async def tried(origin: Planned, scenario: Scenario) -> bool:
            if by_chance:
                proof = await self.fails_by_chance(wanted, origin, scenario)
            else:
                proof = await self.fails(wanted, origin, scenario, in_a_row=in_a_row)
            if proof is None or await astray(scenario):
                return False
            proofs.append(proof)
            return True

        starts = [(origin, origin.scenario) for origin in origins]
        if small_first:
            small = list(coarse_steps(origins[0].scenario))
            self._replayer.play_ahead(origins[0], small, fresh=False)
            starts = [*((origins[0], step) for step in small), *starts]
        origin = origins[0]
        for origin, scenario in starts:
            if await tried(origin, scenario):
                break
        if not proofs:
            origin = origins[0]
        # What a busy machine keeps from failing again may still fail when less is going on.
        tries = self.limits.tries_by_chance if by_chance else self.limits.tries
        coarse = self.limits.coarse and (bool(proofs) or by_chance)
        shrinker = Shrinker(
            proofs[-1].scenario if proofs else origin.scenario, tries, coarse=coarse
        )
        while (candidate := shrinker.next()) is not None and (proofs or shrinker.coarse):
            self._replayer.play_ahead(origin, shrinker.upcoming(LOOKAHEAD), fresh=False)
            for smallest in proofs[-1:]:  # the last one is going to be confirmed
                times = self.limits.confirmed_by
                self._replayer.play_ahead(origin, [smallest.scenario], times, fresh=True)
            shrinker.report(failed=await tried(origin, candidate))
            self._notice(proofs[-1].scenario if proofs else candidate)
        return proofs

    def latest_first(self, proofs: Sequence[Reproduction]) -> Iterator[Reproduction]:
        """Yield those to be confirmed: the smallest, then what the reduction began with."""
        yield from reversed(proofs[1:][-self.limits.backtracks :])
        yield from proofs[:1]

    async def confirmed(self, wanted: Signature, proof: Reproduction) -> Reproduction | None:
        """Return the proof that it fails whenever it is played on fresh sessions, else None."""
        return await self.fails(
            wanted, proof.origin, proof.scenario, in_a_row=self.limits.confirmed_by, fresh=True
        )

    async def rated(self, wanted: Signature, proof: Reproduction) -> tuple[int, int]:
        """Return how often the failure shows on fresh sessions, and of how many times."""
        attempts = await self._fresh(proof.origin, proof.scenario, self.limits.rated_by)
        failed = [
            one for one in attempts if _reproduction(wanted, proof.origin, proof.scenario, one)
        ]
        return len(failed), len(attempts)

    async def variants(self, row: Row, proof: Reproduction) -> list[str]:
        """Say how a failing scenario does under the other platform variants that its row names."""
        sentences = []
        for word, other in variants_to_try(row, proof.scenario):
            attempts = await self._fresh(proof.origin, other, self.limits.by_variant)
            seen = {row.id in one.failures for one in attempts if row.id in one.exercised}
            if len(seen) == 1:  # attempts that disagree say nothing
                sentences.append(describe_variant(proof.scenario, word, fails=seen.pop()))
        return sentences

    def confirm_ahead(self, row: Row, proof: Reproduction) -> None:
        """Let idle workers begin what ``confirmed`` needs, and ``variants`` after that."""
        ahead, times = self._replayer.play_ahead, self.limits.confirmed_by
        ahead(proof.origin, [proof.scenario], times, fresh=True)
        others = [other for _, other in variants_to_try(row, proof.scenario)]
        ahead(proof.origin, others, self.limits.by_variant, fresh=True)

    async def _fresh(self, origin: Planned, scenario: Scenario, times: int) -> list[Attempt]:
        """Return the attempts on fresh sessions that could be judged."""
        attempts = await asyncio.gather(
            *(
                self._replayer.attempt(origin, scenario, number, fresh=True)
                for number in range(times)
            )
        )
        return [one for one in attempts if one is not None]


def _reproduction(
    wanted: Signature, origin: Planned, scenario: Scenario, attempt: Attempt | None
) -> Reproduction | None:
    if attempt is not None:
        for failure in attempt.failures.get(wanted.clause, ()):
            if wanted.fits(failure):
                return Reproduction(origin, scenario, failure, attempt.trace)
    return None


def shrink_in_virtual_time(
    scenario: Scenario,
    clause: str,
    player: Player,
    *,
    limits: Limits = VIRTUAL_LIMITS,
    owners: Collection[Owner] = OF_THE_SUT,
) -> Reproduction | None:
    """Return the smallest scenario found in which the clause fails; None if it does not fail.

    A function of its arguments alone, for callers without an event loop.
    """
    origin = Planned(scenario=scenario, source="given", real_media=False, mode="simulated")
    reproducer = Reproducer(VirtualReplayer(player, owners=owners), limits)
    proofs = asyncio.run(reproducer.shrink(Signature(clause), [origin]))
    return proofs[-1] if proofs else None
