"""One sentence for each caller and each action of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringproof_scenarios import origins

if TYPE_CHECKING:
    from ringproof_scenarios.model import AnyAction, Caller

_VERBS = {
    "Answer": "answers",
    "Reject": "declines",
    "HangUp": "hangs up",
    "Observe": "subscribes late to",
    "Vanish": "vanishes during",
    "Hold": "holds",
    "Unhold": "takes off hold",
    "RestartIce": "restarts the media path of",
    "Open": "opens during",
    "GoOffline": "goes offline during",
    "GoOnline": "goes online during",
    "ReadUser": "reads who its user is during",
    "Dial": "calls a friend during",
    "Transfer": "transfers",
}
"""By the name of the action's type."""


def describe_caller(number: int, caller: Caller) -> str:
    """Say who calls, when, and what ends the call from that side."""
    name = "no name" if caller.name is None else repr(caller.name)
    to = "the alias" if caller.alias else "the subscriber"
    who = f"{caller.address} ({name}){origins.describe(caller.origin)}"
    text = f"call {number}: {who} calls {to} with {' and '.join(caller.media)}"
    if caller.at_ms:
        text += f" at {caller.at_ms} ms"
    if caller.patience_ms is not None:
        text += f", gives up after {caller.patience_ms} ms"
    if caller.talk_ms is not None:
        text += f", hangs up {caller.talk_ms} ms after the answer"
    if caller.plays:
        text += ", plays a file and hangs up"
    if caller.status_events is not None:
        told = ", ".join(caller.status_events) or "nothing"
        text += f", and asks to be told of {told}"
    return text


def describe_action(action: AnyAction, devices: int) -> str:
    """Say what the subscriber does, on which device where there are several."""
    who = "the subscriber" if devices == 1 else f"device {action.device}"
    text = f"{who} {_VERBS[type(action).__name__]} call {action.call}"
    of = getattr(action, "of", None)
    if of is not None:
        wants = " with its calls" if getattr(action, "reattach", False) else ""
        text += f", as the page of device {of} again{wants},"
    if hasattr(action, "audio"):
        media = {"audio": action.audio, "video": getattr(action, "video", None)}.items()
        chosen = [f"{kind} {'on' if on else 'off'}" for kind, on in media if on is not None]
        for name in ("microphone", "camera"):
            chosen += [f"the second {name}"] if getattr(action, name, 0) else []
        text += f" ({', '.join(chosen) or 'default media'})"
    if getattr(action, "known", None) is not None:
        text += " to a friend" if getattr(action, "known", True) else " to nobody"
    if getattr(action, "talk_ms", None) is not None and getattr(action, "video", False):
        text += " with video"
    if hasattr(action, "what"):
        text += f" ({action.what})"
    anchor = "the start" if action.on == "start" else f"it is {action.on}"
    return f"{text} {action.after_ms} ms after {anchor}"
