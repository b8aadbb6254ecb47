"""What a scenario is said to be: the words that an entry's ``shape`` is looked for in. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from ringproof_scenarios.model import Scenario

NOT = "not "


def lines(scenario: Scenario) -> tuple[str, ...]:
    """Return the scenario as a report tells it, and what a report leaves unsaid.

    That is every platform variant, the usual ones too (``bye_echo=False``), and how much there is
    of everything (``2 callers``, ``1 devices``, ``0 faults``).
    """
    platform = scenario.platform
    variants = [f"{name}={getattr(platform, name)!r}" for name in platform.__struct_fields__]
    counts = (
        f"{len(scenario.callers)} callers",
        f"{scenario.devices} devices",
        f"{len(scenario.faults)} faults",
    )
    return (*scenario.steps, *variants, *counts)


def fits(shape: Iterable[str], scenario: Scenario) -> bool:
    """Say whether all words of a shape are said of the scenario, and none that it denies.

    A word or more of a line is enough; ``*`` stands for one word. ``not …`` denies.
    """
    said = lines(scenario)
    return all(_holds(words, said) for words in shape)


def _holds(words: str, said: tuple[str, ...]) -> bool:
    denied = words.startswith(NOT)
    search = _compiled(words.removeprefix(NOT)).search
    return any(search(line) for line in said) is not denied


@functools.lru_cache(maxsize=1024)
def _compiled(words: str) -> re.Pattern[str]:
    text = r"\S+".join(re.escape(part) for part in words.split("*"))
    return re.compile(rf"(?<!\w){text}(?!\w)")
