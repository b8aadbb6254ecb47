"""The page as text; tests/browser/test_report_page.py opens it in Chromium."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import msgspec
import pytest

from ringproof.report import html, page
from ringproof.report.failure_cards import source_of
from ringproof.results import FirstFailure, LeftOut, RunFinished
from ringproof.trace import Emitted, SutError, Trace
from ringproof.verdict import Failure, Verdict
from ringproof_scenarios import ledger
from tests.harness.report import runs

SCRIPT = "</code></script><script>alert(1)</script>"


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def rendered(finished: RunFinished = runs.FINISHED, **options: bool) -> str:
    return html.render(finished, "reference", **options).decode()


def elements(text: str, tag: str) -> list[dict[str, str | None]]:
    parser = Elements()
    parser.feed(text)
    return [attributes for name, attributes in parser.tags if name == tag]


def with_failure(failure: FirstFailure) -> RunFinished:
    failed = msgspec.structs.replace(
        runs.FAILED, first_failure=failure, reason=failure.failure.message
    )
    return msgspec.structs.replace(runs.FINISHED, verdicts=(failed,))


class TestContent:
    def test_failure_is_shown_with_everything_needed_to_fix_it(self):
        text = rendered()
        row = ledger.load().row("status/answer-order")
        for words in (
            runs.FAILED.statement,
            row.source.partition(" § ")[0],
            "calls the subscriber",
            "ringproof replay rp1:",
            "fails with bye_echo=True, passes with bye_echo=False",
            "connecting was skipped",
            "first wrong event",
            "[[known]]",
            "traces/status-answer-order.jsonl",
        ):
            assert words in text, words

    def test_every_failure_has_a_ladder_with_title_description_and_words(self):
        text = rendered()
        drawn = [one for one in elements(text, "svg") if one.get("role") == "img"]
        assert len(drawn) == 2
        ids = {one.get("id") for tag in ("title", "desc") for one in elements(text, tag)}
        for one in drawn:
            assert one["aria-labelledby"] in ids
            assert one["aria-describedby"] in ids
        assert text.count('class="words"') == 2

    def test_run_is_shown_with_its_facts(self):
        info = msgspec.structs.replace(runs.SUT, runtime="Chromium 140.0")
        finished = msgspec.structs.replace(
            runs.FINISHED, sut=info, environment={"python": "CPython 3.11.7", "system": "Linux 6"}
        )
        text = rendered(finished)
        for words in ("reference 9.9", "Chromium 140.0", "CPython 3.11.7", "Linux 6", "3.2 s"):
            assert words in text
        assert "3: the adapter is at fault" in text

    def test_exploring_run_shows_every_distinct_way_with_a_ladder_of_its_own(self):
        explored = msgspec.structs.replace(
            runs.FINISHED, verdicts=(runs.FAILED,), explored=runs.EXPLORED
        )
        text = rendered(explored)
        assert len([one for one in elements(text, "svg") if one.get("role") == "img"]) == 2
        assert "failed in all of 3 replays; explains 12 scenarios" in text
        assert "now and then: failed in 1 of 3 replays" in text
        assert "40 walks, 2 findings, 2 not looked into" in text

    def test_what_was_left_out_is_shown(self):
        left_out = (LeftOut("devices", 12),)
        text = rendered(msgspec.structs.replace(runs.FINISHED, left_out=left_out))
        assert "devices (12 scenarios)" in text

    def test_clause_that_the_ledger_does_not_know_has_no_link(self):
        assert source_of("list/snapshot") is not None
        assert source_of("no/such") is None

    def test_run_that_goes_on_is_shown_without_ladders(self):
        text = rendered(drawn=False)
        assert not [one for one in elements(text, "svg") if one.get("role") == "img"]
        assert "ringproof replay rp1:" in text

    def test_run_without_verdicts_is_a_page_too(self):
        nothing = msgspec.structs.replace(
            runs.FINISHED, sut=None, verdicts=(), faults=(), status="incomplete", exit_code=130
        )
        text = rendered(nothing)
        assert "INCOMPLETE" in text
        assert "No clause has been judged yet." in text

    def test_long_ladder_is_cut_around_the_first_wrong_event(self):
        noise = [
            Emitted(at_us=number, event=SutError(s="s", n=number, text=f"noise {number}"))
            for number in range(5_000)
        ]
        trace = Trace(runs.trace().header, noise)
        failure = Failure(kind="wrong", entry=4_000)
        first = msgspec.structs.replace(runs.FIRST, trace=trace, failure=failure)
        text = rendered(with_failure(first))
        assert "noise 4000" in text
        assert "noise 0" in text
        assert "rows left out" in text
        assert len(text) < 400_000

    def test_endless_texts_are_cut(self):
        trace = Trace(
            runs.trace().header,
            [Emitted(at_us=1, event=SutError(s="s", n=0, text="x" * 1_000_000))],
        )
        failure = Failure(kind="missing", args={"text": "y" * 1_000_000}, entry=0)
        first = msgspec.structs.replace(runs.FIRST, trace=trace, failure=failure)
        assert len(rendered(with_failure(first))) < 200_000


class TestSafety:
    @pytest.fixture
    def hostile(self) -> str:
        nasty = f"{SCRIPT} {runs.NASTY} \ud800"
        trace = Trace(
            runs.trace().header,
            [Emitted(at_us=1, event=SutError(s="s", n=0, text=f"{SCRIPT} {runs.NASTY}"))],
        )
        first = FirstFailure(
            scenario=runs.SCENARIO,
            failure=Failure(kind=nasty, entry=0),
            trace=trace,
            label=SCRIPT,
        )
        info = msgspec.structs.replace(runs.SUT, name=SCRIPT, version=SCRIPT, runtime=SCRIPT)
        fault = msgspec.structs.replace(runs.FAULT, text=nasty, scenario=SCRIPT)
        finished = with_failure(first)
        finished = msgspec.structs.replace(finished, sut=info, faults=(fault,))
        return html.render(finished, SCRIPT).decode()

    def test_no_text_becomes_markup(self, hostile: str):
        assert len(elements(hostile, "script")) == 1
        assert "<script>alert" not in hostile
        assert not elements(hostile, "b") or "<b>&" not in hostile
        assert "\x1b" not in hostile
        assert "\u202e" not in hostile

    def test_policy_allows_the_pages_own_style_and_script_and_nothing_else(self, hostile: str):
        (meta,) = [
            one
            for one in elements(hostile, "meta")
            if one.get("http-equiv") == "Content-Security-Policy"
        ]
        hashes = []
        for tag in ("style", "script"):
            (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", hostile, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
            hashes.append(f"'sha256-{digest}'")
        style, script = hashes
        assert meta["content"] == (
            f"default-src 'none'; style-src {style}; script-src {script}; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        )

    def test_nothing_is_loaded_and_nothing_is_styled_or_scripted_in_place(self, hostile: str):
        parser = Elements()
        parser.feed(hostile)
        for tag, attributes in parser.tags:
            assert tag not in ("img", "iframe", "object", "embed", "base", "form") or (
                tag == "form" and "action" not in attributes
            )
            assert "src" not in attributes
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith("on")]
            href = attributes.get("href") or "#"
            assert tag != "link" or href.startswith("data:")
            assert href.startswith(("#", "https://", "traces/", "data:"))

    def test_ids_are_unique(self):
        parser = Elements()
        parser.feed(rendered())
        ids = [attributes["id"] for _, attributes in parser.tags if "id" in attributes]
        assert len(ids) == len(set(ids))


def test_every_verdict_has_a_sign_beside_its_colour():
    assert set(page.SYMBOLS) == {verdict.value for verdict in Verdict}
