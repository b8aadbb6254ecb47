"""Turns a run into one in which every text that is free holds markup.

It walks all that a run holds, so a field that is added is hostile from its first day.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from ringproof.results import ClauseVerdict, Finding, RunEvent
from ringproof.trace import Commanded, Note, Trace
from ringproof_fakeserver.protocol.journal import CallFact, DialogFact, FrameFact

_Event = TypeVar("_Event", bound=RunEvent)

MARKUP = "<script>alert(1)</script><b>[red]\x1b[31m"
"""Of pages and of consoles."""

OURS = frozenset(
    {
        (ClauseVerdict, "level"),
        (Finding, "level"),
        (FrameFact, "kind"),
        (FrameFact, "method"),
        (FrameFact, "text"),
        (CallFact, "state"),
        (DialogFact, "state"),
        (Commanded, "op"),
        (Note, "what"),
    }
)
"""Words that are plain ``str`` by type, and never anybody else's."""


def hostile(event: _Event) -> _Event:
    """Return the event with markup at the end of every text in it that is not one of our words."""
    changed: _Event = _spoilt(event, OURS)
    return changed


def _spoilt(value: Any, spared: frozenset[tuple[type, str]]) -> Any:
    if type(value) is str:
        return value + MARKUP
    if isinstance(value, msgspec.Struct):
        return _spoilt_struct(value, spared)
    if isinstance(value, Trace):
        entries = [_spoilt(entry, spared) for entry in value.entries]
        return Trace(_spoilt(value.header, spared), entries)
    if isinstance(value, dict):
        return {_spoilt(key, spared): _spoilt(one, spared) for key, one in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_spoilt(one, spared) for one in value)
    return value


def _spoilt_struct(value: msgspec.Struct, spared: frozenset[tuple[type, str]]) -> Any:
    changed = {
        field.name: _spoilt(getattr(value, field.name), spared)
        for field in msgspec.structs.fields(value)
        if (type(value), field.name) not in spared and not _closed(field.type)
    }
    return msgspec.structs.replace(value, **changed)


def _closed(kind: Any) -> bool:
    """Say whether a type, or what it holds, is a list of words."""
    return get_origin(kind) is Literal or any(map(_closed, get_args(kind)))
