"""The platform of a simulation: the exchange that serves sockets too, in virtual time.

Every frame is JSON text that one side encoded and the other decodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_args

from ringproof.play.recorder import Recorder
from ringproof.rest_requests import CALLS, Authorization, Placed, RestReply, dial_params, shown
from ringproof.simulation.callback_queue import CallbackQueue
from ringproof.simulation.network import IDLE, LatencyProfile, Network
from ringproof.simulation.phone import MUTE_STUN
from ringproof.simulation.scheduler import Scheduler, Timers
from ringproof_fakeserver.protocol import commands as platform
from ringproof_fakeserver.protocol import events as incoming
from ringproof_fakeserver.protocol import journal, swml
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.exchange import LOOKUP_TIMER, Exchange
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_fakeserver.protocol.sip_commands import SipCallerProgressed
from ringproof_scenarios.model import Caller

if TYPE_CHECKING:
    from ringproof.simulation.rest import SimulatedRest
    from ringproof_fakeserver.rest.context import RestContext

EPOCH_MS = 1_800_000_000_000
"""Unix time at which every simulation starts: a constant, so that runs are equal bytes."""

LOOKUP_GIVEN_UP_MS = 4_500
"""As the reference client's own shell (``ringproof/client/network.py``)."""

PLAYBACK_US = (100_000, 100_000)

KEY = b"simulated platforms sign their tokens with this"


