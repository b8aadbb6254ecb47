"""Named scenarios written by hand, for every run. A new one is one more row of a module:

* ``outcomes``: how ringing ends: accepted, declined, not answered
* ``endings``: how a call ends, and commands that come too late or twice
* ``glare``: accept and give-up at the same moment
* ``several_calls``: callers who ring together, or call while another is connected
* ``observables``: names and addresses of callers, late subscribers
* ``devices``: two devices of one subscriber, and devices that disappear
* ``conditions``: everyday calls on other platform variants, or with one common fault
* ``sockets``: the socket breaks, and the session is resumed or has expired
* ``frames``: frames that are lost, late, out of order or duplicated
* ``failures``: look-ups, refused requests, stray byes, dead media, no reply

A name is ``family/case`` and never changes: reports, baselines and ``--only`` refer to it.
"""

from __future__ import annotations

import functools

from ringproof_scenarios.catalogue import (
    conditions,
    devices,
    endings,
    failures,
    frames,
    glare,
    observables,
    outcomes,
    several_calls,
    sockets,
)
from ringproof_scenarios.model import Scenario, validate

_MODULES = (
    outcomes,
    endings,
    glare,
    several_calls,
    observables,
    devices,
    conditions,
    sockets,
    frames,
    failures,
)


@functools.cache
def all() -> tuple[Scenario, ...]:
    """Return every named scenario, in the order of the modules. Raises ``ScenarioError``."""
    return tuple(validate(scenario) for module in _MODULES for scenario in module.SCENARIOS)
