"""Hand-made reports: small ones that differ in exactly what a test is about."""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof.report.document import FORMAT, Document
from ringproof.verdict import Failure

MOSTLY = {"simulated": 1_000, "network": 100}
"""How often a clause of these reports is exercised in each part of a run."""


def clause(id: str, verdict: str = "PASS", **other: Any) -> dict[str, Any]:
    """Return a row of ``clauses``; counts go with the verdict unless they are given."""
    judged = verdict not in ("NOT_EXERCISED", "NOT_APPLICABLE")
    parts = {part: {"exercised": other.pop(part, number * judged), "failed": 0}
             for part, number in MOSTLY.items()}  # fmt: skip
    exercised = sum(part["exercised"] for part in parts.values())
    failed = int(verdict in ("FAIL", "WARN", "KNOWN"))
    row = {"id": id, "level": "M", "verdict": verdict, "exercised": exercised, "failed": failed}
    return {**row, **parts, **other}


def failure(message: str, replay: str) -> dict[str, Any]:
    """Return a ``first_failure``."""
    return {
        "scenario": {"callers": [{}]},
        "failure": msgspec.to_builtins(Failure(kind=message)),
        "message": message,
        "replay": replay,
    }


def counts(**other: int) -> dict[str, int]:
    """Return what one part of a run played."""
    return {"run": 300, "generated": 200, "catalogue": 100, "real_media": 30, "calls": 500, **other}


def document(*clauses: dict[str, Any], **other: Any) -> dict[str, Any]:
    """Return a ``report.json`` of a complete run of both parts."""
    return {
        "ringproof": "1.0",
        "format": FORMAT,
        "status": "complete",
        "mode": "simulated+network",
        "seed": 7,
        "duration_s": 1.0,
        "exit": 0,
        "sut": {"name": "sdk", "version": "4.0", "carrier": "ws", "option": "chromium"},
        "scenarios": counts(),
        "parts": {"simulated": counts(), "network": counts()},
        "clauses": list(clauses) or [clause("a/b"), clause("a/c")],
        "faults": [],
        "fingerprint": "f00d",
        **other,
    }


def report(*clauses: dict[str, Any], **other: Any) -> Document:
    """Return the same, as it is read."""
    return msgspec.convert(document(*clauses, **other), Document)
