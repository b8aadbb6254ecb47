"""What ``ringproof run --explore`` plays: walks in place of the catalogue and the strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ringproof.commands import run_plan as running
from ringproof.commands.errors import UsageStop

if TYPE_CHECKING:
    from ringproof.accounting.selection import Selection
    from ringproof.suts.sut import Sut

DEFAULT_WALKS = 150
"""In each part of the run; over the network they take a few minutes in a browser."""

DEFAULT_MINUTES = 14.0
"""For the whole run: with what a browser takes to start and to end it stays below 15."""


def select_walks(
    sut: Sut,
    modes: tuple[running.Mode, ...],
    examples: int | None,
    seed: int,
    only: tuple[str, ...],
) -> Selection:
    """Plan as many walks for each part of the run; see ``run`` for the rest. Raises ``UsageStop``.

    In virtual time walks may last minutes; over the network they are kept short.
    """
    from ringproof.accounting.selection import SelectionError, in_virtual_time, select
    from ringproof_scenarios import ledger
    from ringproof_scenarios.generate.bounds import NETWORK, SIMULATED
    from ringproof_scenarios.generate.walks import draw_walks

    count = DEFAULT_WALKS if examples is None else examples
    rows = ledger.load()
    try:
        network, simulated = (
            select(
                catalogue=(),
                generated=draw_walks(count if mode in modes else 0, seed, bounds=bounds),
                ledger=rows,
                sut=sut,
                only=only,
            )
            for mode, bounds in (("network", NETWORK), ("simulated", SIMULATED))
        )
    except SelectionError as error:
        raise UsageStop(str(error)) from error
    virtual = tuple(map(in_virtual_time, simulated.planned))
    return msgspec.structs.replace(
        network,
        simulated=virtual,
        complete=False,  # It is the catalogue that claims to bring everything about.
    )
