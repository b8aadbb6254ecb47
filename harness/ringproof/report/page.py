"""Renders a self-contained page: one file, no network, markup in values escaped.

Styles and scripts are in the page itself; its content security policy names their hashes and
allows nothing else, so that a text which slips through as markup still cannot run.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib import resources
from typing import TYPE_CHECKING

from ringproof.report.printable import visible

if TYPE_CHECKING:
    import jinja2

STYLES = ("page.css",)


def render(
    template: str,
    /,
    *,
    styles: tuple[str, ...] = STYLES,
    **values: object,
) -> bytes:
    """Render a template of this package that extends ``page.html.j2``, as UTF-8.

    ``styles`` are files beside the template. ``values`` may hold any text: it is escaped, and
    characters that are no text (controls, lone surrogates) are spelled out.
    """
    style, script = "\n".join(map(_read, styles)), _read("page.js")
    page = {"style": style, "script": script, "policy": _policy(style, script)}
    return _environment().get_template(template).render(page=page, **values).encode()


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@functools.cache
def _read(name: str) -> str:
    # A parser ends the inline block at its end tag only: neither file may hold one.
    text = resources.files("ringproof.report").joinpath("templates", name).read_text("utf-8")
    assert "</s" not in text, f"{name} would end its own block"
    return text


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2  # 60 ms, and only pages need it

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ringproof.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # What is no text is spelled out; what a template has made markup on purpose stays.
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.globals["symbols"] = SYMBOLS
    return environment


SYMBOLS = {
    "PASS": "✓",
    "FAIL": "✗",
    "WARN": "!",
    "NOT_EXERCISED": "○",
    "NOT_APPLICABLE": "–",
    "KNOWN": "≈",
    "FIXED": "★",
}
"""Beside the word of each verdict, for whoever does not see its colour."""
