"""Mutants for sessions that do not open, or do not come back; of the client and the platform."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from ringproof.client import commands, wire
from ringproof.client.calls import InboundCalls
from ringproof.client.connection import Connection
from ringproof.client.events import SocketClosed, SocketOpened
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import jsonrpc, messages, sat
from ringproof_fakeserver.protocol.commands import AnyCommand
from ringproof_fakeserver.protocol.events import (
    AnyEvent,
    FrameReceived,
    PingRequested,
    PingsOverdue,
)
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.journal import KEEP_ALIVE

mutants = Mutants()

DAY_MS = 24 * 60 * 60 * 1000
NORMAL_CLOSURE = 1000
FLOOD = 30


@mutants.breaks("register/refused-token", "opening-takes-a-refusal-for-success")
class _TakesRefusalForSuccess(Connection):
    """Resolves register() when the platform has refused its token."""

    def settle_all(self, error: str) -> None:
        super().settle_all("" if self.failed else error)


@mutants.breaks("register/refused-token", "opening-keeps-a-refusal-to-itself")
class _KeepsRefusalToItself(Connection):
    """Never settles register() when the platform has refused its token."""

    def settle_all(self, error: str) -> None:
        if not self.failed:
            super().settle_all(error)

    def timer(self, name: str) -> None:
        if name != "register" or not self.failed:
            super().timer(name)


class _Patient(Connection):
    """Does not bound register()."""

    def timer(self, name: str) -> None:
        if name != "register":
            super().timer(name)


@mutants.breaks("register/no-connection", "opening-waits-for-ever")
class _WaitsForEver(_Patient):
    """Never settles register() while the platform does not let it in."""


@mutants.breaks(
    "register/no-connection",
    "opening-is-online-too-early",
    # It does not wait for the answer about its token either.
    entails=("register/refused-token", "register/unregister-holds", "register/refused-online"),
)
class _OnlineTooEarly(Connection):
    """Resolves register() when its socket is open, let in or not."""

    def opened(self, event: SocketOpened) -> None:
        super().opened(event)
        self.settle_all("")


def _is_refused(message: jsonrpc.Message) -> bool:
    return wire.failure(message) is not None


@mutants.breaks(
    "register/refused-online",
    "opening-swallows-a-refused-registration",
    entails=("register/no-connection",),
)
class _SwallowsRefusedRegistration(Connection):
    """Never settles register() when the platform has refused to register it."""

    def _on_online(self, message: jsonrpc.Message) -> None:
        if not _is_refused(message):
            super()._on_online(message)

    def timer(self, name: str) -> None:
        if name != "register":
            super().timer(name)


@mutants.breaks("register/refused-online", "opening-believes-it-is-registered")
class _BelievesItIsRegistered(Connection):
    """Resolves register() when the platform has refused to register it."""

    def _on_online(self, message: jsonrpc.Message) -> None:
        if _is_refused(message):
            self.settle_all("")
        super()._on_online(message)


@mutants.breaks(
    "register/refused-online",
    "opening-does-not-wait-until-it-is-registered",
    # A call that comes then is not offered to it.
    entails=("register/reference-is-stable",),
)
class _DoesNotWaitUntilRegistered(Connection):
    """Resolves register() once it has asked to be registered."""

    def _go_online(self) -> None:
        super()._go_online()
        self.settle_all("")


@mutants.breaks("register/no-flood", "opening-floods-with-registrations")
class _FloodsWithRegistrations(Connection):
    """Asks again at once when its registration is refused, up to thirty times."""

    asked = 0

    def _on_online(self, message: jsonrpc.Message) -> None:
        if _is_refused(message) and self.asked < FLOOD:
            self.asked += 1
            self._go_online()
        else:
            super()._on_online(message)


@mutants.breaks("register/no-flood", "opening-asks-ten-times-a-second")
class _AsksTenTimesASecond(Connection):
    """Asks again every 100 ms when its registration is refused, up to thirty times."""

    asked = 0

    def _on_online(self, message: jsonrpc.Message) -> None:
        if _is_refused(message) and self.asked < FLOOD:
            self.asked += 1
            self.emit(commands.StartTimer("again", 100))
        else:
            super()._on_online(message)

    def timer(self, name: str) -> None:
        if name == "again":
            self._go_online()
        super().timer(name)


@mutants.breaks(
    "register/comes-back",
    "reconnect-gives-up-when-closed-politely",
    # It closes a socket itself when its session is refused, and then says nothing more.
    entails=("register/opens-again", "register/expired-token-told"),
)
class _GivesUpWhenClosed(Connection):
    """Opens no new socket when the platform has closed one with 1000."""

    def closed(self, event: SocketClosed) -> None:
        if event.code == NORMAL_CLOSURE:
            self.stop()
        super().closed(event)


@mutants.breaks("register/comes-back", "reconnect-believes-in-a-silent-socket")
class _BelievesInSilentSocket(Connection):
    """Waits for ever for the answer when it connects again."""

    def emit(self, command: commands.Command) -> None:
        bounds = isinstance(command, commands.StartTimer) and command.name == "connect"
        if not (bounds and self.protocol):
            super().emit(command)


@mutants.breaks("register/comes-back", "reconnect-never-tries", entails=("register/opens-again",))
class _NeverTries(Connection):
    """Opens no new socket once it was online."""

    def closed(self, event: SocketClosed) -> None:
        if self.protocol:
            self.stop()
        super().closed(event)


@mutants.breaks("register/expired-token-told", "reconnect-hides-that-its-token-expired")
class _HidesThatItsTokenExpired(Connection):
    """Reports no error once the platform has refused to let it in again."""

    _kept_out = False

    def _refused(self, code: int, text: str) -> None:
        self._kept_out = bool(self.protocol)
        super()._refused(code, text)

    def emit(self, command: commands.Command) -> None:
        if not (self._kept_out and isinstance(command, commands.EmitError)):
            super().emit(command)


@mutants.breaks("register/expired-token-told", "reconnect-gives-up-when-its-token-expired")
class _GivesUpWhenItsTokenExpired(Connection):
    """Closes its socket for good, without an error, when it is not let in again."""

    def _refused(self, code: int, text: str) -> None:
        if self.protocol and "401 Unauthorized" in text:
            self.stop()
            self.emit(commands.CloseSocket(NORMAL_CLOSURE, "not let in again"))
        else:
            super()._refused(code, text)


def lets_online(kind: sat.Kind) -> type[Exchange]:
    """Take tokens of this kind for those of a subscriber, once they are let in."""

    class LetsOnline(Exchange):
        def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
            for session in self._sessions.by_protocol.values():
                if session.claims.kind == kind:
                    session.claims = replace(session.claims, kind="subscriber")
            return super().handle(event, now_ms)

    return LetsOnline


mutants.table(
    {
        "register/guest-cannot-receive": {
            "platform-lets-guests-online: Rings the devices of guests": lets_online("guest"),
            "platform-lets-embeds-online: Rings click-to-call widgets": lets_online("embed"),
        },
    }
)


@mutants.breaks("platform/token-refused", "platform-takes-expired-tokens")
class _TakesExpiredTokens(Exchange):
    """Judges tokens by the clock of the day before."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        return super().handle(event, now_ms - DAY_MS)


