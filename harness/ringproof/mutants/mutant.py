"""What a mutant is: the reference client with one part exchanged, or a platform of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from ringproof.client.core import ClientCore
from ringproof.client.parts import REFERENCE, ClientParts
from ringproof_fakeserver.protocol.exchange import Exchange

if TYPE_CHECKING:
    from ringproof.client.client import Client


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """A client, or a platform, with exactly one fault."""

    name: str
    clause: str
    """The clause that the fault breaks, and under which it must be found."""
    fault: str
    """What it does wrong, in one sentence."""
    parts: ClientParts = REFERENCE
    exchange: type[Exchange] = Exchange
    """The platform to play against: whoever builds the server builds this one."""
    entails: tuple[str, ...] = ()
    """Clauses that cannot hold where ``clause`` is broken this way: they may be red as well."""

    def core(self, token: str, ids: Callable[[], str]) -> ClientCore:
        """Make its core."""
        return self.parts.core(token, ids)

    @property
    def factory(self) -> partial[Client]:
        """What makes its client, as ``InProcessAdapter`` takes it."""
        # Imported here: simulations need no network shell, which takes long to import.
        from ringproof.client.client import Client

        return partial(Client, parts=self.parts)
