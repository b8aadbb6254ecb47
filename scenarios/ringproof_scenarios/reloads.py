"""Pages that are opened again so that they get the calls of the page before them. Pure."""

from __future__ import annotations

from ringproof_scenarios.model import Open, Scenario


def reattaching(scenario: Scenario) -> frozenset[int]:
    """Return the devices whose page is opened so that its calls outlive it."""
    return frozenset([n for one in _opens(scenario) for n in (one.of, one.device) if n is not None])


def pages_before(scenario: Scenario, device: int) -> frozenset[int]:
    """Return a device, and the one whose page it opens again so that it gets its calls."""
    before = [one.of for one in _opens(scenario) if one.device == device]
    return frozenset([device, *[n for n in before if n is not None]])


def _opens(scenario: Scenario) -> list[Open]:
    return [one for one in scenario.actions if isinstance(one, Open) and one.reattach]
