"""The backend of an app: its REST requests before the calls, and the callbacks about calls."""

from __future__ import annotations

from typing import Any

from ringproof.call_tracker import OriginCall
from ringproof.play.context import Context
from ringproof.rest_requests import (
    ADDRESSES,
    CALLS,
    TOKENS,
    USER,
    Placed,
    RestReply,
    play_script,
    shown,
    told,
)
from ringproof.trace import CalledBack, Platformed
from ringproof_fakeserver.protocol.journal import CallFact
from ringproof_scenarios.backend import (
    FOREIGN_NUMBER,
    PROJECT_NUMBER,
    UNKNOWN_TARGET,
    AnyRequest,
    IssueToken,
    ListAddresses,
    ShowUser,
    TryDial,
)
from ringproof_scenarios.model import Caller

ACCEPTED = 200


class Backend:
    """What the backend of one scenario asks, each request and answer recorded."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._base = f"user-{context.fresh_id()}" if context.scenario.requests else ""
        """Makes the references of this scenario's users its own."""
        self._tokens: dict[int, str] = {}
        """The newest token of each user."""
        self._urls: list[str] = []
        """Where it listens for callbacks."""

    async def ask_all(self) -> None:
        """Send the requests of the scenario, one after the other."""
        for request in self._context.scenario.requests:
            await self._ask(request)

    async def _ask(self, request: AnyRequest) -> None:
        match request:
            case IssueToken(user=user, display_name=name):
                reference = f"{self._base}-{user}"
                body = {"reference": reference}
                body |= {} if name is None else {"display_name": name}
                reply = await self._request("POST", TOKENS, request, body, body)
                if isinstance(token := reply.body.get("token"), str):
                    self._tokens[user] = token
            case ShowUser(user=user):
                await self._show_user(user)
            case ListAddresses():
                await self._request("GET", ADDRESSES, request, None, {})
            case TryDial():
                await self._try_dial(request)

    async def _show_user(self, user: int) -> None:
        context, token = self._context, self._tokens.get(user)
        if token is None:
            context.recorder.note("skipped", f"ShowUser: user {user} has no token")
            return
        reply = await context.rest.request("GET", USER, "token", token=token)
        asked = {"credentials": "token", "reference": f"{self._base}-{user}"}
        context.recorder.rest("GET", USER, reply.status, asked, told(reply))

    async def _try_dial(self, request: TryDial) -> None:
        params = {
            "from": PROJECT_NUMBER if request.origin == "own" else FOREIGN_NUMBER,
            "to": UNKNOWN_TARGET if request.to == "nobody" else self._context.addresses[0],
            "swml": play_script(),
        }
        body = {"command": "dial", "params": params}
        asked = {"to": request.to, "origin": request.origin}
        reply = await self._request("POST", CALLS, request, body, asked)
        if reply.status == ACCEPTED and isinstance(call := reply.body.get("id"), str):
            await self._context.rest.end(call, "cancel")

    async def _request(
        self,
        method: str,
        path: str,
        request: AnyRequest,
        body: dict[str, Any] | None,
        asked: dict[str, Any],
    ) -> RestReply:
        context, credentials = self._context, request.credentials
        reply = await context.rest.request(method, path, credentials, body=body)
        asked = {"credentials": credentials, **asked}
        context.recorder.rest(method, path, reply.status, asked, told(reply))
        return reply

    async def dial(self, number: int, caller: Caller, address: str, talk_ms: int | None) -> Placed:
        """Place the call of a caller; its answer is recorded where REST gave one."""
        context = self._context
        url = await self._listen(number) if caller.status_events is not None else ""
        placed = await context.rest.dial(
            caller, address, talk_ms=talk_ms, label=str(number), status_url=url
        )
        if placed.reply is not None and shown(context.scenario, caller):
            origin = "own" if caller.address == PROJECT_NUMBER else "foreign"
            asked = {"credentials": "project", "caller": number, "origin": origin}
            context.recorder.rest("POST", CALLS, placed.reply.status, asked, told(placed.reply))
        return placed

    async def _listen(self, number: int) -> str:
        recorder = self._context.recorder

        def receive(body: dict[str, Any]) -> None:
            params = body.get("params", {})
            recorder.callback(number, str(params.get("call_id")), str(params.get("call_state")))

        url = await self._context.rest.listen(receive)
        self._urls.append(url)
        return url

    async def called_back(self) -> None:
        """Wait for the callbacks that are still due; what does not come in time is noted.

        Later ones are not received any more.
        """
        context = self._context
        for number, caller in enumerate(context.scenario.callers):
            call = context.tracker.call(number)
            if call is not None and (events := caller.status_events):
                await context.expect(
                    f"all callbacks of call {number} came",
                    lambda: self._due(call, events) <= self._came(number),  # noqa: B023
                    context.deadlines.ended_ms,
                )

        for url in self._urls:
            context.rest.forget(url)

    def _due(self, call: OriginCall, events: tuple[str, ...]) -> set[str]:
        facts = [entry.fact for entry in self._context.recorder.trace if type(entry) is Platformed]
        return {
            fact.state
            for fact in facts
            if isinstance(fact, CallFact) and fact.call == call.id and fact.state in events
        }

    def _came(self, number: int) -> set[str]:
        trace = self._context.recorder.trace
        return {e.state for e in trace if isinstance(e, CalledBack) and e.caller == number}
