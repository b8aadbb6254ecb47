"""Which Chromium is used, and what is said when there is none that works."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ringproof.adapters import chromium, npm
from ringproof.adapters.browser import BrowserAdapter
from ringproof.adapters.protocol import AdapterError


def program(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


class OwnChromium:
    """What Playwright says about its own Chromium."""

    def __init__(self, path: Path) -> None:
        self.executable_path = str(path)


def test_executable_is_the_named_one_then_the_one_on_path_then_playwrights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(chromium.EXECUTABLE_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AdapterError, match="No Chromium: install your system's"):
        chromium.executable(OwnChromium(tmp_path / "none"))  # type: ignore[arg-type]
    own = program(tmp_path, "own")
    assert chromium.executable(OwnChromium(Path(own))) == own  # type: ignore[arg-type]
    system = program(tmp_path, "google-chrome")
    assert chromium.executable(None) == system
    assert chromium.executable(None, headless=True) == system
    windowless = program(tmp_path, chromium.HEADLESS_NAME)
    assert chromium.executable(None, headless=True) == windowless
    assert chromium.executable(None) == system
    named = program(tmp_path, "special")
    monkeypatch.setenv(chromium.EXECUTABLE_VARIABLE, named)
    assert chromium.executable(None) == named
    assert chromium.executable(None, headless=True) == named
    monkeypatch.setenv(chromium.EXECUTABLE_VARIABLE, str(tmp_path / "missing"))
    with pytest.raises(AdapterError, match="which is no program"):
        chromium.executable(None)


def test_names_of_the_stand_in_lead_to_its_address() -> None:
    [usual] = (each for each in chromium.arguments(1) if "resolver" in each)
    assert usual == (
        "--host-resolver-rules=MAP fabric.signalwire.com 127.0.0.1:1, MAP * ~NOTFOUND, "
        "EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost"
    )
    own = chromium.arguments(1, "[::1]", ("fabric.ringproof.localhost", "a.example"))
    assert (
        "--host-resolver-rules=MAP fabric.signalwire.com [::1]:1, "
        "MAP fabric.ringproof.localhost [::1], MAP a.example [::1], MAP * ~NOTFOUND, "
        "EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE [::1]"
    ) in own


async def test_chromium_that_does_not_start_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = npm.Package(name="none", version="0", folder=tmp_path)
    broken = program(tmp_path, "chromium")
    monkeypatch.setenv(chromium.EXECUTABLE_VARIABLE, broken)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    adapter = BrowserAdapter("https://fabric.ringproof.localhost:1", package)
    with pytest.raises(AdapterError, match="does not start"):
        await adapter.start(lambda event: None)
    await adapter.close()
