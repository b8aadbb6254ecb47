"""``report.html`` in Chromium, opened from disk as somebody who downloaded it does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from harness.commands import running
from harness.report import html
from harness.runner import run
from harness.runner.events import RunFinished
from harness.runner.selection import Selection, given
from scenarios import ledger
from scenarios.model import Answer, Caller, HangUp, Scenario

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ARTEFACTS = Path(__file__).parents[2] / "build" / "test-artefacts"
"""Where the screenshots are kept, for whoever looks at a failed build."""

MUTANT = "mutant:list-newest-only"
NAME = "<script>alert(1)</script><img src=x onerror=alert(2)>"
SCENARIOS = [
    Scenario(callers=(Caller(name=NAME), Caller(name="Zoë 李 עדי"))),
    Scenario(callers=(Caller(), Caller()), actions=(Answer(), HangUp(after_ms=50))),
]

FITS = """() => [...document.querySelectorAll('body *')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1
    && !one.closest('.unseen, .skip, pre'))
  .map((one) => one.outerHTML.slice(0, 120))"""


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
    plan = run.Plan(sut=sut, selection=selection, seed=0, reduce=False)
    return await run.run(plan, lambda event: None)


@pytest.fixture(scope="module")
def report(finished: RunFinished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / html.NAME
    path.write_bytes(html.render(finished, MUTANT))
    return path


class Opened:
    """The page, and everything about it that should not have happened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.trouble: list[str] = []
        page.on("console", lambda message: self.trouble.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.trouble.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if url != self.page.url and not url.endswith(f"/{html.NAME}"):
            self.trouble.append(f"request: {url}")


@pytest_asyncio.fixture(loop_scope="session")
async def opened(
    chrome: Browser, report: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Opened]:
    """The page in a browser that is offline; the parameter is (width, colour scheme)."""
    width, scheme = getattr(request, "param", (1280, "light"))
    context = await chrome.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    found = Opened(await context.new_page())
    await found.page.goto(report.as_uri())
    yield found
    await context.close()
    assert found.trouble == []


@pytest.mark.parametrize(
    "opened", [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")], indirect=True
)
async def test_page_fits_shows_a_ladder_for_each_failure_and_asks_for_nothing(
    opened: Opened, finished: RunFinished, request: pytest.FixtureRequest
):
    page = opened.page
    width, scheme = request.node.callspec.params["opened"]
    failed = [one for one in finished.verdicts if one.first_failure is not None]
    assert failed
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
    told = page.locator(".scenario li").first
    await expect(told).to_contain_text(NAME)
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
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await fail.evaluate("(one) => one === document.activeElement"):
            break
    await expect(fail).to_be_focused()
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


async def test_replay_command_is_copied_with_a_word(opened: Opened):
    page = opened.page
    await page.get_by_role("button", name="Copy replay command").first.press("Enter")
    await expect(page.locator("#said")).not_to_be_empty()


async def test_ladder_can_be_read_without_being_seen(opened: Opened, finished: RunFinished):
    page = opened.page
    (first, *_) = [one for one in finished.verdicts if one.first_failure is not None]
    image = page.get_by_role("img", name=f"Ladder diagram of the failure of {first.id}")
    await expect(image).to_have_accessible_description(re.compile("First wrong event"))
    words = page.locator("table.words").first
    await page.get_by_text("The ladder in words").first.press("Enter")
    await expect(words).to_be_visible()
    await expect(words.locator("tr.wrong")).to_have_count(1)
