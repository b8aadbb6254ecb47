"""The states of a baseline's entries in words, for the reports. Pure."""

from __future__ import annotations

from collections import Counter

from ringproof.baseline.status import BaselineResult, EntryState, EntryStatus

WORDS = {
    EntryState.KNOWN: "seen failing, as described",
    EntryState.FIXED: "the clause never failed: remove the entry",
    EntryState.STALE: "the clause failed, and never as described: rewrite or remove the entry",
    EntryState.EXPIRED: "past its date, so it excuses nothing: look at it again",
    EntryState.ALWAYS: "said to happen sometimes, and failed every time: look at it again",
    EntryState.NOT_SEEN: "not seen in this run, which shows nothing",
    EntryState.NOT_EXERCISED: "its scenarios did not occur in this run",
    EntryState.NOT_APPLICABLE: "the clause does not apply to this client",
}


def describe(entry_status: EntryStatus) -> str:
    """Return the state of an entry as one line."""
    exercised = entry_status.exercised
    counts = f" ({entry_status.matched} of {exercised} times)" if exercised else ""
    expires = entry_status.entry.expires
    since = f" since {expires}" if entry_status.state is EntryState.EXPIRED else ""
    return f"{_readable(entry_status.state)}{since}: {WORDS[entry_status.state]}{counts}"


def summary(result: BaselineResult) -> str:
    """Return how many entries are in which state, as one line."""
    counted = Counter(entry_status.state for entry_status in result.entry_statuses)
    words = [f"{counted[state]} {_readable(state)}" for state in EntryState if state in counted]
    for number, for_whom in (
        (result.other_suts, "for other clients"),
        (result.other_clauses, "for clauses that the run does not speak of"),
    ):
        words += [f"{number} {for_whom}"] if number else []
    return f"baseline: {', '.join(words) or 'no entries'} ({', '.join(result.files)})"


def _readable(state: EntryState) -> str:
    return state.value.replace("_", " ")
