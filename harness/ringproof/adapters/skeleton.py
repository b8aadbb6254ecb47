"""Begins a new adapter: a program of at most 30 lines with three blanks, and its manifest."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path

import msgspec

MANIFEST = "adapter.toml"
LINES_MAX = 30
"""Of a program, everything counted."""


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """A language that there is a skeleton in."""

    file: str
    """What the program is called."""
    template: str
    """The packaged file that it is copied from."""
    command: tuple[str, ...]
    """How it is started, in its own folder."""
    needs: str
    """The program that has to be installed for that."""


BUILD_GO = "HOME=${HOME:-$PWD} go build -o adapter adapter.go && exec ./adapter"
"""Builds what has changed, and becomes it: `go run` links anew at each start, and stays in between.

Go keeps its caches below HOME and builds nothing without one.
"""

LANGUAGES = {
    "go": Language(
        file="adapter.go",
        template="adapter.go.txt",
        command=("sh", "-c", BUILD_GO),
        needs="go",
    ),
    "javascript": Language(
        file="adapter.mjs",
        template="adapter.mjs",
        command=("node", "adapter.mjs"),
        needs="node",
    ),
    "python": Language(
        file="adapter.py",
        template="adapter.py.txt",
        command=("python3", "adapter.py"),
        needs="python3",
    ),
}
"""By the name that the command line takes."""


class SkeletonError(ValueError):
    """It cannot be written; the message says why."""


def write(language: str, folder: Path) -> tuple[Path, Path]:
    """Write program and manifest into a folder, which is made if need be; return both.

    Nothing is overwritten. Raises ``SkeletonError``.
    """
    known = LANGUAGES.get(language)
    if known is None:
        raise SkeletonError(f"no skeleton in {language!r}: there is {', '.join(LANGUAGES)}")
    program, manifest = folder / known.file, folder / MANIFEST
    for path in (program, manifest):
        if path.exists():
            raise SkeletonError(f"{path} is there already: name another folder, or move it away")
    templates = importlib.resources.files("ringproof.adapters") / "template"
    declared = (templates / MANIFEST).read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        program.write_text((templates / known.template).read_text(encoding="utf-8"), "utf-8")
        command = json.dumps(known.command)
        manifest.write_text(declared.format(file=known.file, command=command), "utf-8")
    except OSError as error:
        raise SkeletonError(f"cannot write into {folder}: {error.strerror}") from error
    return program, manifest
