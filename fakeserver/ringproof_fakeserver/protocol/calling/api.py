"""Validates ``POST /api/calling/calls``: a decoded body in, an event out, or a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ringproof_fakeserver.protocol.calling import dial, operations, update
from ringproof_fakeserver.protocol.calling.commands import COMMANDS, Command
from ringproof_fakeserver.protocol.calling.scripts import inline
from ringproof_fakeserver.protocol.errors import invalid, refusal, unprocessable
from ringproof_fakeserver.protocol.events import (
    CommandNotPerformed,
    DialPlaced,
    EndRequested,
    LegsDisconnected,
    OperationControlled,
    OperationStarted,
    ScriptReplaced,
    UserEventSent,
)
from ringproof_fakeserver.protocol.operation import Play
from ringproof_fakeserver.protocol.parameters import is_url, missing, problems
from ringproof_fakeserver.protocol.swml import Script, Step

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.exchange import Exchange

Parsed = (
    DialPlaced
    | EndRequested
    | ScriptReplaced
    | OperationStarted
    | OperationControlled
    | LegsDisconnected
    | UserEventSent
    | CommandNotPerformed
)

OPERATIONS = ("play", "record", "collect")


def parse(body: object, exchange: Exchange, ids: Callable[[], str]) -> Parsed:
    """Read a command; ``ids`` gives the id of a new call. Raises ``RefusalError``.

    Order, assumed: shape 400, command 422, required and malformed parameters 422
    (all of them in one body), unknown call 404, wrong state 422, destination 422.
    """
    if not isinstance(body, dict):
        raise refusal(400)
    name = body.get("command")
    params = body.get("params")
    if name is None:
        raise unprocessable(missing("command"))
    if not isinstance(name, str):
        raise invalid("invalid_command_attempted", "command must be a string", "command")
    command = COMMANDS.get(name)
    if command is None and name not in ("dial", "update"):
        message = "The specified command is invalid"
        raise invalid("invalid_command_attempted", message, "command")
    if params is None:
        if command is None or any(parameter.required for parameter in command.parameters):
            raise unprocessable(missing("params"))
        params = {}
    if not isinstance(params, dict):
        raise invalid("not_a_hash", "params must be an object", "params")
    if command is None and name == "dial":
        return dial.read(params, exchange, ids())
    if command is None:
        event = update.read(*_call(params.get("id"), exchange), params)
        if isinstance(event, ScriptReplaced):
            _require_callee(event.call, exchange)
        return event
    return _for_call(name, command, body.get("id"), params, exchange)


def _for_call(
    name: str, command: Command, call_id: object, params: Mapping[str, Any], exchange: Exchange
) -> Parsed:
    found = problems(command.parameters, params)
    if found:
        raise unprocessable(*found)
    started = operations.read(name, params) if name.removeprefix("calling.") in OPERATIONS else None
    call, state = _call(call_id, exchange)
    if state == "ended":
        raise invalid("invalid_state", "The call is over", "id")
    if state != "answered" and not command.ringing:
        raise invalid("invalid_state", "Nobody has answered the call", "id")
    if name != "calling.end":
        _require_callee(call, exchange)
    if started is not None:
        if isinstance(started, Play) and not exchange.settings.speech:
            _require_no_speech(started)
        control = params["control_id"]
        exchange.operations.check_new(call, started.kind, control)
        return OperationStarted(call, control, started, params.get("status_url"))
    match name:
        case "calling.end":
            # Without a reason, the end of a ringing call is a cancel.
            default = "hangup" if state == "answered" else "cancel"
            return EndRequested(call, params.get("reason") or default)
        case "calling.transfer":
            return _transfer(call, params["dest"], exchange)
        case "calling.disconnect":
            return LegsDisconnected(call)
        case "calling.user_event":
            return UserEventSent(call, params["event"])
        case _ if command.performed:
            return _control(call, name, params, exchange)
    exchange.operations.check_unperformed(call, name)
    return CommandNotPerformed(call, name)


def _require_callee(call: str, exchange: Exchange) -> None:
    if exchange.is_in_room(call):
        message = "a call to a room or a simulated phone can only be ended"
        raise invalid("invalid_state", message, "id")
    if exchange.is_in_transfer(call):
        message = "the call is being transferred, and nobody has answered at its destination"
        raise invalid("invalid_state", message, "id")


def _require_no_speech(play: Play) -> None:
    if any(url.startswith("say:") for url in play.urls):
        message = "speech needs the program espeak-ng, which is not installed"
        raise invalid("invalid_parameter", message, "play")


def _control(
    call: str, name: str, params: Mapping[str, Any], exchange: Exchange
) -> OperationControlled:
    """Read a command about an operation that goes on, as ``calling.play.pause``."""
    _, kind, action = name.split(".")
    control = params["control_id"]
    exchange.operations.check_known(call, kind, control)
    silent = params.get("behavior") == "silence"
    return OperationControlled(call, kind, control, action, params.get("volume") or 0.0, silent)


def _transfer(call: str, dest: object, exchange: Exchange) -> ScriptReplaced:
    """Replace the document of a leg by another one, by URL or inline.

    To an address: a document that connects the leg to it.
    """
    if is_url(dest):
        return ScriptReplaced(call, None, dest)
    if isinstance(dest, str) and not any(sign in dest for sign in "{\n"):
        if problem := exchange.destinations.find(dest).problem:
            raise invalid("to_destination_unresolvable", problem, "dest")
        return ScriptReplaced(call, Script((Step("connect", {"to": dest}),)))
    script, found = inline(dest, "dest")
    if found:
        raise unprocessable(*found)
    return ScriptReplaced(call, script)


def _call(call: object, exchange: Exchange) -> tuple[str, str]:
    """Return the id and the state of the call that is meant."""
    if call is None or call == "":
        raise unprocessable(missing("id"))
    state = exchange.call_state(call) if isinstance(call, str) else None
    if state is None:
        raise refusal(404)
    return str(call), state
