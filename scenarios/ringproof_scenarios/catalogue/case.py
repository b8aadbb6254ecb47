"""How the catalogue is written: one row a scenario, its callers, actions and faults in one line."""

from __future__ import annotations

import functools

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.backend import AnyRequest, Request
from ringproof_scenarios.faults import AnyFault, Fault
from ringproof_scenarios.model import Action, AnyAction, Caller, Scenario

alice = Caller
"""``alice(patience_ms=60)`` is Alice, who gives up after 60 ms; the others likewise."""
bob, carol, dave, erin = (
    functools.partial(Caller, address=f"/private/{name.lower()}", name=name)
    for name in ("Bob", "Carol", "Dave", "Erin")
)


def case(
    name: str,
    *parts: Caller | AnyAction | AnyFault | AnyRequest | Platform,
    devices: int = 1,
    automatic: bool = False,
) -> Scenario:
    """Return the scenario ``name``, which is ``family/case``, made of the parts in any order.

    Callers are numbered as they are listed, from 0: that is the ``call`` of actions and faults.
    """
    return Scenario(
        name=name,
        callers=tuple([part for part in parts if isinstance(part, Caller)]),
        actions=tuple([part for part in parts if isinstance(part, Action)]),
        faults=tuple([part for part in parts if isinstance(part, Fault)]),
        requests=tuple([part for part in parts if isinstance(part, Request)]),
        platform=next((part for part in parts if isinstance(part, Platform)), Platform()),
        devices=devices,
        automatic=automatic,
    )
