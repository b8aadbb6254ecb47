"""Pages for a person's browser: a welcome text, the demo, and folders of static files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

WELCOME = """\
This is ringproof, a stand-in for SignalWire on this machine.

/demo                               a page that receives calls
/ca.pem                             the certificate authority that clients must trust
/api/fabric/subscribers/tokens      issues access tokens (POST, Basic)
/api/calling/calls                  places calls (POST, Basic)
wss on /                            signalling

Nothing here leads to the real service.
"""


PAGES = Path(__file__).parent.parent / "pages"


CERTIFICATE = "application/x-x509-ca-cert"
"""The media type of an authority."""


def routes(mounts: Mapping[str, Path], ca_file: Path | None) -> list[BaseRoute]:
    """Return the routes of this module; ``mounts`` maps URL prefixes to folders."""

    result: list[BaseRoute] = [
        Route("/", welcome),
        Route("/demo", demo),
        Mount("/demo", StaticFiles(directory=PAGES)),
    ]
    if ca_file is not None:
        result.append(Route("/ca.pem", partial(certificate, ca_file)))
    for prefix, folder in mounts.items():
        result.append(Mount("/" + prefix.strip("/"), StaticFiles(directory=folder, html=True)))
    return result


async def certificate(ca_file: Path, request: Request) -> Response:
    """Send the authority, without its key, so that a phone offers to trust it."""
    return FileResponse(ca_file, media_type=CERTIFICATE, filename="ringproof-ca.pem")


async def welcome(request: Request) -> Response:
    """Show the welcome text."""
    return PlainTextResponse(WELCOME)


async def demo(request: Request) -> Response:
    """Show the demo page."""
    return FileResponse(PAGES / "demo.html")
