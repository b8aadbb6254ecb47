"""Mutants that fail when a page goes away or comes back, or when a client goes offline."""

from __future__ import annotations

from ringproof.client import commands, events
from ringproof.client.calls import InboundCalls
from ringproof.client.connection import Connection, Stored
from ringproof.mutants.hooks import Calls, ignores
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import messages
from ringproof_fakeserver.protocol.commands import AnyCommand, CreateOffer, StartTimer
from ringproof_fakeserver.protocol.events import AnyEvent, DialPlaced, TimerFired
from ringproof_fakeserver.protocol.exchange import Exchange

mutants = Mutants()

mutants.add(
    "end/page-unload",
    "unload-says-nothing: Sends nothing when its page is closed during a call",
    ignores(unload=lambda *_: True),
)


@mutants.breaks("end/page-unload", "unload-ends-one-call")
class _EndsOneCall(InboundCalls):
    """Ends only the oldest of its calls when its page is closed."""

    def unload(self) -> None:
        for record in () if self.keeps_calls else self.listed[:1]:
            if record.status != "ringing":
                self.send_bye(record)


@mutants.breaks("end/unload-is-no-decline", "unload-ends-what-rings")
class _EndsWhatRings(InboundCalls):
    """Sends a bye for every call when its page is closed, also for those that ring."""

    def unload(self) -> None:
        for record in () if self.keeps_calls else self.listed:
            self.send_bye(record)


@mutants.breaks("end/unload-is-no-decline", "unload-declines")
class _Declines(InboundCalls):
    """Declines as busy what rings when its page is closed."""

    def unload(self) -> None:
        super().unload()
        for record in self.listed:
            if record.status == "ringing":
                self.send_bye(record, cause="USER_BUSY", cause_code="17")


@mutants.breaks(
    "register/opens-again", "return-insists-on-its-session", entails=("register/comes-back",)
)
class _Insists(Connection):
    """Tries for ever to resume a session that the platform has forgotten."""

    def _refused(self, code: int, text: str) -> None:
        kept = self.authorization
        super()._refused(code, text)
        self.authorization = kept


@mutants.breaks(
    "register/opens-again", "return-waits-for-its-calls", entails=("register/rings-again",)
)
class _WaitsForCalls(Connection):
    """Goes online after a reload only when the platform sends it something first."""

    _restored = False

    def restore(self, stored: Stored) -> None:
        self._restored = bool(stored[0])
        super().restore(stored)

    def _go_online(self) -> None:
        if not self._restored:
            super()._go_online()


@mutants.breaks("register/rings-again", "return-is-deaf-at-first")
class _DeafAtFirst(Calls):
    """Ignores the first call that rings on a page that resumes what another one left."""

    _heard = False

    def invited(self, invite: messages.Invite, node: str) -> None:
        first, self._heard = not self._heard, True
        if not (first and self.connection.restored):
            super().invited(invite, node)


@mutants.breaks("register/rings-again", "return-lists-nothing")
class _ListsNothing(Calls):
    """Lists no call on a page that resumes what another one left."""

    def invited(self, invite: messages.Invite, node: str) -> None:
        if not self.connection.restored:
            super().invited(invite, node)


@mutants.breaks("register/unregister-holds", "unregister-says-nothing")
class _SaysNothing(Connection):
    """Settles unregister() and does not tell the platform."""

    def unregister(self, event: events.UnregisterRequested) -> None:
        self.emit(commands.Settle(event.promise))


@mutants.breaks("register/unregister-holds", "unregister-undone-by-a-new-socket")
class _UndoneByNewSocket(Connection):
    """Goes online with every new socket, also after unregister()."""

    def opened(self, event: events.SocketOpened) -> None:
        self._wanted = True
        super().opened(event)


@mutants.breaks("register/online-again", "register-once-is-enough")
class _OnceIsEnough(Connection):
    """Settles register() at once when it was online before."""

    _was_online = False

    def register(self, event: events.RegisterRequested) -> None:
        if self._was_online:
            self.emit(commands.Settle(event.promise))
        else:
            super().register(event)

    def unregister(self, event: events.UnregisterRequested) -> None:
        self._was_online = True
        super().unregister(event)


@mutants.breaks("register/online-again", "register-waits-for-a-new-socket")
class _WaitsForNewSocket(Connection):
    """Goes online again only with its next socket."""

    _stays = False

    def unregister(self, event: events.UnregisterRequested) -> None:
        self._stays = True
        super().unregister(event)

    def closed(self, event: events.SocketClosed) -> None:
        self._stays = False
        super().closed(event)

    def _go_online(self) -> None:
        if not self._stays:
            super()._go_online()


@mutants.breaks(
    "register/late-device", "platform-rings-who-was-there", entails=("end/transfer-keeps-call",)
)
class _RingsWhoWasThere(Exchange):
    """Rings only the devices that were online at the dial."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        commands = super().handle(event, now_ms)
        if isinstance(event, DialPlaced):
            return commands
        return [one for one in commands if not isinstance(one, CreateOffer)]


@mutants.breaks("register/late-device", "platform-rings-late-devices-late")
class _RingsLate(Exchange):
    """Rings a device that comes online during a call ten seconds later."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        if isinstance(event, TimerFired) and event.name in self._held:
            return [self._held.pop(event.name)]
        commands = super().handle(event, now_ms)
        if isinstance(event, DialPlaced):
            return commands
        return [self._later(one) if isinstance(one, CreateOffer) else one for one in commands]

    def _later(self, offer: CreateOffer) -> StartTimer:
        name = f"late:{offer.dialog}"
        self._held[name] = offer
        return StartTimer(name, 10_000)

    @property
    def _held(self) -> dict[str, CreateOffer]:
        held: dict[str, CreateOffer] = self.__dict__.setdefault("held", {})
        return held
