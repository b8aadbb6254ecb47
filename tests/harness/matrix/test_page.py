"""The page, the JSON and the Markdown of a matrix."""

from __future__ import annotations

import json
import re

import pytest

from ringproof.matrix import markdown, page
from ringproof.matrix.differences import Probe
from ringproof.matrix.document import MatrixDocument
from ringproof.report import document as json_report
from tests.harness.matrix.columns import LONG, column, first, matrix, shown, unfinished, verdict
from tests.harness.report.runs import NASTY

SCRIPT = "<script>alert(1)</script>"


def made(*, option: str = "node:4.0", message: str = "it broke") -> MatrixDocument:
    good = column("reference", verdict("status/no-repeat"), verdict("a/c"))
    bad = column(
        option,
        verdict("status/no-repeat", "FAIL", first(LONG, message, real_media=True)),
        verdict("a/c", "NOT_EXERCISED"),
        exit_code=1,
        always_real=True,
    )
    passed = shown(LONG, "", passed="status/no-repeat")
    return matrix(
        good,
        bad,
        unfinished("chromium:none", f"cannot be fetched {message}"),
        results={"reference": {Probe(LONG, True): [passed, passed]}},
    )


@pytest.fixture
def html() -> str:
    return page.render(made()).decode()


class TestPage:
    def test_says_where_clients_differ_first_of_all(self, html: str):
        assert "the clients differ on 2 of 2 clauses, first on status/no-repeat" in html
        assert html.index("Where they differ") < html.index("Scenarios in which they differ")
        assert html.index("Scenarios in which they differ") < html.index("All clauses")

    def test_shows_the_smallest_scenario_and_how_to_play_it_on_both(self, html: str):
        assert "The smallest scenario in which they differ" in html
        text = re.sub(r"<[^>]+>", "", html)
        assert f"ringproof replay {LONG.replay()} --sut reference --real-media" in text
        assert f"ringproof replay {LONG.replay()} --sut node:4.0" in text
        assert "node:4.0 --real-media" not in text

    def test_links_to_each_client_s_own_report(self, html: str):
        assert 'href="node:4.0/report.html"' in html

    def test_says_who_could_not_be_played(self, html: str):
        assert "cannot be fetched it broke" in html
        assert "3: the adapter is at fault" in html

    def test_loads_nothing(self, html: str):
        assert "default-src &#39;none&#39;" in html
        loaded = re.findall(r"<(?:img|script|link|iframe)[^>]+(?:src|href)=\"([^\"]+)", html)
        assert all(one.startswith("data:") for one in loaded)

    def test_keeps_texts_texts(self):
        output = page.render(made(option=SCRIPT, message=f"{SCRIPT}{NASTY}")).decode()
        assert SCRIPT not in output
        assert "&lt;script&gt;alert(1)" in output
        assert "\x1b" not in output

    def test_of_clients_that_agree_shows_no_difference(self):
        both = [column(name, verdict("a/b")) for name in ("x", "y")]
        output = page.render(matrix(*both)).decode()
        assert "the clients agree on all 1 clauses" in output
        assert "Where they differ" not in output

    def test_of_nobody_yet_says_so(self):
        waiting = [unfinished(name, "not played yet", 130) for name in ("x", "y")]
        output = page.render(matrix(*waiting, status="incomplete")).decode()
        assert "No client has been played yet." in output
        assert "not all clients have been played" in output
        assert '<span class="waiting">not played yet</span>' in output
        assert '<td data-label="exit">–</td>' in output


def test_json_has_every_cell_and_every_difference():
    output = json.loads(json_report.encode(made()))
    assert output["exit"] == 3
    assert output["status"] == "complete"
    assert [one["option"] for one in output["suts"]] == ["reference", "node:4.0", "chromium:none"]
    assert [one["differences"] for one in output["suts"]] == [0, 2, 0]
    assert output["suts"][1]["first_difference"] == "status/no-repeat"
    row = output["clauses"][0]
    assert row["differs"] is True
    assert {name: cell["verdict"] for name, cell in row["cells"].items()} == {
        "reference": "PASS",
        "node:4.0": "FAIL",
    }
    (scenario,) = output["differences"][0]["scenarios"]
    assert (scenario["fails"], scenario["passes"]) == (["node:4.0"], ["reference"])
    assert scenario["steps"] == len(LONG.steps)
    assert set(scenario["replay"]) == {"reference", "node:4.0"}
    assert output["differences"][1]["scenarios"] == []


def test_markdown_is_a_table_of_differences_and_their_scenarios():
    output = markdown.render(made()).decode()
    assert "| status/no-repeat | PASS 0/3 | FAIL 1/3 |  |" in output
    assert "| node:4.0 | 2 | 1 | 2 clauses, first status/no-repeat |" in output
    assert "Fails: **node:4.0**. Does not fail: **reference**." in output
    assert f"ringproof replay {LONG.replay()} --sut node:4.0\n" in output


def test_markdown_keeps_texts_texts():
    output = markdown.render(made(option=f"x|{SCRIPT}", message=f"{SCRIPT} | @all [x](y)")).decode()
    assert SCRIPT not in re.sub(r"```text.*?```", "", output, flags=re.DOTALL)
    assert "[x](y)" not in output
