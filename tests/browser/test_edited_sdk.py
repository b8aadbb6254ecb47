"""One line of the SDK is changed, as somebody does who works on it: the clause it breaks turns red.

The published package is copied, edited in the file that is loaded, and judged beside the original,
in Node and in Chromium.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ringproof.accounting.selection import select
from ringproof.adapters import npm
from ringproof.results import RunFinished
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.suts import registry as sut
from ringproof.verdict import Verdict
from ringproof_scenarios import catalogue, ledger


@dataclass
class Edit:
    """``pattern`` fits once in every build of the SDK; only the line where it ends changes."""

    pattern: str
    replacement: str
    clause: str
    scenario: str


EDITS = {
    "statuses-swapped": Edit(
        r'(sending answer"\);\s+try \{\s+this\._signalingStatus\$\.next)\("connecting"\);',
        r'\1("connected"); this._signalingStatus$.next("connecting");',
        clause="status/answer-order",
        scenario="accept/audio",
    ),
    "list-of-the-newest": Edit(
        r'(cachedObservable\("incomingCalls\$".*calls\.filter\(.*?"inbound"\))',
        r"\1.slice(0, 1)",
        clause="list/whole-list",
        scenario="simultaneous/two-ring-for-a-while",
    ),
    "name-made-up": Edit(
        r"return this\.options\.fromName;",
        'return this.options.fromName === "_undef_" ? "Unknown" : this.options.fromName;',
        clause="caller/undef-name",
        scenario="names/none",
    ),
    "answer-without-audio": Edit(
        r"this\._answerMediaOptions = options;",
        "this._answerMediaOptions = { ...options, audio: false };",
        clause="stream/answer-audio-video",
        scenario="accept/audio-video",
    ),
}


def edited(package: npm.Package, edit: Edit, folder: Path) -> Path:
    """Return a copy of ``package`` with the edit in the file that is loaded, and no other."""
    copy = folder / "sdk"
    shutil.copytree(package.folder, copy, ignore=shutil.ignore_patterns("*.map", "*.d.?ts"))
    file = copy / package.entry
    before = file.read_text()
    after, count = re.subn(edit.pattern, edit.replacement, before)
    assert count == 1
    file.write_text(after)
    lines = zip(before.splitlines(), after.splitlines(), strict=True)
    assert sum(one != other for one, other in lines) == 1
    return copy


async def judge(kind: str, choice: str, scenarios: list[str]) -> RunFinished:
    """Play the scenarios and return the verdicts."""
    chosen = sut.find(f"{kind}:{choice}" if choice else kind)
    selection = select(
        catalogue=catalogue.all(),
        generated=(),
        ledger=ledger.load(),
        sut=chosen,
        only=scenarios,
    )
    return await run(Plan(sut=chosen, selection=selection, seed=0, reduce=False), lambda _: None)


def verdict(finished: RunFinished, clause: str) -> Verdict:
    assert finished.faults == ()
    return next(row.verdict for row in finished.verdicts if row.id == clause)


@pytest.fixture(scope="module")
def originals() -> dict[str, RunFinished]:
    """Verdicts on the package as it was published, once for each kind."""
    return {}


def edits() -> Iterator[object]:
    """Each edit in Node; in Chromium the first, and the others with the long tests."""
    for name in EDITS:
        yield pytest.param("node", name)
        marks = [pytest.mark.browser, *([pytest.mark.long] if name != next(iter(EDITS)) else [])]
        yield pytest.param("chromium", name, marks=marks)


@pytest.mark.parametrize(("kind", "name"), list(edits()))
async def test_changed_line_turns_its_clause_red(
    kind: str, name: str, originals: dict[str, RunFinished], tmp_path: Path
) -> None:
    edit = EDITS[name]
    if kind not in originals:
        originals[kind] = await judge(kind, "", sorted({edit.scenario for edit in EDITS.values()}))
    assert verdict(originals[kind], edit.clause) == Verdict.PASS

    package = npm.find(entry=npm.for_node if kind == "node" else npm.for_pages)
    copy = edited(package, edit, tmp_path)
    assert verdict(await judge(kind, str(copy), [edit.scenario]), edit.clause) == Verdict.FAIL
