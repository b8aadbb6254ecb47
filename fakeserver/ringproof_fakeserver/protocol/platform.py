"""Platform variants: behaviour unknown outside SignalWire, as fields with a default."""

from __future__ import annotations

import msgspec


class Platform(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """How the stand-in behaves where production is unknown (``fidelity.toml``).

    The defaults follow FreeSWITCH's mod_verto where it is known. A verdict that depends on a
    variant names it, so every field is part of a scenario and of its replay string.
    """

    bye_echo: bool = False
    """Push a ``verto.bye`` of our own before answering the client's bye. mod_verto does not."""

    msid: bool = True
    """Put ``a=msid`` lines into offers, so that the tracks of one offer share a stream."""

    lookup_delay_ms: int = 0
    """How long ``GET /api/fabric/addresses?name=`` takes to answer."""

    ring_ms: int = 60_000
    """How long an unanswered call rings when the dial named no timeout of its own."""

    def variants(self) -> tuple[str, ...]:
        """Name every field that differs from the default, as ``field=value``."""
        default = msgspec.structs.asdict(Platform())
        own = msgspec.structs.asdict(self).items()
        return tuple(f"{name}={value!r}" for name, value in own if value != default[name])

    def __repr__(self) -> str:
        # msgspec's own ``repr_omit_defaults`` compares by identity: an equal number is shown.
        return f"Platform({', '.join(self.variants())})"
