"""Every fault of a scenario is brought about on every carrier: none is dropped in silence."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import get_args

import pytest

from ringproof.accounting.selection import Selection, given
from ringproof.results import AnyRunEvent, ScenarioFinished
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.suts import registry as sut
from ringproof.trace import DeviceRequest, Emitted, Mode, Note, Platformed, Trace
from ringproof_fakeserver.protocol.journal import FaultFact
from ringproof_scenarios.faults import (
    AnyFault,
    ConnectFails,
    Cut,
    DeadMedia,
    Delay,
    Drop,
    Duplicate,
    GoesSilent,
    Ignore,
    LookUp,
    MediaCut,
    NoDevices,
    OnlineFails,
    OtherToken,
    Prompt,
    Refuse,
    Reorder,
    StrayBye,
    StunFails,
    TokenExpires,
)
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, Caller, Scenario

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

CARRIERS: dict[str, tuple[str, Mode]] = {
    "reference, simulated": ("reference", "simulated"),
    "reference, network": ("reference", "network"),
    "node": ("node", "network"),
    "chromium": ("chromium", "network"),
}

Row = tuple[AnyFault, set[str]]
"""A fault, and what the trace shows when it has struck."""

FAULTS: dict[str, Row] = {
    "drop": (Drop(frame="bye"), {"drop bye"}),
    "delay": (Delay(frame="bye"), {"delay bye"}),
    "duplicate": (Duplicate(frame="invite"), {"duplicate invite"}),
    "reorder": (Reorder(frame="answer-reply"), {"reorder answer-reply"}),
    "refuse": (Refuse(), {"refuse answer"}),
    "ignore": (Ignore(), {"ignore answer"}),
    "dead-media": (DeadMedia(), {"fail media"}),
    "stray-bye": (StrayBye(), {"stray bye"}),
    "cut": (Cut(after_ms=10), {"cut"}),
    "look-up": (LookUp(status=500), {"fail look-up"}),
    "look-up ignored": (LookUp(answered=False), {"ignore look-up"}),
    "missing": (NoDevices(), {"asked", "failed NotFoundError"}),
    "refused": (NoDevices(reason="refused"), {"asked", "failed NotAllowedError"}),
    "busy": (NoDevices(reason="busy"), {"asked", "failed NotReadableError"}),
    "camera refused": (
        NoDevices(reason="refused", which="camera"),
        {"asked", "failed NotAllowedError"},
    ),
    "microphone missing": (NoDevices(which="microphone"), {"asked", "failed NotFoundError"}),
    "prompt allowed": (Prompt(), {"asked", "granted"}),
    "prompt refused": (Prompt(granted=False), {"asked", "failed NotAllowedError"}),
    "media cut": (MediaCut(), {"cut media-in", "cut media-out"}),
    "token expires": (TokenExpires(), {"token-expired"}),
    "half open": (GoesSilent(), {"silence", "heard"}),
}

OPENING_FAULTS: dict[str, Row] = {
    "kept out": (ConnectFails(nth=1, times=1), {"cut", "refuse connect"}),
    "ignored": (ConnectFails(how="ignore", nth=1, times=1), {"cut", "ignore connect"}),
    "closed": (ConnectFails(how="close", nth=1, times=1), {"cut", "close connect"}),
    "not registered": (OnlineFails(times=1), {"refuse online"}),
    "stun": (StunFails(), {"ignore stun"}),
    "token forged": (OtherToken(), {"unopened"}),
}
"""Faults of how a session opens; nobody answers the call."""

ROWS = FAULTS | OPENING_FAULTS

NEVER = {"asked", "failed NotFoundError", "silence", "cut", "refuse online", "unopened"}
"""What a trace without such a fault does not show."""


def scenario(name: str) -> Scenario:
    fault, _ = ROWS[name]
    if name in OPENING_FAULTS:
        # Cut as soon as there is a call: on a busy machine it may never be listed.
        cut = (Cut(on="start"),) if isinstance(fault, ConnectFails) else ()
        faults = (*cut, fault)
        return Scenario(name=f"fault/{name}", callers=(Caller(patience_ms=60),), faults=faults)
    return Scenario(
        name=f"fault/{name}",
        callers=(Caller(media=AUDIO_VIDEO),),  # it ends once every fault was due
        actions=(Answer(audio=True, video=True, after_ms=60),),
        faults=(fault,),
    )


def shown(trace: Trace) -> set[str]:
    """Return what the trace shows of faults."""

    def words() -> Iterator[str]:
        for entry in trace:
            if isinstance(entry, Platformed) and isinstance(entry.fact, FaultFact):
                yield f"{entry.fact.what} {entry.fact.point}".strip()
            elif isinstance(entry, Emitted) and isinstance(entry.event, DeviceRequest):
                yield f"{entry.event.state} {entry.event.error}".strip()
            elif isinstance(entry, Note) and entry.what == "unopened":
                yield entry.what

    return set(words())


@functools.cache
def played() -> dict[tuple[str, str], ScenarioFinished]:
    """What was played so far, by carrier and fault: one run a carrier."""
    return {}


async def play(carrier: str) -> None:
    name, mode = CARRIERS[carrier]
    thing = sut.find(name)
    planned = given([scenario(fault) for fault in ROWS], thing, real_media=False, mode=mode)
    selection = Selection(
        planned=planned if mode == "network" else (),
        simulated=planned if mode == "simulated" else (),
        clauses=frozenset(),
        complete=False,
    )

    def keep(event: AnyRunEvent) -> None:
        if isinstance(event, ScenarioFinished):
            fault = event.planned.scenario.name.removeprefix("fault/")
            played()[carrier, fault] = event

    finished = await run(Plan(sut=thing, selection=selection, seed=0, reduce=False), keep)
    assert finished.faults == ()
    assert finished.left_out == ()


def test_every_fault_is_in_the_table():
    struck = {type(fault) for fault, _ in ROWS.values()}
    assert struck == set(get_args(AnyFault))


@pytest.mark.parametrize("fault", ROWS)
@pytest.mark.parametrize("carrier", CARRIERS)
async def test_fault_strikes(carrier: str, fault: str):
    if (carrier, fault) not in played():
        await play(carrier)
    _, expected = ROWS[fault]
    assert expected <= shown(played()[carrier, fault].trace)


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_no_fault_strikes_where_there_is_none(carrier: str):
    if (carrier, "drop") not in played():
        await play(carrier)
    assert not NEVER & shown(played()[carrier, "drop"].trace)
