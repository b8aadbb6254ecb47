"""Media paths in virtual time: what each end notices of packets that are lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from ringproof.checks import judge
from ringproof.client import events
from ringproof.simulation.media_paths import MediaPaths
from ringproof.simulation.player import simulate
from ringproof.simulation.scheduler import Scheduler
from ringproof_fakeserver.protocol import commands as platform
from ringproof_fakeserver.protocol import events as incoming
from ringproof_scenarios.faults import GoesSilent, MediaCut
from ringproof_scenarios.model import Answer, Caller, Reject, Scenario

CALL = "call-a"
STALLED, SILENT = events.MediaStalled(CALL), incoming.MediaSilent(CALL)


def cut(paths: MediaPaths, *, from_client: bool = True, to_client: bool = True) -> None:
    paths.cut(platform.CutMedia(CALL, from_client=from_client, to_client=to_client))


def noticed(*steps: Callable[[MediaPaths], None]) -> list[object]:
    """Take the steps 100 ms apart on a path that the platform watches; return who noticed what."""
    clock, seen = Scheduler(), []
    paths = MediaPaths(clock, seen.append, seen.append)

    async def play() -> None:
        paths.watch(platform.WatchMedia(CALL, within_ms=5_000))
        for step in steps:
            step(paths)
            await clock.sleep(100)
        await clock.sleep(10_000)

    clock.run(play())
    return seen


def closed_by_platform(paths: MediaPaths) -> None:
    paths.platform_closed(CALL)


def closed_by_client(paths: MediaPaths) -> None:
    paths.client_closed(CALL)


@pytest.mark.parametrize(
    ("steps", "seen"),
    [
        ((cut,), [STALLED, SILENT]),
        ((partial(cut, to_client=False),), [SILENT]),
        ((partial(cut, from_client=False),), [STALLED]),
        ((closed_by_client,), [SILENT]),
        ((cut, closed_by_client), [SILENT]),
        ((closed_by_platform,), []),
        ((cut, closed_by_platform), [STALLED]),
        ((cut, closed_by_platform, closed_by_client), []),
        ((cut, closed_by_client, closed_by_platform), []),
        ((partial(cut, to_client=False), closed_by_platform), []),
    ],
)
def test_who_notices_what(
    steps: tuple[Callable[[MediaPaths], None], ...], seen: list[object]
) -> None:
    assert noticed(*steps) == seen


def test_client_that_missed_the_bye_notices_that_nothing_comes() -> None:
    """Its socket is half open and its media are cut: it cannot know that the call is over."""
    trace = simulate(
        Scenario(
            callers=(Caller(talk_ms=10),),
            actions=(Answer(), Reject(after_ms=5_810)),
            faults=(MediaCut(), GoesSilent(on="connected", ping_ms=10)),
        )
    )
    outcomes = judge(trace)
    assert outcomes["media/loss-is-told"].exercised == 1
    assert not any(outcome.failures for outcome in outcomes.values())
