"""The app on a free port, with ringproof's stand-in where SignalWire would be, in Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ringproof.fixtures import SignalWire, Subscriber

SERVER = Path(__file__).parent.parent / "server.py"

# A deadline, not a delay: it only matters on a CI machine that is busy with something else.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], signalwire: SignalWire
) -> dict[str, Any]:
    return browser_type_launch_args | signalwire.chromium_launch_args()


@pytest.fixture(scope="session")
def browser_context_args(
    browser_context_args: dict[str, Any], signalwire: SignalWire
) -> dict[str, Any]:
    return browser_context_args | signalwire.browser_context_args()


@pytest.fixture(scope="session")
def app_url(signalwire: SignalWire) -> Iterator[str]:
    """The receptionist's server; everything it knows of SignalWire comes from these variables."""
    environment = {
        "SIGNALWIRE_URL": signalwire.http_url,
        "SIGNALWIRE_PROJECT": signalwire.project,
        "SIGNALWIRE_TOKEN": signalwire.api_token,
        "SIGNALWIRE_JS": str(signalwire.sdk()),
    }
    with subprocess.Popen(
        [sys.executable, SERVER, "--port", "0"],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def reception(page: Page, app_url: str, subscriber: Subscriber) -> Page:
    """The page of somebody who has signed in and can be called."""
    page.goto(app_url)
    page.get_by_label("E-mail").fill(subscriber.reference)
    page.get_by_role("button", name="Go online").click()
    subscriber.comes_online()
    return page
