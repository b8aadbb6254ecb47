"""What a mutant is: the reference client with another class for its calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from harness.client.calls import InboundCalls
from harness.client.client import Client
from harness.client.core import ClientCore


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """A client with exactly one fault."""

    name: str
    clause: str
    """The clause that the fault breaks, and under which it must be found."""
    fault: str
    """What it does wrong, in one sentence."""
    calls: type[InboundCalls]
    entails: tuple[str, ...] = ()
    """Clauses that cannot hold where ``clause`` is broken this way: they may be red as well."""

    def core(self, token: str, ids: Callable[[], str]) -> ClientCore:
        """Make its core; for simulations."""
        return ClientCore(token, ids, self.calls)

    @property
    def factory(self) -> partial[Client]:
        """What makes its client, as ``InProcessAdapter`` takes it."""
        return partial(Client, core=self.core)
