"""Validates ``POST /api/calling/calls``: a decoded body in, an event out, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from ringproof_fakeserver.protocol import swml
from ringproof_fakeserver.protocol.errors import Problem, invalid, refusal, unprocessable
from ringproof_fakeserver.protocol.events import DialPlaced, EndRequested, ScriptReplaced

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.exchange import Exchange

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
UNSUPPORTED_COMMANDS = frozenset({
    "disconnect", "transfer", "play", "play.pause", "play.resume", "play.stop", "play.volume",
    "record", "record.pause", "record.resume", "record.stop", "collect", "collect.stop",
    "collect.start_input_timers", "detect", "detect.stop", "tap", "tap.stop", "transcribe",
    "transcribe.stop", "stream", "stream.stop", "denoise", "denoise.stop", "live_transcribe",
    "live_translate", "ai_hold", "ai_unhold", "ai_message", "ai.stop", "ai_sidecar",
    "ai_sidecar.poke", "ai_sidecar.ask", "ai_sidecar.stop", "ai_sidecar.status", "send_fax.stop",
    "receive_fax.stop", "refer", "user_event",
})
# fmt: on
"""Documented commands, without ``calling.``, that this stand-in does not support."""

LONGEST_TIMEOUT_S = 600
_CALLER_ID = re.compile(r"\+[1-9]\d{1,14}|sips?:\S+|/\S+/\S+|[\w.@+-]+")


Parsed = DialPlaced | EndRequested | ScriptReplaced


def parse(body: object, exchange: Exchange, ids: Callable[[], str]) -> Parsed:
    """Read a command; ``ids`` gives the id of a new call. Raises ``RefusalError``.

    Order, assumed (rest.md 3.2): shape 400, command 422, required and malformed parameters 422
    (all of them in one body), unknown call 404, wrong state 422, destination 422.
    """
    if not isinstance(body, dict):
        raise refusal(400)
    command = body.get("command")
    params = body.get("params")
    if command is None:
        raise unprocessable(_missing("command"))
    if not isinstance(command, str):
        raise invalid("invalid_command_attempted", "command must be a string", "command")
    if command not in ("dial", "update", "calling.end"):
        problem = "The specified command is invalid"
        if command.removeprefix("calling.") in UNSUPPORTED_COMMANDS and command.startswith(
            "calling."
        ):
            problem = f"{command} is documented but not carried out by this stand-in"
        raise invalid("invalid_command_attempted", problem, "command")
    if params is None:
        if command != "calling.end":
            raise unprocessable(_missing("params"))
        params = {}
    if not isinstance(params, dict):
        raise invalid("not_a_hash", "params must be an object", "params")
    if command == "dial":
        return _dial(params, exchange, ids)
    if command == "update":
        return _update(params, exchange)
    return _end(body.get("id"), params, exchange)


def _dial(params: Mapping[str, Any], exchange: Exchange, ids: Callable[[], str]) -> DialPlaced:
    from_, to = params.get("from"), params.get("to")
    problems: list[Problem] = []
    if from_ is None or from_ == "":
        problems.append(_missing("from"))
    elif not isinstance(from_, str) or not _CALLER_ID.fullmatch(from_):
        message = "from must be E.164, a SIP URI, a caller id or an address"
        problems.append(Problem("not_valid_for_caller_id", message, "from"))
    if not to:
        problems.append(_missing("to"))
    elif not isinstance(to, str):
        problems.append(Problem("not_a_string", "to must be a string", "to"))
    script, script_problems = _script(params)
    problems += script_problems + _options(params)
    if problems:
        raise unprocessable(*problems)
    assert isinstance(from_, str), "checked above"
    assert isinstance(to, str), "checked above"
    if exchange.directory.resolve(to) is None:
        message = "The destination cannot be resolved: no such address"
        raise invalid("to_destination_unresolvable", message, "to")
    if exchange.call_count() >= exchange.settings.max_calls:
        raise invalid("max_queued_calls_exceeded", "Too many calls are alive", None)
    # An extension of ours: only SWML's ``connect`` has this parameter, not dial.
    from_name = params.get("from_name")
    if from_name is None and (owner := exchange.directory.resolve(from_)) is not None:
        from_name = owner.display_name
    timeout_s, events = params.get("timeout"), params.get("status_events")
    events = ("ended",) if events is None else events
    return DialPlaced(
        call=ids(),
        from_=from_,
        from_name=from_name,
        to=to,
        script=script,
        script_url=params.get("url"),
        script_method=params.get("url_method") or "POST",
        fallback_url=params.get("fallback_url"),
        timeout_ms=None if timeout_s is None else timeout_s * 1000,
        status_url=params.get("status_url"),
        # Unknown names are ignored (rest.md 4.1).
        status_events=tuple(name for name in STATUS_EVENTS if name in events),
        media=_media(to, params.get("codecs")),
        codecs=_codec_names(params.get("codecs")),
        label=params.get("label") or "",
    )


def _update(params: Mapping[str, Any], exchange: Exchange) -> EndRequested | ScriptReplaced:
    """``update``: a status ends the call, a document replaces the one that runs (rest.md 3.3)."""
    call, state = _call(params.get("id"), exchange)
    status = params.get("status")
    problems = _url(params, "status_url") + _url(params, "fallback_url")
    if status is None:
        return _redirect(call, state, params, problems)
    if problems:
        raise unprocessable(*problems)
    if status not in ("canceled", "completed"):
        raise invalid("invalid_parameter", "status must be canceled or completed", "status")
    if state == "ended":
        raise invalid("cannot_update_completed", "The call is over", "status")
    if status == "canceled" and state == "answered":
        message = "Only a call that is not answered can be canceled"
        raise invalid("cannot_cancel_in_progress", message, "status")
    if status == "completed" and state != "answered":
        raise invalid("invalid_state", "Only an answered call can be completed", "status")
    reason = "cancel" if status == "canceled" else "hangup"
    return EndRequested(call, reason, params.get("status_url"))


def _redirect(
    call: str, state: str, params: Mapping[str, Any], problems: list[Problem]
) -> ScriptReplaced:
    script, script_problems = _script(params)
    problems = script_problems + problems
    if problems:
        raise unprocessable(*problems)
    if state == "ended":
        raise invalid("cannot_update_completed", "The call is over", "id")
    if state != "answered":
        message = "Only an answered call can be redirected"
        raise invalid("cannot_redirect_not_in_progress", message, "id")
    urls = (params.get(name) for name in ("url", "fallback_url", "status_url"))
    return ScriptReplaced(call, script, *urls)


def _end(call_id: object, params: Mapping[str, Any], exchange: Exchange) -> EndRequested:
    reason = params.get("reason")
    if reason is not None and reason not in END_REASONS:
        message = f"reason must be one of {', '.join(END_REASONS)}"
        raise invalid("invalid_parameter", message, "reason")
    call, state = _call(call_id, exchange)
    if state == "ended":
        raise invalid("invalid_state", "The call is over", "id")
    # Without a reason, the end of a ringing call is a cancel (rest.md 4.4).
    return EndRequested(call, reason or ("hangup" if state == "answered" else "cancel"))


def _call(call: object, exchange: Exchange) -> tuple[str, str]:
    """Return the id and the state of the call that is meant."""
    if call is None or call == "":
        raise unprocessable(_missing("id"))
    state = exchange.call_state(call) if isinstance(call, str) else None
    if state is None:
        raise refusal(404)
    return str(call), state


def _missing(attribute: str) -> Problem:
    return Problem("missing_required_parameter", "Required parameter is missing", attribute)


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

    def check(name: str, right: bool, code: str, requirement: str) -> None:
        if not right:
            problems.append(Problem(code, f"{name} must be {requirement}", name))

    timeout_s = params.get("timeout")
    if timeout_s is not None:
        whole = isinstance(timeout_s, int) and not isinstance(timeout_s, bool)
        check("timeout", whole, "invalid_parameter", "an integer")
        right = not whole or 1 <= timeout_s <= LONGEST_TIMEOUT_S
        check("timeout", right, "invalid_parameter", f"from 1 to {LONGEST_TIMEOUT_S}")
    right = params.get("url_method") in (None, "GET", "POST")
    check("url_method", right, "invalid_http_method", "GET or POST")
    events, codecs = params.get("status_events"), params.get("codecs")
    right = events is None or _is_strings(events)
    check("status_events", right, "not_an_array_of_strings", "an array of strings")
    right = codecs is None or _codecs(codecs) is not None
    requirement = "an array or a comma separated list of known codecs"
    check("codecs", right, "invalid_codecs_format", requirement)
    for name in ("from_name", "label"):
        check(name, isinstance(params.get(name), str | None), "not_a_string", "a string")
    return problems


def _url(params: Mapping[str, Any], name: str) -> list[Problem]:
    """Check an optional URL. Loopback is allowed here, which the live service refuses."""
    url = params.get(name)
    if url is None or (isinstance(url, str) and url.startswith(("http://", "https://"))):
        return []
    return [Problem("not_an_http_url", f"{name} must be a valid http or https url", name)]


def _media(to: str, codecs: object) -> tuple[str, ...]:
    """Return what the caller's leg offers: video too, unless the address or codecs exclude it."""
    channels = to.partition("?")[2].split("&")
    if "channel=audio" in channels:
        return ("audio",)
    names = _codecs(codecs) if codecs is not None else None
    if names is not None and not names & VIDEO_CODECS:
        return ("audio",)
    return ("audio", "video")


def _codec_names(value: object) -> tuple[str, ...]:
    """Return the valid ``codecs`` of a dial in its order, without sampling rates; () if absent."""
    names = value.split(",") if isinstance(value, str) else value
    if not _is_strings(names):
        return ()
    return tuple(dict.fromkeys(name.strip().partition("@")[0] for name in names))


def _codecs(value: object) -> frozenset[str] | None:
    """Return the names of ``codecs``; None if that is no list of known codecs."""
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    if not _is_strings(names):
        return None
    return frozenset(names) if names and CODECS.issuperset(names) else None


def _is_strings(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
