"""Clients that play in virtual time, by the name that ``--sut`` takes.

A worker on another machine looks its client up itself: only the name travels.
"""

from __future__ import annotations

import functools

import msgspec

from ringproof.adapters.protocol import Hello
from ringproof.client.parts import REFERENCE, ClientParts
from ringproof.simulation.simulate import HELLO, simulate
from ringproof.simulation.world import FAIR, LatencyProfile
from ringproof.trace import Trace
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_scenarios.model import Scenario

MUTANT = "mutant:"


class NoSuchClient(ValueError):
    """Nothing of that name plays in virtual time; the message says what does."""


class Player(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of simulated client."""

    sut: str
    parts: ClientParts
    hello: Hello
    exchange: type[Exchange] = Exchange
    """The platform it plays against."""

    def play(self, scenario: Scenario, *, seed: int = 0, weather: LatencyProfile = FAIR) -> Trace:
        """Play a scenario. Raises what ``simulate`` raises."""
        return simulate(
            scenario,
            self.parts,
            seed=seed,
            hello=self.hello,
            exchange=self.exchange,
            weather=weather,
        ).trace


def simulable(sut: str) -> bool:
    """Say whether a SUT of that name plays in virtual time: only clients of our own parts do."""
    return sut == "reference" or sut.startswith(MUTANT)


@functools.cache
def player(sut: str) -> Player:
    """Return the client of that name. Raises ``NoSuchClient``."""
    hello = msgspec.structs.replace(HELLO, name=sut)
    if sut == "reference":
        return Player(sut=sut, parts=REFERENCE, hello=hello)
    from ringproof import mutants

    mutant = mutants.find(sut.removeprefix(MUTANT)) if sut.startswith(MUTANT) else None
    if mutant is None:
        raise NoSuchClient(f"{sut!r} plays in no simulation: there is reference and mutant:NAME")
    return Player(sut=sut, parts=mutant.parts, hello=hello, exchange=mutant.exchange)
