"""Composes whole scenarios at random, biased towards calls that cross each other.

Each caller gets a *profile* (``profiles.py``), which says how the call goes; a few extra actions
are added. Every scenario ends by itself within ``Bounds.waiting_ms``. Pure: the ``Dice`` make every
choice, on behalf of Hypothesis (``strategies``) or of a plain PRNG (``seeded``).

Frequencies: half of the scenarios have one caller, a quarter two, the rest three to five; a quarter
have two devices; half have another platform than the default; two in five have extra actions, and
about as many have one or two faults.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import faults
from ringproof_scenarios.faults import (
    AnyFault,
    Frame,
    Reason,
    Request,
    TokenKind,
    Way,
    Which,
    holds_up_ms,
)
from ringproof_scenarios.generate.bounds import Bounds
from ringproof_scenarios.generate.dice import Dice, delay_ms
from ringproof_scenarios.generate.people import caller
from ringproof_scenarios.generate.profiles import ANSWERS, OBSERVATIONS, PROFILES, Call
from ringproof_scenarios.model import (
    Anchor,
    AnyAction,
    Caller,
    Dial,
    GoOffline,
    GoOnline,
    HangUp,
    Hold,
    Open,
    Reject,
    RestartIce,
    Scenario,
    Transfer,
    Unhold,
    Vanish,
)
from ringproof_scenarios.waiting import call_waiting_ms

CALLER_COUNTS: Final = (1, 1, 1, 2, 2, 3, 4, 5)
DEVICE_COUNTS: Final = (1, 1, 1, 2)
FAULT_COUNTS: Final = (0, 0, 0, 0, 1, 1, 2)

ANCHORS: Final[tuple[Anchor, ...]] = ("listed", "connected", "gone")
_EXTRA_COUNTS: Final = (0, 0, 0, 1, 2)
_ENDS: Final[tuple[AnyAction, ...]] = (Reject(), HangUp())
_DEFAULT_PLATFORM: Final = Platform()
_COIN: Final = (False, True)
_SELDOM: Final = (True, False, False, False)
_SECOND_PAGES: Final = (True, *(False,) * 15)
PRESENCE: Final[tuple[AnyAction, ...]] = (GoOffline(), GoOnline(), GoOnline())
CHANGES: Final[tuple[AnyAction, ...]] = (
    *(Hold(), Unhold(), RestartIce(), Transfer(), Transfer(known=False)),
    *(Dial(), Dial(video=True)),
)
ANY_CHANGE: Final = (*CHANGES, *PRESENCE, Open(), Open(of=0), Open(of=0, reattach=True))
"""What changes a connected call. Not every client can do it, so it is drawn in virtual time only:
over the network a scenario with it would be left out for such a client."""
_RING_MS: Final = (_DEFAULT_PLATFORM.ring_ms, _DEFAULT_PLATFORM.ring_ms, 30_000)
"""The ring times that are named in public: of SWML's connect, and of older server SDKs."""
_DECLINE_REASONS: Final[tuple[Literal["decline", "busy"], ...]] = ("decline", "busy")
_BUSY: Final[tuple[Literal["ring", "reject"], ...]] = ("ring", "ring", "ring", "reject")
_RENEGOTIATIONS: Final[tuple[Literal["accept", "refuse"], ...]] = (*("accept",) * 3, "refuse")
_ICE_SERVERS: Final[tuple[Literal["stun", "turn"], ...]] = ("stun", "turn")
_OFFERS: Final[tuple[Literal["sendrecv", "sendonly"], ...]] = (*("sendrecv",) * 3, "sendonly")
_REATTACH: Final[tuple[Literal["accept", "refuse"], ...]] = ("accept", "accept", "refuse")
_STATES: Final[tuple[Literal["often", "connect", "never"], ...]] = ("often", "connect", "never")


