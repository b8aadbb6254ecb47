"""The callers of the catalogue, to be varied with ``but``."""

from __future__ import annotations

import msgspec

from ringproof_scenarios.model import Caller

ALICE = Caller()
BOB, CAROL, DAVE, ERIN = (
    Caller(address=f"/private/{name.lower()}", name=name)
    for name in ("Bob", "Carol", "Dave", "Erin")
)

but = msgspec.structs.replace
"""``but(BOB, at_ms=80)`` is Bob, 80 ms later."""
