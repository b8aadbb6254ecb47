"""What the subscriber does, as commands to the adapter of a device."""

from __future__ import annotations

from ringproof.adapters.protocol import Reply
from ringproof.call_tracker import Leg
from ringproof.play.context import Context
from ringproof.play.device_faults import DeviceFaults
from ringproof.play.dialling import dial, hand_over
from ringproof_scenarios.model import (
    Answer,
    AnyAction,
    Dial,
    GoOffline,
    GoOnline,
    HangUp,
    Hold,
    Observe,
    Open,
    ReadUser,
    Reject,
    RestartIce,
    Transfer,
    Unhold,
    Vanish,
)


async def carry_out(
    context: Context, action: AnyAction, leg: Leg | None, device_faults: DeviceFaults
) -> Reply:
    """Have a device do it, to the call of ``leg``; what concerns the page alone needs none."""
    send, device, c = context.send, action.device, leg.dialog if leg else ""
    match action:
        case Answer():
            chosen = {"audio": action.audio, "video": action.video}
            media = {kind: value for kind, value in chosen.items() if value is not None}
            places = {"microphone": action.microphone, "camera": action.camera}
            devices = {name: place for name, place in places.items() if place}
            return await send("call.answer", device, c=c, media=media, devices=devices)
        case Reject():
            return await send("call.reject", device, c=c)
        case HangUp():
            return await send("call.hangup", device, c=c)
        case Hold():
            return await send("call.hold", device, c=c)
        case Unhold():
            return await send("call.unhold", device, c=c)
        case Transfer():
            assert leg is not None, "only a call can be handed over"
            return await hand_over(context, action, leg)
        case Dial():
            return await dial(context, action, device_faults)
        case RestartIce():
            return await send("call.restart_ice", device, c=c)
        case Observe():
            return await send("observe", device, c=c, what=action.what)
        case Vanish():
            context.vanish(device)
            actions = context.scenario.actions
            returns = any(isinstance(one, Open) and one.of == device for one in actions)
            reply = await send("session.vanish", device, returns=returns)
            context.left.add(device)
            context.clock.notify()
            return reply
        case Open():
            return await context.open_late(device, action.of)
        case ReadUser():
            return await send("user", device)
        case GoOffline() | GoOnline():
            return await _change_presence(context, action)


async def _change_presence(context: Context, action: GoOffline | GoOnline) -> Reply:
    """Take a device offline or bring it online, and wait until the platform knows."""
    device, goes = action.device, isinstance(action, GoOffline)
    op, state = ("session.offline", "offline") if goes else ("session.online", "online")
    reply = await context.send(op, device)
    session, offline = context.devices[device].session, context.tracker.offline
    if not reply.error:
        await context.expect(
            f"device {device} is {state}",
            lambda: (session in offline) is goes or device in context.vanished,
            context.deadlines.effect_ms,
        )
    return reply
