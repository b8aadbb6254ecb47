"""The commands of the harness, as the checks see them: what became of each."""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof.checks.wire_record import NEVER
from ringproof.trace import Settled


class Command(msgspec.Struct, eq=False):
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
    replied_at: int = NEVER
    error: str = ""
    """The code of the adapter's reply."""


class CallCommands(msgspec.Struct, eq=False):
    """The commands of one call by their meaning, as the SUT received them."""

    accept: Command | None = None
    decline: Command | None = None
    hangup: Command | None = None
    second_answer: Command | None = None
    """A second answer while the call is accepted."""
    answer_again: Command | None = None
    """An answer after the devices failed an earlier one: the user tries again."""
    late_reject: Command | None = None
    """A reject while the call is accepted."""
    late_answer: Command | None = None
    """An answer after the SUT itself showed that the caller is gone."""
    observed: list[Command] = []
    modifies: list[Command] = []
    """What changes a call: hold, unhold, transfer, and restarts of its media path."""
