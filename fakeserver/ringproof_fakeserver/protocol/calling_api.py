"""Validation of ``POST /api/calling/calls``: a decoded body in, an event or a refusal out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

import msgspec

from ringproof_fakeserver.protocol import swml
from ringproof_fakeserver.protocol.events import DialPlaced, EndRequested, ScriptReplaced

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.exchange import Exchange

BAD_REQUEST = {"error": "Bad Request"}
NOT_FOUND = {"error": "Not Found"}
ERRORS_PAGE = "https://signalwire.com/docs/apis/error-codes"

END_REASONS = ("hangup", "cancel", "busy", "noAnswer", "decline", "error")
STATUS_EVENTS = ("created", "ringing", "answered", "ended")
# fmt: off
CODECS = frozenset({
    "OPUS", "OPUS@48000H@20I", "OPUS@24000H@20I", "OPUS@16000H@20I", "OPUS@8000H@20I",
    "G722", "PCMU", "PCMA", "G729", "VP8", "H264",
})
# fmt: on
VIDEO_CODECS = frozenset(["VP8", "H264"])
# fmt: off
LATER = frozenset({
    "disconnect", "transfer", "play", "play.pause", "play.resume", "play.stop", "play.volume",
    "record", "record.pause", "record.resume", "record.stop", "collect", "collect.stop",
    "collect.start_input_timers", "detect", "detect.stop", "tap", "tap.stop", "transcribe",
    "transcribe.stop", "stream", "stream.stop", "denoise", "denoise.stop", "live_transcribe",
    "live_translate", "ai_hold", "ai_unhold", "ai_message", "ai.stop", "ai_sidecar",
    "ai_sidecar.poke", "ai_sidecar.ask", "ai_sidecar.stop", "ai_sidecar.status", "send_fax.stop",
    "receive_fax.stop", "refer", "user_event",
})
# fmt: on
"""Documented commands, without ``calling.``, that this stand-in does not carry out."""

LONGEST_TIMEOUT_S = 600
_CALLER_ID = re.compile(r"\+[1-9]\d{1,14}|sips?:\S+|/\S+/\S+|[\w.@+-]+")


class Refusal(msgspec.Struct, frozen=True):
    """An HTTP status and the JSON body that goes with it."""

    status: int
    body: dict[str, Any]


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a body."""

    code: str
    message: str
    attribute: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the item of a 422 body (rest.md 0.3)."""
        return {
            "type": "validation_error",
            "code": self.code,
            "message": self.message,
            "attribute": self.attribute,
            "url": ERRORS_PAGE,
        }


Parsed = DialPlaced | EndRequested | ScriptReplaced | Refusal


def refuse(*problems: Problem) -> Refusal:
    """Build the 422 for these problems."""
    return Refusal(422, {"errors": [problem.as_json() for problem in problems]})


def parse(body: object, exchange: Exchange, ids: Callable[[], str]) -> Parsed:
    """Judge a command. ``ids`` gives the id of a new call.

    Order, assumed (rest.md 3.2): shape 400, command 422, required and malformed parameters 422
    (all of them in one body), unknown call 404, wrong state 422, destination 422.
    """
    if not isinstance(body, dict):
        return Refusal(400, BAD_REQUEST)
    command = body.get("command")
    params = body.get("params")
    if command is None:
        return refuse(_missing("command"))
    if not isinstance(command, str):
        return refuse(Problem("invalid_command_attempted", "command must be a string", "command"))
    if command == "dial":
        return refuse(_missing("params")) if params is None else _dial(params, exchange, ids)
    if command == "update":
        return refuse(_missing("params")) if params is None else _update(params, exchange)
    if command == "calling.end":
        return _end(body.get("id"), {} if params is None else params, exchange)
    problem = "The specified command is invalid"
    if command.removeprefix("calling.") in LATER and command.startswith("calling."):
        problem = f"{command} is documented but not carried out by this stand-in"
    return refuse(Problem("invalid_command_attempted", problem, "command"))


def _dial(params: object, exchange: Exchange, ids: Callable[[], str]) -> Parsed:
    if not isinstance(params, dict):
        return refuse(Problem("not_a_hash", "params must be an object", "params"))
    problems: list[Problem] = []
    from_, to = params.get("from"), params.get("to")
    problems += _caller_id(from_)
    if not to:
        problems.append(_missing("to"))
    elif not isinstance(to, str):
        problems.append(Problem("not_a_string", "to must be a string", "to"))
    script, found = _script(params)
    problems += found
    problems += _options(params)
    if problems:
        return refuse(*problems)
    assert isinstance(from_, str), "judged above"
    assert isinstance(to, str), "judged above"
    if exchange.directory.resolve(to) is None:
        message = "The destination cannot be resolved: no such address"
        return refuse(Problem("to_destination_unresolvable", message, "to"))
    if exchange.call_count() >= exchange.settings.max_calls:
        return refuse(Problem("max_queued_calls_exceeded", "Too many calls are alive", None))
    timeout_s = params.get("timeout")
    return DialPlaced(
        call=ids(),
        from_=from_,
        from_name=_from_name(params, exchange),
        to=to,
        script=script,
        script_url=params.get("url"),
        script_method=params.get("url_method") or "POST",
        fallback_url=params.get("fallback_url"),
        timeout_ms=None if timeout_s is None else timeout_s * 1000,
        status_url=params.get("status_url"),
        status_events=_status_events(params),
        media=_media(to, params.get("codecs")),
        label=params.get("label") or "",
    )


def _update(params: object, exchange: Exchange) -> Parsed:
    """``update``: a status ends the call, a document replaces the one that runs (rest.md 3.3)."""
    if not isinstance(params, dict):
        return refuse(Problem("not_a_hash", "params must be an object", "params"))
    state = _state(params.get("id"), exchange, "id")
    if isinstance(state, Refusal):
        return state
    call = str(params["id"])
    status = params.get("status")
    if status is None:
        return _redirect(call, state, params)
    if status not in ("canceled", "completed"):
        message = "status must be canceled or completed"
        return refuse(Problem("invalid_parameter", message, "status"))
    if state == "ended":
        return refuse(Problem("cannot_update_completed", "The call is over", "status"))
    if status == "canceled" and state == "answered":
        message = "Only a call that is not answered can be canceled"
        return refuse(Problem("cannot_cancel_in_progress", message, "status"))
    if status == "completed" and state != "answered":
        message = "Only an answered call can be completed"
        return refuse(Problem("invalid_state", message, "status"))
    return EndRequested(call, "cancel" if status == "canceled" else "hangup")


def _redirect(call: str, state: str, params: Mapping[str, Any]) -> Parsed:
    script, problems = _script(params)
    if problems:
        return refuse(*problems)
    if state == "ended":
        return refuse(Problem("cannot_update_completed", "The call is over", "id"))
    if state != "answered":
        message = "Only an answered call can be redirected"
        return refuse(Problem("cannot_redirect_not_in_progress", message, "id"))
    return ScriptReplaced(call, script, params.get("url"))


def _end(call: object, params: object, exchange: Exchange) -> Parsed:
    if not isinstance(params, dict):
        return refuse(Problem("not_a_hash", "params must be an object", "params"))
    reason = params.get("reason")
    if reason is not None and reason not in END_REASONS:
        message = f"reason must be one of {', '.join(END_REASONS)}"
        return refuse(Problem("invalid_parameter", message, "reason"))
    state = _state(call, exchange, "id")
    if isinstance(state, Refusal):
        return state
    if state == "ended":
        return refuse(Problem("invalid_state", "The call is over", "id"))
    # Without a reason: giving up while it rings is a cancel (rest.md 4.4).
    return EndRequested(str(call), reason or ("hangup" if state == "answered" else "cancel"))


def _state(call: object, exchange: Exchange, attribute: str) -> str | Refusal:
    if call is None or call == "":
        return refuse(_missing(attribute))
    state = exchange.call_state(call) if isinstance(call, str) else None
    return Refusal(404, NOT_FOUND) if state is None else state


def _missing(attribute: str) -> Problem:
    return Problem("missing_required_parameter", "Required parameter is missing", attribute)


def _caller_id(from_: object) -> list[Problem]:
    if from_ is None or from_ == "":
        return [_missing("from")]
    if not isinstance(from_, str) or not _CALLER_ID.fullmatch(from_):
        message = "from must be E.164, a SIP URI, a caller id or an address"
        return [Problem("not_valid_for_caller_id", message, "from")]
    return []


def _script(params: Mapping[str, Any]) -> tuple[swml.Script | None, list[Problem]]:
    """Read ``url`` or ``swml``: exactly one of the two."""
    url, document = params.get("url"), params.get("swml")
    if url is None and document is None:
        message = "Either url or swml is required"
        return None, [Problem("inline_swml_or_swml_webhook_required", message, "url")]
    if url is not None and document is not None:
        message = "url and swml exclude each other"
        return None, [Problem("incompatible_parameters", message, "swml")]
    if url is not None:
        return None, _url(params, "url")
    try:
        return swml.parse(document), []
    except swml.ScriptError as error:
        code = error.code if error.code == "not_json_or_yaml" else "invalid_parameter"
        return None, [Problem(code, str(error), "swml")]


def _options(params: Mapping[str, Any]) -> list[Problem]:
    problems = _url(params, "status_url") + _url(params, "fallback_url")
    timeout_s = params.get("timeout")
    if timeout_s is not None:
        if isinstance(timeout_s, bool) or not isinstance(timeout_s, int):
            problems.append(Problem("invalid_parameter", "timeout must be an integer", "timeout"))
        elif not 1 <= timeout_s <= LONGEST_TIMEOUT_S:
            message = f"timeout must be from 1 to {LONGEST_TIMEOUT_S}"
            problems.append(Problem("invalid_parameter", message, "timeout"))
    if params.get("url_method") not in (None, "GET", "POST"):
        message = "url_method must be GET or POST"
        problems.append(Problem("invalid_http_method", message, "url_method"))
    events = params.get("status_events")
    if events is not None and not _is_strings(events):
        message = "status_events must be an array of strings"
        problems.append(Problem("not_an_array_of_strings", message, "status_events"))
    if params.get("codecs") is not None and _codecs(params["codecs"]) is None:
        message = "codecs must be an array or a comma separated list of known codecs"
        problems.append(Problem("invalid_codecs_format", message, "codecs"))
    for name in ("from_name", "label"):
        if not isinstance(params.get(name), str | None):
            problems.append(Problem("not_a_string", f"{name} must be a string", name))
    return problems


def _url(params: Mapping[str, Any], name: str) -> list[Problem]:
    """Judge an optional URL. Loopback is allowed here, which the live service refuses."""
    url = params.get(name)
    if url is None:
        return []
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return [Problem("not_an_http_url", f"{name} must be a valid http or https url", name)]
    return []


def _from_name(params: Mapping[str, Any], exchange: Exchange) -> str | None:
    """Find the caller's display name; None when the origin has none.

    ``from_name`` is the word of SWML's ``connect``; that dial takes it too is our extension.
    """
    name = params.get("from_name")
    if isinstance(name, str):
        return name
    owner = exchange.directory.resolve(params["from"])
    return owner[0].display_name if owner else None


def _status_events(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the asked events; unknown names are ignored (rest.md 4.1)."""
    asked = params.get("status_events")
    if asked is None:
        return ("ended",)
    return tuple(event for event in STATUS_EVENTS if event in asked)


def _media(to: str, codecs: object) -> tuple[str, ...]:
    """Return what the caller's leg offers: audio alone where the dial leaves no room for video."""
    channels = to.partition("?")[2].split("&")
    if "channel=audio" in channels:
        return ("audio",)
    names = _codecs(codecs) if codecs is not None else None
    if names is not None and not names & VIDEO_CODECS:
        return ("audio",)
    return ("audio", "video")


def _codecs(value: object) -> frozenset[str] | None:
    """Return the names of ``codecs``; None if that is no list of known codecs."""
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    if not _is_strings(names):
        return None
    found = frozenset(names)
    return found if found and found <= CODECS else None


def _is_strings(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
