"""Platforms with a fault in their REST routes, their callbacks or the scripts of callers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from ringproof.mutants.mutant import Mutants
from ringproof.mutants.platform import replaces, replaces_facts
from ringproof_fakeserver.protocol.commands import (
    AnyCommand,
    PostCallback,
    StartPlayback,
    StartTimer,
)
from ringproof_fakeserver.protocol.directory import Address, Directory, Subscriber
from ringproof_fakeserver.protocol.errors import refusal
from ringproof_fakeserver.protocol.events import AnyEvent, PlaybackFinished, TimerFired
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_fakeserver.rest.context import RestContext
from ringproof_scenarios.backend import UNKNOWN_TARGET

mutants = Mutants()

SKIP_TIMER = "skip:file"
REPEATED = "00000000-0000-4000-8000-0000000000aa"


def with_directory(directory: type[Directory]) -> type[Exchange]:
    """Keep users and addresses in another directory."""

    class WithDirectory(Exchange):
        def __init__(self, _: Directory, settings: Settings, ids: Callable[[], str]) -> None:
            super().__init__(directory(), settings, ids)

    return WithDirectory


def addresses_as(change: Callable[[str], str]) -> type[Directory]:
    """Show other URIs for the channels of addresses."""

    class ChangedAddress(Address, frozen=True, kw_only=True):
        def as_json(self) -> dict[str, Any]:
            shown = super().as_json()
            channels = {kind: change(uri) for kind, uri in shown["channels"].items()}
            return {**shown, "channels": channels}

    class ChangedAddresses(Directory):
        def _add(self, subscriber: Subscriber, name: str) -> Address:
            address = super()._add(subscriber, name)
            changed = ChangedAddress(**msgspec.structs.asdict(address))
            subscriber.addresses[-1] = changed
            self._by_name[name] = self._by_id[address.id] = changed
            return changed

    return ChangedAddresses


class _MakesAnother(Directory):
    def __init__(self) -> None:
        super().__init__()
        self._issued = 0

    def find_or_create(self, reference: str, profile: Mapping[str, str], now_ms: int) -> Subscriber:
        self._issued += reference.startswith("user-")
        other = f"{reference}-{self._issued}" if reference.startswith("user-") else reference
        return super().find_or_create(other, profile, now_ms)


class _KnowsOne(Directory):
    def find_or_create(self, reference: str, profile: Mapping[str, str], now_ms: int) -> Subscriber:
        known = "user-" if reference.startswith("user-") else reference
        return super().find_or_create(known, profile, now_ms)


class _DropsProfiles(Directory):
    def find_or_create(self, reference: str, profile: Mapping[str, str], now_ms: int) -> Subscriber:
        return super().find_or_create(reference, {}, now_ms)


class _FindsSomebody(Directory):
    def resolve(self, uri: str) -> Subscriber | None:
        return super().resolve(uri) or next(iter(self._subscribers.values()), None)


class _FailsToFind(Directory):
    def resolve(self, uri: str) -> Subscriber | None:
        found = super().resolve(uri)
        if found is None and uri == UNKNOWN_TARGET:
            raise refusal(500)
        return found


class _Noting(Directory):
    newest = ""
    """The reference that was asked for last."""

    def find_or_create(self, reference: str, profile: Mapping[str, str], now_ms: int) -> Subscriber:
        self.newest = reference
        return super().find_or_create(reference, profile, now_ms)


@mutants.breaks("platform/token-fresh-each-time", "platform-repeats-tokens")
class _RepeatsTokens(RestContext, frozen=True):
    """Gives all tokens of a backend's user the same id and time, so that they are equal."""

    def __post_init__(self) -> None:
        directory, fresh = self.exchange.directory, self.ids
        directory.__class__ = _Noting
        ids = lambda: REPEATED if self._repeats else fresh()  # noqa: E731 - as a field
        msgspec.structs.force_setattr(self, "ids", ids)

    @property
    def _repeats(self) -> bool:
        return getattr(self.exchange.directory, "newest", "").startswith("user-")

    @property
    def now_s(self) -> int:
        return super().now_s // 1_000 * 1_000 if self._repeats else super().now_s


class _OneTokenEach(Directory):
    def find_or_create(self, reference: str, profile: Mapping[str, str], now_ms: int) -> Subscriber:
        if reference.startswith("user-") and self.by_reference(reference) is not None:
            raise refusal(409)
        return super().find_or_create(reference, profile, now_ms)


@mutants.breaks("platform/basic-credentials-required", "platform-lets-anybody-in")
class _LetsAnybodyIn(RestContext, frozen=True):
    """Takes requests of the backend without credentials."""

    def require_project(self, request: Request) -> None:
        if "authorization" in request.headers:
            super().require_project(request)


@mutants.breaks("platform/basic-credentials-required", "platform-takes-any-secret")
class _TakesAnySecret(RestContext, frozen=True):
    """Takes any API token."""

    def require_project(self, request: Request) -> None:
        if "authorization" not in request.headers:
            super().require_project(request)


def answers_dials(**fields: object) -> type[Exchange]:
    """Show a call in another way, as the answer to its dial."""

    class AnswersDials(Exchange):
        def call_object(self, call: str) -> dict[str, Any] | None:
            shown = super().call_object(call)
            return None if shown is None else {**shown, **fields}

    return AnswersDials


@mutants.breaks("platform/dial-origin", "platform-dials-for-anybody")
class _DialsForAnybody(Exchange):
    """Takes dials from numbers of others where origins are strict."""

    def platform(self, subscriber: str) -> Platform:
        return msgspec.structs.replace(super().platform(subscriber), strict_origins=False)


