"""Figures: medians, ratios, targets, and what is printed of them."""

from __future__ import annotations

import pytest

from ringproof.bench.figure import Figure, Target, machine
from ringproof.commands import bench
from ringproof.report import terminal


@pytest.mark.parametrize(
    ("target", "value", "ratio", "met"),
    [
        (Target(10), 10, None, True),
        (Target(10), 9.9, None, False),
        (Target(10, "lower"), 10, None, True),
        (Target(10, "lower"), 10.1, None, False),
        (Target(0.5, of="ratio"), 1, 0.5, True),
        (Target(0.5, of="ratio"), 100, 0.49, False),
        (Target(0.5, of="ratio"), 100, None, False),
    ],
)
def test_target_is_met_at_or_beyond_its_value(
    target: Target, value: float, ratio: float | None, met: bool
) -> None:
    assert target.met(value, ratio) is met


def test_figure_compares_the_medians_of_its_runs_and_its_peers() -> None:
    one = Figure(
        "calls", "calls/s", [3, 1, 200], reference="echo", peer=[4, 6, 5], target=Target(2)
    )

    assert (one.value, one.reference_value, one.ratio, one.met) == (3, 5, 0.6, True)
    assert one.as_json() == {
        "name": "calls",
        "value": 3.0,
        "unit": "calls/s",
        "reference": "echo",
        "reference_value": 5.0,
        "ratio": 0.6,
        "target": 2,
        "target_of": "value",
        "better": "higher",
        "met": True,
        "samples": [3.0, 1.0, 200.0],
        "note": "",
    }


def test_figure_without_peer_or_target_has_null_for_them() -> None:
    document = Figure("calls", "calls/s", [123_456.7]).as_json()

    assert document["value"] == 123_500  # four digits count
    assert {document[key] for key in ("reference_value", "ratio", "target", "met")} == {None}


def test_the_machine_comes_with_its_load() -> None:
    facts = machine()

    assert facts["python"].count(".") == 2
    assert facts["cores"] >= 1
    assert len(facts["load"]) == 3


def test_ratios_are_printed_first_and_a_miss_says_by_how_much(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = (
        Figure("slow", "calls/s", [450], target=Target(9_000), note="one [a] by one"),
        Figure(
            "sockets", "calls/s", [50], reference="echo", peer=[80], target=Target(0.5, of="ratio")
        ),
        Figure("alone", "calls/s", [50], target=Target(0.5, of="ratio")),
    )

    bench.show(figures, machine(), terminal.console())

    printed = capsys.readouterr().out
    assert printed.index("0.625  sockets by echo") < printed.index("Figures")
    assert "missed: ≥ 9,000, reached 5% of it" in printed
    assert "met: ≥ 0.5 of its peer" in printed
    assert "not measured: ≥ 0.5 of its peer" in printed
    assert "one [a] by one" in printed
