"""``--baseline``, for every command that takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ringproof.commands.errors import UsageStop

if TYPE_CHECKING:
    from ringproof.baseline import Baseline


def load(chosen: Sequence[str]) -> Baseline | None:
    """Read what ``--baseline`` was given, all of it; None when it was not given.

    Raises ``UsageStop`` for what is no baseline, before anything is played.
    """
    from ringproof import baseline
    from ringproof.baseline import shipped

    if not chosen:
        return None
    try:
        return baseline.load(shipped.find(choice) for choice in chosen)
    except baseline.BaselineError as error:
        missing = [choice for choice in chosen if not shipped.find(choice).exists()]
        hint = f"; ringproof itself brings {', '.join(shipped.names())}" if missing else ""
        raise UsageStop(f"--baseline {error}{hint}") from error
