"""Finds a Chromium and starts it so that an SDK can make calls to a stand-in on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ringproof.adapters import installed
from ringproof.adapters.protocol import AdapterError

if TYPE_CHECKING:
    # Only what starts a Chromium here needs Playwright.
    from playwright.async_api import Browser, BrowserContext, BrowserType, Playwright

EXECUTABLE_VARIABLE = "RINGPROOF_CHROMIUM"
LOOPBACK = "127.0.0.1"
NAMES_ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HEADLESS_NAME = "chromium-headless-shell"
"""The same engine without windows: a call takes half the CPU time."""

_CAMERAS = 3
"""So that a user can choose. WebRTC cannot send the pictures of the second one, which are of 16-bit
grey; the page hides it."""

_DISABLED_FEATURES = (
    # Candidates must carry addresses that the stand-in can reach, not mDNS names.
    "WebRtcHideLocalIpsWithMdns",
    # Pages, signalling and media are all on loopback; nothing asks for leave to go there.
    "LocalNetworkAccessChecks",
    "HttpsUpgrades",
    "OptimizationHints",
    "MediaRouter",
    "Translate",
)


def arguments(
    port: int, address: str = LOOPBACK, names: Sequence[str] = (), *, cameras: int = 1
) -> list[str]:
    """Return Chromium's arguments for a stand-in on ``port`` of an ``address``.

    No name but ``*.localhost`` and ``names`` resolves, so that nothing reaches the real service by
    mistake; ``names`` lead to the address, which is one of IPv4 or of IPv6 in brackets. One more
    name does: early 4.0 betas ask it for the subscriber whatever the token says. ``cameras`` is how
    many fake ones there are; of fake microphones there are always three.
    """
    rules = [
        f"MAP fabric.signalwire.com {address}:{port}",
        *(f"MAP {name} {address}" for name in names),
        "MAP * ~NOTFOUND",
        f"EXCLUDE {LOOPBACK}",
        "EXCLUDE localhost",
        # An exclusion comes before all rules: one of the names may be of this kind.
        "EXCLUDE *.localhost" if address == LOOPBACK else f"EXCLUDE {address}",
    ]
    return [
        f"--use-fake-device-for-media-stream=device-count={cameras}",
        "--use-fake-ui-for-media-stream",
        "--allow-loopback-in-peer-connection",
        "--autoplay-policy=no-user-gesture-required",
        f"--disable-features={','.join(_DISABLED_FEATURES)}",
        f"--host-resolver-rules={', '.join(rules)}",
        "--disable-background-networking",
        "--mute-audio",
    ]


def executable(kind: BrowserType | None = None, *, headless: bool = False) -> str:
    """Return the path of the Chromium to use.

    The one named by ``RINGPROOF_CHROMIUM``, else the first on PATH, else Playwright's own.
    ``headless`` says that nobody will look at it, so that one without windows is taken first.
    Raises ``AdapterError`` when there is none.
    """
    names = (HEADLESS_NAME, *NAMES_ON_PATH) if headless else NAMES_ON_PATH
    if path := installed.program(EXECUTABLE_VARIABLE, names):
        return path
    if kind is not None and Path(kind.executable_path).is_file():
        return kind.executable_path
    raise AdapterError(
        "No Chromium: install your system's chromium package, or run `playwright install "
        f"chromium`, or set {EXECUTABLE_VARIABLE} to the path of one"
    )


async def launch(playwright: Playwright, port: int) -> Browser:
    """Start a headless Chromium for a stand-in on ``port``. Raises ``AdapterError``."""
    from playwright.async_api import Error

    path = executable(playwright.chromium, headless=True)
    try:
        # Without its sandbox, because that fails for root and in many containers. It shows nothing
        # but pages of the stand-in, and can resolve no other host.
        return await playwright.chromium.launch(
            executable_path=path,
            headless=True,
            args=arguments(port, cameras=_CAMERAS),
            chromium_sandbox=False,
        )
    except Error as error:
        raise AdapterError(f"{path} does not start: {error.message}") from error


async def context(browser: Browser) -> BrowserContext:
    """Open a context for the stand-in's origin, whose certificate no browser knows."""
    return await browser.new_context(
        ignore_https_errors=True, permissions=["microphone", "camera"], service_workers="block"
    )
