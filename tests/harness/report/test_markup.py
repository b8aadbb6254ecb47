"""No text that somebody else chose is markup, in any format and anywhere in it."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from ringproof.baseline import FailureKind
from ringproof.report import badge, html, junit, markdown
from ringproof.report.terminal import TerminalReport
from ringproof.results import LeftOut, RunFinished
from tests.harness.report import runs
from tests.harness.report.hostile import MARKUP, hostile

SUT = f"reference {MARKUP}"

FENCE = re.compile(r"^(`{3,})text\n.*?^\1$", re.MULTILINE | re.DOTALL)
"""A block of code, in which Markdown shows all as it is."""

WHOLE = msgspec.structs.replace(
    runs.FINISHED,
    verdicts=(
        msgspec.structs.replace(runs.FAILED, kinds=(FailureKind(kind="a", args={"b": "*"}),)),
        *(one for one in runs.FINISHED.verdicts if one is not runs.FAILED),
    ),
    environment={"python": "3.11"},
    left_out=(LeftOut("devices", 2),),
)
WITH_BASELINE = msgspec.structs.replace(runs.WITH_BASELINE, strict=True, exit_code=5)
EXPLORED = msgspec.structs.replace(
    WHOLE,
    explored=msgspec.structs.replace(
        runs.EXPLORED,
        findings=tuple(
            msgspec.structs.replace(one, variants=("only with msid=True",)) for one in runs.FINDINGS
        ),
    ),
)

pytestmark = pytest.mark.parametrize(
    "finished", [WHOLE, WITH_BASELINE, EXPLORED], ids=["finished", "baseline", "explored"]
)


def test_every_text_is_hostile(finished: RunFinished):
    """Of the tests below, that is; whatever a report shows has to have come from one of them."""
    spoilt = hostile(finished)
    assert all(MARKUP in one.capability for one in spoilt.left_out)
    assert spoilt.verdicts[0].reason == finished.verdicts[0].reason + MARKUP
    shown = [one.first_failure for one in spoilt.verdicts if one.first_failure is not None]
    assert all(MARKUP in str(one.scenario.callers[0].name) for one in shown)
    assert all(MARKUP in one.trace.dumps().decode("unicode_escape") for one in shown)


def test_page_has_no_element_that_is_not_its_own(finished: RunFinished):
    words = html.render(finished, "reference").decode()
    spoilt = html.render(hostile(finished), SUT).decode()
    for tag in ("<script", "<b>"):
        assert spoilt.count(tag) == words.count(tag)
    assert spoilt.count("&lt;script&gt;") > 10
    assert "\x1b" not in spoilt


def test_summary_has_no_tag_outside_of_its_blocks_of_code(finished: RunFinished):
    spoilt = markdown.render(hostile(finished), SUT).decode()
    open_text = FENCE.sub("", spoilt).replace("<!-- -->", "")
    assert "<" not in open_text
    assert "&lt;script&gt;" in open_text
    assert "\x1b" not in spoilt


def test_test_cases_hold_no_element_of_others(finished: RunFinished):
    spoilt = junit.render(hostile(finished), SUT)
    known = {"testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"}
    assert {one.tag for one in ET.fromstring(spoilt).iter()} <= known
    assert b"<script" not in spoilt
    assert b"<b>" not in spoilt
    assert b"&lt;script&gt;" in spoilt


def test_badge_holds_no_word_of_others(finished: RunFinished):
    assert badge.render(hostile(finished)) == badge.render(finished)


def test_console_shows_all_as_it_is(finished: RunFinished):
    out = io.StringIO()
    report = TerminalReport(Console(file=out, width=150), SUT, f"build{MARKUP}")
    for event in (runs.STARTED, runs.SCENARIO_DIED, finished):
        report.record(hostile(event))
    assert "</script><b>[red]\\x1b[31m" in out.getvalue()
    assert "\x1b" not in out.getvalue()
