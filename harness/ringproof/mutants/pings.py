"""Mutants of the pings of connected calls: of clients, and of the platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import msgspec

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import Command
from ringproof.client.connection import Connection, Done
from ringproof.client.core import ClientCore
from ringproof.client.events import Event, SocketClosed
from ringproof.client.lifecycle import Status
from ringproof.client.record import Record
from ringproof.mutants.hooks import Calls, ignores
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import messages
from ringproof_fakeserver.protocol.causes import RECOVERY_EXPIRED, Cause
from ringproof_fakeserver.protocol.commands import AnyCommand, StartTimer
from ringproof_fakeserver.protocol.events import AnyEvent, TimerFired
from ringproof_fakeserver.protocol.exchange import Exchange

mutants = Mutants()


@mutants.breaks("end/answers-pings", "pong-names-another-call")
class _NamesAnotherCall(Connection):
    """Answers pings in the name of a call that does not exist."""

    def request(self, method: str, node: str, params: messages.ClientVerto, done: Done) -> str:
        if method == "verto.pong":
            other = msgspec.structs.replace(params.dialog_params, call_id="another")
            params = msgspec.structs.replace(params, call_id="another", dialog_params=other)
        return super().request(method, node, params, done)


@mutants.breaks("end/answers-pings", "pong-once")
class _AnswersOnce(Calls):
    """Answers the first ping of a call only."""

    _answered: frozenset[str] = frozenset()

    def pinged(self, call: str, node: str) -> None:
        if call not in self._answered:
            self._answered |= {call}
            super().pinged(call, node)


@mutants.breaks("end/answers-pings", "pong-on-the-old-socket")
class _OldSocketOnly(ClientCore):
    """Answers pings on its first socket only."""

    def handle(self, event: Event) -> list[Command]:
        if isinstance(event, SocketClosed):
            self._verto["verto.ping"] = lambda params, node: None
        return super().handle(event)


@mutants.breaks("end/pong-again", "pong-sent-once")
class _SentOnce(Connection):
    """Takes a pong for received as soon as it has written it."""

    def request(self, method: str, node: str, params: messages.ClientVerto, done: Done) -> str:
        request_id = super().request(method, node, params, done)
        if method == "verto.pong":
            self.forget(request_id)
        return request_id


@mutants.breaks("end/pong-again", "pong-lost-with-its-socket")
class _LostWithItsSocket(Connection):
    """Gives up the pongs that wait for a reply when their socket is lost."""

    def closed(self, event: SocketClosed) -> None:
        for request_id, (text, _) in list(self._in_flight.items()):
            if '"verto.pong"' in text:
                self.forget(request_id)
        super().closed(event)


def on_bye(cause: Cause, act: Callable[[InboundCalls, Record], None]) -> type[ClientCore]:
    """Do something else when the platform ends a call for this cause."""

    class OnBye(ClientCore):
        def handle(self, event: Event) -> list[Command]:
            right = self._verto["verto.bye"]

            def bye(params: msgspec.Raw, node: str) -> None:
                read = msgspec.json.decode(params, type=messages.Bye)
                record = self.calls.find(read.call_id)
                if record is None or read.cause != cause.name:
                    right(params, node)
                else:
                    act(self.calls, record)

            self._verto["verto.bye"] = bye
            try:
                return super().handle(event)
            finally:
                self._verto["verto.bye"] = right

    return OnBye


def fails(calls: InboundCalls, record: Record) -> None:
    """Show failed in place of disconnected, and end the call."""
    calls.show_status(record, cast(Status, "failed"))
    record.status = "disconnected"  # so that the end shows no more than destroyed
    calls.end(record)


@mutants.breaks("platform/pings", "platform-hears-no-pong")
class _HearsNoPong(Exchange):
    """Ends every call when its second ping is due, answered or not."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        if isinstance(event, TimerFired) and event.name.startswith("ping:"):
            dialog = self._calls.dialogs.get(event.name.removeprefix("ping:"))
            if dialog is not None and dialog.session.dialogs:
                dialog.unanswered_ping = dialog.id in self._pinged
                self._pinged.add(dialog.id)
        return super().handle(event, now_ms)

    @property
    def _pinged(self) -> set[str]:
        pinged: set[str] = self.__dict__.setdefault("pinged", set())
        return pinged


@mutants.breaks("platform/pings", "platform-forgives-silence")
class _ForgivesSilence(Exchange):
    """Waits ten times as long for the answer to a ping as it should."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        commands = super().handle(event, now_ms)
        if not isinstance(event, TimerFired) or not event.name.startswith("ping:"):
            return commands
        return [
            StartTimer(command.name, 10 * command.delay_ms)
            if isinstance(command, StartTimer) and command.name == event.name
            else command
            for command in commands
        ]


mutants.table(
    {
        "end/answers-pings": {
            "pong-never: Answers no ping": ignores(pinged=lambda calls, call, node: True),
        },
        "end/expired-call": {
            "expiry-ignored: Stays in a call that the platform ended for want of a pong": on_bye(
                RECOVERY_EXPIRED, lambda calls, record: None
            ),
            "expiry-fails: Shows failed when the platform ends a call for want of a pong": (
                on_bye(RECOVERY_EXPIRED, fails)
            ),
        },
    }
)
