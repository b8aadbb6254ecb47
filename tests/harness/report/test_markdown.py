from __future__ import annotations

import msgspec
import pytest

from ringproof.report import markdown
from ringproof.results import LeftOut, RunFinished
from ringproof.verdict import Verdict
from tests.harness.report import runs


def rendered(finished: RunFinished = runs.FINISHED) -> str:
    return markdown.render(finished, "reference").decode()


def test_failures_are_shown_with_a_line_to_play_them_again():
    text = rendered()
    assert text.startswith("## FAULT: reference 9.9")
    assert "### FAIL status/answer-order" in text
    assert "### WARN list/snapshot" in text
    assert "calls the subscriber" in text
    assert f"```text\nringproof replay {runs.SCENARIO.replay()} --sut reference\n```" in text
    assert "**Not exercised**: status/late" in text
    assert "**Fault of the adapter** in accept/audio" in text


def test_table_counts_the_verdicts_worst_first():
    lines = rendered().splitlines()
    head = lines.index("| FAIL | WARN | NOT EXERCISED | PASS | NOT APPLICABLE |")
    assert lines[head + 2] == "| 1 | 1 | 1 | 1 | 1 |"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("# one", "\\#<!-- --> one"),
        ("- one", "\\- one"),
        ("12. one", "12\\. one"),
        ("===", "\\==="),
        ("a|b `c` *d* _e_ ~f~", "a\\|b \\`c\\` \\*d\\* \\_e\\_ \\~f\\~"),
        ("![x](http://e.example)", "!\\[x\\](http:<!-- -->//e.example)"),
        ("@team #12 :tada: www.e.example", None),
        ("one\n\n## two", "one  \\#<!-- -->\\#<!-- --> two"),
        ("\x1b[31m", "\\\\x1b\\[31m"),
        ("ok: it's (good).", "ok: it's (good)."),
    ],
)
def test_text_stays_text(text: str, shown: str | None):
    escaped = markdown.escaped(text)
    assert "\n" not in escaped
    if shown is None:
        assert escaped == "@<!-- -->team \\#<!-- -->12 :<!-- -->tada: www<!-- -->.e.example"
    else:
        assert escaped == shown


def test_code_block_cannot_be_ended_from_inside():
    assert markdown.fenced("a ```` b\n```")[0] == "`````text"


def test_many_failures_do_not_flood_the_page():
    many = tuple(
        msgspec.structs.replace(runs.FAILED, id=f"status/n-{n}", reason="x" * 10_000)
        for n in range(200)
    )
    text = rendered(msgspec.structs.replace(runs.FINISHED, verdicts=many))
    assert "and 175 more" in text
    assert len(text) < 200_000


def test_distinct_failures_are_counted_and_what_was_left_out_is_shown():
    words = "left out, for the SUT does not declare it: devices (12 scenarios)"
    left_out = (LeftOut("devices", 12),)
    text = rendered(
        msgspec.structs.replace(runs.FINISHED, explored=runs.EXPLORED, left_out=left_out)
    )
    assert "2 distinct ways: see `report.html`." in text
    assert words in text


def test_should_that_fails_is_shown_like_a_must():
    only = msgspec.structs.replace(runs.FINISHED, verdicts=(runs.WARNED,), faults=())
    text = rendered(only)
    assert "### WARN list/snapshot\n\n> stays" in text
    assert markdown.escaped(runs.WARNED.reason) in text
    assert f"ringproof replay {runs.SCENARIO.replay()}" in text


def test_known_failures_are_named():
    known = msgspec.structs.replace(runs.FAILED, verdict=Verdict.KNOWN)
    text = rendered(msgspec.structs.replace(runs.FINISHED, verdicts=(known,)))
    assert "**Known failures**: status/answer-order" in text
