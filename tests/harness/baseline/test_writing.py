from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringproof import baseline
from ringproof.baseline import Baseline, BaselineEntry, FailureKinds
from ringproof.baseline.entries import parse
from ringproof.baseline.writing import string
from ringproof.report import baseline_file
from ringproof.results import ClauseVerdict, SutInfo
from ringproof.verdict import Failure, Verdict
from tests.harness.report import runs

INFO = SutInfo(name="@signalwire/js", version="4.0.0-beta.12", carrier="chromium")


def failed(*messages: str, **fields: object) -> ClauseVerdict:
    kinds = FailureKinds()
    for message in messages:
        kinds.note(Failure(kind=message))
    usual = {
        "id": "status/hangup-order",
        "level": "M",
        "statement": "in order",
        "verdict": Verdict.FAIL,
        "failed": len(messages),
        "kinds": tuple(kinds),
        "kinds_left_out": kinds.more,
    }
    return ClauseVerdict(**{**usual, **fields})


def read(text: str) -> list[BaselineEntry]:
    return parse(text, "pasted.toml")


def covers(text: str, names: tuple[str, ...], message: str) -> bool:
    entries = Baseline((), tuple(read(text))).of(names)
    return baseline.KnownFailures(entries).covers(
        "status/hangup-order", Failure(kind=message), runs.SCENARIO
    )


class TestEntry:
    def test_it_reads_as_somebody_would_write_it(self):
        text = baseline.entry(
            failed("stream stream-1 was 'late'", variants=("fails with a, passes with b",)),
            "chromium",
            INFO,
        )
        assert text == (
            "[[known]]\n"
            'sut = "chromium:4.0.0-beta.12"\n'
            'clause = "status/hangup-order"\n'
            "reason = \"stream * was 'late'\"\n"
            "failure = \"stream * was 'late'\"\n"
            "# fails with a, passes with b\n"
            '# issue = "https://…"\n'
        )

    def test_one_entry_for_each_kind_of_failure(self):
        text = baseline.entry(failed("skipped 1", "skipped 2", "rang on"), "reference")
        assert [entry.failure for entry in read(text)] == ["skipped *", "rang on"]

    def test_kinds_beyond_the_bound_are_told(self):
        text = baseline.entry(failed(*(f"saw {letter}" for letter in "abcdefghij")), "reference")
        assert len(read(text)) == 8
        assert "# 2 more failures, of other kinds" in text

    def test_verdict_without_kinds_is_written_from_its_first_failure(self):
        (entry,) = read(baseline.entry(runs.FAILED, "reference"))
        assert entry.clause == runs.FAILED.id
        assert baseline.KnownFailures((entry,)).covers(
            runs.FAILED.id, runs.FIRST.failure, runs.SCENARIO
        )

    @pytest.mark.parametrize(
        "verdict",
        [Verdict.PASS, Verdict.KNOWN, Verdict.FIXED, Verdict.NOT_EXERCISED, Verdict.NOT_APPLICABLE],
    )
    def test_nothing_is_written_for_what_does_not_fail(self, verdict: Verdict):
        assert baseline.entry(failed("skipped 1", verdict=verdict), "reference") == ""

    def test_should_that_fails_has_an_entry_too(self):
        assert read(baseline.entry(failed("x", verdict=Verdict.WARN), "reference"))

    @given(st.text(min_size=1, max_size=300))
    @example("\u202e[red]\x00\x1b[31m\"\\'''\n\r\t\x7f\x85")
    @example("\ud800")
    @example("*")
    @example("12 3")
    @example("  ")
    @example("\n")
    @example("* " * 400)
    @example("/./")
    @example("x" * 3_000)
    @example("😀\U0001f600é")
    def test_whatever_failed_it_loads_and_fits_what_it_was_made_from(self, message: str):
        text = baseline.entry(failed(message), "mutant:a[b]*?")
        assert text.isprintable() or set(text) - {"\n"} == {c for c in text if c.isprintable()}
        assert covers(text, ("mutant:a[b]*?",), message)
        assert not covers(text, ("mutant:ab",), message)

    def test_it_does_not_fit_another_failure_of_the_clause(self):
        text = baseline.entry(failed("after hangup(): saw disconnecting, destroyed"), "reference")
        assert not covers(text, ("reference",), "after hangup(): saw disconnecting")
        assert not covers(text, ("reference",), "after hangup(): saw disconnecting, destroyed, new")


class TestDocument:
    def test_it_holds_every_clause_that_fails(self):
        text = baseline_file.render(runs.FINISHED, "chromium").decode()
        assert {entry.clause for entry in read(text)} == {"status/answer-order", "list/snapshot"}
        assert {entry.sut for entry in read(text)} == {"chromium:9.9"}

    def test_without_failures_it_is_an_empty_baseline(self):
        clean = msgspec.structs.replace(runs.FINISHED, verdicts=(runs.PASSED,))
        text = baseline_file.render(clean, "chromium").decode()
        assert read(text) == []
        assert text.startswith("# Nothing failed")

    def test_it_can_be_loaded_from_the_report_folder(self, tmp_path: Path):
        path = tmp_path / baseline_file.NAME
        path.write_bytes(baseline_file.render(runs.FINISHED, "reference"))
        assert len(baseline.load([path]).entries) == 2


class TestIdentity:
    @pytest.mark.parametrize(
        ("sut", "identity"),
        [
            ("chromium", "chromium:4.0.0-beta.12"),
            ("chromium:latest", "chromium:4.0.0-beta.12"),
            ("node:path/to/package", "node:4.0.0-beta.12"),
            ("v3:3.30.0", "v3:4.0.0-beta.12"),
            ("reference", "reference"),
            ("mutant:list-forgets", "mutant:list-forgets"),
            ("clients/mine/adapter.toml", "@signalwire/js@4.0.0-beta.12"),
            ("node my-adapter.mjs", "@signalwire/js@4.0.0-beta.12"),
        ],
    )
    def test_a_client_goes_by_its_version(self, sut: str, identity: str):
        assert baseline.identity(sut, INFO) == identity
        assert baseline.names(sut, INFO)[0] == identity
        assert {sut, "@signalwire/js@4.0.0-beta.12"} <= set(baseline.names(sut, INFO))

    def test_a_client_that_never_said_hello_goes_by_what_was_asked_for(self):
        assert baseline.identity("chromium", None) == "chromium"


@given(st.text())
def test_every_text_is_a_toml_string(text: str):
    assert tomllib.loads(f"a = {string(text)}")["a"] == text
