"""The page by which any browser is judged: it dials the harness by itself, once it is opened.

It comes from the stand-in's own origin, and the URL to dial is in its fragment. Each session is a
frame in it.
"""

from __future__ import annotations

from pathlib import Path

from ringproof.adapters import npm
from ringproof.adapters.npm import Package

JAVASCRIPT = Path(__file__).parent / "javascript"
ADAPTER_PREFIX = "/ringproof-adapter"


def mounts(package: Package) -> dict[str, Path]:
    """Return what the stand-in must serve for the pages: URL prefix to folder."""
    return {ADAPTER_PREFIX: JAVASCRIPT, **npm.mounts(package)}


def url(origin: str) -> str:
    """Return where the page is; the URL that it is to dial follows as its fragment."""
    return f"{origin.rstrip('/')}{ADAPTER_PREFIX}/dial.html"
