"""Fits a plan to the SUT that said hello: leaves out what it cannot do, and says so. Pure.

What a SUT does not declare is never asked of it. What it declares and then refuses is a fault of
its adapter, found while a scenario is played. Source: docs/adapter-protocol.md.
"""

from __future__ import annotations

import datetime
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ringproof.adapters.manifest import Skip
from ringproof.adapters.protocol import Hello
from ringproof.results import LeftOut, Planned
from ringproof_scenarios.ledger import Row
from ringproof_scenarios.model import Answer, AnyAction, HangUp, Observe, Reject, Scenario, Vanish

OPS: Mapping[type[AnyAction], str] = {
    Answer: "call.answer",
    Reject: "call.reject",
    HangUp: "call.hangup",
    Observe: "observe",
    Vanish: "session.vanish",
}

ANSWERING = "sdp"
"""Ability to describe the media of a call, without which none can be answered."""
DEVICES = "devices"
"""Ability to be several devices at once."""

EVENT_MODEL = "event_model"
"""Feature: the SUT also understands the event model, so that a plan may choose its media."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a run does not judge, and why."""

    lacks: tuple[str, ...] = ()
    """Abilities, in the ledger's words, that the SUT does not declare."""
    left_out: tuple[LeftOut, ...] = ()
    skips: tuple[Skip, ...] = ()
    """Clauses that its manifest asks not to judge."""

    def excludes(self, row: Row, features: frozenset[str]) -> str:
        """Return why a clause does not apply to this SUT; empty when it does."""
        if row.excluded:
            return row.excluded
        for skip in self.skips:
            if skip.clause == row.id:
                return f"skipped until {skip.expires}: {skip.reason} ({skip.issue})"
        missing = [word for word in row.requires if self._missing(word, features)]
        return f"the SUT does not declare {', '.join(missing)}" if missing else ""

    def _missing(self, word: str, features: frozenset[str]) -> bool:
        return word in self.lacks if word in ABILITIES else word not in features


OFFERS = ("list", "status", "streams", "default_media")
"""What a client may say that its generation does not offer its users."""

ABILITIES = frozenset({*OPS.values(), ANSWERING, DEVICES, *OFFERS})
"""What a SUT has unless its hello shows that it has not."""


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """The plan that is played."""

    planned: tuple[Planned, ...]
    scope: Scope = Scope()
    capacity: int = sys.maxsize
    """How many workers the SUT's sessions suffice for; at least 1."""


def fit(
    planned: Sequence[Planned],
    hello: Hello,
    *,
    media_by_caps: bool = False,
    skips: Iterable[Skip] = (),
) -> Fitted:
    """Choose what the SUT can play. ``media_by_caps`` lets its hello decide what media is real."""
    chosen: list[Planned] = []
    missed: Counter[str] = Counter()
    for one in planned:
        if missing := lacking(one.scenario, hello):
            missed.update(missing)
        else:
            chosen.append(_with_media(one, hello, media_by_caps=media_by_caps))
    most = max((one.scenario.devices for one in chosen), default=1)
    scope = Scope(
        lacks=_lacks(hello),
        left_out=tuple(LeftOut(*one) for one in missed.items()),
        skips=tuple(skips),
    )
    return Fitted(planned=tuple(chosen), scope=scope, capacity=max(1, hello.sessions // most))


def lacking(scenario: Scenario, hello: Hello) -> list[str]:
    """Return what a scenario needs that the SUT does not declare."""
    needed = dict.fromkeys(OPS[type(action)] for action in scenario.actions)
    missing = [op for op in needed if op not in hello.ops]
    if hello.media == "none" and OPS[Answer] in needed:
        missing.append(ANSWERING)
    if scenario.devices > hello.sessions:
        missing.append(DEVICES)
    return missing


def expired(skips: Iterable[Skip], today: datetime.date) -> list[Skip]:
    """Return the skips that nobody has renewed."""
    return [skip for skip in skips if skip.expires < today]


def _lacks(hello: Hello) -> tuple[str, ...]:
    lacks = [op for op in OPS.values() if op not in hello.ops]
    lacks += [ANSWERING] if hello.media == "none" else []
    lacks += [DEVICES] if hello.sessions < 2 else []
    return (*lacks, *hello.lacks)


def _with_media(one: Planned, hello: Hello, *, media_by_caps: bool) -> Planned:
    real = one.real_media or (media_by_caps and EVENT_MODEL not in hello.features)
    real = real and hello.media == "rtp"
    return msgspec.structs.replace(one, real_media=real)