class World:
    """Performs what the exchange and callers ask for; ``network`` leads to the devices."""

    def __init__(
        self,
        clock: Scheduler,
        recorder: Recorder,
        seed: int,
        exchange: type[Exchange] = Exchange,
        latency: LatencyProfile = IDLE,
        rest: type[RestContext] | None = None,
    ) -> None:
        self._clock = clock
        self._recorder = recorder
        self._make_rest = rest
        self._rest: SimulatedRest | None = None
        self._callbacks = CallbackQueue()
        seed += recorder.trace.header.scenario.seed
        self.network = network = Network(clock, self.dispatch, seed, latency)
        self.exchange = exchange(
            Directory(),
            Settings(
                key=KEY,
                ch="fabric.simulated.invalid:443",
                mute_ice_servers=({"urls": [MUTE_STUN]},),
            ),
            lambda: network.name("id"),
        )
        self._hidden: set[str] = set()
        """Accounts of which the trace is told nothing."""
        self._record = recorder.fact
        self._timers = Timers(clock, lambda name: self.dispatch(incoming.TimerFired(name)))
        self._performers: dict[type, Callable[[Any], None]] = {
            platform.SendFrame: self._send,
            platform.CloseSocket: network.close_socket,
            platform.CutSocket: network.cut_socket,
            platform.StartTimer: self._start_timer,
            platform.CancelTimer: self._timers.cancel,
            platform.CreateOffer: network.create_offer,
            platform.ApplyAnswer: network.apply_answer,
            platform.ApplyReoffer: network.restarts.answer,
            platform.AnswerOffer: network.answer_offer,
            platform.JoinLegs: lambda _: None,  # no packet flows that could be relayed
            platform.RelayMedia: lambda _: None,
            SipCallerProgressed: lambda _: None,  # a caller's softphone takes whatever comes
            platform.WatchMedia: network.paths.watch,
            platform.CutMedia: network.paths.cut,
            platform.CloseLeg: network.close_leg,
            platform.StartPlayback: self._start_playback,
            platform.StopPlayback: lambda _: None,  # it reports nothing
            platform.FetchScript: self._fetch_script,
            platform.PostCallback: self._callbacks.post,
            platform.AnswerLookup: network.answer_lookup,
            **dict.fromkeys(get_args(journal.AnyFact), recorder.fact),
        }

    def hide(self, account: str) -> None:
        """Tell the trace nothing of an account from now on: it is a caller's own."""
        self._hidden.add(account)
        self._record = self._record_unless_hidden
        self._performers.update(dict.fromkeys(get_args(journal.AnyFact), self._record))

    def _record_unless_hidden(self, fact: journal.AnyFact) -> None:
        if fact.subscriber not in self._hidden:
            self._recorder.fact(fact)

    def dispatch(self, event: incoming.AnyEvent) -> None:
        """Give the exchange an event and perform what it asks for."""
        performers = self._performers
        for command in self.exchange.handle(event, EPOCH_MS + self._clock.now_us // 1000):
            performers[type(command)](command)

    async def request(
        self,
        method: str,
        path: str,
        credentials: Authorization,
        *,
        body: dict[str, Any] | None = None,
        token: str = "",
    ) -> RestReply:
        """Send a request to the routes that serve HTTP too."""
        if self._rest is None:
            # Imported here: most scenarios ask REST for nothing, and its routes take long to load.
            from ringproof.simulation.rest import SimulatedRest
            from ringproof_fakeserver.rest.context import RestContext

            self._rest = SimulatedRest(
                self.exchange,
                self.dispatch,
                self._callbacks,
                lambda: EPOCH_MS + self._clock.now_us // 1000,
                lambda: self.network.name("rest"),
                self._make_rest or RestContext,
            )
        return await self._rest.request(method, path, credentials, body=body, token=token)

    async def dial(
        self,
        caller: Caller,
        address: str,
        *,
        talk_ms: int | None,
        label: str = "",
        status_url: str = "",
    ) -> Placed:
        """Place a call: through REST where the scenario shows it, else past it, which is faster."""
        scenario = self._recorder.trace.header.scenario
        if shown(scenario, caller):
            params = dial_params(
                caller, address, talk_ms=talk_ms, label=label, status_url=status_url
            )
            reply = await self.request(
                "POST", CALLS, "project", body={"command": "dial", "params": params}
            )
            return Placed(reply.body["id"], reply)
        call = self.network.name("call")
        self.dispatch(
            incoming.DialPlaced(
                call=call,
                from_=caller.address,
                from_name=caller.name,
                to=address,
                script=_talk_script(talk_ms),
                media=caller.media,
                label=label,
            )
        )
        return Placed(call)

    async def fetch(self, path: str, token: str) -> Mapping[str, Any]:
        """Return what REST answers a client."""
        return (await self.request("GET", path, "token", token=token)).body

    async def listen(self, receive: Callable[[dict[str, Any]], None]) -> str:
        """Return a URL; what the platform posts there is given to ``receive``."""
        return self._callbacks.expect(receive)

    def forget(self, url: str) -> None:
        """Receive no more at a URL of ``listen``."""
        self._callbacks.forget(url)

    async def end(self, call: str, reason: str) -> None:
        """End a call for the caller."""
        self.dispatch(incoming.EndRequested(call, reason))

    async def update(self, call: str, *, talk_ms: int) -> None:
        """Have an answered call hang up after ``talk_ms``."""
        self.dispatch(incoming.ScriptReplaced(call, _talk_script(talk_ms)))

    async def count_packets(self, dialog: str) -> None:
        """No packet crosses anything here."""

    def _send(self, command: platform.SendFrame) -> None:
        if self.network.is_open(command.socket):
            self._record(command.fact)
            self.network.send(command.socket, command.text)

    def _start_timer(self, command: platform.StartTimer) -> None:
        self._timers.start(command)
        kind, _, lookup = command.name.partition(":")
        if kind == LOOKUP_TIMER and command.delay_ms >= LOOKUP_GIVEN_UP_MS:
            self._clock.after(LOOKUP_GIVEN_UP_MS * 1000, self.network.give_up_lookup, lookup)

    def _fetch_script(self, command: platform.FetchScript) -> None:
        call, number = command.call, command.number
        nothing = incoming.ScriptFetched(call, number, None, "a simulation fetches nothing")
        self._clock.after(0, self.dispatch, nothing)

    def _start_playback(self, command: platform.StartPlayback) -> None:
        finished = incoming.PlaybackFinished(command.dialog, command.playback)
        self.network.later(PLAYBACK_US, self.dispatch, finished)


def _talk_script(talk_ms: int | None) -> swml.Script:
    """Return the script of a caller who hangs up after ``talk_ms``, or never (None)."""
    if talk_ms is None:
        return swml.Script((swml.Step("sleep", {"duration": -1}),))
    return swml.Script((swml.Step("sleep", {"duration": talk_ms}), swml.Step("hangup")))
