"""What the harness commanded on behalf of the user, and what each command means for its call."""

from __future__ import annotations

import dataclasses
from typing import Any

from ringproof.checks.wire import NEVER
from ringproof.trace import Settled


@dataclasses.dataclass(slots=True, eq=False)
class Command:
    """One command of the harness, and what became of it."""

    id: str
    op: str
    s: str
    c: str
    args: dict[str, Any]
    sent_at: int
    received_at: int = NEVER
    n: int = NEVER
    """``n`` of its receipt."""
    words_before: int = 0
    """How many statuses its call had shown at the receipt; the streams likewise."""
    local_before: int = 0
    remote_before: int = 0
    settled: Settled | None = None
    settled_at: int = NEVER
    error: str = ""
    """The code of the adapter's reply."""


@dataclasses.dataclass(slots=True, eq=False)
class CallCommands:
    """The commands of one call by their meaning, as the SUT received them."""

    accept: Command | None = None
    decline: Command | None = None
    hangup: Command | None = None
    again: Command | None = None
    """A second answer while the call is accepted."""
    reject_again: Command | None = None
    """A reject while the call is accepted."""
    late_answer: Command | None = None
    """An answer after the SUT itself showed that the caller is gone."""
    observed: list[Command] = dataclasses.field(default_factory=list)
