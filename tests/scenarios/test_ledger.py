"""The clause ledger: complete, well-formed, and in step with the checks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from ringproof import checks, trace
from ringproof_fakeserver.protocol import journal
from ringproof_scenarios import ledger
from ringproof_scenarios.ledger import LedgerError, load, parse

LEDGER = load()

DRAFT = [
    "register/sync-point",
    "register/automatic",
    "register/guest-cannot-receive",
    "register/reference-is-stable",
    "list/current-on-subscribe",
    "list/whole-list",
    "list/every-change",
    "list/no-duplicate-emission",
    "list/simultaneous-together",
    "list/no-dedupe",
    "list/no-queue",
    "list/no-pick",
    "list/stays-through-status",
    "list/leaves-only-when-destroyed",
    "list/inbound-only",
    "list/snapshot",
    "caller/direction",
    "caller/from",
    "caller/from-name",
    "caller/undef-name",
    "caller/display-fallback",
    "caller/to-alias",
    "caller/identity-stable",
    "status/starts-ringing",
    "status/answer-order",
    "status/hangup-order",
    "status/reject-order",
    "status/gave-up-order",
    "status/single-exit",
    "status/destroyed-last",
    "status/no-repeat",
    "status/getter-agrees",
    "status/late-subscriber",
    "status/known-words",
    "outcome/three-ways",
    "outcome/decline-no-media",
    "outcome/decline-never-picks-up",
    "outcome/gave-up-no-resurrection",
    "outcome/glare",
    "outcome/reject-after-answer",
    "outcome/answer-twice",
    "stream/local-after-accept",
    "stream/remote-after-accept",
    "stream/never-without-accept",
    "stream/both-when-connected",
    "stream/remote-new-per-track",
    "stream/answer-defaults",
    "stream/answer-audio-video",
    "stream/answer-video-only",
    "stream/media-flows",
    "stream/complete-at-end",
    "end/hangup-tells-server",
    "end/remote-hangup",
    "end/page-unload",
    "end/transfer-keeps-call",
    "end/script-finishes",
]
"""Ids are immutable: these were promised before the first release."""

ROW = """
format = 1
[pages]
guide = "https://example.com/guide"
[[clause]]
id = "list/whole-list"
level = "M"
statement = "Each emission is the whole list."
source = "guide § Listen"
observed_by = ["sut:calls"]
"""


class TestShippedLedger:
    def test_no_row_of_the_draft_is_missing(self):
        ids = {row.id for row in LEDGER}
        assert [id for id in DRAFT if id not in ids] == []

    def test_families_come_in_the_order_of_the_guide(self):
        first = "register return list caller status outcome capture stream media end"
        families = [*first.split(), "platform", "advice"]
        assert list(dict.fromkeys(row.family for row in LEDGER)) == families

    def test_every_row_has_either_evidence_or_a_reason(self):
        for row in LEDGER:
            assert bool(row.observed_by) != bool(row.excluded), row.id
            assert row.statement.endswith("."), row.id
            assert row.source.startswith("https://signalwire.com/docs/"), row.id

    def test_every_checked_row_has_a_check_and_no_check_lacks_a_row(self):
        assert {row.id for row in LEDGER.checked} == set(checks.CHECKS)

    def test_only_advice_is_excluded(self):
        excluded = {row.id for row in LEDGER if row.excluded}
        assert excluded == {row.id for row in LEDGER if row.family == "advice"}

    def test_evidence_names_trace_entries(self):
        sut = {f"sut:{_tag(event)}" for event in get_args(trace.AnySutEvent)}
        platform = {f"platform:{_tag(fact)}" for fact in get_args(journal.AnyFact)}
        harness = {f"harness:{_tag(entry)}" for entry in (trace.Rested, trace.CalledBack)}
        assert set(ledger.EVIDENCE) <= sut | platform | harness

    def test_row_is_found_by_id(self):
        assert LEDGER.row("list/whole-list").family == "list"
        assert len(LEDGER) == len({row.id for row in LEDGER})

    def test_unknown_id_suggests_the_nearest(self):
        with pytest.raises(LedgerError, match="did you mean 'list/whole-list'"):
            LEDGER.row("list/hole-list")


class TestParse:
    def test_source_becomes_a_link(self):
        assert parse(ROW).rows[0].source == "https://example.com/guide § Listen"

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ("format = 1", "format = 2", "format 2: this ringproof reads 1"),
            ("format = 1", "", "format None"),
            ("format = 1", "format = 1\nclauses = 1", "'clauses'; did you mean 'clause'?"),
            ("level =", "levle =", "list/whole-list: unknown key 'levle'; did you mean 'level'?"),
            ('"M"', '"X"', "list/whole-list: Invalid enum value 'X'"),
            ("list/whole-list", "Whole List", "family/words-in-kebab-case"),
            ("guide § Listen", "gide § Listen", "no page 'gide' in [pages]; did you mean 'guide'"),
            ("guide § Listen", "guide", 'source is "page § section"'),
            ("Each emission is the whole list.", " ", "the statement is empty"),
            ("sut:calls", "sut:call", "unknown 'sut:call'; did you mean 'sut:calls'?"),
            ('["sut:calls"]', "[]", "either observed_by or excluded"),
            ('["sut:calls"]', '["sut:calls"]\nexcluded = "no"', "either observed_by or excluded"),
            ('["sut:calls"]', '["sut:calls"]\nrequires = ["rtcp"]', "did you mean 'rtp'?"),
            ('["sut:calls"]', '["sut:calls"]\nvariants = ["ring"]', "did you mean 'ring_ms'?"),
            ('statement = "Each emission is the whole list."', "", "missing required field"),
            ('id = "list/whole-list"', "", "clause number 1"),
            ("[[clause]]", "[clause]", "Expected `array`"),
            ("[[clause]]", "[[clause", "not TOML"),
            ("[[clause]]", "[[clause]]\n[[clause]]", "clause number 1"),
        ],
    )
    def test_damaged_row_is_named_with_what_would_be_right(self, old, new, problem):
        assert old in ROW
        with pytest.raises(LedgerError, match=re.escape(problem)):
            parse(ROW.replace(old, new, 1))

    def test_repeated_id_is_refused(self):
        row = ROW[ROW.index("[[clause]]") :]
        with pytest.raises(LedgerError, match="list/whole-list: the id occurs twice"):
            parse(ROW + row)


def _tag(struct: type) -> str:
    return str(struct.__struct_config__.tag)


def test_advice_to_apps_is_shown_in_an_example():
    root = Path(__file__).parents[2]
    advice = [clause for clause in LEDGER if clause.id.startswith("advice/")]
    assert advice
    for clause in advice:
        shown = re.findall(r"examples/[\w-]+|both examples", clause.excluded or "")
        assert shown, clause.id
        assert all(one == "both examples" or (root / one).is_dir() for one in shown)
