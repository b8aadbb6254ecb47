"""``dial``: its parameters in both variants, URL and SWML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ringproof_fakeserver.protocol import swml
from ringproof_fakeserver.protocol.calling import variables
from ringproof_fakeserver.protocol.calling.scripts import inline, script_or_url
from ringproof_fakeserver.protocol.errors import Problem, invalid, unprocessable
from ringproof_fakeserver.protocol.events import DialPlaced
from ringproof_fakeserver.protocol.parameters import (
    TEXT,
    TEXTS,
    URL,
    Parameter,
    integer,
    is_strings,
    is_url,
    missing,
    text_like,
)
from ringproof_fakeserver.protocol.parameters import problems as problems_of

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.exchange import Exchange

STATUS_EVENTS = ("created", "ringing", "answered", "ended")
# fmt: off
CODECS = frozenset({
    "OPUS", "OPUS@48000H@20I", "OPUS@24000H@20I", "OPUS@16000H@20I", "OPUS@8000H@20I",
    "G722", "PCMU", "PCMA", "G729", "VP8", "H264",
})
# fmt: on
VIDEO_CODECS = frozenset(["VP8", "H264"])
LONGEST_TIMEOUT_S = 600
MOST_DIGITS = 1_000

_PARAMETERS = (
    Parameter("status_url", URL),
    Parameter("fallback_url", URL),
    Parameter("timeout", integer(1, LONGEST_TIMEOUT_S)),
    Parameter("status_events", TEXTS),
    Parameter(
        "send_digits",
        text_like(rf"[0-9A-Da-d*#w,]{{0,{MOST_DIGITS}}}", "digits, A-D, *, #, w and ,"),
    ),
    Parameter("from_name", TEXT),
    Parameter("label", TEXT),
)
_CALLER_ID = re.compile(r"\+[1-9][0-9]{1,14}|sips?:\S+|/\S+/\S+|[\w.@+-]+")


def read(params: Mapping[str, Any], exchange: Exchange, call: str) -> DialPlaced:
    """Return the event of a dial that gets the id ``call``. Raises ``RefusalError``."""
    from_, to = params.get("from"), params.get("to")
    problems = _ends(from_, to)
    script, script_problems = script_or_url(params)
    far_script, far_url, far_problems = _far_end(params.get("to_script"))
    problems += script_problems + far_problems + _options(params)
    problems += variables.problems(params.get("custom_variables"))
    if problems:
        raise unprocessable(*problems)
    assert isinstance(from_, str), "checked above"
    assert isinstance(to, str), "checked above"
    callee = exchange.destinations.find(to)
    if callee.unsupported:
        raise invalid("uri_resolves_to_unsupported_resource", callee.problem, "to")
    if not callee.subscriber:
        message = callee.problem or "phones are reached by scripts only"
        raise invalid("to_destination_unresolvable", message, "to")
    platform = exchange.platform(callee.subscriber)
    strict = exchange.settings.strict_origins or platform.strict_origins
    if strict and not _is_owned(from_, exchange):
        message = "from must be a number or a SIP address of the project"
        raise invalid("not_purchased_or_verified", message, "from")
    if exchange.call_count() >= exchange.settings.max_calls:
        raise invalid("max_queued_calls_exceeded", "Too many calls are alive", None)
    # An extension of ours: only SWML's ``connect`` has this parameter, not dial.
    from_name = params.get("from_name")  # null: no name
    if "from_name" not in params and (owner := exchange.directory.resolve(from_)) is not None:
        from_name = owner.display_name
    timeout_s, events = params.get("timeout"), params.get("status_events")
    events = ("ended",) if events is None else events
    return DialPlaced(
        call=call,
        from_=from_,
        from_name=from_name,
        to=to,
        script=script,
        script_url=params.get("url"),
        script_method=params.get("url_method") or "POST",
        fallback_url=params.get("fallback_url"),
        far_script=far_script,
        far_script_url=far_url,
        variables=dict(params.get("custom_variables") or {}),
        send_digits=params.get("send_digits") or "",
        timeout_ms=None if timeout_s is None else timeout_s * 1000,
        status_url=params.get("status_url"),
        # Unknown names are ignored.
        status_events=tuple(name for name in STATUS_EVENTS if name in events),
        media=_media(to, params.get("codecs")),
        codecs=_codec_names(params.get("codecs")),
        label=params.get("label") or "",
    )


def _is_owned(from_: str, exchange: Exchange) -> bool:
    """Whether it is the project's: by its settings, a number it bought, or a SIP endpoint."""
    bought = exchange.directory.phone_numbers.by_number(from_) is not None
    return bought or from_ in exchange.settings.origins or exchange.destinations.is_endpoint(from_)


def _ends(from_: object, to: object) -> list[Problem]:
    """Check who calls and who is called."""
    problems: list[Problem] = []
    if from_ is None or from_ == "":
        problems.append(missing("from"))
    elif not isinstance(from_, str) or not _CALLER_ID.fullmatch(from_):
        message = "from must be E.164, a SIP URI, a caller id or an address"
        problems.append(Problem("not_valid_for_caller_id", message, "from"))
    if not to:
        problems.append(missing("to"))
    elif not isinstance(to, str):
        problems.append(Problem("not_a_string", "to must be a string", "to"))
    return problems


def _far_end(value: object) -> tuple[swml.Script | None, str | None, list[Problem]]:
    """Read ``to_script``: a document, or the URL of one."""
    if value is None:
        return None, None, []
    if is_url(value):
        return None, value, []
    script, problems = inline(value, "to_script")
    return script, None, problems


def _options(params: Mapping[str, Any]) -> list[Problem]:
    problems = problems_of(_PARAMETERS, params)
    if params.get("url_method") not in (None, "GET", "POST"):
        message = "url_method must be GET or POST"
        problems.append(Problem("invalid_http_method", message, "url_method"))
    codecs = params.get("codecs")
    if codecs is not None and _codecs(codecs) is None:
        message = "codecs must be an array or a comma separated list of known codecs"
        problems.append(Problem("invalid_codecs_format", message, "codecs"))
    return problems


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
    if not is_strings(names):
        return ()
    return tuple(dict.fromkeys(name.strip().partition("@")[0] for name in names))


def _codecs(value: object) -> frozenset[str] | None:
    """Return the names of ``codecs``; None if that is no list of known codecs."""
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    if not is_strings(names):
        return None
    return frozenset(names) if names and CODECS.issuperset(names) else None
