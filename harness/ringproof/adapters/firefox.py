"""Starts a Firefox with a fresh profile, so that an SDK can make calls to a stand-in here.

Nothing but the program itself is needed: no driver, and no tool for certificates.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ringproof.adapters import dial_page, installed
from ringproof.adapters.connection import PLACEHOLDER
from ringproof.adapters.fence import FABRIC, Fence
from ringproof.adapters.process import Program
from ringproof.adapters.protocol import AdapterError, Command, Hello, Limits, Listener, Reply
from ringproof.adapters.remote import RemoteAdapter

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server

EXECUTABLE_VARIABLE = "RINGPROOF_FIREFOX"
NAMES_ON_PATH = ("firefox", "firefox-esr")

PREFERENCES: dict[str, bool | int | str] = {
    # Devices: a tone and a moving picture, and nobody is asked for leave.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    # Sound goes nowhere: an AudioContext stays suspended on a machine without a sound card.
    "media.cubeb.force_mock_context": True,
    # Media stays on this machine: candidates carry its addresses, not mDNS names.
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # Whatever is not on this machine is asked of the fence.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.no_proxies_on": "localhost, 127.0.0.1, [::1], .localhost",
    "network.dns.disablePrefetch": True,
    # No first run, no news, no update, no report to anybody.
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "captivedetect.canonicalURL": "",
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.unified": False,
    # A page that is never in front of anybody runs as fast as one that is.
    "dom.min_background_timeout_value": 4,
    "dom.timeout.enable_budget_timer_throttling": False,
    "widget.windows.window_occlusion_tracking.enabled": False,
    # One origin needs one process of pages; others would only be made in advance.
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
}
"""Of every profile: fake devices, media on this machine, and nothing fetched in the background."""


def executable() -> str:
    """Return the path of the Firefox to use: ``RINGPROOF_FIREFOX``, else the first on PATH.

    Raises ``AdapterError`` when there is none.
    """
    if path := installed.program(EXECUTABLE_VARIABLE, NAMES_ON_PATH):
        return path
    raise AdapterError(
        "No Firefox: install your system's firefox or firefox-esr package, or set "
        f"{EXECUTABLE_VARIABLE} to the path of one"
    )


def write_profile(folder: Path, authorities: Sequence[str], fingerprint: str, proxy: int) -> None:
    """Fill the folder of a profile that trusts one certificate, and asks all else of a proxy.

    ``authorities`` are those of the URLs (``HOST:PORT``) where the certificate is shown, and
    ``fingerprint`` is its SHA-256, in hex. ``proxy`` is a port on this machine.
    """
    ports = {"network.proxy.http_port": proxy, "network.proxy.ssl_port": proxy}
    preferences = {**PREFERENCES, **ports}.items()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences]
    (folder / "user.js").write_text("\n".join(lines) + "\n")
    pairs = (fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2))
    digest = ":".join(pairs).upper()
    trusted = (f"{authority}:\t{_SHA_256}\t{digest}\t\n" for authority in authorities)
    (folder / "cert_override.txt").write_text("".join(trusted))


_SHA_256 = "OID.2.16.840.1.101.3.4.2.1"


class FirefoxAdapter:
    """Adapter for the SDK in a Firefox of its own, which is ended with all its processes.

    The server must serve ``dial_page.mounts``.
    """

    def __init__(self, server: Server, *, limits: Limits = dial_page.LIMITS) -> None:
        self._server = server
        self._limits = limits
        self._inner: RemoteAdapter | None = None
        self._open = contextlib.AsyncExitStack()

    async def start(self, listener: Listener) -> Hello:
        """Start Firefox with its page, and greet it. Raises ``AdapterError``."""
        server, path = self._server, executable()
        fence = await self._open.enter_async_context(Fence.around(server))
        home = Path(tempfile.mkdtemp(prefix="ringproof-firefox-"))
        self._open.callback(shutil.rmtree, home, ignore_errors=True)
        profile = home / "profile"
        profile.mkdir()
        trusted = (server.host_header, f"{FABRIC}:443")
        write_profile(profile, trusted, server.fingerprint, fence.port)
        words = ("--headless", "--no-remote", "--new-instance", "--profile", str(profile))
        program = Program(
            argv=(path, *words, PLACEHOLDER),
            # Its caches and its list of profiles are no part of the user's home.
            env={"HOME": str(home), "MOZ_CRASHREPORTER_DISABLE": "1"},
            name="Firefox",
            carrier="ws",
            page=partial(dial_page.page, server),
        )
        self._inner = RemoteAdapter(program, limits=self._limits)
        self._open.push_async_callback(_ended, self._inner)
        return await self._inner.start(listener)

    async def send(self, command: Command) -> Reply:
        """Deliver one command and wait for its reply; see ``Adapter``."""
        if self._inner is None:
            raise AdapterError("start the adapter before sending commands")
        return await self._inner.send(command)

    async def close(self) -> None:
        """End Firefox and remove its profile. Never raises; may be called twice."""
        await self._open.aclose()


async def _ended(firefox: RemoteAdapter) -> None:
    """End all processes: one that lives on a little could write into the profile meanwhile."""
    process = firefox.process
    await firefox.close()
    if process is not None:
        await process.gone()