def compose(
    dice: Dice,
    bounds: Bounds,
    caller_counts: tuple[int, ...] = CALLER_COUNTS,
    device_counts: tuple[int, ...] = DEVICE_COUNTS,
    seed: int = 0,
) -> Scenario:
    """Draw a scenario, with one of these counts of callers, and of devices."""
    devices = dice.pick(device_counts)
    people: list[Caller] = []
    actions: list[AnyAction] = []
    for number in range(dice.pick(caller_counts)):
        device = dice.between(0, devices - 1)
        call = Call(dice, caller(dice, bounds), number, device, devices, bounds)
        person, planned = dice.pick(PROFILES)(call)
        people.append(person)
        actions += planned
    offers = tuple([person.media for person in people])
    actions += [action(dice, offers, devices, bounds) for _ in range(dice.pick(_EXTRA_COUNTS))]
    drawn = [fault(dice, len(people), devices, bounds) for _ in range(dice.pick(FAULT_COUNTS))]
    alone = max(device_counts) == 1
    opened = () if alone else opens(dice, actions, devices, bounds)
    scenario = Scenario(
        callers=tuple(people),
        actions=(*vanish_once(actions), *opened),
        devices=devices + len(opened),
        platform=platform(dice, bounds),
        faults=tuple(drawn),
        seed=seed,
    )
    return bounded(scenario, bounds)


