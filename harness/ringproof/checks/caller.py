"""Checks of the caller family: the caller that an entry shows, compared with the invite."""

from __future__ import annotations

from typing import Final

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import CallRecord
from ringproof.trace import Calls
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME

NO_NAME: Final = (None, "", UNDEFINED_NAME)


def direction(call: CallRecord) -> CheckResult:
    """The entry of an inbound call has the direction inbound.
    Not exercised: the call was not offered or not listed; the same in all of this family.
    Wrong: a client whose inbound calls call themselves anything but inbound."""
    return _compare(call, "wrong-direction", "direction", "inbound")


def from_address(call: CallRecord) -> CheckResult:
    """The entry has the caller's address as it was on the wire.
    Not exercised: the call was not offered or not listed.
    Wrong: a client that rewrites the caller's address."""
    return _compare(call, "wrong-from", "from_", call.wire.offered("from"))


def from_name(call: CallRecord) -> CheckResult:
    """The entry has the caller's name as it was on the wire.
    Not exercised: the caller gave no name.
    Wrong: a client that cuts, escapes, trims or translates the caller's name."""
    name = call.wire.offered("from_name")
    if name in NO_NAME:
        return NOT_EXERCISED
    return _compare(call, "wrong-from-name", "from_name", name)


def undef_name(call: CallRecord) -> CheckResult:
    """A caller without a name has none in the entry, an empty one or the placeholder.
    Not exercised: the caller gave a name.
    Wrong: a client that makes up a name where the caller gave none."""
    entries = call.shown.entries
    if call.wire.invite is None or not entries or call.wire.offered("from_name") not in NO_NAME:
        return NOT_EXERCISED
    seen = entries[0].from_name
    if seen in NO_NAME:
        return PASSED
    return call.fail("made-up-name", _listing(call, 0), seen=_something(seen), shown=seen)


def display_fallback(call: CallRecord) -> CheckResult:
    """A caller without a name is displayed by the address.
    Not exercised: the caller gave a name, or the client does not declare `display_name`.
    Wrong: a client that shows the placeholder, or nothing."""
    declared = "display_name" in call.history.trace.header.features
    if not declared or call.wire.offered("from_name") not in NO_NAME:
        return NOT_EXERCISED
    return _compare(call, "wrong-display-name", "display", call.wire.offered("from"))


def to_alias(call: CallRecord) -> CheckResult:
    """The entry has the address that was dialled.
    Not exercised: the call was not offered or not listed.
    Wrong: a client that shows the user's first address whichever was dialled."""
    return _compare(call, "wrong-to", "to", call.wire.offered("to"))


def _compare(call: CallRecord, kind: str, field: str, due: str | None) -> CheckResult:
    """Compare a field of the first entry with the wire; what changes later is identity-stable."""
    if call.wire.invite is None or not call.shown.entries:
        return NOT_EXERCISED
    shown = getattr(call.shown.entries[0], field)
    if shown == due:
        return PASSED
    return call.fail(kind, _listing(call, 0), seen=_something(shown), due=due, shown=shown)


def _something(shown: str | None) -> tuple[str]:
    return ("nothing",) if shown is None else ("something else",)


def _listing(call: CallRecord, position: int) -> Calls:
    """Return the emission of this entry of the call."""
    return call.session.emissions[call.shown.listings[position]]


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
            changes: list[list[str | None]] = [
                [field.rstrip("_"), before, after]
                for field in ("from_", "from_name", "to", "direction")
                if (before := getattr(first, field)) != (after := getattr(entry, field))
            ]
            seen = tuple([str(field) for field, *_ in changes])
            return call.fail("caller-changed", _listing(call, position), seen=seen, changes=changes)
    return PASSED
