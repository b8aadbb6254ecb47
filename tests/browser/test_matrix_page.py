"""``matrix.html`` in Chromium, opened from disk, with clients whose names and words are markup."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from ringproof.matrix import page as matrix_page
from ringproof.matrix.differences import Probe
from tests.browser.test_report_page import ARTEFACTS, FITS, NAME
from tests.harness.matrix.columns import LONG, column, first, matrix, shown, unfinished, verdict

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AGREED = "list/snapshot"
DIFFERS = "status/no-repeat"
OPTIONS = ("reference", f"node:{NAME}", "node:4.0.0-beta.12", "chromium:4.0.0-beta.12", "v3:none")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    good, odd, *others, absent = OPTIONS
    failing = verdict(DIFFERS, "FAIL", first(LONG, f"it said {NAME}"))
    columns = [
        column(good, verdict(AGREED), verdict(DIFFERS)),
        *(column(one, verdict(AGREED), failing, exit_code=1) for one in (odd, *others)),
        unfinished(absent, f"cannot be fetched: {NAME}"),
    ]
    passed = shown(LONG, "", passed=DIFFERS)
    document = matrix(*columns, results={good: {Probe(LONG, False): [passed, passed]}})
    path = tmp_path_factory.mktemp("matrix") / matrix_page.NAME
    path.write_bytes(matrix_page.render(document))
    return path


@pytest_asyncio.fixture(loop_scope="session")
async def page(
    chrome: Browser, written: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Page]:
    """The page in a browser that is offline; the parameter is its width."""
    size = {"width": getattr(request, "param", 1280), "height": 900}
    context = await chrome.new_context(viewport=size, offline=True)
    opened = await context.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text))
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("dialog", lambda dialog: problems.append(dialog.message))
    opened.on("request", lambda asked: problems.append(asked.url))
    await opened.goto(written.as_uri())
    yield opened
    await context.close()
    assert [
        one for one in problems if one != written.as_uri() and not one.startswith("data:")
    ] == []


@pytest.mark.parametrize("page", [1280, 400], indirect=True)
async def test_page_fits_and_shows_where_clients_differ(page: Page, request: pytest.FixtureRequest):
    width = request.node.callspec.params["page"]
    card = page.locator("details.card")
    await expect(card).to_have_count(1)
    await expect(card).to_contain_text("The smallest scenario in which they differ")
    await expect(page.locator(".clients tbody tr")).to_have_count(len(OPTIONS))
    await expect(page.locator("main img, main script")).to_have_count(0)
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    if width == 400:
        assert await page.evaluate(FITS) == []
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=ARTEFACTS / f"matrix-{width}.png", full_page=True)


async def test_clauses_are_filtered_by_whether_clients_differ(page: Page):
    rows = page.locator("details.family tbody tr:not([hidden])")
    await expect(rows).to_have_count(2)
    await page.locator("button.tile[data-verdict=DIFFERS]").press("Enter")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text(DIFFERS)
    await page.get_by_role("button", name="Clear").press("Enter")
    await expect(rows).to_have_count(2)
