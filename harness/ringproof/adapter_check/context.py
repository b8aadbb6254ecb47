"""What the checks of an adapter work with: fresh processes, and the stand-in where it is needed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from ringproof.adapter_check.peer import Peer
from ringproof.adapter_check.result import NotApplicable, NotJudged, Unmet
from ringproof.adapter_check.stand_in import Account, Device, StandIn
from ringproof.adapter_check.transcript import code_of, text_of
from ringproof.adapters.process import Program

LEFT_BEHIND = "protocol/no-leftovers"


class Context:
    """Starts processes for the checks, and remembers what any of them did wrong.

    ``async with Context(…) as context``. Checks that leave a process as it was share one; as in a
    run, there are never two at a time.
    """

    def __init__(self, program: Program, stand_in: StandIn | None, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self.exits = 0
        """How many processes have ended by themselves."""
        self._program = program
        self._stand_in = stand_in
        self._peers: list[Peer] = []
        self._faults: dict[str, str] = {}
        self._shared: Peer | None = None
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Context:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._shared = None
        await self._stack.aclose()

    @property
    def stand_in(self) -> StandIn:
        """The platform. Raises ``NotJudged`` when none was started."""
        if self._stand_in is None:
            raise NotJudged("needs the stand-in, which was not started")
        return self._stand_in

    @property
    def greeted(self) -> bool:
        """Whether any process ever answered hello with ok."""
        return any(peer.hello for peer in self._peers)

    @property
    def events(self) -> int:
        """How many events all processes have sent."""
        return sum(len(peer.transcript.events) for peer in self._peers)

    @property
    def idle(self) -> bool:
        """Whether no process was started yet."""
        return not self._peers

    def fault(self, check: str, text: str) -> None:
        """Remember a fault that belongs to another check than the one that runs."""
        self._faults.setdefault(check, text)

    def fault_of(self, check: str) -> str:
        """Return the first thing that broke a check in any process; empty when nothing did."""
        known = [self._faults, *(peer.transcript.faults for peer in self._peers)]
        return next((faults[check] for faults in known if check in faults), "")

    @contextlib.asynccontextmanager
    async def process(self) -> AsyncIterator[Peer]:
        """Run a fresh process, not greeted yet. Raises ``AdapterError`` if it cannot be started."""
        self._shared = None
        await self._stack.aclose()
        async with self._fresh() as peer:
            yield peer

    @contextlib.asynccontextmanager
    async def own_peer(self) -> AsyncIterator[Peer]:
        """Run a process that nobody else has, greeted. Raises ``NotJudged`` when it cannot be."""
        async with self.process() as peer:
            await _greet(peer)
            yield peer

    @contextlib.asynccontextmanager
    async def peer(self) -> AsyncIterator[Peer]:
        """Lend the shared process, greeted. Raises ``NotJudged`` when it cannot be.

        A check that ends with an error has spoilt it: the next one gets a fresh process.
        """
        peer, self._shared = self._shared, None
        if peer is None or not peer.runs:
            await self._stack.aclose()
            peer = await self._stack.enter_async_context(self._fresh())
            await _greet(peer)
        yield peer
        self._shared = peer

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Open a session, and close it afterwards. Raises ``NotJudged`` when there is none."""
        async with self.peer() as peer:
            session = await self.new_session(peer)
            try:
                await session.open()
            except Unmet as error:
                raise NotJudged(f"needs session/open, but it {error}") from error
            yield session
            await session.leave()

    @contextlib.asynccontextmanager
    async def _fresh(self) -> AsyncIterator[Peer]:
        async with Peer(self._program, self._timeout_s) as peer:
            self._peers.append(peer)
            yield peer

    async def new_session(self, peer: Peer) -> Session:
        """Return a session of an account of its own, not open yet."""
        account = await self.stand_in.account(real_media=media_of(peer) == "rtp")
        return Session(peer, self.stand_in, account, await self.stand_in.device(account))


class Session:
    """One session of an adapter, open or to be opened, and the account it belongs to."""

    def __init__(self, peer: Peer, stand_in: StandIn, account: Account, device: Device) -> None:
        self.peer = peer
        self.stand_in = stand_in
        self.account = account
        self.device = device

    @property
    def s(self) -> str:
        """The session's name."""
        return self.device.session

    async def open(self) -> None:
        """Have it opened. Raises ``NotJudged`` where that is not filled in, else ``Unmet``."""
        reply = await self.ask("session.open", **self.opening())
        code = code_of(reply)
        if code == "unsupported":
            text = text_of(reply) or "unsupported"
            raise NotJudged(f"session.open is not filled in yet: {text}")
        if code:
            raise Unmet(f"answered session.open with {code}: {text_of(reply)}")

    async def leave(self) -> None:
        """Have it closed; one that will not is left behind, for that is a check of its own."""
        with contextlib.suppress(Unmet):
            await self.ask("session.close")

    def opening(self) -> dict[str, Any]:
        """Return what ``session.open`` carries."""
        return self.stand_in.opening(self.device, real_media=media_of(self.peer) == "rtp")

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - raw by design
        """Send this session a command and return the reply. Raises ``Unmet`` if there is none."""
        return await self.peer.ask(op, s=self.s, **fields)

    async def must(self, op: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - raw by design
        """The same, where anything but ok is ``Unmet``; ``NotApplicable`` without such an op."""
        offers(self.peer, op)
        reply = await self.ask(op, **fields)
        if code := code_of(reply):
            raise Unmet(f"answered {op} with {code}: {text_of(reply)}")
        return reply

    async def ring(self) -> tuple[str, str]:
        """Place a call and wait until it is listed: (the far side's id, ``c``).

        Raises ``NotJudged``: that a call is listed is a check of its own.
        """
        call = await self.stand_in.dial(self.account)
        c = await self.stand_in.rings(self.account, call, self.peer.timeout_s)
        if not await self.peer.until(lambda: self.lists(c)):
            raise NotJudged("needs session/listed-call")
        return call, c

    def lists(self, c: str) -> bool:
        """Say whether any emission of the list holds the call."""
        return any(c in listed(event) for event in self.peer.transcript.of(self.s, "calls"))


async def _greet(peer: Peer) -> None:
    try:
        await peer.greet()
    except Unmet as error:
        raise NotJudged(f"needs protocol/hello, but it {error}") from error


def listed(event: dict[str, Any]) -> list[object]:
    """Return the ids in a ``calls`` event, whatever it is that stands there."""
    entries = event.get("list")
    if not isinstance(entries, list):
        return []
    return [entry.get("c") for entry in entries if isinstance(entry, dict)]


def offers(peer: Peer, op: str) -> None:
    """Raise ``NotApplicable`` unless the adapter's hello offers the op."""
    if op not in ops_of(peer):
        raise NotApplicable(f"caps.ops does not name {op}")


def caps_of(peer: Peer) -> dict[str, Any]:
    """Return what a greeted adapter claims; empty when it is no object."""
    caps = peer.hello.get("caps")
    return caps if isinstance(caps, dict) else {}


def ops_of(peer: Peer) -> list[str]:
    """Return the ops that a greeted adapter offers."""
    ops = caps_of(peer).get("ops")
    return [str(op) for op in ops] if isinstance(ops, list) else []


def media_of(peer: Peer) -> str:
    """Return what a greeted adapter says of its media: ``none``, ``sdp`` or ``rtp``."""
    return str(caps_of(peer).get("media", "none"))


def shown(reply: dict[str, Any]) -> str:
    """Return a reply for a sentence, cut."""
    return msgspec.json.encode(reply).decode()[:200]
