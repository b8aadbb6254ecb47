"""A scenario: callers, what the subscriber does, and the platform variant, as pure data.

A scenario contains no expectation: what is right follows from the clauses, judged on the trace.
Structs are frozen, round-trip through JSON, and their ``repr`` is short valid Python.
"""

from __future__ import annotations

import base64
import zlib
from typing import Literal

import msgspec

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import backend, origins
from ringproof_scenarios import faults as faulty
from ringproof_scenarios.backend import AnyRequest, IssueToken, ShowUser, StatusEvent
from ringproof_scenarios.data import Anchor as Anchor
from ringproof_scenarios.data import Data
from ringproof_scenarios.fault_wording import describe
from ringproof_scenarios.faults import AnyFault, ConnectFails, LookUp, MediaCut, OnlineFails, Refuse
from ringproof_scenarios.origins import Origin
from ringproof_scenarios.step_wording import describe_action, describe_caller

What = Literal["status", "local_stream", "remote_stream", "list"]
"""An observable: three of a call, and the list of calls."""

REPLAY_PREFIX = "rp1:"
REPLAY_LIMIT_BYTES = 256 * 1024
"""Limit of what a replay string, which anybody may have written, expands to."""

CALLERS_MAX = 64
ACTIONS_MAX = 256
DEVICES_MAX = 8
FAULTS_MAX = 64
WAIT_MAX_MS = 600_000
"""Limit of every duration: the longest ring time that a dial accepts."""
RING_WAITED_MS = 5_000
"""A run waits for a ring time up to this. A call that would ring longer, and that nobody ends, is
ended by the harness as soon as everything else is over."""
SEED_MAX = 2**63 - 1

AUDIO = ("audio",)
AUDIO_VIDEO = ("audio", "video")


class Caller(Data, frozen=True):
    """A caller of the subscriber, and what its script does."""

    address: str = "/private/alice"
    """The caller's own address, which the callee sees as ``from``."""
    name: str | None = "Alice"
    """The display name; None when the origin supplies none (``_undef_`` on the wire)."""
    at_ms: int = 0
    """When the dial is placed, from the start of the scenario."""
    alias: int = 0
    """Which of the subscriber's addresses is dialled: 0 is the first, 1 an alias."""
    media: tuple[str, ...] = AUDIO
    """What the caller offers: ``("audio",)`` or ``("audio", "video")``."""
    patience_ms: int | None = None
    """Gives up after ringing for so long; None: rings for the platform's ring time."""
    talk_ms: int | None = None
    """Hangs up so long after the answer; None: never."""
    plays: bool = False
    """Plays a file with sound and pictures once the call has media, then hangs up."""
    status_events: tuple[StatusEvent, ...] | None = None
    """What its backend asks to be told of at a URL of its own; None: there is no such URL."""
    origin: Origin = "rest"
    """Where the call comes from."""


class Action(Data, frozen=True, tag_field="do"):
    """Base of what the subscriber does to a call, on one device."""

    call: int = 0
    """Index into ``Scenario.callers``."""
    device: int = 0
    on: Anchor = "listed"
    after_ms: int = 0
    """Delay after the anchor."""


class Answer(Action, frozen=True, tag="answer"):
    """Accept the call. None leaves a kind of media to the client's default."""

    audio: bool | None = None
    video: bool | None = None
    microphone: int = 0
    camera: int = 0  # which of each the user has chosen: 0, the default, or 1, the second


class Reject(Action, frozen=True, tag="reject"):
    """Decline the call."""


class HangUp(Action, frozen=True, tag="hangup"):
    """End the call from the subscriber's side."""


class Observe(Action, frozen=True, tag="observe"):
    """Subscribe late to an observable of the call, or to the list (``call`` is then its anchor)."""

    what: What = "status"


class Vanish(Action, frozen=True, tag="vanish"):
    """The device disappears without a hangup: page closed, process killed."""


class Hold(Action, frozen=True, tag="hold"):
    """Put the call on hold."""


class Unhold(Action, frozen=True, tag="unhold"):
    """Take the call off hold."""


class RestartIce(Action, frozen=True, tag="restart-ice"):
    """Find the media path of the call anew (an ICE restart)."""


class Open(Action, frozen=True, tag="open"):
    """A page of the subscriber opens only now, as ``device``; its anchor is on another page.

    The device is not there before. Its anchor is the call on device ``of``, or on device 0.
    """

    of: int | None = None
    """Opens again, with what the browser kept, the page of this device, which has vanished: a
    reload. None: opens a page that shares nothing with any other."""
    reattach: bool = False
    """The app wants its calls back after the reload: both pages are opened with that option."""

    @property
    def anchor(self) -> int:
        """The device on which its anchor happens."""
        return self.of or 0


