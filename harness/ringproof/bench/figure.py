"""What a benchmark says: figures with their peers and targets, and the machine they are true of."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from pathlib import Path
from typing import Any, Literal

import msgspec


class Target(msgspec.Struct, frozen=True):
    """What a figure is to reach."""

    value: float
    better: Literal["higher", "lower"] = "higher"
    of: Literal["value", "ratio"] = "value"

    def met(self, value: float, ratio: float | None) -> bool:
        """Say whether the target is reached; a ratio that could not be taken reaches nothing."""
        measured = value if self.of == "value" else ratio
        if measured is None:
            return False
        return measured >= self.value if self.better == "higher" else measured <= self.value


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the result: medians, and what they are compared with."""

    name: str
    value: float
    unit: str
    reference: str = ""
    """The peer; empty when there is none."""
    reference_value: float | None = None
    """What the peer did in the same run; None when it could not be run here."""
    ratio: float | None = None
    """``value`` by ``reference_value``."""
    target: Target | None = None
    met: bool | None = None
    """None for a figure without a target."""
    samples: tuple[float, ...] = ()
    """Every run, in order: the spread belongs to the figure."""
    note: str = ""
    """What was done, for whoever reads the figure alone."""

    def as_json(self) -> dict[str, Any]:
        """Return the figure as ``ringproof bench --json`` prints it."""
        target = self.target
        return {
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "reference": self.reference,
            "reference_value": _rounded(self.reference_value),
            "ratio": _rounded(self.ratio),
            "target": None if target is None else target.value,
            "target_of": None if target is None else target.of,
            "better": None if target is None else target.better,
            "met": self.met,
            "samples": [_rounded(sample) for sample in self.samples],
            "note": self.note,
        }


def figure(
    name: str,
    unit: str,
    samples: list[float],
    *,
    reference: str = "",
    peer: list[float] | None = None,
    target: Target | None = None,
    note: str = "",
) -> Figure:
    """Make a figure of samples and the peer's, both of them medians."""
    value = statistics.median(samples)
    reference_value = statistics.median(peer) if peer else None
    ratio = value / reference_value if reference_value else None
    return Figure(
        name=name,
        value=value,
        unit=unit,
        reference=reference,
        reference_value=reference_value,
        ratio=ratio,
        target=target,
        met=None if target is None else target.met(value, ratio),
        samples=tuple(samples),
        note=note,
    )


def machine() -> dict[str, Any]:
    """Say what the figures were measured on, and how busy it was with other things."""
    return {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _rounded(value: float | None) -> float | None:
    """Keep four digits that count: the rest is noise."""
    return None if value is None else float(f"{value:.4g}")
