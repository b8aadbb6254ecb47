"""A browser that is started by a command line dials through the stand-in's own origin."""

from __future__ import annotations

import asyncio
import shlex
import subprocess
from pathlib import Path

import pytest

from ringproof.adapters import chromium, process
from ringproof.verdict import Verdict
from tests.browser.judging import judged

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SCENARIOS = ("accept/audio-video", "hang-up/by-subscriber", "return/call-back-user-hangs-up")

EXPECTED = {
    "caller/from": Verdict.PASS,
    "stream/media-flows": Verdict.PASS,
    "status/hangup-order": Verdict.FAIL,
    "stream/remote-after-accept": Verdict.FAIL,
}


async def test_chromium_without_playwright_is_judged_as_with_it(tmp_path: Path) -> None:
    flags = [flag for flag in chromium.arguments(9) if "resolver" not in flag]
    words = [
        *(chromium.executable(), "--headless", "--no-sandbox", "--ignore-certificate-errors"),
        *(f"--user-data-dir={tmp_path}", *flags),
    ]
    finished, verdicts = await judged(f"browser:{shlex.join(words)} {{url}}", *SCENARIOS)
    assert finished.sut is not None
    assert finished.sut.runtime.startswith("Chromium ")
    assert {clause: verdicts[clause] for clause in EXPECTED} == EXPECTED
    assert process.running == set()
    listed = await asyncio.to_thread(subprocess.check_output, ["ps", "-wweo", "args"], text=True)
    assert str(tmp_path) not in listed
