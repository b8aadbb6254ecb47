"""Checks of the caller family: what an entry says of who calls, against what was on the wire."""

from __future__ import annotations

from typing import Final

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import CallRecord
from ringproof.trace import Calls, ListedCall
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME

NO_NAME: Final = (None, "", UNDEFINED_NAME)


def _shows(call: CallRecord, kind: str, field: str, due: str | None) -> CheckResult:
    """Compare a field of the first entry with the wire; what changes later is identity-stable."""
    shown = getattr(call.shown.entries[0], field)
    if shown == due:
        return PASSED
    return call.fail(kind, _listing(call, 0), seen=_sort(shown), due=due, shown=shown)


def _sort(shown: str | None) -> tuple[str]:
    """Tell an entry that shows nothing from one that shows something else."""
    return ("nothing",) if shown is None else ("something else",)


def _listing(call: CallRecord, position: int) -> Calls:
    """Return the emission that holds this entry of the call."""
    return call.session.emissions[call.shown.listings[position]]


def direction(call: CallRecord) -> CheckResult:
    """The entry of an inbound call has the direction inbound.
    Not exercised: the call was not offered or not listed; the same in all of this family.
    Wrong: a client whose inbound calls call themselves anything but inbound."""
    if call.wire.invite is None or not call.shown.entries:
        return NOT_EXERCISED
    return _shows(call, "wrong-direction", "direction", "inbound")


def from_address(call: CallRecord) -> CheckResult:
    """The entry has the caller's address as it was on the wire.
    Not exercised: the call was not offered or not listed.
    Wrong: a client that rewrites the caller's address."""
    if call.wire.invite is None or not call.shown.entries:
        return NOT_EXERCISED
    return _shows(call, "wrong-from", "from_", call.wire.invite.detail.get("from"))


def from_name(call: CallRecord) -> CheckResult:
    """The entry has the caller's name as it was on the wire.
    Not exercised: the caller gave no name.
    Wrong: a client that cuts, escapes, trims or translates the caller's name."""
    if call.wire.invite is None or not call.shown.entries:
        return NOT_EXERCISED
    name = call.wire.invite.detail.get("from_name")
    return NOT_EXERCISED if name in NO_NAME else _shows(call, "wrong-from-name", "from_name", name)


def undef_name(call: CallRecord) -> CheckResult:
    """A caller without a name has none in the entry, an empty one or the placeholder.
    Not exercised: the caller gave a name.
    Wrong: a client that makes up a name where the caller gave none."""
    if (
        call.wire.invite is None
        or not call.shown.entries
        or call.wire.invite.detail.get("from_name") not in NO_NAME
    ):
        return NOT_EXERCISED
    seen = call.shown.entries[0].from_name
    if seen in NO_NAME:
        return PASSED
    return call.fail("made-up-name", _listing(call, 0), seen=_sort(seen), shown=seen)


def display_fallback(call: CallRecord) -> CheckResult:
    """A caller without a name is displayed by the address.
    Not exercised: the caller gave a name, or the client does not declare `display_name`.
    Wrong: a client that shows the placeholder, or nothing."""
    wire = call.wire
    if wire.invite is None or not call.shown.entries:
        return NOT_EXERCISED
    if "display_name" not in call.session.history.trace.header.features:
        return NOT_EXERCISED
    if wire.invite.detail.get("from_name") not in NO_NAME:
        return NOT_EXERCISED
    return _shows(call, "wrong-display-name", "display", wire.invite.detail.get("from"))


def to_alias(call: CallRecord) -> CheckResult:
    """The entry has the address that was dialled.
    Not exercised: the call was not offered or not listed.
    Wrong: a client that shows the user's first address whichever was dialled."""
    if call.wire.invite is None or not call.shown.entries:
        return NOT_EXERCISED
    return _shows(call, "wrong-to", "to", call.wire.invite.detail.get("to"))


def identity_stable(call: CallRecord) -> CheckResult:
    """Caller, name, address and direction of an entry never change.
    Not exercised: the call was listed once only.
    Wrong: a client whose entry changes them during the call."""
    entries = call.shown.entries
    if len(entries) < 2:
        return NOT_EXERCISED
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
    return PASSED


def _changes(first: ListedCall, entry: ListedCall) -> list[list[str | None]]:
    """Return (field, before, after) of all that differs."""
    return [
        [field.rstrip("_"), before, after]
        for field in ("from_", "from_name", "to", "direction")
        if (before := getattr(first, field)) != (after := getattr(entry, field))
    ]
