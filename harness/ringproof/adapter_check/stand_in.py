"""The platform's side of the session checks: accounts, calls, and what the platform witnessed."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING, Any, Protocol

from ringproof.adapter_check.condition import Condition
from ringproof.adapter_check.result import NotJudged, Unmet
from ringproof.play.context import CallerApi
from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.events import PingRequested
from ringproof_fakeserver.protocol.journal import (
    AnyFact,
    CallFact,
    DialogFact,
    FrameFact,
    MediaFact,
    SessionFact,
)
from ringproof_fakeserver.protocol.resource_kinds import CONFERENCE_ROOM
from ringproof_scenarios.model import Caller

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server

FACTS_MAX = 50_000


class Phone(CallerApi, Protocol):
    """The stand-in's REST surface, as far as the checks use it."""

    async def token(self, reference: str) -> tuple[str, str]:
        """Return (subscriber id, fresh access token) for a reference."""
        ...


class StandIn:
    """A running server, and the callers who use it."""

    def __init__(self, server: Server, phone: Phone) -> None:
        self.server = server
        self.phone = phone

    def room(self) -> str:
        """Return the address of a new conference room, which answers whoever dials it."""
        directory, ids = self.server.exchange.directory, (str(uuid.uuid4()), str(uuid.uuid4()))
        room = directory.resources.create(CONFERENCE_ROOM, {"name": f"room-{ids[0]}"}, ids, 0)
        return directory.publish(room).uri

    async def address(self) -> str:
        """Return the address of another new subscriber, of whom no device is online."""
        subscriber, _ = await self.phone.token(f"check-{uuid.uuid4()}")
        known = self.server.exchange.directory.subscriber(subscriber)
        assert known is not None, "a token was issued for it"
        return known.addresses[0].uri

    async def account(self, *, real_media: bool) -> Account:
        """Make a subscriber for one check, with a token for one session."""
        subscriber, token = await self.phone.token(f"check-{uuid.uuid4()}")
        known = self.server.exchange.directory.subscriber(subscriber)
        assert known is not None, "a token was issued for it"
        account = Account(self, token, known.addresses[0].uri, real_media=real_media)
        self.server.set_media(subscriber, real_media)
        self.server.watch(subscriber, account.note)
        return account


class Account:
    """A subscriber with one session, and all that the platform has witnessed of it so far."""

    def __init__(self, stand_in: StandIn, token: str, address: str, *, real_media: bool) -> None:
        self.session: str = sat.peek(token).jti
        """The name of its session: ``jti`` of the token."""
        self.stand_in = stand_in
        self._server = stand_in.server
        self._phone = stand_in.phone
        self._token = token
        self._address = address
        self._real_media = real_media
        self._facts: list[AnyFact] = []
        self._changed = Condition()
        self.until = self._changed.until

    def note(self, fact: AnyFact) -> None:
        """Take a fact in."""
        if len(self._facts) < FACTS_MAX:
            self._facts.append(fact)
        self._changed.notify()

    def opening(self) -> dict[str, Any]:
        """Return the fields of ``session.open`` beside ``s``."""
        server = self._server
        return {
            "token": self._token,
            "relay_host": server.host_header,
            "rest_host": server.host_header,
            "url": server.websocket_url,
            "rest_url": server.space_url,
            "ca_file": str(server.ca_file),
            "real_media": self._real_media,
        }

    def call_state(self, call: str) -> str:
        """Return the state of a call at the far side; empty before it is created."""
        facts = reversed(self._facts)
        return next((f.state for f in facts if isinstance(f, CallFact) and f.call == call), "")

    def became(self, c: str, state: str) -> str | None:
        """Return the reason with which a dialog got into a state; None: it never did."""
        facts = (fact for fact in self._facts if isinstance(fact, DialogFact))
        return next((f.reason for f in facts if f.dialog == c and f.state == state), None)

    def has_media(self, c: str) -> bool:
        """Whether the media of a dialog was connected."""
        facts = (fact for fact in self._facts if isinstance(fact, MediaFact))
        return any(fact.dialog == c and fact.state == "connected" for fact in facts)

    @property
    def is_online(self) -> bool:
        """Whether the session is registered."""
        facts = (fact for fact in reversed(self._facts) if isinstance(fact, SessionFact))
        states = (fact.state for fact in facts if fact.session == self.session)
        return next(states, "") in ("online", "resumed")

    async def dial(self, within_s: float) -> tuple[str, str]:
        """Place an audio call and wait until it is offered: (the far side's id, ``callID``).

        Raises ``NotJudged``.
        """
        call = (await self._phone.dial(Caller(), self._address, talk_ms=None)).call

        def offered() -> str:
            dialogs = (fact for fact in self._facts if isinstance(fact, DialogFact))
            return next((d.dialog for d in dialogs if d.call == call and d.state == "offered"), "")

        if not await self.until(lambda: bool(offered()), within_s):
            raise NotJudged("the stand-in offered the call to nobody: the client is not online")
        return call, offered()

    async def cancel(self, call: str) -> None:
        """End a call that rings for the caller."""
        await self._phone.end(call, "cancel")

    async def catch_up(self, within_s: float) -> None:
        """Return once the client has read every frame sent so far. Raises ``Unmet``."""
        ping = secrets.token_hex(8)
        self._server.dispatch(PingRequested(self.session, ping))

        def answered() -> bool:
            frames = (fact for fact in self._facts if isinstance(fact, FrameFact))
            return any(f.kind == "result" and f.detail.get("ping") == ping for f in frames)

        if not await self.until(answered, within_s):
            raise Unmet("has a client that does not answer the platform's ping")
