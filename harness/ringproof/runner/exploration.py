"""An exploring run: walks are played until their time is over, then failures are looked into."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from ringproof.accounting.tally import Tally
from ringproof.network.supervisor import Supervisor
from ringproof.network.worker import Worker
from ringproof.results import AnyRunEvent, Emit, Explored, Mode, ScenarioFinished, Searching
from ringproof.simulation.player import player
from ringproof.triage.finding_store import FindingStore
from ringproof.triage.replay import Judge, NetworkReplayer, Replayer, VirtualReplayer
from ringproof.triage.search import Search
from ringproof.triage.signature import Occurrences
from ringproof_scenarios import ledger


class TimeShares(msgspec.Struct, frozen=True, kw_only=True):
    """How the time of an exploring run is spent."""

    walking: float = 0.6
    """Of the time at most; what fails in the last walk wants to be looked into as well."""
    virtual: float = 0.1
    """Of the time at most, for looking into what failed in virtual time, where plays take moments.
    """
    confirming_s: float = 60.0
    """Kept for confirming the findings of the search, or a fifth of a short time."""
    closing_s: float = 15.0
    """Kept for the scenario that is on when the time is up, or a tenth of a short time."""
    notify_every_s: float = 0.2
    """Between two ``Searching`` events: a terminal shows no more."""


DEFAULT_SHARES = TimeShares()


class Exploration:
    """What failed in the walks of a run: reads every run event and hands it on.

    ``within_s`` is how long the whole run may take, from now on.
    """

    def __init__(
        self, tally: Tally, emit: Emit, within_s: float, shares: TimeShares = DEFAULT_SHARES
    ) -> None:
        self._shares = shares
        self._tally = tally
        self._emit = emit
        self._started_s = time.monotonic()
        self._within_s = within_s
        self._occurrences: dict[Mode, Occurrences] = {
            "simulated": Occurrences(),
            "network": Occurrences(),
        }
        self._store = FindingStore()
        self._walks = 0
        self._unexamined = 0
        self._notified_s = 0.0

    @property
    def walking_is_over(self) -> bool:
        """No further walk is to be started."""
        return time.monotonic() > self._started_s + self._shares.walking * self._within_s

    @property
    def explored(self) -> Explored:
        """The findings until now."""
        return Explored(
            walks=self._walks,
            within_s=self._within_s,
            findings=self._store.findings(ledger.load()),
            unexamined=self._unexamined,
        )

    def __call__(self, event: AnyRunEvent) -> None:
        """Add what failed, if the run judges its clause and no baseline describes it."""
        if isinstance(event, ScenarioFinished) and event.fault is None:
            self._add(event)
        self._emit(event)

    def _add(self, event: ScenarioFinished) -> None:
        self._walks += 1
        known_failures, planned = self._tally.known_failures, event.planned
        self._occurrences[planned.mode].add(
            planned,
            event.trace,
            {clause: one for clause, one in event.outcomes.items() if self._tally.judges(clause)},
            lambda clause, failure: known_failures.covers(clause, failure, planned.scenario),
        )

    async def look_into_simulated(self, sut: str) -> None:
        """Look into what failed in virtual time."""
        until_s = min(
            time.monotonic() + self._shares.virtual * self._within_s,
            self._started_s + self._within_s,
        )
        await self._search(VirtualReplayer(player(sut), until_s=until_s), "simulated")

    async def look_into_network(
        self, workers: Sequence[Worker], supervisor: Supervisor, judge: Judge, at_once: int
    ) -> None:
        """Look into what failed over the network: see ``NetworkReplayer``."""
        end_s = self._started_s + self._within_s
        confirm_until_s = end_s - min(self._shares.closing_s, 0.1 * self._within_s)
        search_until_s = confirm_until_s - min(self._shares.confirming_s, 0.2 * self._within_s)
        async with NetworkReplayer(
            workers,
            supervisor,
            judge,
            search_until_s=search_until_s,
            confirm_until_s=confirm_until_s,
            at_once=at_once,
        ) as replayer:
            await self._search(replayer, "network")

    async def _search(self, replayer: Replayer, mode: Mode) -> None:
        search = Search(replayer, self._store, self._notify)
        try:
            await search.run(self._occurrences[mode])
        finally:
            self._unexamined += search.waiting
            self._hand_over()

    def _notify(self, waiting: int) -> None:
        now_s = time.monotonic()
        if now_s - self._notified_s > self._shares.notify_every_s:
            self._notified_s = now_s
            left_s = max(0, round(self._started_s + self._within_s - now_s))
            self._emit(Searching(findings=len(self._store), waiting=waiting, left_s=left_s))

    def _hand_over(self) -> None:
        """Show every clause by its simplest finding."""
        for finding in reversed(self._store.findings(ledger.load())):
            first = msgspec.structs.replace(finding.first, certainty=finding.certainty)
            self._tally.reduced(finding.clause, first, finding.variants)
