"""For each clause: traces that pass, that break it, and that do not exercise it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from tests.harness.checks.trace_builder import TraceBuilder


@dataclasses.dataclass(frozen=True)
class Cases:
    """Traces by the name of what happens in them."""

    passes: Mapping[str, TraceBuilder]
    breaks: Mapping[str, tuple[TraceBuilder, str]]
    """A wrong client, and a part of the message that says what was expected and seen."""
    not_exercised: Mapping[str, TraceBuilder]
