"""The documents among the parameters of a calling command: ``url``, ``swml``, ``dest``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringproof_fakeserver.protocol import swml
from ringproof_fakeserver.protocol.errors import Problem
from ringproof_fakeserver.protocol.parameters import is_url


def url_problems(params: Mapping[str, Any], name: str) -> list[Problem]:
    """Check an optional URL."""
    url = params.get(name)
    if url is None or is_url(url):
        return []
    return [Problem("not_an_http_url", f"{name} must be a valid http or https url", name)]


def script_or_url(params: Mapping[str, Any]) -> tuple[swml.Script | None, list[Problem]]:
    """Read ``url`` or ``swml``: exactly one of the two. None stands for the URL."""
    url, document = params.get("url"), params.get("swml")
    if url is None and document is None:
        message = "Either url or swml is required"
        return None, [Problem("inline_swml_or_swml_webhook_required", message, "url")]
    if url is not None and document is not None:
        message = "url and swml exclude each other"
        return None, [Problem("incompatible_parameters", message, "swml")]
    if url is not None:
        return None, url_problems(params, "url")
    return inline(document, "swml")


def inline(document: object, name: str) -> tuple[swml.Script | None, list[Problem]]:
    """Read a document that is given as an object or a text."""
    try:
        return swml.parse(document), []
    except swml.ScriptError as error:
        code = "not_json_or_yaml" if error.code == "not_json_or_yaml" else "invalid_parameter"
        return None, [Problem(code, str(error), name)]
