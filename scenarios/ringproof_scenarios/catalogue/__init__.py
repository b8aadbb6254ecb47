"""Named scenarios written by hand, one family a module; names are ``family/case``."""

from __future__ import annotations

import functools

from ringproof_scenarios.catalogue import (
    accept,
    addresses,
    busy,
    cut,
    dead_media,
    decline,
    devices,
    directory,
    doubled_frames,
    expiry,
    glare,
    hang_up,
    late_commands,
    late_frames,
    lost_frames,
    names,
    observers,
    refused,
    silence,
    simultaneous,
    stray_bye,
    troubles,
    unanswered,
    vanish,
    variants,
)
from ringproof_scenarios.model import Scenario, validate

_FAMILIES = (
    accept,
    decline,
    unanswered,
    hang_up,
    late_commands,
    glare,
    simultaneous,
    busy,
    names,
    addresses,
    observers,
    devices,
    vanish,
    variants,
    troubles,
    cut,
    expiry,
    lost_frames,
    late_frames,
    doubled_frames,
    directory,
    refused,
    stray_bye,
    dead_media,
    silence,
)


@functools.cache
def all() -> tuple[Scenario, ...]:
    """Return every named scenario, family by family, each validated and each name once.

    Raises ``ValueError`` (a ``ScenarioError`` included) when the catalogue itself is wrong.
    """
    scenarios = tuple(validate(scenario) for family in _FAMILIES for scenario in family.SCENARIOS)
    names = [scenario.name for scenario in scenarios]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"catalogue names occur twice: {', '.join(repeated)}")
    return scenarios
