"""How the entries of a baseline stand, in words: shared by the reports."""

from __future__ import annotations

from ringproof.baseline import BaselineResult, EntryState, EntryStatus

WORDS = {
    EntryState.KNOWN: "seen failing, as described",
    EntryState.FIXED: "the clause held every time: remove the entry",
    EntryState.STALE: "the clause failed, and never as described: rewrite or remove the entry",
    EntryState.EXPIRED: "past its date, so it excuses nothing: look at it again",
    EntryState.ALWAYS: "said to happen sometimes, and failed every time: look at it again",
    EntryState.NOT_SEEN: "not seen in this run, which shows nothing",
    EntryState.NOT_EXERCISED: "its scenarios did not occur in this run",
    EntryState.NOT_APPLICABLE: "the clause does not apply to this client",
}


def describe(entry_status: EntryStatus) -> str:
    """Say in one line how an entry stands."""
    counts = (
        f" ({entry_status.matched} of {entry_status.exercised} times)"
        if entry_status.exercised
        else ""
    )
    expires = entry_status.entry.expires
    since = f" since {expires}" if entry_status.state is EntryState.EXPIRED else ""
    return f"{_spoken(entry_status.state)}{since}: {WORDS[entry_status.state]}{counts}"


def summary(result: BaselineResult) -> str:
    """Say in one line what became of the baseline."""
    counted: dict[EntryState, int] = {}
    for entry_status in result.entry_statuses:
        counted[entry_status.state] = counted.get(entry_status.state, 0) + 1
    words = [f"{counted[state]} {_spoken(state)}" for state in EntryState if state in counted]
    for number, for_whom in (
        (result.other_suts, "for other clients"),
        (result.other_clauses, "for clauses that the run does not speak of"),
    ):
        words += [f"{number} {for_whom}"] if number else []
    return f"baseline: {', '.join(words) or 'no entries'} ({', '.join(result.files)})"


def _spoken(state: EntryState) -> str:
    return state.value.replace("_", " ")