def platform(dice: Dice, bounds: Bounds) -> Platform:
    """Draw a platform variant; the default is the most frequent of them."""
    if not dice.pick(_COIN):
        return _DEFAULT_PLATFORM
    usual_ring = dice.pick(_COIN)
    drawn = Platform(
        bye_echo=dice.pick(_COIN),
        msid=dice.pick(_COIN),
        offer_direction=dice.pick(_OFFERS),
        ice_servers=dice.pick(_ICE_SERVERS),
        lookup_delay_ms=dice.pick((0, 0, bounds.lookup_ms // 2, bounds.lookup_ms)),
        hold=not bounds.simulated or dice.pick((True, True, True, False)),
        renegotiation=dice.pick(_RENEGOTIATIONS) if bounds.simulated else "accept",
        media_timeout_ms=dice.pick((0, 0, 2_000, 20_000)) if bounds.simulated else 0,
        ring_ms=dice.pick(_RING_MS) if usual_ring else dice.between(*bounds.ring_ms),
        first_decline_ends_all=dice.pick(_COIN),
        decline_reason=dice.pick(_DECLINE_REASONS),
        busy=dice.pick(_BUSY),
        page_gone_ms=dice.pick((0, 0, 1, bounds.lookup_ms)),
        authorization_state=dice.pick(_STATES),
        reattach=dice.pick(_REATTACH) if bounds.simulated else "accept",
        room_events=dice.pick(_COIN),
        expired_token_closes=dice.pick(_COIN),
        expired_token_resumes=dice.pick(_COIN),
        online_delay_ms=dice.pick((0, 0, bounds.online_ms)),
        bye_reply_ms=dice.pick((0, _DEFAULT_PLATFORM.bye_reply_ms, bounds.bye_reply_ms)),
    )
    return _with_pings(dice, bounds, drawn)


def _with_pings(dice: Dice, bounds: Bounds, platform: Platform) -> Platform:
    """Draw how often calls are pinged: as usual, more often, or never."""
    if not dice.pick(_COIN):
        return platform
    return msgspec.structs.replace(
        platform,
        verto_ping_ms=dice.pick((0, bounds.ping_ms, bounds.ping_ms)),
        verto_ping_first_ms=dice.between(*bounds.first_ping_ms),
        media_params_ms=dice.pick((_DEFAULT_PLATFORM.media_params_ms, 0, 20)),
    )


def action(
    dice: Dice, offers: tuple[tuple[str, ...], ...], devices: int, bounds: Bounds
) -> AnyAction:
    """Draw any single action on one of the calls; ``offers`` holds each caller's media."""
    call = dice.between(0, len(offers) - 1)
    kinds: tuple[tuple[AnyAction, ...], ...] = (ANSWERS[offers[call]], OBSERVATIONS, _ENDS)
    if bounds.simulated:
        kinds = (*kinds, CHANGES, PRESENCE)
    return msgspec.structs.replace(
        dice.pick(dice.pick(kinds)),
        call=call,
        device=dice.between(0, devices - 1),
        on=dice.pick(ANCHORS),
        after_ms=delay_ms(dice, bounds.after_ms),
    )


def fault(dice: Dice, callers: int, devices: int, bounds: Bounds) -> AnyFault:
    """Draw any single fault of one of the calls, or of one of the devices."""
    where = {"call": dice.between(0, callers - 1), "device": dice.between(0, devices - 1)}
    late_ms = delay_ms(dice, bounds.fault_ms)
    match dice.pick(_FAULT_KINDS[bounds.silence, bounds.simulated]):
        case "drop":
            return faults.Drop(frame=dice.pick(FRAMES if bounds.silence else EVENTS), **where)
        case "delay":
            return faults.Delay(frame=dice.pick(FRAMES), delay_ms=late_ms, **where)
        case "duplicate":
            return faults.Duplicate(frame=dice.pick(FRAMES), delay_ms=late_ms, **where)
        case "reorder":
            return faults.Reorder(frame=dice.pick(FRAMES), **where)
        case "refuse":
            return faults.Refuse(request=dice.pick(REQUESTS), code=dice.pick(CODES), **where)
        case "ignore":
            return faults.Ignore(request=dice.pick(REQUESTS), **where)
        case "dead-media":
            return faults.DeadMedia(**where)
        case "token":
            return faults.OtherToken(kind=dice.pick(TOKENS), device=where["device"])
        case "online":
            return faults.OnlineFails(times=dice.pick((0, 1, 2)), device=where["device"])
        case "silent":
            return faults.GoesSilent(on=dice.pick(ANCHORS), after_ms=late_ms, **where)
        case "token-expires":
            return faults.TokenExpires(
                on=dice.pick(ANCHORS),
                after_ms=late_ms,
                call=where["call"],
                device=where["device"],
            )
        case "connect":
            return msgspec.structs.replace(dice.pick(CONNECTS), device=where["device"])
        case "no-devices":
            reason, which = dice.pick(REASONS), dice.pick(WHICH)
            return faults.NoDevices(reason=reason, which=which, once=dice.pick(_COIN), **where)
        case "prompt":
            return faults.Prompt(delay_ms=late_ms, granted=dice.pick(_RESUMES), **where)
        case "stray-bye":
            return faults.StrayBye(on=dice.pick(ANCHORS), after_ms=late_ms, **where)
        case "media-cut":
            back_ms = dice.pick((0, 0, late_ms))
            way = dice.pick(WAYS)
            cut = faults.MediaCut(after_ms=late_ms, back_ms=back_ms, way=way)
            return msgspec.structs.replace(cut, **where)
        case "stun":
            return faults.StunFails(device=where["device"])
        case "look-up":
            if bounds.silence and dice.pick(_SELDOM):
                return faults.LookUp(nth=dice.pick((0, 0, 1)), answered=False)
            slow_ms = dice.pick((0, 0, late_ms, bounds.lookup_ms))
            return faults.LookUp(
                nth=dice.pick((0, 0, 1)), delay_ms=slow_ms, status=dice.pick(STATUSES)
            )
        case _:
            return faults.Cut(
                on=dice.pick(ANCHORS),
                after_ms=late_ms,
                back_ms=delay_ms(dice, bounds.fault_ms),
                resume=dice.pick(_RESUMES),
                **where,
            )


EVENTS: Final[tuple[Frame, ...]] = ("invite", "bye")
FRAMES: Final[tuple[Frame, ...]] = (*EVENTS * 2, "answer-reply", "bye-reply", "ping")
REQUESTS: Final[tuple[Request, ...]] = ("answer", "bye", "pong")
CODES: Final = (-32_000, -32_002)
STATUSES: Final = (200, 404, 500)
REASONS: Final[tuple[Reason, ...]] = ("missing", "refused", "busy")
WHICH: Final[tuple[Which, ...]] = ("both", "both", "microphone", "camera")
WAYS: Final[tuple[Way, ...]] = ("both", "from-client", "to-client")
MEDIA_FAULTS: Final = (
    *[faults.MediaCut(way=way, back_ms=back_ms) for way in WAYS for back_ms in (0, 20, 60)],
    *(faults.StunFails(),) * 4,  # as often as one way of a cut
)
TOKENS: Final[tuple[TokenKind, ...]] = ("forged", "expired", "foreign", "guest", "embed")
CONNECTS: Final = (
    faults.ConnectFails(how="close", times=1),
    faults.ConnectFails(how="close", nth=1, times=1),
    faults.ConnectFails(how="close", nth=1, times=2),
)
OPENINGS: Final = (
    *CONNECTS,
    *[faults.OtherToken(kind=kind) for kind in TOKENS],
    *[faults.TokenExpires(after_ms=after_ms) for after_ms in (0, 20)],
)
_RESUMES: Final = (True, True, False)
_ANYWHERE: Final = (
    *("drop", "delay", "duplicate", "reorder") * 2,
    *("cut", "cut", "cut", "refuse", "dead-media", "stray-bye", "look-up"),
    *("no-devices", "prompt"),
)
_LASTING: Final = ("ignore", "token", "connect", "online", "silent", "token-expires")
_FAULT_KINDS: Final = {
    (False, False): _ANYWHERE,
    (True, False): (*_ANYWHERE, *_LASTING),
    (True, True): (*_ANYWHERE, *_LASTING, "media-cut", "stun"),
}
"""By (silence, simulated) of the bounds."""


def opens(
    dice: Dice, actions: list[AnyAction], devices: int, bounds: Bounds
) -> tuple[AnyAction, ...]:
    """Draw whether one more page opens: often one that has vanished, else seldom a second one."""
    later_ms = delay_ms(dice, bounds.after_ms)
    vanished = next((action for action in actions if isinstance(action, Vanish)), None)
    if vanished is not None and dice.pick(_COIN):
        after_ms = min(vanished.after_ms + later_ms, bounds.after_ms)
        return (
            Open(
                call=vanished.call,
                device=devices,
                of=vanished.device,
                on=vanished.on,
                after_ms=max(after_ms, vanished.after_ms + 1),
                reattach=bounds.simulated and dice.pick(_COIN),
            ),
        )
    if vanished is None and dice.pick(_SECOND_PAGES):
        return (Open(device=devices, after_ms=later_ms),)
    return ()


def pages(actions: tuple[AnyAction, ...], devices: int) -> tuple[tuple[AnyAction, ...], int]:
    """Number the first page that opens after the other devices, and leave out further ones."""
    opened = [action for action in actions if isinstance(action, Open)][:1]
    numbered = [msgspec.structs.replace(page, device=devices) for page in opened]
    others = [action for action in actions if not isinstance(action, Open)]
    return (*others, *numbered), devices + len(numbered)


def vanish_once(actions: list[AnyAction]) -> tuple[AnyAction, ...]:
    """Keep the first ``Vanish`` only: a device that has vanished shows nothing more to judge."""
    surplus = [action for action in actions if isinstance(action, Vanish)][1:]
    return tuple([action for action in actions if action not in surplus])


def bounded(scenario: Scenario, bounds: Bounds) -> Scenario:
    """Make a caller give up where nothing else is certain to end the call in time."""
    most_ms = bounds.waiting_ms - sum([holds_up_ms(fault) for fault in scenario.faults])
    late = [
        number
        for number in range(len(scenario.callers))
        if _latest_ms(scenario, number) > most_ms and call_waiting_ms(scenario, number) > most_ms
    ]
    if not late:
        return scenario
    people = list(scenario.callers)
    for number in late:
        people[number] = msgspec.structs.replace(people[number], patience_ms=bounds.patience_ms)
    return msgspec.structs.replace(scenario, callers=tuple(people))


def _latest_ms(scenario: Scenario, number: int) -> int:
    """Bound ``call_waiting_ms`` from above, in a tenth of the time."""
    caller, platform = scenario.callers[number], scenario.platform
    after_ms = [action.after_ms for action in scenario.actions if action.call == number]
    latest_ms = max(after_ms, default=0)
    ends_ms = caller.at_ms + platform.ring_ms + platform.lookup_delay_ms
    return ends_ms + (caller.talk_ms or 0) + 2 * latest_ms
