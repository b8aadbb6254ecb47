"""Named scenarios written by hand, for every run. A new one is one more row of a module:

* ``endings``: how ringing ends, how a call ends, and commands that come too late or twice
* ``glare``: accept and give-up at the same moment
* ``several_calls``: callers who ring together, or call while another is connected
* ``observables``: names and addresses of callers, late subscribers
* ``devices``: two devices of one subscriber, and devices that disappear
* ``conditions``: everyday calls on other platform variants, or with one common fault
* ``faults``: broken sockets, lost and late frames, failed look-ups, refused requests, dead media

A name is ``family/case`` and never changes: reports, baselines and ``--only`` refer to it.
"""

from __future__ import annotations

import functools

from ringproof_scenarios.catalogue import (
    conditions,
    devices,
    endings,
    faults,
    glare,
    observables,
    several_calls,
)
from ringproof_scenarios.model import Scenario, validate

_MODULES = (endings, glare, several_calls, observables, devices, conditions, faults)


@functools.cache
def all() -> tuple[Scenario, ...]:
    """Return every named scenario, in the order of the modules. Raises ``ScenarioError``."""
    return tuple(validate(scenario) for module in _MODULES for scenario in module.SCENARIOS)
