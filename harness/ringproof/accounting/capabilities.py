"""Restricts a plan to what the SUT declares. Pure.

What a SUT does not declare is never asked of it. What it declares and then refuses is a fault of
its adapter, reported when a scenario is played. Source: docs/adapter-protocol.md.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ringproof.adapters.manifest import Skip
from ringproof.adapters.protocol import AUTOMATIC, DEVICE_CHOICE, OPEN_OUTCOME, REATTACH, Hello
from ringproof.play.browser_calls import browsers_of, dials_itself
from ringproof.results import LeftOut, Planned
from ringproof_scenarios.faults import NoDevices, Prompt, TokenExpires, may_not_open
from ringproof_scenarios.ledger import Row
from ringproof_scenarios.model import (
    Answer,
    AnyAction,
    Dial,
    GoOffline,
    GoOnline,
    HangUp,
    Hold,
    Observe,
    Open,
    ReadUser,
    Reject,
    RestartIce,
    Scenario,
    Transfer,
    Unhold,
    Vanish,
    needs_packets,
)
from ringproof_scenarios.reloads import reattaching

OPS: Mapping[type[AnyAction], str] = {
    Answer: "call.answer",
    Reject: "call.reject",
    HangUp: "call.hangup",
    Observe: "observe",
    Vanish: "session.vanish",
    Hold: "call.hold",
    Unhold: "call.unhold",
    RestartIce: "call.restart_ice",
    GoOffline: "session.offline",
    GoOnline: "session.online",
    ReadUser: "user",
    Dial: "call.dial",
    Transfer: "call.transfer",
}

RETURN = "session.return"
"""Opening a page with what the browser kept of another one."""

DEVICE_FAULTS = "session.devices"
"""Making the microphone and the camera fail, or wait for the user's decision."""
FRESH_TOKEN = "session.token"
"""Handing a client another token."""
ANSWERING = "sdp"
"""Describing the media of a call, without which none can be answered."""
DEVICES = "devices"
"""Being several devices at once."""

PACKETS = "rtp"
"""Real media."""

EVENT_MODEL = "event_model"
"""Feature: the SUT also understands the event model, so that a plan may choose its media."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a run does not judge, and why."""

    lacks: tuple[str, ...] = ()
    """Capabilities that the SUT does not declare, as the ledger names them."""
    left_out: tuple[LeftOut, ...] = ()
    skips: tuple[Skip, ...] = ()
    """Clauses that the manifest asks not to judge."""

    def excludes(self, row: Row, features: frozenset[str]) -> str:
        """Return why a clause does not apply to this SUT; empty when it does."""
        if row.excluded:
            return row.excluded
        for skip in self.skips:
            if skip.clause == row.id:
                return f"skipped until {skip.expires}: {skip.reason} ({skip.issue})"
        missing = [
            name
            for name in row.requires
            if (name in self.lacks if name in CAPABILITIES else name not in features)
        ]
        return f"the SUT does not declare {', '.join(missing)}" if missing else ""


OFFERS = ("list", "status", "streams", "default_media", "errors")
"""What clients of some generations do not offer at all; such a hello lists it in ``lacks``."""

EVERY_OP = (*OPS.values(), DEVICE_FAULTS, RETURN, FRESH_TOKEN)
"""All ops that some scenarios need."""

CAPABILITIES = frozenset({*EVERY_OP, ANSWERING, DEVICES, *OFFERS})
"""What a SUT has unless its hello shows otherwise."""


class RestrictedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The plan that is played."""

    planned: tuple[Planned, ...]
    scope: Scope = Scope()
    capacity: int = sys.maxsize
    """How many workers its sessions are enough for; at least 1."""


def restrict(
    planned: Sequence[Planned],
    hello: Hello,
    *,
    media_by_caps: bool = False,
    skips: Iterable[Skip] = (),
) -> RestrictedPlan:
    """Choose what the SUT can play; ``media_by_caps`` lets its hello decide what media is real."""
    chosen: list[Planned] = []
    missed: Counter[str] = Counter()
    for one in planned:
        if missing := lacking(one.scenario, hello):
            missed.update(missing)
        else:
            chosen.append(_with_media(one, hello, media_by_caps=media_by_caps))
    most = max((_sessions(one.scenario, hello) for one in chosen), default=1)
    scope = Scope(
        lacks=_lacks(hello),
        left_out=tuple(LeftOut(*one) for one in missed.items()),
        skips=tuple(skips),
    )
    return RestrictedPlan(
        planned=tuple(chosen), scope=scope, capacity=max(1, hello.sessions // most)
    )


def _sessions(scenario: Scenario, hello: Hello) -> int:
    """Return how many sessions of the SUT a scenario takes, those of its callers included."""
    own = dials_itself(scenario, hello)
    return scenario.devices + (browsers_of(scenario) if own else 0)


def lacking(scenario: Scenario, hello: Hello) -> list[str]:
    """Return what a scenario needs that the SUT does not declare."""
    needed = dict.fromkeys(OPS[type(one)] for one in scenario.actions if type(one) in OPS)
    if any(isinstance(action, Open) and action.of is not None for action in scenario.actions):
        needed[RETURN] = None
    if any(isinstance(fault, NoDevices | Prompt) for fault in scenario.faults):
        needed[DEVICE_FAULTS] = None
    if any(isinstance(fault, TokenExpires) and fault.renewed for fault in scenario.faults):
        needed[FRESH_TOKEN] = None
    missing = [op for op in needed if op not in hello.ops]
    if hello.media == "none" and OPS[Answer] in needed:
        missing.append(ANSWERING)
    if hello.media != "rtp" and needs_packets(scenario):
        missing.append(PACKETS)
    if scenario.devices > hello.sessions:
        missing.append(DEVICES)
    opens = any(may_not_open(scenario.faults, device) for device in range(scenario.devices))
    if opens and OPEN_OUTCOME not in hello.features:
        missing.append(OPEN_OUTCOME)
    if reattaching(scenario) and REATTACH not in hello.features:
        missing.append(REATTACH)
    answers = [one for one in scenario.actions if isinstance(one, Answer)]
    chooses = any(one.microphone or one.camera for one in answers)
    if chooses and DEVICE_CHOICE not in hello.features:
        missing.append(DEVICE_CHOICE)
    if scenario.automatic and AUTOMATIC not in hello.features:
        missing.append(AUTOMATIC)
    return missing


def _lacks(hello: Hello) -> tuple[str, ...]:
    lacks = [op for op in EVERY_OP if op not in hello.ops]
    lacks += [ANSWERING] if hello.media == "none" else []
    lacks += [DEVICES] if hello.sessions < 2 else []
    return (*lacks, *hello.lacks)


def _with_media(one: Planned, hello: Hello, *, media_by_caps: bool) -> Planned:
    real = one.real_media or (media_by_caps and EVENT_MODEL not in hello.features)
    real = real and hello.media == "rtp"
    return msgspec.structs.replace(one, real_media=real)
