"""A SIP core in virtual time, and a phone that writes its requests by hand."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.events import AnyEvent
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_fakeserver.protocol.sip_commands import SipCommand
from ringproof_fakeserver.protocol.sip_endpoints import SipEndpoint
from ringproof_fakeserver.sip.addresses import read_parameters
from ringproof_fakeserver.sip.context import Context
from ringproof_fakeserver.sip.core import SipCore
from ringproof_fakeserver.sip.digest import Credentials, response_to
from ringproof_fakeserver.sip.flow import CancelTimer, Command, Flow, Send, StartTimer
from ringproof_fakeserver.sip.message import MessageError, Request, Response, parse

HOST = "127.0.0.1"
PORT = 5060
START_MS = 1_700_000_000_000
PASSWORD = "correct-horse"

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)


class Stage:
    """One core; what it asks for is performed at once, or when its time has come."""

    def __init__(self) -> None:
        self.now_ms = START_MS
        self._words = (f"word{number}" for number in itertools.count(1))
        ids = (f"id-{number}" for number in itertools.count(1))
        settings = Settings(key=b"k" * 32)
        self.exchange = Exchange(Directory(), settings, lambda: next(ids))
        context = Context(HOST, PORT, lambda: next(self._words))
        self.core = SipCore(context, self.exchange, b"s" * 32, lambda: next(ids))
        self.sent: list[tuple[Flow, Request | Response]] = []
        self.events: list[AnyEvent] = []
        self._timers: dict[str, int] = {}
        self._due: list[tuple[int, str]] = []

    def subscriber(self, name: str) -> str:
        """Make a subscriber with the address ``/private/<name>`` and return its id."""
        return self.exchange.directory.find_or_create(name, {}, self.now_ms).id

    def endpoint(self, username: str = "desk", owner: str = "bob", **more: str) -> SipEndpoint:
        """Make an endpoint of a subscriber."""
        made = SipEndpoint(
            id=f"endpoint-{username}",
            subscriber=self.subscriber(owner),
            username=username,
            password=PASSWORD,
            **more,
        )
        self.exchange.sip_endpoints.put(made)
        return made

    def receive(self, flow: Flow, data: bytes) -> list[Request | Response]:
        """Hand over bytes and return what was sent for them."""
        return self._perform(self.core.received(flow, data, self.now_ms))

    def tell(self, command: SipCommand) -> list[Request | Response]:
        """Hand over a command of the exchange and return what was sent for it."""
        return self._perform(self.core.perform(command, self.now_ms))

    def wait(self, delay_ms: int) -> list[Request | Response]:
        """Let time pass and return what was sent meanwhile."""
        end_ms, sent = self.now_ms + delay_ms, []
        while self._due and self._due[0][0] <= end_ms:
            due_ms, name = heapq.heappop(self._due)
            if self._timers.get(name) == due_ms:
                del self._timers[name]
                self.now_ms = due_ms
                sent += self._perform(self.core.timer_fired(name, due_ms))
        self.now_ms = end_ms
        return sent

    def close(self, flow: Flow) -> None:
        """Lose a TCP connection."""
        self._perform(self.core.flow_closed(flow, self.now_ms))

    def run(self, work: Callable[[int], list[Command | AnyEvent]]) -> None:
        """Perform what another event asks for."""
        self._perform(work(self.now_ms))

    def take_events(self) -> list[AnyEvent]:
        """Return the events for the exchange since this was asked last."""
        events, self.events = self.events, []
        return events

    def _perform(self, commands: list[Command | AnyEvent]) -> list[Request | Response]:
        sent = []
        for command in commands:
            match command:
                case Send(flow, data):
                    sent.append(_read(data))
                    self.sent.append((flow, sent[-1]))
                case StartTimer(name, delay_ms):
                    self._timers[name] = self.now_ms + delay_ms
                    heapq.heappush(self._due, (self.now_ms + delay_ms, name))
                case CancelTimer(name):
                    self._timers.pop(name, None)
                case AnyEvent():
                    self.events.append(command)
        return sent


def _read(data: bytes) -> Request | Response:
    """Read what the core has sent; a refusal repeats the headers that it refuses."""
    try:
        return parse(data)
    except MessageError:
        _, status, reason = data.partition(b"\r\n")[0].decode().split(" ", 2)
        return Response(status=int(status), reason=reason, headers=[])


class Phone:
    """A user agent of one endpoint that makes no decision of its own."""

    def __init__(
        self, stage: Stage, username: str = "desk", port: int = 40_100, transport: str = "UDP"
    ) -> None:
        self.stage = stage
        self.username = username
        self.flow = Flow(transport, HOST, port, 1 if transport == "TCP" else 0)
        self.numbers = itertools.count(1)
        self.call_id = f"call-{username}-{port}"
        self.tag = f"tag-{username}"
        self.cseq = 0
        self.display = ""
        self.password = PASSWORD

    @property
    def contact(self) -> str:
        """Where it is reached."""
        return f"sip:{self.username}@{HOST}:{self.flow.port}"

    def request(
        self,
        method: str,
        uri: str = f"sip:{HOST}",
        *,
        to: str = "",
        headers: tuple[tuple[str, str], ...] = (),
        body: str = "",
        cseq: int | None = None,
        branch: str = "",
    ) -> Request:
        """Write a request."""
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        branch = branch or f"z9hG4bK-{self.username}-{next(self.numbers)}"
        via = f"SIP/2.0/{self.flow.transport} {HOST}:{self.flow.port};branch={branch};rport"
        display = f'"{self.display}" ' if self.display else ""
        content = (("Content-Type", "application/sdp"),) if body else ()
        return Request(
            method=method,
            uri=uri,
            headers=[
                ("Via", via),
                ("Max-Forwards", "70"),
                ("From", f"{display}<sip:{self.username}@{HOST}>;tag={self.tag}"),
                ("To", to or f"<sip:{self.username}@{HOST}>"),
                ("Call-ID", self.call_id),
                ("CSeq", f"{cseq} {method}"),
                ("Contact", f"<{self.contact}>"),
                *content,
                *headers,
            ],
            body=body.encode(),
        )

    def send(self, request: Request) -> list[Request | Response]:
        """Send a request and return what came back at once."""
        return self.stage.receive(self.flow, request.written())

    def credentials(
        self, challenge: Response, method: str, uri: str, algorithm: str = "MD5", count: int = 1
    ) -> tuple[str, str]:
        """Return the header that answers a challenge."""
        proxy = challenge.status == 407
        offered = [
            read_parameters(value.partition(" ")[2], ",")
            for name, value in challenge.headers
            if name in ("WWW-Authenticate", "Proxy-Authenticate")
        ]
        chosen = next(each for each in offered if each["algorithm"] == algorithm)
        credentials = Credentials(
            username=self.username,
            realm=chosen["realm"],
            nonce=chosen["nonce"],
            uri=uri,
            response="",
            algorithm=algorithm,
            qop="auth",
            count=f"{count:08x}",
            cnonce="abc",
        )
        value = (
            f'Digest username="{self.username}", realm="{chosen["realm"]}", '
            f'nonce="{chosen["nonce"]}", uri="{uri}", algorithm={algorithm}, qop=auth, '
            f'nc={count:08x}, cnonce="abc", '
            f'response="{response_to(credentials, method, self.password)}"'
        )
        return ("Proxy-Authorization" if proxy else "Authorization", value)

    def register(
        self, *, expires: str = "3600", algorithm: str = "MD5", contact: str = ""
    ) -> Response:
        """Register and return the final answer."""
        more = (("Expires", expires),)
        first = self.request("REGISTER", headers=more)
        (challenge,) = self.send(first)
        assert isinstance(challenge, Response)
        assert challenge.status == 401
        header = self.credentials(challenge, "REGISTER", f"sip:{HOST}", algorithm)
        second = self.request("REGISTER", headers=(*more, header))
        if contact:
            second.headers = [h for h in second.headers if h[0] != "Contact"]
            second.headers.append(("Contact", contact))
        (answer,) = self.send(second)
        assert isinstance(answer, Response)
        return answer

    def invite(
        self, name: str = "bob", body: str = OFFER, headers: tuple[tuple[str, str], ...] = ()
    ) -> list[Request | Response]:
        """Call a subscriber with the right credentials; return what came back at once."""
        uri = f"sip:{name}@{HOST}"
        called = f"<{uri}>"
        challenge = self.send(self.request("INVITE", uri, to=called, body=body))[-1]
        assert isinstance(challenge, Response)
        assert challenge.status == 407
        header = self.credentials(challenge, "INVITE", uri)
        self.last = self.request("INVITE", uri, to=called, body=body, headers=(*headers, header))
        return self.send(self.last)

    def cancel(self) -> list[Request | Response]:
        """Cancel the INVITE that was sent last."""
        return self.send(self._same("CANCEL"))

    def ack(self, answer: Response, body: str = "") -> list[Request | Response]:
        """Acknowledge the final answer to the INVITE that was sent last."""
        branch = "" if answer.status < 300 else self.last.via.branch
        number, _ = answer.cseq
        request = self.request(
            "ACK", self.last.uri, to=answer.get("To"), cseq=number, branch=branch, body=body
        )
        return self.send(request)

    def _same(self, method: str) -> Request:
        number, _ = self.last.cseq
        to = self.last.get("To")
        return self.request(method, self.last.uri, to=to, cseq=number, branch=self.last.via.branch)
