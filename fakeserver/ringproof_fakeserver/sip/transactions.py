"""Transactions: retransmissions, matching, and the acknowledgement of failures (RFC 3261 17).

With the changes of RFC 6026. Time is an event: ``StartTimer`` goes out, ``fired`` comes in.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import msgspec

from ringproof_fakeserver.sip.flow import CancelTimer, Command, Flow, Send, StartTimer
from ringproof_fakeserver.sip.message import Header, Request, Response, respond

T1_MS = 500
"""Estimate of a round trip; every other time is a multiple of it."""
T2_MS = 4_000
"""Longest time between two repetitions."""
T4_MS = 5_000
"""How long a message stays in the network."""
LIMIT_MS = 64 * T1_MS
"""How long a message is repeated, and how long its repetitions are known."""
MOST = 4_000
"""Transactions at any time; a request beyond them is answered with 503."""
MAGIC = "z9hG4bK"

TIMER = "transaction"

Key = tuple[str, ...]


class State(Enum):
    """How far a transaction got."""

    TRYING = "trying"
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    ACCEPTED = "accepted"
    """An INVITE with a 2xx."""
    CONFIRMED = "confirmed"


class ServerTransaction(msgspec.Struct, eq=False, kw_only=True):
    """One request of a peer, and our answers."""

    number: int
    key: Key
    flow: Flow
    request: Request
    tag: str
    """Added to ``To`` of our answers, where that has none."""
    state: State = State.TRYING
    answer: bytes = b""
    """The latest one."""
    final: int = 0
    """Status of the final answer; 0 while there is none."""
    wait_ms: int = T1_MS


class ClientTransaction(msgspec.Struct, eq=False, kw_only=True):
    """One request of ours."""

    number: int
    key: Key
    flow: Flow
    request: Request
    data: bytes
    owner: str
    """Whom the answers are for."""
    state: State = State.TRYING
    wait_ms: int = T1_MS
    ack: Send | None = None
    """What acknowledges the final answer, once more for each repetition of it."""
    cancelled: bool = False


class Callbacks(msgspec.Struct, frozen=True):
    """What the transactions tell their user."""

    request: Callable[[ServerTransaction], None]
    """A new request."""
    acknowledged: Callable[[Request], None]
    """An ACK that no transaction waits for: it belongs to a dialog."""
    unacknowledged: Callable[[ServerTransaction], None]
    """A final answer to an INVITE whose ACK never came."""
    response: Callable[[ClientTransaction, Response], None]
    """An answer, but no repetition of a final one."""
    timeout: Callable[[ClientTransaction], None]
    """A request that nobody answered in time."""


class Transactions:
    """All transactions. ``add`` takes commands, ``fresh`` gives unguessable words."""

    def __init__(
        self, add: Callable[[Command], None], fresh: Callable[[], str], callbacks: Callbacks
    ) -> None:
        self._add = add
        self._fresh = fresh
        self._callbacks = callbacks
        self._numbers = 0
        self._servers: dict[Key, ServerTransaction] = {}
        self._clients: dict[Key, ClientTransaction] = {}
        self._by_number: dict[int, ServerTransaction | ClientTransaction] = {}

    def __len__(self) -> int:
        return len(self._by_number)

    # Requests of a peer.

    def received(self, request: Request, flow: Flow) -> None:
        """Take a request: a new one, a repetition, or an ACK."""
        key = server_key(request)
        known = self._servers.get(key)
        if request.method == "ACK":
            if known is None or known.state is State.ACCEPTED:
                self._callbacks.acknowledged(request)
            elif known.state is State.COMPLETED:
                self._confirmed(known)
            return
        if known is not None:
            if known.answer and known.state is not State.CONFIRMED:
                self._add(Send(known.flow, known.answer))
            return
        if len(self._by_number) >= MOST:
            busy = respond(request, 503, tag=self._fresh())
            self._add(Send(flow, busy.written()))
            return
        self._numbers += 1
        transaction = ServerTransaction(
            number=self._numbers, key=key, flow=flow, request=request, tag=self._fresh()
        )
        self._servers[key] = self._by_number[transaction.number] = transaction
        self._callbacks.request(transaction)

    def invite_of(self, cancel: Request) -> ServerTransaction | None:
        """Return the INVITE that a CANCEL means, or None."""
        return self._servers.get((*server_key(cancel)[:-1], "INVITE"))

    def respond(
        self,
        transaction: ServerTransaction,
        status: int,
        *,
        reason: str = "",
        headers: list[Header] | None = None,
        body: bytes = b"",
    ) -> None:
        """Answer a request; ignored once it has a final answer or its connection is lost."""
        if transaction.final or transaction.number not in self._by_number:
            return
        tag = "" if status == 100 else transaction.tag
        answer = respond(transaction.request, status, reason, tag=tag, headers=headers, body=body)
        transaction.answer = answer.written()
        self._add(Send(transaction.flow, transaction.answer))
        if status < 200:
            transaction.state = State.PROCEEDING
            return
        transaction.final = status
        invite = transaction.request.method == "INVITE"
        transaction.state = State.ACCEPTED if invite and status < 300 else State.COMPLETED
        if invite:
            self._start(transaction, "limit", LIMIT_MS)
            # A 2xx travels end to end, so it is repeated whatever the transport.
            if not transaction.flow.reliable or status < 300:
                self._start(transaction, "repeat", transaction.wait_ms)
        elif transaction.flow.reliable:
            self._forget(transaction)
        else:
            self._start(transaction, "limit", LIMIT_MS)

    def respond_once(
        self, transaction: ServerTransaction, status: int, *, headers: list[Header] | None = None
    ) -> None:
        """Answer a request and forget it: a repetition of it is a request like any other."""
        answer = respond(transaction.request, status, tag=transaction.tag, headers=headers)
        self._add(Send(transaction.flow, answer.written()))
        self._forget(transaction)

    def accepted(self, transaction: ServerTransaction) -> None:
        """Note that the ACK of a 2xx came: no further repetition."""
        if transaction.state is State.ACCEPTED:
            transaction.state = State.CONFIRMED
            self._cancel(transaction, "repeat")

    def _confirmed(self, transaction: ServerTransaction) -> None:
        transaction.state = State.CONFIRMED
        self._cancel(transaction, "repeat")
        if transaction.flow.reliable:
            self._forget(transaction)
        else:
            self._start(transaction, "limit", T4_MS)

    # Requests of ours.

    def send(self, request: Request, flow: Flow, owner: str) -> ClientTransaction:
        """Send a request whose first ``Via`` is ours."""
        self._numbers += 1
        transaction = ClientTransaction(
            number=self._numbers,
            key=client_key(request),
            flow=flow,
            request=request,
            data=request.written(),
            owner=owner,
        )
        self._clients[transaction.key] = self._by_number[transaction.number] = transaction
        self._add(Send(flow, transaction.data))
        self._start(transaction, "limit", LIMIT_MS)
        if not flow.reliable:
            self._start(transaction, "repeat", T1_MS)
        return transaction

    def limit(self, transaction: ClientTransaction) -> None:
        """Wait no longer than usual for the final answer: the INVITE was cancelled."""
        self._start(transaction, "limit", LIMIT_MS)

    def acknowledge(self, transaction: ClientTransaction, ack: Request, flow: Flow) -> None:
        """Acknowledge a 2xx, and each repetition of it."""
        transaction.ack = Send(flow, ack.written())
        self._add(transaction.ack)

    def answered(self, response: Response) -> None:
        """Take an answer; one that no request of ours waits for is ignored."""
        transaction = self._clients.get(client_key(response))
        if transaction is None:
            return
        if transaction.state in (State.COMPLETED, State.ACCEPTED):
            if transaction.ack is not None and response.status >= 200:
                self._add(transaction.ack)
            return
        invite = transaction.request.method == "INVITE"
        if response.status < 200:
            if transaction.state is State.TRYING:
                transaction.state = State.PROCEEDING
                if invite:
                    self._cancel(transaction, "repeat")
                    self._cancel(transaction, "limit")
        else:
            self._finished(transaction, response)
        self._callbacks.response(transaction, response)

    def _finished(self, transaction: ClientTransaction, response: Response) -> None:
        self._cancel(transaction, "repeat")
        if transaction.request.method == "INVITE":
            success = response.status < 300
            transaction.state = State.ACCEPTED if success else State.COMPLETED
            if not success:
                ack = _ack_of_failure(transaction.request, response)
                self.acknowledge(transaction, ack, transaction.flow)
            self._start(transaction, "limit", LIMIT_MS)
        else:
            transaction.state = State.COMPLETED
            self._start(transaction, "limit", 1 if transaction.flow.reliable else T4_MS)

    def lost(self, flow: Flow) -> None:
        """Forget all transactions of a TCP connection that is gone; nobody is told."""
        for transaction in tuple(self._by_number.values()):
            if transaction.flow == flow:
                self._forget(transaction)

    # Time.

    def fired(self, name: str) -> None:
        """Handle a timer: its name without ``TIMER`` and the colon."""
        kind, _, number = name.partition(":")
        transaction = self._by_number.get(int(number))
        if transaction is None:
            return
        if kind == "repeat":
            self._repeat(transaction)
            return
        state = transaction.state
        self._forget(transaction)
        if isinstance(transaction, ServerTransaction):
            if transaction.request.method == "INVITE" and state in (
                State.ACCEPTED,
                State.COMPLETED,
            ):
                self._callbacks.unacknowledged(transaction)
        elif state in (State.TRYING, State.PROCEEDING):
            self._callbacks.timeout(transaction)

    def _repeat(self, transaction: ServerTransaction | ClientTransaction) -> None:
        if isinstance(transaction, ServerTransaction):
            if transaction.state not in (State.ACCEPTED, State.COMPLETED):
                return
            data, limit_ms = transaction.answer, T2_MS
        else:
            if transaction.state not in (State.TRYING, State.PROCEEDING):
                return
            # An INVITE is repeated without a limit to the time between: it is over before.
            invite = transaction.request.method == "INVITE"
            data, limit_ms = transaction.data, LIMIT_MS if invite else T2_MS
        self._add(Send(transaction.flow, data))
        transaction.wait_ms = min(2 * transaction.wait_ms, limit_ms)
        self._start(transaction, "repeat", transaction.wait_ms)

    def _start(
        self, transaction: ServerTransaction | ClientTransaction, kind: str, delay_ms: int
    ) -> None:
        self._add(StartTimer(f"{TIMER}:{kind}:{transaction.number}", delay_ms))

    def _cancel(self, transaction: ServerTransaction | ClientTransaction, kind: str) -> None:
        self._add(CancelTimer(f"{TIMER}:{kind}:{transaction.number}"))

    def _forget(self, transaction: ServerTransaction | ClientTransaction) -> None:
        for kind in ("repeat", "limit"):
            self._cancel(transaction, kind)
        del self._by_number[transaction.number]
        if isinstance(transaction, ServerTransaction):
            del self._servers[transaction.key]
        else:
            del self._clients[transaction.key]


def server_key(request: Request) -> Key:
    """Return what the repetitions of a request, its ACK and its CANCEL share; last, the method."""
    via = request.via
    method = "INVITE" if request.method == "ACK" else request.method
    sent_by = f"{via.host.lower()}:{via.port}"
    if via.branch.startswith(MAGIC):
        return (via.branch, sent_by, method)
    # Of an older user agent: its branch says nothing (RFC 3261 17.2.3).
    number, _ = request.cseq
    return (request.call_id, request.from_.tag, str(number), via.branch, sent_by, method)


def client_key(message: Request | Response) -> Key:
    """Return what a request of ours and its answers share."""
    return (message.via.branch, message.cseq[1])


def _ack_of_failure(request: Request, response: Response) -> Request:
    """Return the ACK of an INVITE that failed: part of the INVITE's own transaction."""
    number, _ = request.cseq
    headers: list[Header] = [("Via", next(request.all("Via")))]
    headers += [header for header in request.headers if header[0] in ("Route", "Max-Forwards")]
    headers += [
        ("From", request.get("From")),
        ("To", response.get("To")),
        ("Call-ID", request.call_id),
        ("CSeq", f"{number} ACK"),
    ]
    return Request(method="ACK", uri=request.uri, headers=headers)
