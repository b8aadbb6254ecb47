"""How long generated scenarios may take, in real and in virtual time."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Bounds:
    """How long a generated scenario may take; all in ms."""

    dial_ms: int = 100
    """Latest dial."""
    after_ms: int = 120
    """Longest delay of an action after its anchor."""
    patience_ms: int = 150
    talk_ms: int = 100
    lookup_ms: int = 80
    online_ms: int = 40
    """How long coming online takes, where that takes time."""
    ring_ms: tuple[int, int] = (150, 350)
    """Least and longest ring time, where it is not the platform's default."""
    bye_reply_ms: int = 60
    """How long a bye waits for its reply, where it is not the default."""
    first_ping_ms: tuple[int, int] = (10, 80)
    """Least and longest time from the answer to the first ping, where it is not the default."""
    ping_ms: int = 1_000
    """Time between two pings, where it is not the default."""
    fault_ms: int = 60
    """Longest delay of a frame, and longest time without a socket."""
    silence: bool = False
    """Whether requests may get no reply until the client gives up, after 4.5 to 5 s."""
    simulated: bool = False
    """Whether the scenarios are for virtual time."""
    waiting_ms: int = 600
    """Limit of ``model.waiting_ms`` for the whole scenario."""


NETWORK = Bounds()
"""For real time, where a run waits as long as the scenario does."""

SIMULATED = Bounds(
    dial_ms=5_000,
    after_ms=20_000,
    patience_ms=30_000,
    talk_ms=60_000,
    lookup_ms=5_000,
    online_ms=1_000,
    ring_ms=(1_000, 60_000),
    bye_reply_ms=6_000,
    first_ping_ms=(100, 20_000),
    ping_ms=15_000,
    fault_ms=8_000,
    silence=True,
    simulated=True,
    waiting_ms=180_000,
)
"""For virtual time, where waiting costs nothing."""
