"""The SIP end of the stand-in without I/O: bytes, timers and the exchange's word go in.

Out come bytes to send, timers, and events for the exchange. Requests are checked here (RFC 3261
8.2); registrations, callers and rung devices have modules of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ringproof_fakeserver.protocol.directory import CONTEXT
from ringproof_fakeserver.protocol.events import AnyEvent
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.sip_commands import (
    SipBye,
    SipCallerProgressed,
    SipCommand,
    SipInvite,
    SipReferAnswered,
    SipReferProgressed,
    SipReofferAnswered,
)
from ringproof_fakeserver.protocol.sip_endpoints import SipEndpoint
from ringproof_fakeserver.sip import transactions as transaction_timers
from ringproof_fakeserver.sip.addresses import SCHEMES, Uri, read_uri
from ringproof_fakeserver.sip.callers import Caller, Callers
from ringproof_fakeserver.sip.context import ALLOW, SDP, Context
from ringproof_fakeserver.sip.devices import Device, Devices
from ringproof_fakeserver.sip.digest import Guard, Outcome
from ringproof_fakeserver.sip.flow import Command, Flow, Send
from ringproof_fakeserver.sip.message import (
    Header,
    Message,
    MessageError,
    Request,
    Response,
    parse,
    respond,
)
from ringproof_fakeserver.sip.referrals import Referral, Referrals
from ringproof_fakeserver.sip.registration import TIMER as BINDING_TIMER
from ringproof_fakeserver.sip.registration import RegistrationHandler
from ringproof_fakeserver.sip.source import note_source, reply_to
from ringproof_fakeserver.sip.transactions import (
    Callbacks,
    ClientTransaction,
    ServerTransaction,
    Transactions,
)

KNOWN = frozenset(["MESSAGE", "NOTIFY", "PRACK", "PUBLISH", "SUBSCRIBE", "UPDATE"])
"""Methods that are not allowed here; others are not implemented."""
ALLOWED = frozenset(ALLOW.split(", "))
NO_DIALOG = 481
REALM = "ringproof"
"""What user agents log in to."""


class SipCore:
    """One registrar and user agent server, for the accounts of an exchange.

    ``key`` is a secret of this run, ``ids`` gives the ids of calls. The exchange is read here, and
    changed by nothing but events.
    """

    def __init__(
        self,
        context: Context,
        exchange: Exchange,
        key: bytes,
        ids: Callable[[], str],
    ) -> None:
        self._context = context
        self._exchange = exchange
        self._guard = Guard(REALM, key)
        self._transactions = Transactions(
            context.add,
            context.fresh,
            Callbacks(
                self._request,
                self._acknowledged,
                lambda transaction: self._callers.unacknowledged(transaction),
                lambda transaction, answer: self._devices.response(transaction, answer),
                self._timeout,
            ),
        )
        self._trusted: set[Flow] = set()
        """TCP connections over which somebody has proved who it is."""
        self.registrations = RegistrationHandler(context, self._transactions)
        self._referrals = referrals = Referrals(context, self._transactions)
        self._callers = Callers(context, self._transactions, ids, referrals.keeps)
        self._devices = Devices(
            context,
            self._transactions,
            self.registrations.registrations.device,
            referrals.keeps,
        )

    @property
    def sizes(self) -> dict[str, int]:
        """How much is kept: for tests of what may not grow."""
        return {
            "transactions": len(self._transactions),
            "callers": len(self._callers),
            "devices": len(self._devices),
            "referrals": len(self._referrals),
        }

    # Events. Each returns what to do, in order.

    def received(self, flow: Flow, data: bytes, now_ms: int) -> list[Command | AnyEvent]:
        """Take one message."""
        commands = self._context.begin(now_ms)
        try:
            message = parse(data)
        except MessageError as error:
            self._refuse_bytes(flow, error)
            return commands
        if isinstance(message, Response):
            self._transactions.answered(message)
        else:
            note_source(message, flow)
            self._transactions.received(message, reply_to(message, flow))
        return commands

    def timer_fired(self, name: str, now_ms: int) -> list[Command | AnyEvent]:
        """Handle a timer that ran out."""
        commands = self._context.begin(now_ms)
        kind, _, rest = name.partition(":")
        if kind == transaction_timers.TIMER:
            self._transactions.fired(rest)
        elif kind == BINDING_TIMER:
            self.registrations.expired(rest)
        return commands

    def is_trusted(self, flow: Flow) -> bool:
        """Whether somebody who proved who it is has used this TCP connection."""
        return flow in self._trusted

    def flow_closed(self, flow: Flow, now_ms: int) -> list[Command | AnyEvent]:
        """Note that a TCP connection is gone, and with it who is reached over it alone."""
        commands = self._context.begin(now_ms)
        if flow in self._trusted:
            self._trusted.discard(flow)
            self.registrations.lost(flow)
            self._callers.lost(flow)
            self._devices.lost(flow)
            self._referrals.lost(flow)
        self._transactions.lost(flow)
        return commands

    def perform(self, command: SipCommand, now_ms: int) -> list[Command | AnyEvent]:
        """Perform a command of the exchange."""
        commands = self._context.begin(now_ms)
        match command:
            case SipCallerProgressed():
                self._callers.call_changed(command)
            case SipInvite():
                self._devices.invite(command)
            case SipBye():
                self._devices.bye(command)
            case SipReofferAnswered(leg, sdp):
                self._callers.reoffer_answered(leg, sdp)
                self._devices.reoffer_answered(leg, sdp)
            case SipReferAnswered():
                self._referrals.answered(command)
            case SipReferProgressed():
                self._referrals.progressed(command)
        return commands

    def endpoint_removed(self, endpoint: str, now_ms: int) -> list[Command | AnyEvent]:
        """Forget the registrations of an endpoint that is no more."""
        commands = self._context.begin(now_ms)
        self.registrations.removed(endpoint)
        return commands

    # Requests.

    def _refuse_bytes(self, flow: Flow, error: MessageError) -> None:
        if error.headers is None:
            return
        stub = Request(method="", uri="", headers=error.headers)
        answer = respond(stub, error.status, tag=self._context.fresh())
        answer.headers.append(("Warning", f'399 ringproof "{error.reason}"'))
        try:
            note_source(stub, flow)
            flow = reply_to(stub, flow)
        except (ValueError, StopIteration):
            pass  # the answer goes where the bytes came from
        self._context.add(Send(flow, answer.written()))

    def _request(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if (refusal := _refusal(request)) is not None:
            status, headers = refusal
            self._refuse(transaction, status, headers)
        elif request.method == "CANCEL":
            self._cancel(transaction)
        elif request.to.tag:
            self._in_dialog(transaction)
        elif request.method == "REGISTER":
            self._register(transaction)
        elif request.method == "INVITE":
            self._invite(transaction)
        elif request.method == "OPTIONS":
            self._refuse(transaction, 200, [("Allow", ALLOW), ("Accept", SDP)])
        else:
            self._refuse(transaction, NO_DIALOG)

    def _refuse(
        self,
        transaction: ServerTransaction,
        status: int,
        headers: list[Header] | None = None,
    ) -> None:
        """Answer and remember nothing: who has proved nothing costs no memory."""
        self._transactions.respond_once(transaction, status, headers=headers)

    def _cancel(self, transaction: ServerTransaction) -> None:
        invite = self._transactions.invite_of(transaction.request)
        if invite is None:
            self._refuse(transaction, NO_DIALOG)
            return
        self._refuse(transaction, 200)
        self._callers.cancelled(invite)

    def _register(self, transaction: ServerTransaction) -> None:
        endpoint = self._authenticated(transaction, 401)
        if endpoint is None:
            return
        to = _read(transaction.request.to.uri)
        if to is None or to.user != endpoint.username:
            self._refuse(transaction, 403)
        else:
            self.registrations.register(transaction, endpoint.id, endpoint.subscriber)

    def _invite(self, transaction: ServerTransaction) -> None:
        endpoint = self._authenticated(transaction, 407)
        if endpoint is None:
            return
        request = transaction.request
        target, caller = _read(request.uri), _read(request.from_.uri)
        assert target is not None, "checked before"
        if self._exchange.directory.resolve(CONTEXT + target.user) is None:
            self._refuse(transaction, 404)
        elif self._exchange.call_count() >= self._exchange.settings.max_calls:
            self._refuse(transaction, 503)
        elif next(request.all("Contact"), "") == "" or caller is None:
            self._refuse(transaction, 400)
        else:
            number = endpoint.caller_id or caller.user or endpoint.username
            self._callers.place(transaction, endpoint, target.user, number)

    def _authenticated(self, transaction: ServerTransaction, status: int) -> SipEndpoint | None:
        """Return whose request this is; if nobody's, it was answered. ``status`` is 401 or 407."""
        request, names = transaction.request, HEADERS[status]
        directory, endpoints = self._exchange.directory, self._exchange.sip_endpoints

        def password(username: str) -> str | None:
            endpoint = endpoints.by_username(username)
            if endpoint is None or directory.by_resource(endpoint.subscriber) is None:
                return None
            return endpoint.password

        now_ms = self._context.now_ms
        outcome, username = self._guard.judge(
            request.get(names[1]), request.method, request.call_id, now_ms, password
        )
        if outcome == "right":
            if transaction.flow.reliable:
                self._trusted.add(transaction.flow)
            return endpoints.by_username(username)
        self._challenge(transaction, outcome, status)
        return None

    def _challenge(self, transaction: ServerTransaction, outcome: Outcome, status: int) -> None:
        if outcome in ("unknown", "refused"):
            self._refuse(transaction, 403)
            return
        stale = outcome == "stale"
        challenges = self._guard.challenges(self._context.now_ms, stale=stale)
        name = HEADERS[status][0]
        self._refuse(transaction, status, [(name, challenge) for challenge in challenges])

    # Requests about calls.

    def _in_dialog(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        party = self._party(request)
        if party is None or party.dialog is None:
            self._refuse(transaction, NO_DIALOG)
            return
        number, _ = request.cseq
        if number <= party.dialog.remote_cseq:
            self._transactions.respond(transaction, 500)
            return
        party.dialog.remote_cseq = number
        match request.method:
            case "BYE":
                self._transactions.respond(transaction, 200)
                self._hung_up(party)
            case _ if isinstance(party, Referral):  # the call is over for this user agent
                self._transactions.respond(transaction, NO_DIALOG)
            case "INVITE":
                if isinstance(party, Caller):
                    self._callers.reoffered(party, transaction)
                else:
                    self._devices.reoffered(party, transaction)
            case "REFER":
                leg = party.call if isinstance(party, Caller) else party.name
                self._referrals.referred(leg, party.dialog, transaction)
            case _:
                self._transactions.respond(transaction, 200, headers=[("Allow", ALLOW)])

    def _hung_up(self, party: Caller | Device | Referral) -> None:
        if isinstance(party, Caller):
            self._callers.hung_up(party)
        elif isinstance(party, Device):
            self._devices.hung_up(party)
        else:
            self._referrals.hung_up(party)

    def _party(self, message: Message) -> Caller | Device | Referral | None:
        dialog = message.call_id, message.to.tag, message.from_.tag
        return (
            self._callers.in_dialog(dialog)
            or self._devices.in_dialog(dialog)
            or self._referrals.in_dialog(dialog)
        )

    def _acknowledged(self, request: Request) -> None:
        party = self._party(request)
        if isinstance(party, Caller):
            self._callers.acknowledged(party, request)
        elif isinstance(party, Device):
            self._devices.acknowledged(party, request)

    def _timeout(self, transaction: ClientTransaction) -> None:
        self._devices.timeout(transaction)


HEADERS = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}
"""By status: where the challenge is, and where its answer."""


def _refusal(request: Request) -> tuple[int, list[Header]] | None:
    """Check what holds for every request (RFC 3261 8.2); None: nothing is wrong."""
    if request.method not in ALLOWED:
        return (405, [("Allow", ALLOW)]) if request.method in KNOWN else (501, [])
    if request.uri.partition(":")[0].lower() not in SCHEMES:
        return 416, []
    if _read(request.uri) is None:
        return 400, []
    if request.method == "CANCEL":
        return None
    required = [*_words(request, "Require"), *_words(request, "Proxy-Require")]
    if required:
        return 420, [("Unsupported", ", ".join(required))]
    kind = request.get("Content-Type").partition(";")[0].strip().lower()
    if request.method == "INVITE" and request.body and kind != SDP:
        return 415, [("Accept", SDP)]
    if request.has("Content-Encoding"):
        return 415, [("Accept-Encoding", "identity")]
    return None


def _words(request: Request, name: str) -> Iterator[str]:
    return request.all(name)


def _read(uri: str) -> Uri | None:
    try:
        return read_uri(uri)
    except ValueError:
        return None
