"""``update``: a status ends the call, a document replaces the one that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringproof_fakeserver.protocol.calling.scripts import script_or_url, url_problems
from ringproof_fakeserver.protocol.errors import Problem, invalid, unprocessable
from ringproof_fakeserver.protocol.events import EndRequested, ScriptReplaced


def read(call: str, state: str, params: Mapping[str, Any]) -> EndRequested | ScriptReplaced:
    """Return the event of an ``update`` for a call in this state. Raises ``RefusalError``."""
    status = params.get("status")
    problems = url_problems(params, "status_url") + url_problems(params, "fallback_url")
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
    script, script_problems = script_or_url(params)
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
