"""How long a scenario takes on its own account."""

from __future__ import annotations

from ringproof_scenarios import faults as faulty
from ringproof_scenarios.backend import FILE_MS
from ringproof_scenarios.faults import MediaCut
from ringproof_scenarios.model import (
    Answer,
    AnyAction,
    HangUp,
    Open,
    Reject,
    Scenario,
    Vanish,
)


def waiting_ms(scenario: Scenario) -> int:
    """Return an upper bound of how long the scenario itself takes on a client that works, in ms.

    It counts the scenario's own delays: dials, patience, ring time, look-ups, talk, actions and
    faults. It does not count what signalling and media need, nor a call that nobody ends: the
    harness ends it at once.
    """
    longest_ms = max(call_waiting_ms(scenario, number) for number in range(len(scenario.callers)))
    held_up_ms = sum([faulty.holds_up_ms(fault) for fault in scenario.faults])
    if any(isinstance(fault, MediaCut) for fault in scenario.faults):
        held_up_ms += scenario.platform.media_timeout_ms
    return longest_ms + held_up_ms


def call_waiting_ms(scenario: Scenario, number: int) -> int:
    """Return an upper bound of when everything about one call is over, from the start, in ms."""
    caller, platform = scenario.callers[number], scenario.platform
    actions = [action for action in scenario.actions if action.call == number]
    listed_ms = caller.at_ms + platform.lookup_delay_ms
    patience_ms = platform.ring_ms if caller.patience_ms is None else caller.patience_ms
    decided_ms = [listed_ms + action.after_ms for action in actions if _decides(scenario, action)]
    ring_end_ms = min([caller.at_ms + min(patience_ms, platform.ring_ms), *decided_ms])
    talk_ms = 0
    if any(isinstance(action, Answer) for action in actions):
        hang_ups = [a.after_ms for a in actions if isinstance(a, HangUp) and a.on == "connected"]
        ends_ms = [caller.talk_ms] if caller.talk_ms is not None else []
        ends_ms += [FILE_MS] if caller.plays else []
        talk_ms = min([*ends_ms, *([max(hang_ups)] if hang_ups else [])], default=0)
    anchors_ms = {
        "start": 0,
        "listed": listed_ms,
        "connected": ring_end_ms,
        "gone": ring_end_ms + talk_ms,
    }
    latest_ms = [anchors_ms[a.on] + a.after_ms + getattr(a, "talk_ms", 0) for a in actions]
    opened_ms = sum([action.after_ms for action in actions if isinstance(action, Open)])
    latest_ms = [at_ms + opened_ms for at_ms in latest_ms]
    return max([ring_end_ms + talk_ms, *latest_ms])


def _decides(scenario: Scenario, action: AnyAction) -> bool:
    """Return whether the action certainly ends the ringing, on every device."""
    if action.on != "listed" or action.device in scenario.late:
        return False
    if any(_forestalls(one, action) for one in scenario.actions if isinstance(one, Vanish)):
        return False
    alone = scenario.devices == 1
    return isinstance(action, Answer) or (alone and isinstance(action, Reject | HangUp))


def _forestalls(vanish: Vanish, action: AnyAction) -> bool:
    """Return whether the device may have vanished before the action is due."""
    if vanish.device != action.device:
        return False
    later = vanish.on == "connected" or vanish.after_ms > action.after_ms
    return not (vanish.call == action.call and vanish.on in ("connected", "listed") and later)
