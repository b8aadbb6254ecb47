"""Mutants of the platform: faults of the stand-in, for clauses about it or that depend on it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol.commands import AnyCommand, CreateOffer, SendFrame, StartTimer
from ringproof_fakeserver.protocol.events import AnyEvent, TimerFired
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.journal import CallFact, FrameFact
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME

mutants = Mutants()


def replaces(
    replacement: Callable[[AnyCommand], tuple[AnyCommand, ...] | None],
) -> type[Exchange]:
    """Perform other commands in place of one; None leaves it as it is."""

    class Replaces(Exchange):
        def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
            commands: list[AnyCommand] = []
            for command in super().handle(event, now_ms):
                others = replacement(command)
                commands += (command,) if others is None else others
            return commands

    return Replaces


def replaces_facts(
    replacement: Callable[[CallFact], tuple[AnyCommand, ...]], **fields: str
) -> type[Exchange]:
    """Replace what the platform records of a call, where the record has these fields."""

    def replaced(command: AnyCommand) -> tuple[AnyCommand, ...] | None:
        if not isinstance(command, CallFact):
            return None
        matches = all(getattr(command, name) == value for name, value in fields.items())
        return replacement(command) if matches else None

    return replaces(replaced)


def offers_only(chosen: slice) -> type[Exchange]:
    """Offer a call to some of the devices, in the order in which they came online."""

    class OffersOnly(Exchange):
        def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
            commands = super().handle(event, now_ms)
            offers = [command for command in commands if isinstance(command, CreateOffer)]
            return [one for one in commands if one not in offers or one in offers[chosen]]

    return OffersOnly


def _sent(command: AnyCommand, method: str) -> FrameFact | None:
    """Return what a command records of a request that it sends; None for other commands."""
    if isinstance(command, SendFrame) and command.fact.method == method:
        return command.fact if command.fact.kind == "request" else None
    return None


def _without_lost_race(command: AnyCommand) -> tuple[AnyCommand, ...] | None:
    fact = _sent(command, "verto.bye")
    return () if fact is not None and fact.detail["cause"] == "LOSE_RACE" else None


@mutants.breaks("platform/fork-losers-bye", "platform-lets-losers-ring-on")
class _LetsLosersRingOn(Exchange):
    """Sends the byes to the devices that did not answer when the call is over."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        held: list[AnyCommand] = self.__dict__.setdefault("held", [])
        commands: list[AnyCommand] = []
        for command in super().handle(event, now_ms):
            if _without_lost_race(command) is not None:
                held.append(command)
                continue
            commands.append(command)
            if isinstance(command, CallFact) and command.state == "ended":
                commands += held
                held.clear()
        return commands


def renames(rename: Callable[[str], str]) -> type[Exchange]:
    """Send another name for the caller."""

    def renamed(command: AnyCommand) -> tuple[AnyCommand, ...] | None:
        fact = _sent(command, "verto.invite")
        if fact is None or not isinstance(command, SendFrame):
            return None
        name = fact.detail["from_name"]
        sent = rename(name)
        before, after = (msgspec.json.encode(text).decode() for text in (name, sent))
        text = command.text.replace(f'"caller_id_name":{before}', f'"caller_id_name":{after}')
        fact = msgspec.structs.replace(fact, text=text, detail={**fact.detail, "from_name": sent})
        return (SendFrame(command.socket, fact, text),)

    return replaces(renamed)


@mutants.breaks("platform/ring-timeout", "platform-times-out-in-silence")
class _TimesOutInSilence(Exchange):
    """Sends no bye to any device when the ring time is over."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        commands = super().handle(event, now_ms)
        if isinstance(event, TimerFired) and event.name.startswith("ring:"):
            return [command for command in commands if _sent(command, "verto.bye") is None]
        return commands


def _rings_longer(command: AnyCommand) -> tuple[AnyCommand, ...] | None:
    if isinstance(command, StartTimer) and command.name.startswith("ring:"):
        return (StartTimer(command.name, command.delay_ms + 3_000),)
    return None


mutants.table(
    {
        "register/reference-is-stable": {
            "platform-rings-one-device: Rings only the oldest device": offers_only(slice(None, 1)),
            "platform-rings-the-newest-device: Rings only the newest device": offers_only(
                slice(-1, None)
            ),
        },
        "platform/fork-losers-bye": {
            "platform-forgets-losers: Sends no bye to the devices that did not answer": replaces(
                _without_lost_race
            ),
        },
        "outcome/decline-no-media": {
            "platform-takes-a-decline-for-busy: Reports a decline as busy": replaces_facts(
                lambda fact: (msgspec.structs.replace(fact, reason="busy"),), reason="decline"
            ),
        },
        "platform/undef-name": {
            "platform-sends-no-placeholder: Sends an empty name where the caller has none": renames(
                lambda name: "" if name == UNDEFINED_NAME else name
            ),
            "platform-cuts-names: Cuts names after 20 characters": renames(lambda name: name[:20]),
        },
        "platform/ring-timeout": {
            "platform-times-out-as-cancel: Reports the ring time-out as cancel": replaces_facts(
                lambda fact: (msgspec.structs.replace(fact, reason="cancel"),), by="timer"
            ),
            "platform-rings-on: Rings three seconds longer than the ring time": replaces(
                _rings_longer
            ),
        },
        "platform/one-ended": {
            "platform-ends-twice: Reports twice that a call has ended": replaces_facts(
                lambda fact: (fact, fact), state="ended"
            ),
            "platform-rings-after-the-end: Reports a call as ringing after its end": replaces_facts(
                lambda fact: (
                    fact,
                    msgspec.structs.replace(fact, state="ringing", reason="", by=""),
                ),
                state="ended",
            ),
        },
    }
)
mutants.add(
    "platform/one-ended",
    "platform-forgets-the-end: Never reports that a call has ended",
    replaces_facts(lambda fact: (), state="ended"),
    entails=("platform/media-timeout",),
)
