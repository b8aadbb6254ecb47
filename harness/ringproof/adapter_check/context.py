"""What the checks of an adapter work with: fresh processes, and the stand-in where it is needed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from ringproof.adapter_check.peer import Peer
from ringproof.adapter_check.result import NotApplicable, NotJudged, Unmet
from ringproof.adapter_check.stand_in import Account, StandIn
from ringproof.adapter_check.transcript import code_of, text_of
from ringproof.adapters.process import Program

LEFT_BEHIND = "protocol/no-leftovers"


class Context:
    """Starts processes for the checks, and remembers what any of them did wrong.

    ``async with Context(…) as context``. Checks that leave a process as it was share one; as in a
    run, there are never two at a time.
    """

    def __init__(self, program: Program, stand_in: StandIn | None, timeout_s: float) -> None:
        self.exits = 0
        """How many processes have ended by themselves."""
        self.peers: list[Peer] = []
        """Every process that was started."""
        self._timeout_s = timeout_s
        self._program = program
        self._stand_in = stand_in
        self._faults: dict[str, str] = {}
        self._shared: Peer | None = None
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Context:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._shared = None
        await self._stack.aclose()

    def fault(self, check: str, text: str) -> None:
        """Remember a fault that belongs to another check than the one that runs."""
        self._faults.setdefault(check, text)

    def require_no_fault(self, check: str) -> None:
        """Raise ``Unmet`` with the first thing that broke a check in any process."""
        for faults in (self._faults, *(peer.transcript.faults for peer in self.peers)):
            if check in faults:
                raise Unmet(faults[check])

    @contextlib.asynccontextmanager
    async def process(self) -> AsyncIterator[Peer]:
        """Run a fresh process, not greeted yet. Raises ``AdapterError`` if it cannot be started."""
        await self.__aexit__()
        async with Peer(self._program, self._timeout_s) as peer:
            self.peers.append(peer)
            yield peer

    @contextlib.asynccontextmanager
    async def own_peer(self) -> AsyncIterator[Peer]:
        """Run a process for this check alone, greeted. Raises ``NotJudged`` when it cannot be."""
        async with self.process() as peer:
            try:
                await peer.greet()
            except Unmet as error:
                raise NotJudged(f"needs protocol/hello, but it {error}") from error
            yield peer

    @contextlib.asynccontextmanager
    async def peer(self) -> AsyncIterator[Peer]:
        """Lend the shared process, greeted. Raises ``NotJudged`` when it cannot be.

        After a check that ends with an error, the next one gets a fresh process.
        """
        peer, self._shared = self._shared, None
        if peer is None or peer.exited:
            peer = await self._stack.enter_async_context(self.own_peer())
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
            await session.close()

    async def new_session(self, peer: Peer) -> Session:
        """Return a session of an account of its own, not open yet.

        Raises ``NotJudged`` when no platform was started.
        """
        if self._stand_in is None:
            raise NotJudged("needs the stand-in, which was not started")
        real_media = caps_of(peer).get("media", "none") == "rtp"
        return Session(peer, await self._stand_in.account(real_media=real_media))


class Session:
    """One session of an adapter, open or to be opened, and the account it belongs to."""

    def __init__(self, peer: Peer, account: Account) -> None:
        self.peer = peer
        self.account = account
        self.timeout_s = peer.timeout_s

    async def open(self) -> None:
        """Have it opened. Raises ``NotJudged`` where that is not filled in, else ``Unmet``."""
        reply = await self.ask("session.open", **self.account.opening())
        code = code_of(reply)
        if code == "unsupported":
            text = text_of(reply) or "unsupported"
            raise NotJudged(f"session.open is not filled in yet: {text}")
        if code:
            raise Unmet(f"answered session.open with {code}: {text_of(reply)}")

    async def close(self) -> None:
        """Have it closed. One that is not closed is no error here: another check is about that."""
        with contextlib.suppress(Unmet):
            await self.ask("session.close")

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - raw by design
        """Send this session a command and return the reply. Raises ``Unmet`` if there is none."""
        return await self.peer.ask(op, s=self.account.session, **fields)

    async def must(self, op: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - raw by design
        """The same, where anything but ok is ``Unmet``; ``NotApplicable`` without such an op."""
        if op not in ops_of(self.peer):
            raise NotApplicable(f"caps.ops does not name {op}")
        reply = await self.ask(op, **fields)
        if code := code_of(reply):
            raise Unmet(f"answered {op} with {code}: {text_of(reply)}")
        return reply

    async def ring(self) -> tuple[str, str]:
        """Place a call and wait until it is listed: (the far side's id, ``c``).

        Raises ``NotJudged``: that a call is listed is a check of its own.
        """
        call, c = await self.account.dial(self.timeout_s)
        if not await self.peer.until(lambda: self.lists(c)):
            raise NotJudged("needs session/listed-call")
        return call, c

    def events(self, kind: str, before: str = "") -> list[dict[str, Any]]:
        """Return the session's events of a kind, those before the reply to a command if given."""
        transcript = self.peer.transcript
        events = transcript.events[: transcript.before.get(before)]
        return [e for e in events if e.get("s") == self.account.session and e.get("ev") == kind]

    def lists(self, c: str) -> bool:
        """Say whether any emission of the list contains the call."""
        return any(c in listed(event) for event in self.events("calls"))


def listed(event: dict[str, Any]) -> list[object]:
    """Return the ids in a ``calls`` event; empty when its list is no list."""
    entries = event.get("list")
    if not isinstance(entries, list):
        return []
    return [entry.get("c") for entry in entries if isinstance(entry, dict)]


def caps_of(peer: Peer) -> dict[str, Any]:
    """Return what a greeted adapter claims; empty when it is no object."""
    caps = peer.hello.get("caps")
    return caps if isinstance(caps, dict) else {}


def ops_of(peer: Peer) -> list[str]:
    """Return the ops that a greeted adapter offers."""
    ops = caps_of(peer).get("ops")
    return [str(op) for op in ops] if isinstance(ops, list) else []


def shown(reply: dict[str, Any]) -> str:
    """Return a reply as JSON for an error text, at most 200 characters."""
    return msgspec.json.encode(reply).decode()[:200]
