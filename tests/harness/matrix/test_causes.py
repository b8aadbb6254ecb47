"""Whether the SDK or the browser makes the difference."""

from __future__ import annotations

import pytest

from ringproof.matrix import markdown, page
from ringproof.matrix.causes import CHANCE, WORDS, Cause, cause
from ringproof.matrix.columns import Column, rows
from tests.harness.matrix.columns import LONG, column, first, matrix, unfinished, verdict

Client = tuple[str, str, str]
"""SDK, browser, and the verdict: ``PASS``, ``FAIL`` or another."""


def columns(*clients: Client) -> list[Column]:
    made = []
    for number, (sdk, runtime, word) in enumerate(clients):
        failure = first(LONG) if word in ("FAIL", "WARN", "KNOWN") else None
        one = verdict("a/b", word, failure)
        made.append(column(f"client-{number}", one, sdk=sdk, runtime=runtime))
    return made


CASES: dict[str, tuple[Cause, list[Client]]] = {
    "one SDK, two browsers": ("runtime", [("4", "firefox", "FAIL"), ("4", "chromium", "PASS")]),
    "one browser, two SDKs": ("sdk", [("3", "chromium", "WARN"), ("4", "chromium", "PASS")]),
    "one SDK in two browsers, and another": (
        "sdk",
        [("4", "firefox", "FAIL"), ("4", "chromium", "FAIL"), ("reference", "", "PASS")],
    ),
    "both": (
        "both",
        [("4", "firefox", "FAIL"), ("4", "chromium", "PASS"), ("3", "firefox", "FIXED")],
    ),
    "one browser of three": (
        "runtime",
        [("4", "firefox", "KNOWN"), ("4", "node", "PASS"), ("reference", "", "PASS")],
    ),
    "nothing in common": ("", [("4", "firefox", "FAIL"), ("reference", "", "PASS")]),
    "two without a browser": ("", [("4", "", "FAIL"), ("reference", "", "PASS")]),
    "not exercised is no difference": (
        "",
        [("4", "firefox", "NOT_EXERCISED"), ("4", "chromium", "FAIL")],
    ),
    "two builds of one SDK in one browser": (
        "",
        [("4", "chromium", "FAIL"), ("4", "chromium", "PASS"), ("3", "chromium", "PASS")],
    ),
    "two builds that name no browser": ("", [("4", "", "FAIL"), ("4", "", "PASS")]),
    "one SDK twice in the same browser, another elsewhere": (
        "",
        [("4", "chromium", "PASS"), ("4", "chromium", "PASS"), ("3", "node", "FAIL")],
    ),
    "not applicable": ("", [("4", "firefox", "NOT_APPLICABLE"), ("4", "chromium", "FAIL")]),
}


@pytest.mark.parametrize("case", CASES)
def test_cause(case: str):
    expected, clients = CASES[case]
    for made in (columns(*clients), columns(*reversed(clients))):
        [row] = rows(made)
        assert cause(made, row) == expected
        assert cause([*made, unfinished("none")], row) == expected


def test_page_and_markdown_say_what_makes_the_difference():
    made = matrix(*columns(*CASES["one SDK, two browsers"][1]))
    words = f"{WORDS['runtime']} {CHANCE}"
    assert made.differences[0].because == words
    assert words in page.render(made).decode()
    assert words in markdown.render(made).decode()
    silent = matrix(*columns(*CASES["nothing in common"][1]))
    assert silent.differences[0].because == ""
    assert CHANCE not in page.render(silent).decode()
