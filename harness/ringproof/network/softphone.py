"""A SIP user agent that calls, for callers over the network who call from a softphone.

It shares the shapes of messages with the stand-in's own SIP, and nothing of how a call goes on. TCP
carries its signalling, so that it need repeat nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Self, cast

from ringproof.play.context import ScenarioFault
from ringproof.verdict import Owner
from ringproof_fakeserver.protocol.directory import CONTEXT
from ringproof_fakeserver.protocol.sdp import with_direction
from ringproof_fakeserver.protocol.sip_endpoints import SipEndpoint, session_of
from ringproof_fakeserver.sip import description
from ringproof_fakeserver.sip.addresses import quote, quoted_user, read_parameters
from ringproof_fakeserver.sip.context import CALL_HEADER
from ringproof_fakeserver.sip.digest import Credentials, response_to
from ringproof_fakeserver.sip.framing import Frames
from ringproof_fakeserver.sip.message import Header, Message, Request, Response, parse, respond

WITHIN_S = 20.0
"""From a request to its answer; a few milliseconds on an idle machine."""
PACKET_S = 0.02
SILENCE = b"\xff" * 160
"""20 ms of PCMU."""


@dataclass(slots=True)
class _Call:
    """One INVITE."""

    uri: str
    call_id: str
    sound: _Sound
    cseq: int = 0
    via: str = ""
    """Of the latest INVITE."""
    to: str = ""
    """``To`` of the dialog; empty until the call is answered."""
    cancelled: bool = False
    over: bool = False


class _Sound(asyncio.DatagramProtocol):
    """The sound of one call: silence is sent, what comes is dropped."""

    def __init__(self, *, talks: bool) -> None:
        self._talks = talks
        self._transport: asyncio.DatagramTransport

    @classmethod
    async def open(cls, host: str, *, talks: bool) -> Self:
        """Bind a free port; without ``talks`` nothing is to be sent either way."""
        loop = asyncio.get_running_loop()
        _, sound = await loop.create_datagram_endpoint(
            lambda: cls(talks=talks), local_addr=(host, 0)
        )
        return sound

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        # asyncio's own transport of datagrams is no subclass of its interface.
        self._transport = cast(asyncio.DatagramTransport, transport)

    @property
    def offer(self) -> str:
        """The description of this end."""
        host, port = self._transport.get_extra_info("sockname")[:2]
        offer = description.offer(host, port, 1)
        return offer if self._talks else with_direction(offer, "inactive")

    async def talk(self, answer: str) -> None:
        """Send what the other end has asked for, until the sound is closed."""
        sound, ssrc = description.read(answer), secrets.token_bytes(4)
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        for number in itertools.count():
            if not sound.wants or self._transport.is_closing():
                return
            counted = (number % 2**16).to_bytes(2) + (160 * number % 2**32).to_bytes(4)
            packet = bytes([0x80, sound.number]) + counted + ssrc + SILENCE
            self._transport.sendto(packet, (sound.host, sound.port))
            due_s += PACKET_S
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    def close(self) -> None:
        """Close it."""
        self._transport.close()


class Softphone:
    """A user agent that is logged in with nothing but its calls. ``async with`` opens it.

    ``address`` is that of the stand-in's SIP. ``number`` and ``name`` are what the callee is to
    see; None for no name.
    """

    def __init__(
        self,
        address: tuple[str, int],
        endpoint: SipEndpoint,
        *,
        number: str,
        name: str | None,
        real_media: bool,
    ) -> None:
        self.session = session_of(endpoint.id)
        self.endpoint = endpoint
        self._address = address
        display = "" if name is None else f"{quote(name)} "
        self._from = f"{display}<sip:{quoted_user(number)}@{address[0]}>;tag={secrets.token_hex(8)}"
        self._real_media = real_media
        self._frames = Frames()
        self._cseqs = itertools.count(1)
        self._answers: dict[tuple[int, str], asyncio.Queue[Response]] = {}
        self._calls: dict[str, _Call] = {}
        """By the platform's id."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._errors: list[BaseException] = []
        """Of tasks that have failed."""
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(*self._address)
        self._spawn(self._read())
        return self

    async def __aexit__(self, *raised: object) -> None:
        """Hang up nothing, but close everything.

        Raises ``ScenarioFault`` where the work beside the caller's has failed unnoticed.
        """
        for call in self._calls.values():
            call.sound.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._writer.close()
        if self._errors and not any(raised):
            raise self._failed(f"its work has failed{self._why()}") from self._errors[0]

    async def dial(self, to: str, *, video: bool) -> str:
        """See ``Browser.dial``; a softphone has sound alone. Raises ``ScenarioFault``."""
        host, port = self._address
        name = to.partition("?")[0].removeprefix(CONTEXT)
        call = _Call(
            uri=f"sip:{quoted_user(name)}@{host}:{port}",
            call_id=secrets.token_hex(12),
            sound=await _Sound.open(host, talks=self._real_media),
        )
        with contextlib.ExitStack() as stack:
            stack.callback(call.sound.close)
            challenge = await self._invite(call, [])
            if challenge.status != 407:
                raise self._failed(f"an INVITE was answered with {challenge.status}")
            self._acknowledge(call, challenge)
            answer = await self._invite(call, [self._credentials(challenge, call.uri)])
            id = answer.get(CALL_HEADER)
            if answer.status >= 300 or not id:
                raise self._failed(f"an INVITE was answered with {answer.status}")
            stack.pop_all()
        self._calls[id] = call
        self._spawn(self._follow(call, answer))
        return id

    async def hang_up(self, call: str) -> None:
        """See ``Browser.hang_up``."""
        placed = self._calls.get(call)
        if placed is None or placed.over:
            return
        if placed.to:
            placed.over = True
            await self._ask(self._request("BYE", placed, next(self._cseqs)))
        else:
            # An answer that crosses it is hung up in its turn.
            placed.cancelled = True
            await self._ask(self._request("CANCEL", placed, placed.cseq, placed.via))

    async def _invite(self, call: _Call, headers: list[Header]) -> Response:
        call.cseq, call.via = next(self._cseqs), self._via()
        described = [("Content-Type", "application/sdp"), *headers]
        request = self._request("INVITE", call, call.cseq, call.via, described, call.sound.offer)
        return await self._ask(request)

    async def _follow(self, call: _Call, answer: Response) -> None:
        """Take the answers to an INVITE until the final one, and what follows from it."""
        answers = self._answers[call.cseq, "INVITE"]
        while answer.status < 200:
            answer = await answers.get()
        if answer.status >= 300:
            call.over = True
            self._acknowledge(call, answer)
            return
        call.to = answer.get("To")
        self._send(self._request("ACK", call, call.cseq))
        if call.cancelled:
            await self._ask(self._request("BYE", call, next(self._cseqs)))
        else:
            await call.sound.talk(answer.body.decode())

    def _acknowledge(self, call: _Call, answer: Response) -> None:
        """Acknowledge a refusal: within the transaction of its INVITE."""
        ack = self._request("ACK", call, call.cseq, call.via)
        ack.headers = [
            (name, answer.get("To") if name == "To" else value) for name, value in ack.headers
        ]
        self._send(ack)

    def _request(
        self,
        method: str,
        call: _Call,
        cseq: int,
        via: str = "",
        headers: list[Header] | None = None,
        body: str = "",
    ) -> Request:
        host, port = self._writer.get_extra_info("sockname")[:2]
        return Request(
            method=method,
            uri=call.uri,
            headers=[
                ("Via", via or self._via()),
                ("Max-Forwards", "70"),
                ("From", self._from),
                ("To", call.to or f"<{call.uri}>"),
                ("Call-ID", call.call_id),
                ("CSeq", f"{cseq} {method}"),
                ("Contact", f"<sip:{self.endpoint.username}@{host}:{port};transport=tcp>"),
                *(headers or []),
            ],
            body=body.encode(),
        )

    def _via(self) -> str:
        host, port = self._writer.get_extra_info("sockname")[:2]
        return f"SIP/2.0/TCP {host}:{port};branch=z9hG4bK{secrets.token_hex(8)}"

    def _credentials(self, challenge: Response, uri: str) -> Header:
        first = challenge.get("Proxy-Authenticate").partition(" ")[2]
        offered = read_parameters(first, ",")
        given = Credentials(
            username=self.endpoint.username,
            realm=offered["realm"],
            nonce=offered["nonce"],
            uri=uri,
            response="",
            algorithm=offered.get("algorithm", "MD5"),
            qop="auth",
            count="00000001",
            cnonce=secrets.token_hex(8),
        )
        response = response_to(given, "INVITE", self.endpoint.password)
        return (
            "Proxy-Authorization",
            f'Digest username="{given.username}", realm="{given.realm}", nonce="{given.nonce}", '
            f'uri="{uri}", algorithm={given.algorithm}, qop=auth, nc={given.count}, '
            f'cnonce="{given.cnonce}", response="{response}"',
        )

    # The connection.

    async def _ask(self, request: Request) -> Response:
        """Send a request and return its first answer. Raises ``ScenarioFault``."""
        answers = self._answers[request.cseq] = asyncio.Queue()
        self._send(request)
        try:
            async with asyncio.timeout(WITHIN_S):
                return await answers.get()
        except TimeoutError:
            raise self._failed(f"no answer to {request.method}{self._why()}") from None

    def _send(self, message: Request | Response) -> None:
        self._writer.write(message.written())

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await self._reader.read(65_536):
                for each in self._frames.feed(data):
                    self._take(parse(each))

    def _take(self, message: Message) -> None:
        if isinstance(message, Response):
            if (answers := self._answers.get(message.cseq)) is not None:
                answers.put_nowait(message)
        elif isinstance(message, Request) and message.method == "BYE":
            self._send(respond(message, 200))
            for call in self._calls.values():
                if call.call_id == message.call_id:
                    call.over = True
                    call.sound.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._errors.append(error)

    def _why(self) -> str:
        return f": {self._errors[0]!r}" if self._errors else ""

    def _failed(self, text: str) -> ScenarioFault:
        return ScenarioFault(Owner.HARNESS, f"a caller's softphone: {text}")
