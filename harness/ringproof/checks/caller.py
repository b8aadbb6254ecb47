"""Checks of the caller family: what an entry says of who calls, against what was on the wire."""

from __future__ import annotations

from typing import Final

from ringproof.checks.call_record import CallRecord
from ringproof.checks.registry import HELD, UNTOUCHED, Finding, per_call
from ringproof.trace import Calls, ListedCall
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME

NO_NAME: Final = (None, "", UNDEFINED_NAME)


def _shows(call: CallRecord, kind: str, field: str, due: str | None) -> Finding:
    """Compare a field of the first entry with the wire; what changes later is identity-stable."""
    shown = getattr(call.entries[0], field)
    if shown == due:
        return HELD
    return call.fail(kind, _listing(call, 0), seen=_sort(shown), due=due, shown=shown)


def _sort(shown: str | None) -> tuple[str]:
    """Tell an entry that shows nothing from one that shows something else."""
    return ("nothing",) if shown is None else ("something else",)


def _listing(call: CallRecord, position: int) -> Calls:
    """Return the emission that holds this entry of the call."""
    return call.session.emissions[call.listings[position]]


@per_call("caller/direction")
def direction(call: CallRecord) -> Finding:
    """A client whose inbound calls call themselves anything but inbound."""
    if call.invite is None or not call.entries:
        return UNTOUCHED
    return _shows(call, "wrong-direction", "direction", "inbound")


@per_call("caller/from")
def from_address(call: CallRecord) -> Finding:
    """A client that rewrites the caller's address."""
    if call.invite is None or not call.entries:
        return UNTOUCHED
    return _shows(call, "wrong-from", "from_", call.invite.detail.get("from"))


@per_call("caller/from-name")
def from_name(call: CallRecord) -> Finding:
    """A client that cuts, escapes, trims or translates the caller's name."""
    if call.invite is None or not call.entries:
        return UNTOUCHED
    name = call.invite.detail.get("from_name")
    return UNTOUCHED if name in NO_NAME else _shows(call, "wrong-from-name", "from_name", name)


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
    return call.fail("made-up-name", _listing(call, 0), seen=_sort(seen), shown=seen)


@per_call("caller/display-fallback")
def display_fallback(call: CallRecord) -> Finding:
    """A client that shows the placeholder, or nothing, where the caller gave no name."""
    if call.invite is None or not call.entries:
        return UNTOUCHED
    if "display_name" not in call.session.history.trace.header.features:
        return UNTOUCHED
    if call.invite.detail.get("from_name") not in NO_NAME:
        return UNTOUCHED
    return _shows(call, "wrong-display-name", "display", call.invite.detail.get("from"))


@per_call("caller/to-alias")
def to_alias(call: CallRecord) -> Finding:
    """A client that shows the user's first address whichever was dialled."""
    if call.invite is None or not call.entries:
        return UNTOUCHED
    return _shows(call, "wrong-to", "to", call.invite.detail.get("to"))


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
            changes = _changes(first, entry)
            return call.fail(
                "caller-changed",
                _listing(call, position),
                seen=tuple([str(field) for field, *_ in changes]),
                changes=changes,
            )
    return HELD


def _changes(first: ListedCall, entry: ListedCall) -> list[list[str | None]]:
    """Return (field, before, after) of all that differs."""
    return [
        [field.rstrip("_"), before, after]
        for field in ("from_", "from_name", "to", "direction")
        if (before := getattr(first, field)) != (after := getattr(entry, field))
    ]
