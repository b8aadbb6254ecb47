"""What a benchmark prints: figures with their peers and targets, and the machine."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec


class Target(msgspec.Struct, frozen=True):
    """The value or the ratio that a figure should reach."""

    value: float
    better: Literal["higher", "lower"] = "higher"
    of: Literal["value", "ratio"] = "value"

    def met(self, value: float, ratio: float | None) -> bool:
        """Return whether the target is reached; False where ``ratio`` is needed and None."""
        measured = value if self.of == "value" else ratio
        if measured is None:
            return False
        return measured >= self.value if self.better == "higher" else measured <= self.value


class Figure(msgspec.Struct, frozen=True):
    """One line of the result: medians, and what they are compared with."""

    name: str
    unit: str
    samples: Sequence[float]
    """Every run, in order."""
    note: str = ""
    """What was measured, and how."""
    target: Target | None = None
    reference: str = ""
    """The peer; empty when there is none."""
    peer: Sequence[float] | None = None
    """The peer's runs at the same time; None when it could not be run here."""

    @property
    def value(self) -> float:
        """The median of the samples."""
        return statistics.median(self.samples)

    @property
    def reference_value(self) -> float | None:
        """The median of the peer's samples; None without any."""
        return statistics.median(self.peer) if self.peer else None

    @property
    def ratio(self) -> float | None:
        """``value`` by ``reference_value``."""
        return self.value / self.reference_value if self.reference_value else None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None for a figure without a target."""
        return None if self.target is None else self.target.met(self.value, self.ratio)

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


def machine() -> dict[str, Any]:
    """Return what the figures were measured on, and how busy it was with other things."""
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
    """Round to four significant digits: the rest is noise."""
    return None if value is None else float(f"{value:.4g}")
