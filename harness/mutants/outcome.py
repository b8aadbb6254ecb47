"""Faults of the outcome family."""

from __future__ import annotations

from collections.abc import Callable

from fakeserver.protocol import sdp
from harness.client.calls import InboundCalls
from harness.client.commands import AnyCommand, Settle
from harness.client.connection import Connection
from harness.client.events import AnswerRequested
from harness.client.media import answer_directions
from harness.client.parts import ClientParts
from harness.client.record import Record
from harness.mutants.mutant import Mutant

REMEMBERED = 256
"""Calls it keeps after their end; the oldest go first."""


class _Resurrects(InboundCalls):
    """Answers a call on the wire although its caller has given up."""

    def __init__(self, emit: Callable[[AnyCommand], None], connection: Connection) -> None:
        super().__init__(emit, connection)
        self._gone: dict[str, Record] = {}

    def ended(self, call: str) -> None:
        record = self.find(call)
        if record is not None and record.status == "ringing":
            self._gone[call] = record
            if len(self._gone) > REMEMBERED:
                del self._gone[next(iter(self._gone))]
        super().ended(call)

    def answer(self, event: AnswerRequested) -> None:
        record = self._gone.pop(event.call, None)
        if record is None:
            super().answer(event)
            return
        directions = answer_directions(sdp.directions(record.offer), frozenset({"audio"}))
        self.send_answer(record, sdp.event_model(directions))
        self.emit(Settle(event.promise))


MUTANTS = (
    Mutant(
        name="outcome-resurrects-cancelled",
        clause="outcome/gave-up-no-resurrection",
        fault="sends an answer for a call whose caller has given up",
        parts=ClientParts(calls=_Resurrects),
    ),
)
