"""A device that calls a friend of its user, talks, and hangs up; and friends in general."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from ringproof.adapters.protocol import Reply
from ringproof.call_tracker import Leg
from ringproof.client.lifecycle import Status
from ringproof.client.session import Call
from ringproof_scenarios.model import Caller, Dial, Scenario, Transfer

if TYPE_CHECKING:
    from ringproof.play.context import Context
    from ringproof.play.device_faults import DeviceFaults

FRIEND: Final = Caller(address="/private/friend", name="Friend", origin="browser")
"""Who is called, or gets a call that is handed over: a reference client of another account."""

NOBODY: Final = "/private/no-such-destination"


def needs_friend(scenario: Scenario) -> bool:
    """Say whether a step of the scenario calls somebody, or hands a call over."""
    return any(isinstance(action, Dial | Transfer) for action in scenario.actions)


class Friend:
    """Answers all calls, with all media that is offered. ``notify`` is called at each change."""

    def __init__(self, notify: Callable[[], None], address: str = FRIEND.address) -> None:
        self._notify = notify
        self.address = address
        self.connected = 0
        """How many calls were connected so far."""

    def take(self, calls: tuple[Call, ...]) -> None:
        """Take an emission of the list of its client."""
        for call in calls:
            if call.status == "ringing":
                call.answer(audio=True, video=True)
                call.statuses.subscribe(self._note)

    def _note(self, status: Status) -> None:
        self.connected += status == "connected"
        self._notify()


async def hand_over(context: Context, action: Transfer, leg: Leg) -> Reply:
    """Carry a transfer out, until the friend has the call, or nothing has changed."""
    friend, refusals = context.friend, leg.refusals
    assert friend is not None, "the scenario needs a friend"
    had = friend.connected
    to = friend.address if action.known else NOBODY
    reply = await context.send("call.transfer", action.device, c=leg.dialog, destination=to)
    if not reply.error:
        await context.expect(
            f"call {action.call} is handed over or refused",
            lambda: leg.call.state == "ended" or leg.refusals > refusals or friend.connected > had,
            context.deadlines.effect_ms + context.deadlines.connected_ms,
        )
    return reply


async def dial(context: Context, action: Dial, devices: DeviceFaults) -> Reply:
    """Carry the step out, up to the end of the call; the reply is that to the dial."""
    channel = "video" if action.video else "audio"
    media = {"audio": True, "video": action.video}
    assert context.friend is not None, "the scenario needs a friend"
    to = f"{context.friend.address}?channel={channel}"
    async with devices.dialling(action.device):
        reply = await context.send("call.dial", action.device, to=to, media=media)
    call = (reply.ok or {}).get("c")
    if reply.error or not isinstance(call, str):
        return reply
    deadlines = context.deadlines
    await context.expect(
        "the call to the friend is connected",
        lambda: _left(context, action.device, call) or _is(context, call, "connected"),
        deadlines.connected_ms,
    )
    await context.clock.sleep(action.talk_ms)
    if not _left(context, action.device, call):
        await context.send("call.hangup", action.device, c=call)
        await context.expect(
            "the call to the friend is over",
            lambda: _left(context, action.device, call),
            deadlines.ended_ms + context.scenario.platform.bye_reply_ms,
        )
    return reply


def _is(context: Context, call: str, state: Literal["connected", "destroyed"]) -> bool:
    """Say whether a call is so far; one that neither the platform nor the client knows is not."""
    legs = [leg for leg in context.tracker.legs if leg.dialog == call]
    return any(getattr(leg, state) for leg in legs)


def _left(context: Context, device: int, call: str) -> bool:
    """Say whether nothing is left of the call, or of its device."""
    return device not in context.present or _is(context, call, "destroyed")
