"""``report.html`` in Chromium, opened from disk as somebody who downloaded it does."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from ringproof.accounting.selection import Selection, given
from ringproof.baseline import FailureKind
from ringproof.commands import run_plan as running
from ringproof.report import html
from ringproof.results import RunFinished
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.verdict import Verdict
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Answer, Caller, HangUp, Scenario
from tests.browser.contrast import CONTRAST_MIN, CONTRASTS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SCREENS = [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")]
Scheme = Literal["light", "dark"]

ARTEFACTS = Path(__file__).parents[2] / "build" / "test-artefacts"
"""Where the screenshots are kept, for whoever looks at a failed build."""

MUTANT = "mutant:status-completes-while-ringing"
"""Fails several clauses, and no more than are shown unfolded."""

NAME = "<script>alert(1)</script><img src=x onerror=alert(2)>"
MADE = (Verdict.FAIL,) * html.OPEN_MAX + (Verdict.WARN, Verdict.KNOWN, Verdict.FIXED)
"""What passing clauses are made into for a page with many failures."""

SCENARIOS = [
    Scenario(callers=(Caller(name=NAME), Caller(name="Zoë 李 עדי"))),
    Scenario(callers=(Caller(), Caller()), actions=(Answer(), HangUp(after_ms=50))),
]

TABS_MAX = 80
"""Of one walk: from the top to the second of many failures it takes 48."""

FITS = """() => [...document.querySelectorAll('body *')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1
    && !one.closest('.unseen, .skip, pre'))
  .map((one) => one.outerHTML.slice(0, 120))"""

UNFOLD = "for (const one of document.querySelectorAll('details')) one.open = true"
SCROLLS = """(one) => /auto|scroll/.test(getComputedStyle(one).overflow)
  && (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)"""

UNREACHED = f"""() => [...document.querySelectorAll('body *')]
  .filter((one) => one.checkVisibility() && one.tabIndex < 0)
  .filter((one) => one.matches('button, a[href], summary, input, select') || ({SCROLLS})(one))
  .map((one) => one.outerHTML.slice(0, 120))"""
"""What can be used or scrolled with a pointer, and is not in the order of the Tab key."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def finished() -> RunFinished:
    """A run that fails, as it comes: nothing is reduced, so the names stay."""
    sut = running.find_sut(MUTANT)
    selection = Selection(
        planned=(),
        simulated=given(SCENARIOS, sut, real_media=False, mode="simulated"),
        clauses=frozenset(row.id for row in ledger.load()),
        complete=False,
    )
    plan = Plan(sut=sut, selection=selection, seed=0, reduce=False)
    return await run(plan, lambda event: None)


def written(finished: RunFinished, folder: Path) -> Path:
    path = folder / html.NAME
    path.write_bytes(html.render(finished, MUTANT))
    return path


