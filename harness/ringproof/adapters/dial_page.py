"""The page by which any browser is judged: it dials the harness by itself, once it is opened.

It comes from the stand-in's own origin, and what to dial is in its fragment. Each session is a
frame in it.
"""

from __future__ import annotations

import contextlib
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING

from ringproof.adapters import npm
from ringproof.adapters.npm import Package
from ringproof.adapters.protocol import Limits

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server

JAVASCRIPT = Path(__file__).parent / "javascript"
ADAPTER_PREFIX = "/ringproof-adapter"

LIMITS = Limits(
    # Firefox opens the page in 3 s on an idle machine, with a profile that it fills meanwhile.
    dialled_within_s=60.0,
    # A browser does not leave when its page is told that the run is over.
    exit_grace_s=0.0,
)
"""For a browser that is started with the page."""


def mounts(package: Package) -> dict[str, Path]:
    """Return what the stand-in must serve for the pages: URL prefix to folder."""
    return {ADAPTER_PREFIX: JAVASCRIPT, **npm.mounts(package)}


def page(server: Server, carrier: str) -> str:
    """Return the URL of the page that dials the carrier by its own URL, which is on loopback.

    Chromium and Firefox let a secure page do so.
    """
    return f"{server.origin}{ADAPTER_PREFIX}/dial.html#{carrier}"


def page_of_any_browser(
    server: Server,
    carrier: str,
    *,
    until: contextlib.ExitStack | contextlib.AsyncExitStack,
    asks: bool = False,
) -> str:
    """Return the URL of the page that dials the carrier through the stand-in's own origin.

    So a browser can that dials nothing but secure sockets, or is on another machine. With ``asks``
    the page has the user allow microphone and camera before it dials. The page can dial once,
    before ``until`` is closed.
    """
    parts = urllib.parse.urlsplit(carrier)
    assert parts.hostname is not None, "a carrier says where it is"
    assert parts.port is not None, "a carrier says where it is"
    server.forwarding.add(parts.path, (parts.hostname, parts.port))
    until.callback(server.forwarding.remove, parts.path)
    query = "?asks" if asks else ""
    return f"{server.origin}{ADAPTER_PREFIX}/dial.html{query}#{parts.path}"
