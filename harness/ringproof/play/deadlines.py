"""How long a scenario's player waits for whatever it waits for."""

from __future__ import annotations

import msgspec


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """Limits in milliseconds; the defaults have room for a busy machine with two cores."""

    scenario_ms: int = 90_000
    """A whole scenario, beyond its own delays. Every other wait is shorter, so that passing this
    one is a bug of ours."""

    command_ms: int = 10_000
    """The reply to any one command. The published SDK gives up its own requests after 5 s."""

    opened_ms: int = 20_000
    """From ``session.open`` to the outcome of ``register()``, where the platform does not let the
    session in: the bound of register/refused-token and register/no-connection. The reference
    client gives up after 10 s, the published SDK after 15 s."""

    ping_ms: int = 5_000
    """The answer to a ping of the platform, by the client's protocol layer: 1 to 20 ms here."""

    listed_ms: int = 3_000
    """From the invite to the list, beyond the look-up's delay. Chromium: 30 ms, busy 400."""

    rings_ms: int = 3_000
    """From the dial to the first invite: 3 ms, but the first real leg loads aiortc (0.4 to 1 s)."""

    effect_ms: int = 6_000
    """From answer, reject or hang-up to what the platform sees of it. ICE gathering in a browser
    waits for its STUN servers, 0.1 to 1 s here; the published SDK gives up requests after 5 s."""

    connected_ms: int = 6_000
    """From the accepted answer to ``connected``: ICE and DTLS, up to 1.2 s on two busy cores."""

    ended_ms: int = 4_000
    """From a reason to end to the platform's end, and from there to ``destroyed`` in the client."""

    surfaces_ms: int = 400
    """From an answered look-up to the listing of a call that has ended meanwhile: such a call is
    listed late or never, and no barrier reaches what a client still has to do with an HTTP
    response. The published SDK in Chromium: 30 ms, busy 200."""

    media_ms: int = 5_000
    """From ``connected`` to packets both ways. Measured on two busy cores: 0.3 to 1.5 s."""

    probed_ms: int = 80_000
    """How long an end is delayed for media to be watched: every wait inside is shorter."""

    vanished_ms: int = 5_000
    """From a page that is closed to the close of its socket."""

    back_ms: int = 8_000
    """From the moment a client gets through again to its being back. Clients retry after 0.1 to
    3 s."""

    def for_replays(self, slowest_end_ms: int) -> Deadlines:
        """Return the limits for replays after a run whose slowest end took ``slowest_end_ms``.

        What failed in the run has waited the whole of ``ended_ms`` already. Its replays wait as
        long only where ends were slow.
        """
        enough_ms = max(REPLAYED_END_MIN_MS, slowest_end_ms * REPLAYED_END_FACTOR)
        return msgspec.structs.replace(self, ended_ms=min(self.ended_ms, enough_ms))


REPLAYED_END_FACTOR = 4
"""How many times longer than the slowest end of the run a replay waits for one."""
REPLAYED_END_MIN_MS = 1_000
"""The shortest wait for an end. In Chromium on two cores ends take 10 to 200 ms."""

DEADLINES = Deadlines()
"""The limits of every ordinary run."""
