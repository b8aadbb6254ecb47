"""The state of a run, in one word and one sentence, for every report. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

from ringproof import exit_codes
from ringproof.results import RunFinished
from ringproof.verdict import Verdict

RunState = Literal["passed", "warned", "unexercised", "stale", "failed", "fault", "incomplete"]
"""Only ``passed`` is ever shown in green."""

EXIT_WORDS = {
    exit_codes.AS_EXPECTED: "as expected",
    exit_codes.SUT_FAILS: "a clause is broken",
    exit_codes.NOTHING_JUDGED: "nothing judged, or a clause was not exercised",
    exit_codes.ADAPTER_FAULT: "the adapter is at fault",
    exit_codes.HARNESS_FAULT: "ringproof or the machine is at fault",
    exit_codes.STALE_BASELINE: "the baseline is stale",
    exit_codes.USAGE: "wrong usage",
    exit_codes.INTERRUPTED: "interrupted",
    exit_codes.READER_GONE: "nobody read the output",
}


def exit_text(code: int) -> str:
    """Return an exit status with its meaning."""
    return f"{code}: {EXIT_WORDS.get(code, 'unknown')}"


WORST_FIRST = (
    Verdict.FAIL,
    Verdict.WARN,
    Verdict.FIXED,
    Verdict.KNOWN,
    Verdict.NOT_EXERCISED,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)


class RunStatus(NamedTuple):
    """The word and the sentence."""

    state: RunState
    sentence: str


def run_status(finished: RunFinished) -> RunStatus:
    """Return the state of a run. What makes it unusable outranks what it found."""
    if finished.status == "incomplete":
        nothing = finished.faults and not finished.counts.run
        stopped = "the run was stopped, so nothing here is final"
        return RunStatus("incomplete", "nothing was played" if nothing else stopped)
    counts = dict(tally(one.verdict for one in finished.verdicts))
    judged = f"{len(finished.verdicts) - counts.get(Verdict.NOT_APPLICABLE, 0)} clauses"
    known, unexercised = counts.get(Verdict.KNOWN, 0), counts.get(Verdict.NOT_EXERCISED, 0)
    match finished.exit_code:
        case exit_codes.ADAPTER_FAULT | exit_codes.HARNESS_FAULT | exit_codes.USAGE as code:
            return RunStatus("fault", f"{EXIT_WORDS[code]}, so this is no verdict on the client")
        case exit_codes.SUT_FAILS:
            broken = counts.get(Verdict.FAIL, 0)
            warned = f", {counts[Verdict.WARN]} of them a SHOULD" if Verdict.WARN in counts else ""
            broken += counts.get(Verdict.WARN, 0)
            return RunStatus("failed", f"{broken} of {judged} do not hold{warned}")
        case exit_codes.STALE_BASELINE:
            return RunStatus("stale", "the baseline expects what no longer happens")
        case exit_codes.AS_EXPECTED if not unexercised and counts.get(Verdict.WARN):
            return RunStatus("warned", f"every MUST holds; {counts[Verdict.WARN]} SHOULD do not")
        case exit_codes.AS_EXPECTED if not unexercised and (known or Verdict.PASS in counts):
            beside = f", but for {known} known failures" if known else ""
            return RunStatus("passed", f"all {judged} hold{beside}")
        case _:
            return RunStatus("unexercised", f"{unexercised} of {judged} were not exercised")


def tally(verdicts: Iterable[Verdict]) -> list[tuple[Verdict, int]]:
    """Count the clauses of each verdict, worst first; a verdict of no clause is left out."""
    counts = Counter(verdicts)
    return [(word, counts[word]) for word in WORST_FIRST if counts[word]]
