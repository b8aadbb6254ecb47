"""Checks of the caller family: what an entry says of who calls, against what was on the wire."""

from __future__ import annotations

from typing import Final

from ringproof.checks.call_record import CallRecord
from ringproof.checks.registry import HELD, UNTOUCHED, Finding, per_call
from ringproof.trace import ListedCall
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME

NO_NAME: Final = (None, "", UNDEFINED_NAME)

_SHOWN_MAX: Final = 60
"""Characters of a value that a message quotes."""


def _differs(call: CallRecord, field: str, expected: object) -> Finding:
    """Compare a field of the first entry with the wire; what changes later is identity-stable."""
    seen = getattr(call.entries[0], field)
    if seen == expected:
        return HELD
    name = field.rstrip("_")
    return _wrong(call, 0, f"{name}: expected {_show(expected)}; saw {_show(seen)}")


def _wrong(call: CallRecord, position: int, message: str) -> Finding:
    return call.fail(message, call.session.emissions[call.listings[position]])


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}… ({len(text)} characters)"


@per_call("caller/direction")
def direction(call: CallRecord) -> Finding:
    """A client whose inbound calls call themselves anything but inbound."""
    if call.invite is None or not call.entries:
        return UNTOUCHED
    return _differs(call, "direction", "inbound")


@per_call("caller/from")
def from_address(call: CallRecord) -> Finding:
    """A client that rewrites the caller's address."""
    if call.invite is None or not call.entries:
        return UNTOUCHED
    return _differs(call, "from_", call.invite.detail.get("from"))


@per_call("caller/from-name")
def from_name(call: CallRecord) -> Finding:
    """A client that cuts, escapes, trims or translates the caller's name."""
    if call.invite is None or not call.entries:
        return UNTOUCHED
    name = call.invite.detail.get("from_name")
    return UNTOUCHED if name in NO_NAME else _differs(call, "from_name", name)


@per_call("caller/undef-name")
def undef_name(call: CallRecord) -> Finding:
    """A client that makes up a name where the caller gave none."""
    if (
        call.invite is None
        or not call.entries
        or call.invite.detail.get("from_name") not in NO_NAME
    ):
        return UNTOUCHED
    seen = call.entries[0].from_name
    if seen in NO_NAME:
        return HELD
    expected = f"no name, an empty one or {UNDEFINED_NAME}"
    return _wrong(call, 0, f"from_name: expected {expected}; saw {_show(seen)}")


@per_call("caller/display-fallback")
def display_fallback(call: CallRecord) -> Finding:
    """A client that shows the placeholder, or nothing, where the caller gave no name."""
    if call.invite is None or not call.entries:
        return UNTOUCHED
    if "display_name" not in call.session.history.trace.header.features:
        return UNTOUCHED
    if call.invite.detail.get("from_name") not in NO_NAME:
        return UNTOUCHED
    return _differs(call, "display", call.invite.detail.get("from"))


@per_call("caller/to-alias")
def to_alias(call: CallRecord) -> Finding:
    """A client that shows the user's first address whichever was dialled."""
    if call.invite is None or not call.entries:
        return UNTOUCHED
    return _differs(call, "to", call.invite.detail.get("to"))


@per_call("caller/identity-stable")
def identity_stable(call: CallRecord) -> Finding:
    """A client whose entry changes caller, name, address or direction during the call."""
    entries = call.entries
    if len(entries) < 2:
        return UNTOUCHED
    first = entries[0]
    for position in range(1, len(entries)):
        entry = entries[position]
        if (
            entry.from_ != first.from_
            or entry.from_name != first.from_name
            or entry.to != first.to
            or entry.direction != first.direction
        ):
            return _wrong(call, position, _changed(first, entry))
    return HELD


def _changed(first: ListedCall, entry: ListedCall) -> str:
    fields = ("from_", "from_name", "to", "direction")
    changes = [
        f"{field.rstrip('_')} changed from {_show(before)} to {_show(after)}"
        for field in fields
        if (before := getattr(first, field)) != (after := getattr(entry, field))
    ]
    return "; ".join(changes)
