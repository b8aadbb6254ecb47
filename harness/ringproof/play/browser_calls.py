"""Calls that other subscribers' clients and SIP user agents place, where callers have one."""

from __future__ import annotations

from typing import Final

from ringproof.adapters.protocol import Hello
from ringproof.call_tracker import OriginCall
from ringproof.play.context import Context
from ringproof_fakeserver.protocol.directory import CONTEXT, Directory, Subscriber
from ringproof_fakeserver.protocol.events import NextCallLabelled
from ringproof_scenarios.model import AUDIO_VIDEO, Caller, Scenario

OP: Final = "call.dial"
"""The optional op of an adapter that can place calls."""

ANSWERED_MS: Final = 60_000
"""What a busy machine may take to answer a call, beyond the scenario's own delays."""

MUTANT: Final = "mutant:"
"""A client with a fault is judged as a callee: its callers are no clients of its kind."""


def browsers_of(scenario: Scenario) -> int:
    """Return how many of the callers have a client."""
    return sum(caller.origin == "browser" for caller in scenario.callers)


def dials_itself(scenario: Scenario, hello: Hello) -> bool:
    """Say whether the callers of a scenario are clients of the kind under test."""
    able = OP in hello.ops and not hello.name.startswith(MUTANT)
    return able and scenario.devices + browsers_of(scenario) <= hello.sessions


def account_of(directory: Directory, caller: Caller, mark: object, now_ms: int) -> Subscriber:
    """Return the account whose first address and name are the caller's.

    Callers of the same address and ``mark`` share it. Where another account has the address
    already, this one gets it with a number.
    """
    reference = f"{caller.address.removeprefix(CONTEXT)}@{mark}"
    directory.find_or_create(reference, {}, now_ms)  # its address is that of the reference
    return directory.find_or_create(reference, {"display_name": caller.name or ""}, now_ms)


class BrowserCalls:
    """What the callers of a scenario do who call from a browser or a softphone."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._placed: dict[int, str] = {}
        """Caller → the call's id, as the caller's client has it."""

    def __contains__(self, number: int) -> bool:
        """Say whether this caller has a client."""
        return number in self._context.browsers

    async def dial(self, number: int, address: str, request: str) -> OriginCall:
        """Have a caller's client dial; ``request`` names the dial in the trace."""
        context, caller = self._context, self._context.scenario.callers[number]
        browser = context.browsers[number]
        op = f"{caller.origin}.dial"
        context.recorder.asked(request, op, {"caller": number, "to": address})
        # Faults know a call by its label.
        context.server.dispatch(NextCallLabelled(browser.session, str(number)))
        video = caller.media == AUDIO_VIDEO
        channel = "video" if video else "audio"
        id = await browser.dial(f"{address}?channel={channel}", video=video)
        self._placed[number] = id
        return context.recorder.bind(number, id, request)

    async def hang_up(self, number: int) -> None:
        """Have a caller's client hang up: a cancel while the call rings."""
        op = f"{self._context.scenario.callers[number].origin}.hangup"
        self._context.recorder.asked(f"end-{number}", op, {"caller": number})
        await self._context.browsers[number].hang_up(self._placed[number])

    async def talk(self, number: int, talk_ms: int, within_ms: int) -> None:
        """Hang up ``talk_ms`` after the call has media, as a caller's script would.

        ``within_ms`` is how long the scenario lets the call ring.
        """
        clock, call = self._context.clock, self._context.tracker.call(number)
        assert call is not None, "the call was placed"
        await clock.wait(
            lambda: call.state == "ended" or _has_media(call),
            within_ms + ANSWERED_MS,
            number,
        )
        if _has_media(call) and call.alive:
            await clock.sleep(talk_ms)
            if call.alive:
                await self.hang_up(number)


def _has_media(call: OriginCall) -> bool:
    leg = call.winning_leg
    return leg is not None and leg.media == "connected"
