"""``summary.md``: a run on half a page, for the job page of a CI.

Everything that came from a scenario or a client is escaped: it can be no heading, link, image,
mention or tag.
"""

from __future__ import annotations

import re

from ringproof.baseline import wording as baseline_wording
from ringproof.report import html
from ringproof.report.failure_cards import source_of
from ringproof.report.printable import clipped, printable
from ringproof.report.status import EXIT_WORDS, run_status, tally
from ringproof.report.wording import shown_failures, shown_first_failure
from ringproof.results import ClauseVerdict, RunFinished, describe_left_out
from ringproof.verdict import Verdict

NAME = "summary.md"

FAILURES_MAX = 25
"""Shown in full; job pages hold a megabyte, and nobody reads that much."""

NAMED_MAX = 60
"""Clauses that are listed by name only."""

TEXT_MAX = 600
"""Characters of a message."""

SPECIAL = re.compile(r"([\\`*_{}\[\]#|~^$])")
"""What is markup anywhere in a line."""

LEADING = re.compile(r"^(\d*)([-+=.)])")
"""What begins a list, a rule or a heading where a line begins with it."""

TAGS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
LINKED = re.compile(r"(@|\\#|:(?=//)|:(?=\w+:)|\bwww(?=\.))", re.IGNORECASE)
"""What job pages make mentions, links and pictures of, with no markup around it."""


def render(finished: RunFinished, sut: str) -> bytes:
    """Return the summary of a run as UTF-8; ``sut`` is what ``--sut`` was given."""
    state, sentence = run_status(finished)
    lines = [
        f"## {state.upper()}: {escaped(html.subject(finished, sut))}",
        "",
        escaped(sentence),
        "",
    ]
    lines += _counts(finished)
    played, code = finished.counts, finished.exit_code
    numbers = f"{finished.mode}, {played.run} scenarios, {played.calls} calls, seed {finished.seed}"
    end = f"{finished.status}, exit {code} ({EXIT_WORDS.get(code, 'unknown')})"
    lines += [f"{numbers}, {finished.duration_s:.1f} s, {end}", ""]
    left_out = describe_left_out(finished.left_out)
    lines += [escaped(left_out), ""] if left_out else []
    lines += [escaped(baseline_wording.summary(finished.baseline)), ""] if finished.baseline else []
    failing = [one for one in finished.verdicts if one.verdict in (Verdict.FAIL, Verdict.WARN)]
    for verdict in failing[:FAILURES_MAX]:
        lines += _failure(verdict, finished, sut)
    left = len(failing) - FAILURES_MAX
    lines += [f"… and {left} more: see `{html.NAME}`.", ""] if left > 0 else []
    lines += _named("Known failures", Verdict.KNOWN, finished)
    lines += _named("Fixed, yet in the baseline", Verdict.FIXED, finished)
    lines += _named("Not exercised", Verdict.NOT_EXERCISED, finished)
    for fault in finished.faults[:FAILURES_MAX]:
        where = f" in {escaped(fault.scenario)}" if fault.scenario else ""
        lines += [f"**Fault of the {fault.owner}**{where}", "", *fenced(fault.text), ""]
    return ("\n".join(lines).rstrip() + "\n").encode()


def escaped(text: str) -> str:
    """Return ``text`` as one line of Markdown that shows exactly it."""
    line = printable(clipped(text, TEXT_MAX).replace("\n", " ")).strip()
    safe = SPECIAL.sub(r"\\\1", line).translate(TAGS)
    # An empty comment shows nothing, and keeps apart what would be read as one word.
    return LEADING.sub(r"\1\\\2", LINKED.sub(r"\1<!-- -->", safe))


def fenced(text: str) -> list[str]:
    """Return ``text`` as a code block that nothing in it can end."""
    shown = [printable(line) for line in text.splitlines()]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *shown, fence]


def _counts(finished: RunFinished) -> list[str]:
    counts = tally(one.verdict for one in finished.verdicts)
    if not counts:
        return []
    heads = [word.value.replace("_", " ") for word, _ in counts]
    numbers = [str(number) for _, number in counts]
    rows = (heads, ["---:"] * len(counts), numbers)
    return [*(f"| {' | '.join(row)} |" for row in rows), ""]


def _failure(verdict: ClauseVerdict, finished: RunFinished, sut: str) -> list[str]:
    source = source_of(verdict.id)
    link = f" ([documentation {escaped(source.text)}]({source.href}))" if source else ""
    lines = [f"### {verdict.verdict} {escaped(verdict.id)}", ""]
    lines += [f"> {escaped(verdict.statement)}{link}", ""]
    lines += [escaped(verdict.reason), ""]
    if (shown := shown_first_failure(verdict, sut)) is not None:
        lines += [f"- {escaped(remark)}" for remark in shown.remarks]
        lines += [""] if shown.remarks else []
        numbered = enumerate(shown.sentences, start=1)
        lines += [f"{number}. {escaped(sentence)}" for number, sentence in numbered]
        lines += ["", *fenced(shown.replay), ""]
    ways = len(shown_failures(verdict, finished, sut))
    return [*lines, f"{ways} distinct ways: see `{html.NAME}`.", ""] if ways > 1 else lines


def _named(heading: str, verdict: Verdict, finished: RunFinished) -> list[str]:
    ids = [one.id for one in finished.verdicts if one.verdict is verdict]
    if not ids:
        return []
    more = f" … and {len(ids) - NAMED_MAX} more" if len(ids) > NAMED_MAX else ""
    return [f"**{heading}**: {', '.join(map(escaped, ids[:NAMED_MAX]))}{more}", ""]
