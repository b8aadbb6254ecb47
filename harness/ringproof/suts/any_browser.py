"""Browsers that are started with a URL, or in which a person opens it."""

from __future__ import annotations

import contextlib
import shlex
import sys
from functools import partial
from typing import TYPE_CHECKING

from ringproof.adapters import dial_page, npm
from ringproof.adapters.connection import PLACEHOLDER
from ringproof.adapters.npm import Package
from ringproof.adapters.process import Program
from ringproof.adapters.protocol import Adapter, Limits
from ringproof.adapters.remote import RemoteAdapter
from ringproof.suts.sut import Sut, SutError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringproof_fakeserver.app import Server

LANES = 3
"""Scenarios side by side: each is one or two pages with real media on two cores."""

OPENED_WITHIN_S = 600.0
"""For a person to open the page and to allow microphone and camera."""


def lanes(version: str) -> int:
    """Return how many scenarios play side by side in frames, which share one event loop.

    Version 3 of the SDK may answer one offer some 300 times a second, which leaves other frames no
    time.
    """
    return 1 if version.startswith("3.") else LANES


def started(name: str, choice: str) -> Sut:
    """Return the browser that ``COMMAND {url}`` or ``SDK:COMMAND {url}`` starts.

    Raises ``SutError`` without ``{url}``, ``PackageError`` when the SDK cannot be had.
    """
    sdk, command = _split(choice)
    if PLACEHOLDER not in command:
        raise SutError(
            f"--sut {name!r}: write {PLACEHOLDER} where the URL of the page belongs, as in "
            f"'browser:firefox --headless {PLACEHOLDER}'"
        )
    try:
        argv = shlex.split(command)
    except ValueError as error:
        raise SutError(f"--sut {name!r}: {error}") from error

    def make(server: Server) -> Adapter:
        way = contextlib.ExitStack()
        page = partial(dial_page.page_of_any_browser, server, until=way)
        program = Program(argv=argv, name=argv[0], carrier="ws", page=page)
        return RemoteAdapter(program, limits=dial_page.LIMITS, on_close=way.close)

    return in_pages(name, npm.find(sdk), make)


def waited_for(name: str, sdk: str) -> Sut:
    """Return the browser in which a person opens the page. Raises ``PackageError``."""

    def make(server: Server) -> Adapter:
        way = contextlib.ExitStack()

        async def announce(carrier: str) -> None:
            page = dial_page.page_of_any_browser(server, carrier, until=way, asks=True)
            _print(page, server)

        limits = Limits(dialled_within_s=OPENED_WITHIN_S)
        return RemoteAdapter(announce, who="the browser", limits=limits, on_close=way.close)

    return in_pages(name, npm.find(sdk), make)


def in_pages(
    name: str, package: Package, make: Callable[[Server], Adapter], *, workers: int | None = None
) -> Sut:
    """Return the SUT that is an SDK in pages of the stand-in.

    ``workers`` is how many scenarios play side by side; None: ``lanes``.
    """
    return Sut(
        name=name,
        make=make,
        mounts=dial_page.mounts(package),
        always_real=True,
        event_workers=0,
        real_workers=lanes(package.version) if workers is None else workers,
    )


def _split(choice: str) -> tuple[str, str]:
    """Return SDK and command; a command has a space before its first colon, an SDK has none."""
    before, colon, after = choice.partition(":")
    if colon and not set(before) & set(" {") and PLACEHOLDER in after:
        return before, after
    return "", choice


def _print(url: str, server: Server) -> None:
    """Say what to do; a URL that leads a phone here is shown as a QR code too."""
    lines = ["waiting for a browser to open", "", f"    {url}", ""]
    elsewhere = server.config.public_name is not None
    if elsewhere:
        lines += _qr_code(url)
        lines += [f"It has to trust {server.http_url}/ca.pem first: see docs/other-machines.md"]
    else:
        lines += [f"It has to trust {server.ca_file}, or to be told to go on all the same."]
    sys.stderr.write("\n".join([*lines, "Ctrl-C gives up.", ""]))
    sys.stderr.flush()


def _qr_code(url: str) -> list[str]:
    import io

    out = io.StringIO()
    with contextlib.suppress(ImportError):
        import segno

        segno.make(url, error="l").terminal(out=out, compact=True)
    return out.getvalue().splitlines()
