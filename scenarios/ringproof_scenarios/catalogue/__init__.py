"""Named scenarios written by hand, for every run. A new one is one more row of a module:

* ``endings``: how ringing ends, how a call ends, and commands that come too late or twice
* ``glare``: accept and give-up at the same moment
* ``several_calls``: callers who ring together, or call while another is connected
* ``observables``: names and addresses of callers, late subscribers
* ``devices``: two devices of one subscriber, and devices that disappear
* ``conditions``: everyday calls on other platform variants, or with one common fault
* ``capture``: microphone and camera that are missing, refused or waited for
* ``pings``: pings of connected calls, and calls that end because one was not answered
* ``openings``: sessions that the platform does not let in, at first or when they come back
* ``faults``: broken sockets, lost and late frames, failed look-ups, refused requests, dead media
* ``outbound``: calls that the subscriber places, and calls that are handed over
* ``origins``: callers in other users' browsers, and on phones
* ``media_changes``: hold and unhold of a connected call, media paths that are found anew or cut
* ``backends``: what an app's backend asks of REST, callbacks, files that are played

A name is ``family/case`` and never changes: reports, baselines and ``--only`` refer to it.
"""

from __future__ import annotations

import functools

from ringproof_scenarios.catalogue import (
    backends,
    capture,
    conditions,
    devices,
    endings,
    faults,
    glare,
    media_changes,
    observables,
    openings,
    origins,
    outbound,
    pings,
    presence,
    several_calls,
)
from ringproof_scenarios.model import Scenario, validate

_MODULES = (
    *(endings, glare, several_calls, observables, devices, conditions, capture, pings, faults),
    *(openings, media_changes, presence, backends, origins, outbound),
)


@functools.cache
def all() -> tuple[Scenario, ...]:
    """Return every named scenario, in the order of the modules. Raises ``ScenarioError``."""
    return tuple(validate(scenario) for module in _MODULES for scenario in module.SCENARIOS)
