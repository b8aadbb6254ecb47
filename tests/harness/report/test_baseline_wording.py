"""What every report shows of a baseline."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from ringproof.baseline import BaselineEntry, EntryState, EntryStatus
from ringproof.baseline.wording import describe, summary
from ringproof.report import document as json_report
from ringproof.report import junit
from ringproof.report.terminal import TerminalReport
from ringproof.results import RunFinished
from tests.harness.report import runs

STRICT = msgspec.structs.replace(runs.WITH_BASELINE, strict=True, exit_code=5)


def printed(finished: RunFinished) -> str:
    out = io.StringIO()
    report = TerminalReport(Console(file=out, width=150), "reference")
    report.record(runs.STARTED)
    report.record(finished)
    return out.getvalue()


def cases(finished: RunFinished) -> dict[str, ET.Element]:
    suite = ET.fromstring(junit.render(finished, "reference"))
    return {str(case.get("name")): case for case in suite.iter("testcase")}


class TestWords:
    @pytest.mark.parametrize("state", list(EntryState))
    def test_every_state_is_shown(self, state: EntryState):
        assert describe(EntryStatus(entry=runs.ENTRY, state=state)).startswith(
            state.replace("_", " ")
        )

    def test_counts_and_dates_are_shown(self):
        old = BaselineEntry(**{**msgspec.structs.asdict(runs.ENTRY), "expires": "2020-01-01"})
        shown = describe(EntryStatus(entry=old, state=EntryState.EXPIRED, exercised=4, matched=3))
        assert "expired since 2020-01-01" in shown
        assert "(3 of 4 times)" in shown

    def test_summary_counts_what_was_passed_over(self):
        assert runs.WITH_BASELINE.baseline is not None
        assert summary(runs.WITH_BASELINE.baseline) == (
            "baseline: 1 known, 1 fixed, 2 for other clients (known.toml)"
        )


class TestTerminal:
    def test_known_failure_is_a_line_and_no_ladder(self):
        text = printed(runs.WITH_BASELINE)
        assert "KNOWN" in text
        assert "known.toml: entry 3 (status/answer-order): known: seen failing" in text
        assert "known.toml: entry 4 (status/hangup-order): fixed: the clause never failed" in text
        assert "=> " not in text
        assert "[[known]]" not in text

    def test_failure_comes_with_its_entry(self):
        text = printed(runs.FINISHED)
        assert '[[known]]\nsut = "reference"\nclause = "status/answer-order"\n' in text

    def test_nothing_from_outside_is_markup_or_control(self):
        text = printed(runs.WITH_BASELINE) + printed(runs.FINISHED)
        assert not set(text) & set("\x1b\x00\u202e")


class TestJUnit:
    def test_known_failure_is_neither_red_nor_a_plain_pass(self):
        case = cases(runs.WITH_BASELINE)["status/answer-order"]
        skipped = case.find("skipped")
        assert skipped is not None
        assert skipped.get("type") == "KNOWN"
        assert "https://example.com/issues/7" in str(skipped.get("message"))
        shown = case.findtext("system-out") or ""
        assert "failed 1 of 4 times" in shown
        assert "ringproof replay" in shown

    def test_fixed_is_shown_and_red_when_strict(self):
        entry = "known.toml: entry 4 (status/hangup-order)"
        lenient = cases(runs.WITH_BASELINE)
        assert "remove known.toml: entry 4" in (
            lenient["status/hangup-order"].findtext("system-out") or ""
        )
        assert entry not in lenient
        failure = cases(STRICT)[entry].find("failure")
        assert failure is not None
        assert failure.get("type") == "FIXED"


class TestJson:
    def test_every_entry_is_there_with_its_state(self):
        written = json_report.encode(json_report.from_finished(runs.WITH_BASELINE, "reference"))
        document = json.loads(written)
        baseline = document["baseline"]
        assert baseline["files"] == ["known.toml"]
        assert baseline["other_suts"] == 2
        entries = [(one["state"], one["matched"]) for one in baseline["entries"]]
        assert entries == [("known", 1), ("fixed", 0)]
        assert [one["entry"]["number"] for one in baseline["entries"]] == [3, 4]
        assert baseline["entries"][0]["entry"]["issue"] == runs.ENTRY.issue
        verdicts = [(one["verdict"], one["excused"]) for one in document["clauses"]]
        assert verdicts == [("PASS", 0), ("KNOWN", 1), ("FIXED", 0)]

    def test_without_a_baseline_it_is_null(self):
        assert json_report.from_finished(runs.FINISHED, "reference").baseline is None
