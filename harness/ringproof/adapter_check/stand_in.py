"""The platform's side of the session checks: accounts, calls, and what the platform witnessed."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ringproof.adapter_check.result import NotJudged, Unmet
from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.events import PingRequested
from ringproof_fakeserver.protocol.journal import (
    AnyFact,
    CallFact,
    DialogFact,
    FrameFact,
    SessionFact,
)
from ringproof_scenarios.model import Caller

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server

FACTS_MAX = 50_000


class Phone(Protocol):
    """The stand-in's REST surface, as far as the checks use it."""

    async def token(self, reference: str) -> tuple[str, str]:
        """Return (subscriber id, fresh access token) for a reference."""
        ...

    async def dial(
        self, caller: Caller, address: str, *, talk_ms: int | None, label: str = ""
    ) -> str:
        """Place a call and return its id; None for ``talk_ms`` stays on the line for ever."""
        ...

    async def end(self, call: str, reason: str) -> None:
        """End a call for the caller."""
        ...


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A token that can open one session."""

    session: str
    """``jti`` of the token."""
    token: str


class Account:
    """A subscriber, and all that the platform has witnessed of it so far."""

    def __init__(self, id: str, reference: str, address: str) -> None:
        self.id = id
        self.reference = reference
        self.address = address
        self.facts: list[AnyFact] = []
        self._news = asyncio.Event()

    def note(self, fact: AnyFact) -> None:
        """Take a fact in."""
        if len(self.facts) < FACTS_MAX:
            self.facts.append(fact)
        self._news.set()

    async def witnessed(self, wanted: Callable[[AnyFact], bool], within_s: float) -> bool:
        """Wait for a fact, those of the past included; False when there is none in time."""
        try:
            async with asyncio.timeout(within_s):
                while not any(map(wanted, self.facts)):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return any(map(wanted, self.facts))
        return True

    def call_state(self, call: str) -> str:
        """Return how a call stands for the far side; empty before it is created."""
        states = [
            fact.state for fact in self.facts if isinstance(fact, CallFact) and fact.call == call
        ]
        return states[-1] if states else ""

    def is_online(self, session: str) -> bool:
        """Say whether a session is registered."""
        states = [
            fact.state
            for fact in self.facts
            if isinstance(fact, SessionFact) and fact.session == session
        ]
        return bool(states) and states[-1] in ("online", "resumed")


class StandIn:
    """A running server and its telephone."""

    def __init__(self, server: Server, phone: Phone) -> None:
        self._server = server
        self._phone = phone

    async def account(self, *, real_media: bool) -> Account:
        """Make a subscriber whom nobody else calls."""
        reference = f"check-{uuid.uuid4()}"
        id, _ = await self._phone.token(reference)
        known = self._server.exchange.directory.subscriber(id)
        assert known is not None, "a token was issued for it"
        account = Account(id, reference, known.addresses[0].uri)
        self._server.set_media(id, real_media)
        self._server.watch(id, account.note)
        return account

    async def device(self, account: Account) -> Device:
        """Issue a token."""
        _, token = await self._phone.token(account.reference)
        return Device(session=sat.peek(token).jti, token=token)

    def opening(self, device: Device, *, real_media: bool) -> dict[str, Any]:
        """Return the fields of ``session.open`` beside ``s``."""
        server = self._server
        return {
            "token": device.token,
            "relay_host": server.host_header,
            "rest_host": server.host_header,
            "url": server.websocket_url,
            "rest_url": server.space_url,
            "ca_file": str(server.ca_file),
            "real_media": real_media,
        }

    async def dial(self, account: Account) -> str:
        """Place an audio call to the account; returns the far side's id of it."""
        return await self._phone.dial(Caller(), account.address, talk_ms=None)

    async def end(self, call: str) -> None:
        """Let the caller give up."""
        await self._phone.end(call, "cancel")

    async def rings(self, account: Account, call: str, within_s: float) -> str:
        """Wait until a call is offered and return its ``callID``. Raises ``NotJudged``."""

        def offered(fact: AnyFact) -> bool:
            return isinstance(fact, DialogFact) and fact.call == call and fact.state == "offered"

        if not await account.witnessed(offered, within_s):
            raise NotJudged("the stand-in offered the call to nobody: the client is not online")
        return next(
            fact.dialog for fact in account.facts if isinstance(fact, DialogFact) and offered(fact)
        )

    async def caught_up(self, account: Account, session: str, within_s: float) -> None:
        """Return once the client has read every frame sent so far. Raises ``Unmet``."""
        ping = secrets.token_hex(8)
        self._server.dispatch(PingRequested(session, ping))

        def answered(fact: AnyFact) -> bool:
            return isinstance(fact, FrameFact) and (
                fact.kind == "result" and fact.detail.get("ping") == ping
            )

        if not await account.witnessed(answered, within_s):
            raise Unmet("has a client that does not answer the platform's ping")
