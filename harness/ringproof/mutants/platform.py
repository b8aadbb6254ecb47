"""Platforms with one fault each: the rows about the server, and the client's that need a server."""

from __future__ import annotations

import msgspec

from ringproof.mutants.family import Family
from ringproof_fakeserver.protocol.commands import AnyCommand, CreateOffer, SendFrame, StartTimer
from ringproof_fakeserver.protocol.events import AnyEvent, SocketClosed, TimerFired
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.journal import CallFact, FrameFact
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME

faults = Family()


class _Filtered(Exchange):
    """Does ``instead(command)`` for each command of a right platform."""

    def instead(self, command: AnyCommand) -> tuple[AnyCommand, ...]:
        """Return what to do in place of one command."""
        return (command,)

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        commands = super().handle(event, now_ms)
        return [done for command in commands for done in self.instead(command)]


def _sent(command: AnyCommand, method: str) -> FrameFact | None:
    """Return what a command writes down of a request that it sends; None for other commands."""
    if isinstance(command, SendFrame) and command.fact.method == method:
        return command.fact if command.fact.kind == "request" else None
    return None


# -- register/reference-is-stable and end/page-unload ---------------------------------------------


@faults.breaks("register/reference-is-stable", name="platform-rings-one-device")
class _RingsOneDevice(Exchange):
    """Offers a call to the device that came online first, and to no other."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        commands = super().handle(event, now_ms)
        offers = [command for command in commands if isinstance(command, CreateOffer)]
        return [command for command in commands if command not in offers[1:]]


@faults.breaks("register/reference-is-stable", name="platform-rings-the-newest-device")
class _RingsNewestDevice(Exchange):
    """Offers a call to the device that came online last, and to no other."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        commands = super().handle(event, now_ms)
        offers = [command for command in commands if isinstance(command, CreateOffer)]
        return [command for command in commands if command not in offers[:-1]]


@faults.breaks("end/page-unload", name="platform-waits-for-a-closed-page")
class _WaitsForClosedPage(Exchange):
    """Takes a page that was closed for a socket that was lost, and waits for it."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        if isinstance(event, SocketClosed):
            event = msgspec.structs.replace(event, code=1006)
        return super().handle(event, now_ms)


@faults.breaks("outcome/decline-no-media", name="platform-takes-a-decline-for-busy")
class _DeclineIsBusy(_Filtered):
    """Tells the caller busy where the user has declined."""

    def instead(self, command: AnyCommand) -> tuple[AnyCommand, ...]:
        if isinstance(command, CallFact) and command.reason == "decline":
            return (msgspec.structs.replace(command, reason="busy"),)
        return (command,)


# -- platform/undef-name --------------------------------------------------------------------------


class _Renaming(_Filtered):
    """Sends ``renamed(name)`` for the caller's name."""

    def renamed(self, name: str) -> str:
        """Return what is sent of a name."""
        return name

    def instead(self, command: AnyCommand) -> tuple[AnyCommand, ...]:
        fact = _sent(command, "verto.invite")
        if fact is None or not isinstance(command, SendFrame):
            return (command,)
        name = fact.detail["from_name"]
        sent = self.renamed(name)
        before, after = (msgspec.json.encode(text).decode() for text in (name, sent))
        text = command.text.replace(f'"caller_id_name":{before}', f'"caller_id_name":{after}')
        fact = msgspec.structs.replace(fact, text=text, detail={**fact.detail, "from_name": sent})
        return (SendFrame(command.socket, fact, text),)


@faults.breaks("platform/undef-name", name="platform-sends-no-placeholder")
class _NoPlaceholder(_Renaming):
    """Sends an empty name where the caller has none."""

    def renamed(self, name: str) -> str:
        return "" if name == UNDEFINED_NAME else name


@faults.breaks("platform/undef-name", name="platform-cuts-names")
class _CutsNames(_Renaming):
    """Cuts names after 20 characters."""

    def renamed(self, name: str) -> str:
        return name[:20]


# -- platform/ring-timeout ------------------------------------------------------------------------


@faults.breaks("platform/ring-timeout", name="platform-times-out-as-cancel")
class _TimesOutAsCancel(_Filtered):
    """Says cancel when the ring time is over."""

    def instead(self, command: AnyCommand) -> tuple[AnyCommand, ...]:
        if isinstance(command, CallFact) and command.by == "timer":
            return (msgspec.structs.replace(command, reason="cancel"),)
        return (command,)


@faults.breaks("platform/ring-timeout", name="platform-times-out-in-silence")
class _TimesOutInSilence(Exchange):
    """Tells no device when the ring time is over."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        commands = super().handle(event, now_ms)
        if isinstance(event, TimerFired) and event.name.startswith("ring:"):
            return [command for command in commands if _sent(command, "verto.bye") is None]
        return commands


@faults.breaks("platform/ring-timeout", name="platform-rings-on")
class _RingsOn(_Filtered):
    """Lets a call ring for three seconds more than its ring time."""

    def instead(self, command: AnyCommand) -> tuple[AnyCommand, ...]:
        if isinstance(command, StartTimer) and command.name.startswith("ring:"):
            return (StartTimer(command.name, command.delay_ms + 3_000),)
        return (command,)


# -- platform/one-ended ---------------------------------------------------------------------------


@faults.breaks("platform/one-ended", name="platform-ends-twice")
class _EndsTwice(_Filtered):
    """Says twice that a call has ended."""

    def instead(self, command: AnyCommand) -> tuple[AnyCommand, ...]:
        ended = isinstance(command, CallFact) and command.state == "ended"
        return (command, command) if ended else (command,)


@faults.breaks("platform/one-ended", name="platform-rings-after-the-end")
class _RingsAfterEnd(_Filtered):
    """Says that a call rings after it has said that the call has ended."""

    def instead(self, command: AnyCommand) -> tuple[AnyCommand, ...]:
        if isinstance(command, CallFact) and command.state == "ended":
            return (command, msgspec.structs.replace(command, state="ringing", reason="", by=""))
        return (command,)


@faults.breaks("platform/one-ended", name="platform-forgets-the-end")
class _ForgetsEnd(_Filtered):
    """Never says that a call has ended."""

    def instead(self, command: AnyCommand) -> tuple[AnyCommand, ...]:
        ended = isinstance(command, CallFact) and command.state == "ended"
        return () if ended else (command,)


# -- platform/fork-losers-bye ---------------------------------------------------------------------


@faults.breaks("platform/fork-losers-bye", name="platform-forgets-losers")
class _ForgetsLosers(_Filtered):
    """Tells no device that another one has answered."""

    def instead(self, command: AnyCommand) -> tuple[AnyCommand, ...]:
        fact = _sent(command, "verto.bye")
        lost = fact is not None and fact.detail["cause"] == "LOSE_RACE"
        return () if lost else (command,)
