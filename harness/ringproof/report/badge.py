"""``badge.svg``: the state of a run in a few words. Green only for a complete run that passed."""

from __future__ import annotations

from xml.sax.saxutils import escape

from ringproof.report.status import RunState, run_status, tally
from ringproof.results import RunFinished
from ringproof.verdict import Verdict

NAME = "badge.svg"

COLOURS: dict[RunState, str] = {
    "passed": "#1a7f37",
    "warned": "#9a6700",
    "unexercised": "#6b3fb8",
    "stale": "#9a6700",
    "failed": "#b3201b",
    "fault": "#b3201b",
    "incomplete": "#57606a",
}
"""Behind white letters, each with a contrast of at least 4.5 to 1."""

LEFT = "ringproof"
LETTER_PX = 6.6
"""Of a word in 11 px Verdana or DejaVu Sans, on average; the text is fitted to it."""


def render(finished: RunFinished) -> bytes:
    """Return the badge as SVG, 20 px high, with no font, image or address from elsewhere."""
    state = run_status(finished).state
    counts = dict(tally(one.verdict for one in finished.verdicts))
    passed = counts.get(Verdict.PASS, 0)
    broken = counts.get(Verdict.FAIL, 0) + counts.get(Verdict.WARN, 0)
    words: dict[RunState, str] = {
        "passed": f"{passed} clauses hold",
        "warned": f"{passed} hold, {counts.get(Verdict.WARN, 0)} should",
        "unexercised": f"{counts.get(Verdict.NOT_EXERCISED, 0)} not exercised",
        "stale": "stale baseline",
        "failed": f"{broken} broken, {passed} hold",
        "fault": "not judged: fault",
        "incomplete": "incomplete",
    }
    text = words[state]
    left, right = _width(LEFT), _width(text)
    label = escape(f"{LEFT}: {text}")
    whole = left + right
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{label}">
  <title>{label}</title>
  <clipPath id="round"><rect width="{whole}" height="20" rx="4"/></clipPath>
  <g clip-path="url(#round)">
    <rect width="{left}" height="20" fill="#24292f"/>
    <rect x="{left}" width="{right}" height="20" fill="{COLOURS[state]}"/>
  </g>
  <g fill="#fff" font-family="Verdana,'DejaVu Sans',Geneva,sans-serif" font-size="11">
    <text x="8" y="14" textLength="{left - 16}">{LEFT}</text>
    <text x="{left + 8}" y="14" textLength="{right - 16}">{escape(text)}</text>
  </g>
</svg>
""".encode()


def _width(text: str) -> int:
    return round(len(text) * LETTER_PX) + 16