@pytest.fixture(scope="module")
def report(finished: RunFinished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(finished, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def crowded_report(finished: RunFinished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More failures than are shown unfolded, of many kinds each, and clauses of every verdict."""
    first = next(one.first_failure for one in finished.verdicts if one.first_failure is not None)
    kinds = tuple([FailureKind(kind=f"way {letter}") for letter in "abcdefgh"])
    left = list(MADE)
    verdicts = tuple(
        msgspec.structs.replace(one, verdict=left.pop(), failed=1, first_failure=first, kinds=kinds)
        if left and one.verdict is Verdict.PASS
        else one
        for one in finished.verdicts
    )
    assert {one.verdict for one in verdicts} == set(Verdict)
    crowded = msgspec.structs.replace(finished, verdicts=verdicts)
    return written(crowded, tmp_path_factory.mktemp("crowded"))


class Opened:
    """The page, and everything about it that should not have happened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("console", lambda message: self.problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if url != self.page.url and not url.endswith(f"/{html.NAME}"):
            self.problems.append(f"request: {url}")


@contextlib.asynccontextmanager
async def opening(
    chrome: Browser, path: Path, width: int = 1280, scheme: Scheme = "light"
) -> AsyncIterator[Opened]:
    """Open the page in a browser that is offline."""
    context = await chrome.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    view = Opened(await context.new_page())
    await view.page.goto(path.as_uri())
    yield view
    await context.close()
    assert view.problems == []


@pytest_asyncio.fixture(loop_scope="session")
async def opened(
    chrome: Browser, report: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Opened]:
    """The page; the parameter is (width, colour scheme)."""
    async with opening(chrome, report, *getattr(request, "param", ())) as view:
        yield view


@pytest_asyncio.fixture(loop_scope="session")
async def crowded(
    chrome: Browser, crowded_report: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Opened]:
    """The page with many failures; the parameter is (width, colour scheme)."""
    async with opening(chrome, crowded_report, *getattr(request, "param", ())) as view:
        yield view


async def tab_to(page: Page, wanted: Locator, *, within: int = TABS_MAX) -> None:
    """Press Tab until ``wanted`` has the focus, as a person without a pointer does."""
    for _ in range(within):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("(one) => one === document.activeElement"):
            return
    raise AssertionError(f"{within} times Tab do not lead to {wanted}")


@pytest.mark.parametrize("opened", SCREENS, indirect=True)
async def test_page_fits_shows_a_ladder_for_each_failure_and_asks_for_nothing(
    opened: Opened, finished: RunFinished, request: pytest.FixtureRequest
):
    page = opened.page
    width, scheme = request.node.callspec.params["opened"]
    failed = [one for one in finished.verdicts if one.first_failure is not None]
    assert 2 <= len(failed) <= html.OPEN_MAX
    ladders = page.locator("figure.ladder svg[role=img]")
    await expect(ladders).to_have_count(len(failed))
    for number in range(len(failed)):
        await expect(ladders.nth(number)).to_be_visible()
        await expect(ladders.nth(number).locator(".wrong .flag")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await page.evaluate(FITS) == []
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=ARTEFACTS / f"report-{width}-{scheme}.png", full_page=True)


async def test_dark_and_light_follow_the_system(opened: Opened):
    page = opened.page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(ground)
    await page.emulate_media(color_scheme="dark")
    assert await page.evaluate(ground) != light


async def test_caller_named_like_a_script_stays_text(opened: Opened):
    page = opened.page
    sentence = page.locator(".scenario li").first
    await expect(sentence).to_contain_text(NAME)
    assert await page.locator("script").count() == 1
    assert await page.locator("img").count() == 0


async def test_clauses_are_filtered_from_the_keyboard_alone(opened: Opened):
    page = opened.page
    rows = page.locator("tr[data-family]")
    shown = page.locator("tr[data-family]:not([hidden])")
    total = await rows.count()
    await page.keyboard.press("Tab")
    await expect(page.get_by_text("Skip to the verdicts")).to_be_focused()
    fail = page.get_by_role("button", name="FAIL", exact=False).first
    await tab_to(page, fail, within=12)
    await page.keyboard.press("Space")
    await expect(fail).to_have_attribute("aria-pressed", "true")
    assert 0 < await shown.count() < total
    assert set(await shown.evaluate_all("(all) => all.map((one) => one.dataset.verdict)")) == {
        "FAIL"
    }
    await expect(page.locator(".found")).to_contain_text(f"of {total} clauses")
    await page.keyboard.press("Space")
    await page.get_by_label("Text").focus()
    await page.keyboard.type("HANGUP order")
    await expect(shown).to_have_count(1)
    await expect(shown.first).to_be_visible()
    await page.get_by_label("Family").select_option("list")
    await expect(page.locator(".found")).to_contain_text("0 of")
    await page.get_by_role("button", name="Clear").press("Enter")
    await expect(shown).to_have_count(total)


async def test_clause_leads_to_its_failure_and_unfolds_it(opened: Opened):
    page = opened.page
    card = page.locator("details.card").first
    await card.evaluate("(one) => { one.open = false; }")
    await page.locator("tr[data-verdict=FAIL] a").first.press("Enter")
    await expect(card).to_have_attribute("open", "")
    await expect(card.locator("summary").first).to_be_focused()


async def test_first_of_many_failures_is_open_and_the_keyboard_unfolds_the_others(crowded: Opened):
    page = crowded.page
    cards = page.locator("details.card")
    count = await cards.count()
    assert count > html.OPEN_MAX
    ladders = page.locator("details.card figure.ladder svg[role=img]")
    await expect(ladders).to_have_count(count)
    await expect(ladders.first).to_be_visible()
    for number in range(1, count):
        await expect(ladders.nth(number)).to_be_hidden()
        await tab_to(page, cards.nth(number).locator("> summary"))
        await page.keyboard.press("Enter")
        await expect(ladders.nth(number)).to_be_visible()


@pytest.mark.parametrize("crowded", [(1280,), (400,)], indirect=True)
async def test_whatever_can_be_used_or_scrolled_is_in_the_tab_order(crowded: Opened):
    page = crowded.page
    assert await page.evaluate(UNREACHED) == []
    await page.evaluate(UNFOLD)
    for boxes in (".command pre", ".raw > pre"):
        assert await page.locator(boxes).evaluate_all(f"(all) => all.some({SCROLLS})"), boxes
    assert await page.evaluate(UNREACHED) == []


async def test_replay_command_is_copied_by_the_keyboard_with_a_word(opened: Opened):
    page = opened.page
    await tab_to(page, page.get_by_role("button", name="Copy replay command").first)
    await page.keyboard.press("Enter")
    await expect(page.locator("#said")).not_to_be_empty()


@pytest.mark.parametrize("crowded", SCREENS, indirect=True)
async def test_every_text_contrasts_with_what_is_behind_it(crowded: Opened):
    page = crowded.page
    await page.evaluate(UNFOLD)
    contrasts = await page.evaluate(CONTRASTS)
    for kind in ("says", "message", "pill", "head", "label", "note"):
        assert any(f'class="{kind}' in text for text, _ in contrasts), kind
    assert [pair for pair in contrasts if pair[1] < CONTRAST_MIN] == []


async def test_ladder_can_be_read_without_being_seen(opened: Opened, finished: RunFinished):
    page = opened.page
    (first, *_) = [one for one in finished.verdicts if one.first_failure is not None]
    image = page.get_by_role("img", name=f"Ladder diagram of the failure of {first.id}")
    await expect(image).to_have_accessible_description(re.compile("First wrong event"))
    words = page.locator("table.words").first
    await page.get_by_text("The ladder in words").first.press("Enter")
    await expect(words).to_be_visible()
    await expect(words.locator("tr.wrong")).to_have_count(1)
