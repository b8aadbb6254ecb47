"""What reports call a browser, from what it says of itself; asked in Node.js."""

from __future__ import annotations

import json
import subprocess

import pytest

from ringproof.adapters import dial_page

APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {APPLE}"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE}"
BLINK = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
SCRIPT = """
const { runtimeOf } = await import(process.argv[1]);
process.stdout.write(JSON.stringify(JSON.parse(process.argv[2]).map(runtimeOf)));
"""

NAMES = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox 140.0",
    f"{BLINK} Chrome/140.0.0.0 Safari/537.36": "Chromium 140.0.0.0",
    f"{BLINK} HeadlessChrome/140.0.0.0 Safari/537.36": "Chromium 140.0.0.0",
    f"{BLINK} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.1.2": "Edge 140.0.1.2",
    f"{MAC} Version/18.5 Safari/605.1.15": "Safari 18.5",
    f"{IPHONE} Version/18.5 Mobile/15E148 Safari/604.1": "Safari 18.5",
    # Apple lets no other engine on a phone.
    f"{IPHONE} CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1": "WebKit (Chrome 140.0.7339.39)",
    f"{IPHONE} FxiOS/142.0 Mobile/15E148 Safari/605.1.15": "WebKit (Firefox 142.0)",
    f"{IPHONE} Version/18.0 EdgiOS/139.0.1 Mobile/15E148 Safari/604.1": "WebKit (Edge 139.0.1)",
    f"{IPHONE} Mobile/15E148": "WebKit 605.1.15",
    "something " * 20: ("something " * 8),
}


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    module = (dial_page.JAVASCRIPT / "browser_name.mjs").as_uri()
    words = ["node", "--input-type=module", "-e", SCRIPT, module, json.dumps([*NAMES])]
    return dict(zip(NAMES, json.loads(subprocess.check_output(words)), strict=True))


@pytest.mark.parametrize("agent", NAMES)
def test_browser_is_called_by_its_engine(told: dict[str, str], agent: str):
    assert told[agent] == NAMES[agent]
