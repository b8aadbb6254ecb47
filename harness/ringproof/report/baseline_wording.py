"""How the entries of a baseline stand, in words: shared by the reports."""

from __future__ import annotations

from ringproof.baseline import Result, Standing, State

WORDS = {
    State.KNOWN: "seen failing, as described",
    State.FIXED: "the clause held every time: remove the entry",
    State.STALE: "the clause failed, and never as described: rewrite or remove the entry",
    State.EXPIRED: "past its date, so it excuses nothing: look at it again",
    State.ALWAYS: "said to happen sometimes, and failed every time: look at it again",
    State.NOT_SEEN: "not seen in this run, which shows nothing",
    State.NOT_EXERCISED: "its scenarios did not occur in this run",
    State.NOT_APPLICABLE: "the clause does not apply to this client",
}


def describe(standing: Standing) -> str:
    """Say in one line how an entry stands."""
    counts = f" ({standing.matched} of {standing.exercised} times)" if standing.exercised else ""
    expires = standing.entry.expires
    since = f" since {expires}" if standing.state is State.EXPIRED else ""
    return f"{_spoken(standing.state)}{since}: {WORDS[standing.state]}{counts}"


def summary(result: Result) -> str:
    """Say in one line what became of the baseline."""
    counted: dict[State, int] = {}
    for standing in result.standings:
        counted[standing.state] = counted.get(standing.state, 0) + 1
    words = [f"{counted[state]} {_spoken(state)}" for state in State if state in counted]
    for number, for_whom in (
        (result.other_suts, "for other clients"),
        (result.other_clauses, "for clauses that the run does not speak of"),
    ):
        words += [f"{number} {for_whom}"] if number else []
    return f"baseline: {', '.join(words) or 'no entries'} ({', '.join(result.files)})"


def _spoken(state: State) -> str:
    return state.value.replace("_", " ")
