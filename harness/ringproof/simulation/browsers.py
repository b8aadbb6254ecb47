"""Callers of a simulated scenario with a program of their own.

In a browser that is the reference client, with another account. A softphone places its call past
SIP, with the event that an INVITE becomes.
"""

from __future__ import annotations

from collections.abc import Callable

from ringproof.client.events import Started
from ringproof.client.parts import REFERENCE
from ringproof.play.browser_calls import account_of
from ringproof.play.context import Browser, ScenarioFault
from ringproof.play.dialling import FRIEND, Friend
from ringproof.simulation.phone import Phone
from ringproof.simulation.scheduler import Scheduler, Stuck
from ringproof.simulation.world import EPOCH_MS, World
from ringproof.verdict import Owner
from ringproof_fakeserver.protocol.sdp import event_model
from ringproof_fakeserver.protocol.sip_endpoints import session_of
from ringproof_fakeserver.protocol.sip_events import SipCallerLeft, SipCallPlaced
from ringproof_scenarios.model import Caller, Scenario

WITHIN_MS = 20_000


class SimulatedBrowser:
    """One caller's client. It is the reference client, whatever client is under test."""

    def __init__(self, phone: Phone, clock: Scheduler) -> None:
        self.session = phone.jti
        self._phone = phone
        self._clock = clock

    async def register(self) -> None:
        """Bring it online. Raises ``Stuck``."""
        self._phone.dispatch(Started())
        promise = self._phone.session.register()
        promise.then(lambda _: self._clock.notify())
        if not await self._clock.wait(lambda: promise.settled, WITHIN_MS) or promise.error:
            raise Stuck(f"a caller's client did not come online: {promise.error}")

    async def dial(self, to: str, *, video: bool) -> str:
        """See ``Browser.dial``."""
        call, taken = self._phone.session.dial(to, audio=True, video=video)
        taken.then(lambda _: self._clock.notify())
        if not await self._clock.wait(lambda: taken.settled, WITHIN_MS) or taken.error:
            raise ScenarioFault(Owner.HARNESS, f"a caller could not dial: {taken.error}")
        return call.id

    async def hang_up(self, call: str) -> None:
        """See ``Browser.hang_up``."""
        placed = self._phone.session.calls.get(call)
        if placed is not None:
            placed.hangup()


async def open_friend(world: World, clock: Scheduler, token: Callable[[str, str], str]) -> Friend:
    """Bring somebody online who answers every call at once."""
    account = account_of(world.exchange.directory, FRIEND, FRIEND.name, EPOCH_MS).id
    world.hide(account)
    given = token(account, "friend")
    core = REFERENCE.core(given, lambda: world.network.name("friend-request"))
    phone = Phone(world.network, "friend", core, REFERENCE, given)
    await SimulatedBrowser(phone, clock).register()
    friend = Friend(clock.notify)
    phone.session.incoming_calls.subscribe(friend.take)
    return friend


class SimulatedSoftphone:
    """One caller's SIP user agent."""

    def __init__(self, world: World, number: int, caller: Caller) -> None:
        self._endpoint = f"softphone-{number}"
        self.session = session_of(self._endpoint)
        self._world = world
        self._caller = caller

    async def dial(self, to: str, *, video: bool) -> str:
        """See ``Browser.dial``."""
        call = self._world.network.name("sip-call")
        placed = SipCallPlaced(
            call=call,
            endpoint=self._endpoint,
            from_=self._caller.address,
            from_name=self._caller.name,
            to=to.partition("?")[0],
            offer=event_model({"audio": "sendrecv"}),
        )
        self._world.dispatch(placed)
        return call

    async def hang_up(self, call: str) -> None:
        """See ``Browser.hang_up``."""
        self._world.dispatch(SipCallerLeft(call))


async def open_browsers(
    scenario: Scenario, world: World, clock: Scheduler, token: Callable[[str, str], str]
) -> dict[int, Browser]:
    """Bring the programs of all callers with one online, and return them by caller.

    ``token`` makes one, for an account and a session. The trace is told nothing about them.
    """
    browsers: dict[int, Browser] = {}
    for number, caller in enumerate(scenario.callers):
        if caller.origin == "sip":
            browsers[number] = SimulatedSoftphone(world, number, caller)
        elif caller.origin == "browser":
            account = account_of(world.exchange.directory, caller, caller.name, EPOCH_MS).id
            world.hide(account)
            session = f"browser-{number}"
            given = token(account, session)
            core = REFERENCE.core(given, lambda: world.network.name("browser-request"))
            browser = SimulatedBrowser(Phone(world.network, session, core, REFERENCE, given), clock)
            await browser.register()
            browsers[number] = browser
    return browsers
