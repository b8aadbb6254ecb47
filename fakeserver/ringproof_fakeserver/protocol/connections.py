"""Connects the leg of a call to somebody else: the ``connect`` verb of scripts.

Each target is a call of its own whose far party is the leg that is connected. Of targets that ring
at once the first that answers is connected, and the others are cancelled.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ringproof_fakeserver.protocol.call import Call
from ringproof_fakeserver.protocol.calls import Calls
from ringproof_fakeserver.protocol.causes import Cause
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import RelayMedia
from ringproof_fakeserver.protocol.events import DialPlaced, LegsDisconnected
from ringproof_fakeserver.protocol.swml import Connect, ConnectResult, Target

UNREACHABLE = "not_found"
NO_ANSWER = "no_answer"


class _Connection(msgspec.Struct, eq=False):
    """One ``connect`` in progress."""

    call: Call
    groups: list[tuple[Target, ...]]
    """Those that were not tried yet."""
    alive: list[str] = []
    """Ids of the calls to targets that have not ended."""
    answered: str = ""
    """Id of the one that somebody answered."""
    reason: str = NO_ANSWER
    placing: bool = False
    beginning: bool = True
    """The script waits in ``begin``, which returns the outcome if it is known by then."""
    result: ConnectResult | None = None


class Connections:
    """All connections of an exchange; scripts ask for them through the player."""

    def __init__(self, buffer: CommandBuffer, calls: Calls, ids: Callable[[], str]) -> None:
        self._buffer = buffer
        self._calls = calls
        self._limit = buffer.settings.max_calls
        self._ids = ids
        self._by_call: dict[str, _Connection] = {}
        calls.player.connect = self.begin
        calls.player.part = self.part
        calls.key_presses.connected = self.target

    def begin(self, call: Call, connect: Connect) -> ConnectResult | None:
        """Ring the first group of targets that can be rung, and return the outcome without one.

        Of anything else the player is told what comes of it later. It is not told from here,
        where the script waits for this very function: each ``connect`` would be handled within
        the one before it, and a script may have thousands.
        """
        connection = self._by_call[call.id] = _Connection(call, list(connect.groups))
        self._next(connection)
        connection.beginning = False
        return connection.result

    def part(self, call: Call) -> None:
        """End the calls of a connection whose script goes on elsewhere, or whose call ends."""
        connection = self._by_call.pop(call.id, None)
        if connection is not None:
            self._end(connection, connection.alive)

    def target(self, call: Call) -> Call | None:
        """Return the call that this one is connected with, or None."""
        connection = self._by_call.get(call.id)
        return None if connection is None else self._calls.live.get(connection.answered)

    def disconnected(self, event: LegsDisconnected) -> None:
        """Separate the legs of a connection: the target stays alone, the script goes on.

        A simulated person does not stay alone and hangs up.

        A call without a connection has nothing to separate; that is recorded.
        """
        connection = self._by_call.get(event.call)
        target = self._calls.live.get(connection.answered) if connection is not None else None
        if connection is None or target is None:
            self._calls.operations.disconnected(event)
            return
        if target.phone:
            # Nobody else could ever end it: the person stays until the caller hangs up.
            self._calls.caller_left(target)
            return
        for call in (connection.call, target):
            if call.winner is not None:
                self._buffer.add(RelayMedia(call.winner.id, (), ()))
        target.far_party = None
        self._finish(connection, ConnectResult(True))

    def _next(self, connection: _Connection) -> None:
        """Ring the next group in which anybody can be rung; without one, it has failed."""
        connection.placing = True
        while connection.groups and not connection.alive:
            for target in connection.groups.pop(0):
                if not connection.answered:  # a simulated person answers at once
                    self._place(connection, target)
        connection.placing = False
        if not connection.alive:
            self._finish(connection, ConnectResult(False, connection.reason))

    def _place(self, connection: _Connection, target: Target) -> None:
        """Call a target: an address, a SIP URI of the stand-in, or a number."""
        dial = connection.call.dial
        full = len(self._calls.live) >= self._limit
        problem = self._calls.destinations.find(target.to).problem
        if full or problem:
            connection.reason = UNREACHABLE
            self._calls.player.note(connection.call, "connect", problem or "too many calls")
            return
        call = self._ids()
        connection.alive.append(call)
        from_ = dial.from_ if target.from_ is None else target.from_
        placed = DialPlaced(
            call=call,
            from_=from_,
            from_name=dial.from_name if target.from_name is None else target.from_name,
            to=target.to,
            timeout_ms=target.timeout_ms,
            media=dial.media,
            codecs=dial.codecs,
            status_url=target.status_url,
            status_events=target.status_events,
        )
        self._calls.dial(placed, _Leg(self, connection, call))

    def answered(self, connection: _Connection, call: str) -> None:
        """Cancel the others: this one is connected."""
        connection.answered = call
        self._end(connection, [other for other in connection.alive if other != call])

    def ended(self, connection: _Connection, call: str) -> None:
        """Go on with the next group, or with the script, once nobody is left."""
        if call in connection.alive:
            connection.alive.remove(call)
        is_over = connection.placing or connection.alive
        if is_over or self._by_call.get(connection.call.id) is not connection:
            return
        if connection.answered:
            self._finish(connection, ConnectResult(True))
        else:
            connection.reason = NO_ANSWER
            self._next(connection)

    def _finish(self, connection: _Connection, result: ConnectResult) -> None:
        del self._by_call[connection.call.id]
        if connection.beginning:
            connection.result = result
        else:
            self._calls.player.connected(connection.call, result)

    def _end(self, connection: _Connection, ids: list[str]) -> None:
        for call_id in tuple(ids):
            call = self._calls.live.get(call_id)
            if call is not None:
                self._calls.caller_left(call)


class _Leg:
    """The ``FarParty`` of a call to a target: the leg that is being connected."""

    def __init__(self, connections: Connections, connection: _Connection, call: str) -> None:
        self._connections = connections
        self._connection = connection
        self._call = call

    @property
    def leg(self) -> str:
        winner = self._connection.call.winner
        return "" if winner is None else winner.id

    @property
    def media(self) -> bool:
        winner = self._connection.call.winner
        return winner is not None and winner.media

    def ringing(self) -> None:
        """Play nothing new to the leg: a ``ringback`` is not simulated."""

    def answered(self) -> None:
        self._connections.answered(self._connection, self._call)

    def ended(self, _cause: Cause) -> None:
        self._connections.ended(self._connection, self._call)