class _AnyNumber(tuple[str, ...]):
    def __contains__(self, origin: object) -> bool:
        return str(origin).startswith("+")


@mutants.breaks("platform/dial-origin", "platform-owns-all-numbers")
class _OwnsAllNumbers(Exchange):
    """Takes every number for one of the project."""

    def __init__(self, directory: Directory, settings: Settings, ids: Callable[[], str]) -> None:
        settings = msgspec.structs.replace(settings, origins=_AnyNumber())
        super().__init__(directory, settings, ids)


def _state(command: PostCallback) -> str:
    return str(command.body["params"]["call_state"])


def posts(change: Callable[[PostCallback], tuple[PostCallback, ...]]) -> type[Exchange]:
    """Post other callbacks in place of one."""

    def changed(command: AnyCommand) -> tuple[AnyCommand, ...] | None:
        return change(command) if isinstance(command, PostCallback) else None

    return replaces(changed)


def _told_as(command: PostCallback, state: str) -> PostCallback:
    params = {**command.body["params"], "call_state": state}
    return msgspec.structs.replace(command, body={**command.body, "params": params})


def _ends_first(command: PostCallback) -> tuple[PostCallback, ...]:
    if _state(command) == "answered":
        return (_told_as(command, "ended"), command)
    return (command,) if _state(command) != "ended" else ()


@mutants.breaks("platform/hang-up-after-playback", "platform-stays-after-playback")
class _StaysAfterPlayback(Exchange):
    """Never goes on with a caller's script after the file has been played."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        return [] if isinstance(event, PlaybackFinished) else super().handle(event, now_ms)


def plays(change: Callable[[StartPlayback], tuple[AnyCommand, ...]]) -> type[Exchange]:
    """Perform other commands in place of a playback."""

    def changed(command: AnyCommand) -> tuple[AnyCommand, ...] | None:
        return change(command) if isinstance(command, StartPlayback) else None

    return replaces(changed)


@mutants.breaks(
    "platform/play-reaches-callee",
    "platform-skips-files",
)
class _SkipsFiles(Exchange):
    """Goes on with a script as if its file had been played, and stays on the line."""

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        commands: list[AnyCommand] = []
        for command in super().handle(event, now_ms):
            if isinstance(command, StartPlayback):
                self._skipped = PlaybackFinished(command.dialog, command.playback)
                commands.append(StartTimer(SKIP_TIMER, 1_500))
            else:
                commands.append(command)
        if isinstance(event, TimerFired) and event.name == SKIP_TIMER:
            commands += super().handle(self._skipped, now_ms)
        return commands


mutants.table(
    {
        "platform/token-find-or-create": {
            "platform-makes-another-user: Makes a user for every token": with_directory(
                _MakesAnother
            ),
            "platform-knows-one-user: Issues all tokens for the same user": with_directory(
                _KnowsOne
            ),
        },
        "platform/token-fresh-each-time": {
            "platform-one-token-each: Refuses a second token of a user": with_directory(
                _OneTokenEach
            ),
        },
        "platform/dial-returns-call": {
            "platform-answers-late: Answers a dial as if the call was answered": answers_dials(
                status="answered"
            ),
            "platform-tells-no-parties: Answers a dial with a call without its parties": (
                answers_dials(**{"from": None, "to": None})
            ),
        },
        "platform/dial-unknown-target": {
            "platform-fails-to-find: Fails where nobody has the address": with_directory(
                _FailsToFind
            ),
        },
        "platform/status-callbacks": {
            "platform-tells-ends-twice: Posts the callback of an end twice": posts(
                lambda it: (it, it) if _state(it) == "ended" else (it,)
            ),
            "platform-tells-no-end: Posts no callback of an end": posts(
                lambda it: () if _state(it) == "ended" else (it,)
            ),
            "platform-tells-more: Posts a callback of ringing that nobody asked for": posts(
                lambda it: (_told_as(it, "ringing"), it) if _state(it) == "ended" else (it,)
            ),
            "platform-tells-ends-first: Posts the end before the answer": posts(_ends_first),
        },
        "platform/hang-up-after-playback": {
            "platform-plays-into-an-error: Ends a script after a file as an error": replaces_facts(
                lambda fact: (msgspec.structs.replace(fact, reason="error"),), by="script"
            ),
        },
    }
)
mutants.add(
    "platform/dial-returns-call",
    "platform-picks-up: Takes a call as answered when it is placed",
    replaces_facts(
        lambda fact: (fact, msgspec.structs.replace(fact, state="answered")), state="created"
    ),
    entails=("platform/status-callbacks",),
)
mutants.add(
    "platform/token-find-or-create",
    "platform-drops-profiles: Ignores the profile in requests for tokens",
    with_directory(_DropsProfiles),
    entails=("platform/undef-name",),
)
mutants.add(
    "platform/dial-unknown-target",
    "platform-finds-somebody: Rings a user where nobody has the address",
    with_directory(_FindsSomebody),
    entails=("end/transfer-keeps-call",),
)
mutants.add(
    "platform/play-reaches-callee",
    "platform-never-plays: Sends its test tone in place of a file, for ever",
    plays(lambda _: ()),
    entails=("platform/hang-up-after-playback",),
)
for _row, _change in {
    "platform-forgets-channels: Shows URIs without a channel": lambda uri: uri.partition("?")[0],
    "platform-makes-urls: Shows URIs with a scheme": lambda uri: f"https://ringproof.invalid{uri}",
}.items():
    mutants.add(
        "platform/address-channels",
        _row,
        with_directory(addresses_as(_change)),
        entails=("register/user-addresses",),
    )