class GoOffline(Action, frozen=True, tag="offline"):
    """Take the device offline (``unregister()``), with its page open; ``call`` is the anchor only.

    On ``start`` it comes before all calls.
    """


class GoOnline(Action, frozen=True, tag="online"):
    """Bring the device online again (``register()``); ``call`` is the anchor only."""


class ReadUser(Action, frozen=True, tag="user"):
    """The app reads what the client tells of its user; ``call`` is the anchor only."""


class Dial(Action, frozen=True, tag="dial"):
    """Call a friend, who answers at once, and hang up; ``call`` is the anchor only."""

    video: bool = False
    """Whether picture is offered beside sound."""
    talk_ms: int = 60
    """From the media to the hang-up."""


class Transfer(Action, frozen=True, tag="transfer"):
    """Hand the connected call over to a friend, who answers at once."""

    known: bool = True
    """False: to an address that nobody owns."""


AnyAction = (
    Answer
    | Reject
    | HangUp
    | Observe
    | Vanish
    | Hold
    | Unhold
    | RestartIce
    | Open
    | GoOffline
    | GoOnline
    | ReadUser
    | Dial
    | Transfer
)

OfAPage = Vanish | Open | GoOffline | GoOnline | ReadUser | Dial
"""What is done to a page; the call is only the anchor."""


class Scenario(Data, frozen=True):
    """Some calls to one subscriber: its callers, what the subscriber does, and the faults."""

    callers: tuple[Caller, ...]
    actions: tuple[AnyAction, ...] = ()
    devices: int = 1
    platform: Platform = Platform()
    name: str = ""
    """Catalogue id (``accept/audio``); empty for generated scenarios."""
    faults: tuple[AnyFault, ...] = ()
    seed: int = 0
    """From which a simulation draws latencies and the time that media takes."""
    automatic: bool = False
    """The app only constructs its clients, and never calls ``register()``."""
    requests: tuple[AnyRequest, ...] = ()
    """What an app's backend asks of REST before all calls."""

    @property
    def late(self) -> frozenset[int]:
        """The devices that are not there from the start."""
        return frozenset([action.device for action in self.actions if isinstance(action, Open)])

    @property
    def steps(self) -> tuple[str, ...]:
        """One sentence for each caller, then for each action, fault and request."""
        devices = self.devices
        return (
            *(["the app only constructs its client"] if self.automatic else []),
            *[describe_caller(number, caller) for number, caller in enumerate(self.callers)],
            *[describe_action(action, devices) for action in self.actions],
            *[describe(fault, devices) for fault in self.faults],
            *[backend.describe(request) for request in self.requests],
        )

    def replay(self) -> str:
        """Return the replay string: one word that ``ringproof replay`` takes."""
        packed = zlib.compress(to_json(self), 9)
        return REPLAY_PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


class ScenarioError(ValueError):
    """The text is no valid scenario; the message names the field and what it may be."""


def to_json(scenario: Scenario) -> bytes:
    """Encode as JSON, without the fields that have their defaults."""
    return msgspec.json.encode(scenario)


def from_json(text: bytes | str) -> Scenario:
    """Decode and validate. Raises ``ScenarioError``."""
    try:
        scenario = msgspec.json.decode(text, type=Scenario)
    except msgspec.DecodeError as error:
        raise ScenarioError(f"not a scenario: {error}") from error
    return validate(scenario)


def from_replay(text: str) -> Scenario:
    """Decode a replay string. Raises ``ScenarioError``."""
    text = text.strip()
    if not text.startswith(REPLAY_PREFIX):
        raise ScenarioError(f"a replay string starts with {REPLAY_PREFIX!r}")
    packed = text.removeprefix(REPLAY_PREFIX)
    decompressor = zlib.decompressobj()
    try:
        data = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        unpacked = decompressor.decompress(data, REPLAY_LIMIT_BYTES)
    except (ValueError, zlib.error) as error:
        raise ScenarioError("the replay string is damaged: copy the whole line") from error
    if decompressor.unconsumed_tail:
        raise ScenarioError(f"the replay string expands to more than {REPLAY_LIMIT_BYTES} bytes")
    if not decompressor.eof or decompressor.unused_data:
        raise ScenarioError("the replay string is damaged: copy the whole line")
    return from_json(unpacked)


def placeable(scenario: Scenario) -> bool:
    """Say whether the platform takes every caller's dial."""
    strict = scenario.platform.strict_origins
    return not strict or all(one.address == backend.PROJECT_NUMBER for one in scenario.callers)


