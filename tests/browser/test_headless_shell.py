"""The Chromium without windows, which is taken by default, and the one with them."""

from __future__ import annotations

import pytest

from ringproof.adapters import chromium
from tests.browser.judging import judged

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(900)]

SCENARIOS = (
    "accept/audio-video",
    "decline/after-a-while",
    "hang-up/by-subscriber",
    "return/call-back-user-hangs-up",
    "script/plays-pictures",
    "script/plays-sound",
    "unanswered/caller-gives-up",
    "vanish/while-connected",
)


async def test_the_sdk_keeps_and_fails_the_same_in_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only one of them is installed, it is compared with itself."""
    both = []
    for program in (chromium.executable(headless=True), chromium.executable()):
        monkeypatch.setenv(chromium.EXECUTABLE_VARIABLE, program)
        _, verdicts = await judged("chromium", *SCENARIOS)
        both.append(verdicts)
        monkeypatch.delenv(chromium.EXECUTABLE_VARIABLE)
    assert both[0] == both[1]
