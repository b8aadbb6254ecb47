"""The limits of replays, which depend on how fast ends came in the run."""

from __future__ import annotations

import pytest

from ringproof.play.deadlines import DEADLINES, REPLAYED_END_FACTOR, REPLAYED_END_MIN_MS, Deadlines

SLOW_MS = REPLAYED_END_MIN_MS // 2


@pytest.mark.parametrize(
    ("slowest_end_ms", "ended_ms"),
    [
        pytest.param(0, REPLAYED_END_MIN_MS, id="no end was waited for"),
        pytest.param(SLOW_MS, REPLAYED_END_FACTOR * SLOW_MS, id="a busy machine"),
        pytest.param(DEADLINES.ended_ms, DEADLINES.ended_ms, id="never more than in the run"),
    ],
)
def test_replays_wait_for_ends_some_times_as_long_as_the_run_had_to(
    slowest_end_ms: int, ended_ms: int
):
    expected = Deadlines(ended_ms=ended_ms)
    assert DEADLINES.for_replays(slowest_end_ms) == expected