def validate(scenario: Scenario) -> Scenario:
    """Return the scenario. Raises ``ScenarioError`` that names the invalid field."""
    _within("callers", len(scenario.callers), 1, CALLERS_MAX)
    _within("actions", len(scenario.actions), 0, ACTIONS_MAX)
    _within("devices", scenario.devices, 1, DEVICES_MAX)
    _within("faults", len(scenario.faults), 0, FAULTS_MAX)
    _within("seed", scenario.seed, 0, SEED_MAX)
    for number, caller in enumerate(scenario.callers):
        where = f"callers[{number}]"
        if caller.media not in (AUDIO, AUDIO_VIDEO):
            raise ScenarioError(f'{where}.media: ("audio",) or ("audio", "video")')
        _within(f"{where}.alias", caller.alias, 0, 1)
        if wrong := origins.problem(caller.origin, caller.address, caller.name, caller.media):
            raise ScenarioError(f"{where}.{wrong[0]}: {wrong[1]}")
        for field in ("at_ms", "patience_ms", "talk_ms"):
            _within(f"{where}.{field}", getattr(caller, field) or 0, 0, WAIT_MAX_MS)
        if caller.plays and caller.talk_ms is not None:
            raise ScenarioError(f"{where}.talk_ms: a caller that plays a file hangs up after it")
        if caller.origin in origins.OWN and (caller.plays or caller.status_events is not None):
            raise ScenarioError(f"{where}.origin: only REST plays files and sends callbacks")
    _within("requests", len(scenario.requests), 0, backend.REQUESTS_MAX)
    for number, request in enumerate(scenario.requests):
        if isinstance(request, IssueToken | ShowUser):
            _within(f"requests[{number}].user", request.user, 0, backend.USERS_MAX)
    for number, action in enumerate(scenario.actions):
        _validate(f"actions[{number}]", action, scenario)
    for number, fault in enumerate(scenario.faults):
        _validate(f"faults[{number}]", fault, scenario)
    if not placeable(scenario):
        own = backend.PROJECT_NUMBER
        raise ScenarioError(f"callers: with strict_origins, {own} alone may call")
    for field in Platform.__struct_fields__:
        if field.endswith("_ms"):
            least = int(field in ("ring_ms", "verto_ping_first_ms"))
            _within(f"platform.{field}", getattr(scenario.platform, field), least, WAIT_MAX_MS)
    pings = scenario.platform.unanswered_pings
    _within("platform.unanswered_pings", pings, 0, faulty.UNANSWERED_MAX)
    return scenario


def _validate(where: str, part: AnyAction | AnyFault, scenario: Scenario) -> None:
    if not 0 <= part.call < len(scenario.callers):
        raise ScenarioError(f"{where}.call: there is no caller {part.call}")
    if not 0 <= part.device < scenario.devices:
        raise ScenarioError(f"{where}.device: there is no device {part.device}")
    if isinstance(part, Open):
        _validate_open(where, part, scenario)
    for field in ("microphone", "camera"):
        _within(f"{where}.{field}", getattr(part, field, 0), 0, 1)
    for field in ("after_ms", "back_ms", "delay_ms", "ping_ms", "talk_ms"):
        _within(f"{where}.{field}", getattr(part, field, 0), 0, WAIT_MAX_MS)
    _within(f"{where}.nth", getattr(part, "nth", 0), 0, ACTIONS_MAX)
    if isinstance(part, LookUp):
        _within(f"{where}.status", part.status, 200, 599)
    if isinstance(part, MediaCut) and part.on != "connected":
        raise ScenarioError(f"{where}.on: connected, for there is no media path before")
    if isinstance(part, ConnectFails):
        # A client that is never let in again cannot come back.
        _within(f"{where}.times", part.times, min(part.nth, 1), faulty.RECONNECTS_MAX)
    if isinstance(part, OnlineFails):
        _within(f"{where}.times", part.times, 0, faulty.RECONNECTS_MAX)
    if isinstance(part, Refuse | ConnectFails | OnlineFails):
        _within(f"{where}.code", part.code, -32_999, -1)


def _validate_open(where: str, part: Open, scenario: Scenario) -> None:
    opens = [one for one in scenario.actions if isinstance(one, Open)]
    if part.device == 0 or [one.device for one in opens].count(part.device) > 1:
        raise ScenarioError(f"{where}.device: one further device, which opens once")
    if part.of is not None and not 0 <= part.of < scenario.devices:
        raise ScenarioError(f"{where}.of: there is no device {part.of}")
    if part.reattach and part.of is None:
        raise ScenarioError(f"{where}.reattach: only for a page that is opened again")
    if part.of in scenario.late:
        raise ScenarioError(f"{where}.of: device {part.of} is not there from the start")


def _within(where: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ScenarioError(f"{where}: {least} to {most}, not {value}")


def needs_packets(scenario: Scenario) -> bool:
    """Say whether over the network only real media can show what happens in the scenario."""
    return any(fault.needs_packets for fault in scenario.faults)
