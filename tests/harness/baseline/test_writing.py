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
from ringproof.baseline.names import identity as identity_of
from ringproof.baseline.writing import string
from ringproof.report.files import BASELINE_NAME, documents
from ringproof.results import ClauseVerdict, SutInfo
from ringproof.verdict import Failure, Verdict
from tests.harness.report import runs
from tests.harness.test_failure_wording import PRODUCED

INFO = SutInfo(name="@signalwire/js", version="4.0.0-beta.12", carrier="chromium")


def hangup(*seen: str) -> Failure:
    return Failure(kind="wrong-end-after-hangup", expected=("disconnected", "destroyed"), seen=seen)


def failed(*failures: Failure, **fields: object) -> ClauseVerdict:
    kinds = FailureKinds()
    for failure in failures:
        kinds.note(failure)
    usual = {
        "id": "status/hangup-order",
        "level": "M",
        "statement": "in order",
        "verdict": Verdict.FAIL,
        "failed": len(failures),
        "kinds": tuple(kinds),
        "kinds_left_out": kinds.more,
    }
    return ClauseVerdict(**{**usual, **fields})


def read(text: str) -> list[BaselineEntry]:
    return parse(text, "pasted.toml")


def covers(text: str, names: tuple[str, ...], clause: str, failure: Failure) -> bool:
    entries = Baseline((), tuple(read(text))).of(names)
    return baseline.KnownFailures(entries).covers(clause, failure, runs.SCENARIO)


class TestEntry:
    def test_it_reads_as_somebody_would_write_it(self):
        text = baseline.entry(
            failed(hangup("destroyed"), variants=("fails with a, passes with b",)), "chromium", INFO
        )
        assert text == (
            "[[known]]\n"
            'sut = "chromium:4.0.0-beta.12"\n'
            'clause = "status/hangup-order"\n'
            'reason = "after hangup(): expected disconnected, destroyed; saw destroyed"\n'
            'failure = { kind = "wrong-end-after-hangup", '
            'expected = ["disconnected", "destroyed"], seen = ["destroyed"] }\n'
            "# fails with a, passes with b\n"
            '# issue = "https://…"\n'
        )

    def test_one_entry_for_each_kind_of_failure(self):
        text = baseline.entry(failed(hangup("a"), hangup("a"), hangup("b")), "reference")
        assert [entry.failure.seen for entry in read(text) if entry.failure] == [("a",), ("b",)]

    def test_kinds_beyond_the_bound_are_counted(self):
        text = baseline.entry(failed(*(hangup(letter) for letter in "abcdefghij")), "reference")
        assert len(read(text)) == 8
        assert "# 2 more failures, of other kinds" in text

    def test_verdict_without_kinds_is_written_from_its_first_failure(self):
        failure = msgspec.structs.replace(runs.FIRST.failure, kind="wrong-answer-order")
        first = msgspec.structs.replace(runs.FIRST, failure=failure)
        verdict = msgspec.structs.replace(runs.FAILED, kinds=(), first_failure=first)
        text = baseline.entry(verdict, "reference")
        assert covers(text, ("reference",), runs.FAILED.id, failure)

    @pytest.mark.parametrize(
        "verdict",
        [Verdict.PASS, Verdict.KNOWN, Verdict.FIXED, Verdict.NOT_EXERCISED, Verdict.NOT_APPLICABLE],
    )
    def test_nothing_is_written_for_what_does_not_fail(self, verdict: Verdict):
        assert baseline.entry(failed(hangup("a"), verdict=verdict), "reference") == ""

    def test_should_that_fails_has_an_entry_too(self):
        assert read(baseline.entry(failed(hangup("a"), verdict=Verdict.WARN), "reference"))

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
    def test_entry_with_any_text_loads_and_matches_its_failure(self, error: str):
        clause = "end/hangup-tells-server"
        failure = Failure(kind="hangup-rejected", args={"error": error})
        text = baseline.entry(failed(failure, id=clause), "mutant:a[b]*?")
        assert text.isprintable() or set(text) - {"\n"} == {c for c in text if c.isprintable()}
        assert covers(text, ("mutant:a[b]*?",), clause, failure)
        assert not covers(text, ("mutant:ab",), clause, failure)

    def test_every_failure_of_a_check_has_an_entry_that_fits_it_and_no_other(self):
        for clause, failure in PRODUCED:
            text = baseline.entry(failed(failure, id=clause), "reference")
            assert covers(text, ("reference",), clause, failure), failure
            for other_clause, other in PRODUCED:
                if other_clause == clause and other.identity != failure.identity:
                    assert not covers(text, ("reference",), clause, other), (failure, other)


FINISHED = msgspec.structs.replace(
    runs.FINISHED,
    verdicts=(
        runs.PASSED,
        failed(hangup("destroyed")),
        failed(Failure(kind="emitted-list-changed"), id="list/snapshot"),
    ),
)


class TestDocument:
    def test_it_holds_every_clause_that_fails(self):
        text = documents(FINISHED, "chromium")[BASELINE_NAME].decode()
        assert {entry.clause for entry in read(text)} == {"status/hangup-order", "list/snapshot"}
        assert {entry.sut for entry in read(text)} == {"chromium:9.9"}

    def test_without_failures_it_is_an_empty_baseline(self):
        clean = msgspec.structs.replace(runs.FINISHED, verdicts=(runs.PASSED,))
        text = documents(clean, "chromium")[BASELINE_NAME].decode()
        assert read(text) == []
        assert text.startswith("# Nothing failed")

    def test_it_can_be_loaded_from_the_report_folder(self, tmp_path: Path):
        path = tmp_path / BASELINE_NAME
        path.write_bytes(documents(FINISHED, "reference")[BASELINE_NAME])
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
        assert identity_of(sut, INFO) == identity
        assert baseline.names(sut, INFO)[0] == identity
        assert {sut, "@signalwire/js@4.0.0-beta.12"} <= set(baseline.names(sut, INFO))

    def test_a_client_that_never_said_hello_goes_by_what_was_asked_for(self):
        assert identity_of("chromium", None) == "chromium"


@given(st.text())
def test_every_text_is_a_toml_string(text: str):
    assert tomllib.loads(f"a = {string(text)}")["a"] == text
