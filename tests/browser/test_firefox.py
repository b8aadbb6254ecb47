"""The published SDK in Firefox, judged as in Chromium."""

from __future__ import annotations

import pytest

from ringproof.verdict import Verdict
from tests.browser.judging import judged

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SCENARIOS = (
    "accept/audio",
    "decline/after-a-while",
    "hang-up/by-subscriber",
    "script/plays-sound",
    "vanish/while-connected",
    "unanswered/caller-gives-up",
)

EXPECTED = {
    "caller/from-name": Verdict.PASS,
    "list/stays-through-status": Verdict.PASS,
    "status/answer-order": Verdict.PASS,
    "stream/media-flows": Verdict.PASS,
    "stream/answer-defaults": Verdict.PASS,
    "outcome/decline-never-picks-up": Verdict.PASS,
    "end/hangup-tells-server": Verdict.PASS,
    "platform/play-reaches-callee": Verdict.PASS,
    # Firefox has one fake device of a kind.
    "stream/selected-devices": Verdict.NOT_APPLICABLE,
    # As in Chromium: see docs/findings-signalwire-js.md.
    "status/hangup-order": Verdict.FAIL,
    "stream/remote-after-accept": Verdict.FAIL,
    "end/page-unload": Verdict.FAIL,
}


async def test_published_sdk_in_firefox_keeps_and_fails_what_it_does_in_chromium() -> None:
    finished, verdicts = await judged("firefox", *SCENARIOS)
    assert finished.sut is not None
    assert (finished.sut.name, finished.sut.version) == ("@signalwire/js", "4.0.0-beta.12")
    assert finished.sut.runtime.startswith("Firefox ")
    assert {clause: verdicts[clause] for clause in EXPECTED} == EXPECTED
