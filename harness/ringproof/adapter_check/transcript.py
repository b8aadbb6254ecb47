"""All messages that one adapter process has sent, and what was wrong with them. No I/O.

Unlike ``ringproof.adapters.channel`` it does not end at the first fault: a check may be about the
second.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof.adapters import wire
from ringproof.adapters.transport import Malformed

MESSAGES_MAX = 20_000
"""Of one process; a check sees a few hundred."""

QUOTED = 120
"""Characters of a line that a report quotes."""

STRAYS = "protocol/stdout-is-json"
SHAPES = "protocol/message-shapes"
REPLIES = "protocol/one-reply-each"
NUMBERS = "session/event-numbers"
"""Checks that every process is subject to, whatever it was started for."""


class Transcript:
    """What was asked and what was sent. Faults are kept by the check that they belong to."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.replies: dict[str, dict[str, Any]] = {}
        """The first reply to each command."""
        self.events: list[dict[str, Any]] = []
        self.before: dict[str, int] = {}
        """Command → how many events had come before its reply."""
        self.faults: dict[str, str] = {}
        """Check → the first thing that broke it."""
        self.flooded = False
        self._count = 0
        self._numbers: dict[str, int] = {}
        self._clocks: dict[str, int] = {}

    def feed(self, line: bytes | Malformed) -> None:
        """Take what the adapter sent."""
        if isinstance(line, Malformed):
            # A line of standard output is written here, as in the other faults of this check.
            text = line.text.replace("sent a line", "wrote a line")
            self._fault(STRAYS, text)
            return
        self._count += 1
        if self._count > MESSAGES_MAX:
            self.flooded = True
            self._fault(STRAYS, f"more than {MESSAGES_MAX} lines in one go")
            return
        try:
            message = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._fault(STRAYS, f"wrote the line {quoted(line)}")
            return
        if not isinstance(message, dict) or not ({"re", "ev"} & message.keys()):
            self._fault(STRAYS, f"wrote {quoted(line)}, which is neither a reply nor an event")
            return
        try:
            wire.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._fault(SHAPES, f"said {quoted(line)}: {error}")
        if "re" in message:
            self._take_reply(message)
        else:
            self._take_event(message)

    def _take_reply(self, message: dict[str, Any]) -> None:
        re = str(message["re"])
        if re not in self.asked:
            self._fault(REPLIES, f"replied to {re!r}, which was never asked")
        elif re in self.replies:
            self._fault(REPLIES, f"replied twice to the command {re!r}")
        self.replies.setdefault(re, message)
        self.before.setdefault(re, len(self.events))

    def _take_event(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        session, number, clock = event.get("s"), event.get("n"), event.get("t_us", 0)
        if not (isinstance(session, str) and isinstance(number, int) and isinstance(clock, int)):
            return  # its shape is at fault, which is a check of its own
        expected = self._numbers.get(session, 0)
        if number != expected:
            text = f"numbered the event `{event.get('ev')}` {number}, where {expected} is next"
            self._fault(NUMBERS, text)
        before = self._clocks.get(session, clock)
        if clock < before:
            self._fault(NUMBERS, f"t_us went back from {before} to {clock}")
        self._numbers[session] = number + 1
        self._clocks[session] = clock

    def _fault(self, check: str, text: str) -> None:
        self.faults.setdefault(check, text)


def quoted(line: bytes) -> str:
    """Return a line for a report: cut, and on one line."""
    text = line.decode("utf-8", "replace")
    return repr(text if len(text) <= QUOTED else f"{text[:QUOTED]}…")


def code_of(reply: dict[str, Any]) -> str:
    """Return the error code of a reply, empty for ok, however the error is wrapped."""
    error = reply.get("error", "")
    return str(error.get("code", "")) if isinstance(error, dict) else str(error)


def text_of(reply: dict[str, Any]) -> str:
    """Return what a reply says about its error, cut."""
    error = reply.get("error")
    text = error.get("text", "") if isinstance(error, dict) else reply.get("text", "")
    return str(text)[:QUOTED]