@mutants.breaks("platform/token-refused", "platform-takes-forged-tokens")
class _TakesForgedTokens(Exchange):
    """Does not check the signature of a token."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        if isinstance(event, FrameReceived) and '"jwt_token"' in event.text:
            forged = msgspec.json.decode(event.text)["params"]["authentication"]["jwt_token"]
            signed = sat.mint(sat.peek(forged), self.settings.key, self.settings.ch)
            event = replace(event, text=event.text.replace(forged, signed))
        return super().handle(event, now_ms)


@mutants.breaks("platform/silent-device", "platform-believes-in-silent-devices")
class _BelievesInSilentDevices(Exchange):
    """Forgets which pings were not answered when they should have been."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        if isinstance(event, PingsOverdue):
            for session in self._sessions.by_jti(event.session):
                session.sent.clear()
        return super().handle(event, now_ms)


@mutants.breaks("platform/silent-device", "platform-pings-for-show")
class _NeverDue(Exchange):
    """Pings each device, and does not look at the answers."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        if isinstance(event, PingRequested) and event.ping == KEEP_ALIVE:
            event = replace(event, ping="")
        return super().handle(event, now_ms)


@mutants.breaks(
    "register/sync-point",
    "register-misses-the-first-invite",
    entails=("register/rings-again", "register/any-origin", "list/every-change"),
)
class _MissesFirstInvite(InboundCalls):
    """Resolves register() before it listens: the first invite is lost."""

    _listens = False

    def invited(self, invite: messages.Invite, node: str) -> None:
        if self._listens:
            super().invited(invite, node)
        self._listens = True
