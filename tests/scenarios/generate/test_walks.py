"""Walks drawn ahead: as many as asked for, all different, the same for the same seed."""

from __future__ import annotations

from ringproof_scenarios.generate.bounds import SIMULATED
from ringproof_scenarios.generate.walks import draw_walks


def test_a_longer_draw_begins_like_a_shorter_one():
    few, many = draw_walks(12, 3), draw_walks(60, 3)
    assert len(many) == len(set(many)) == 60
    assert many[:12] == few


def test_seed_and_bounds_decide():
    assert draw_walks(10, 1) != draw_walks(10, 2)
    assert draw_walks(10, 1) != draw_walks(10, 1, bounds=SIMULATED)
    assert draw_walks(0, 1) == ()
