"""Begins a new adapter: a program of at most 30 lines with three blanks, and its manifest."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import NamedTuple

MANIFEST = "adapter.toml"


class Language(NamedTuple):
    """A language that there is a skeleton in."""

    file: str
    """The name of the program."""
    template: str
    """The packaged file that it is copied from."""
    command: tuple[str, ...]
    """How it is started, in its own folder."""


BUILD_GO = "HOME=${HOME:-$PWD} go build -o adapter adapter.go && exec ./adapter"
"""`go run` would link anew at each start, and remain as the parent of the adapter.

Go keeps its caches below HOME and builds nothing without one.
"""

LANGUAGES = {
    "go": Language("adapter.go", "adapter.go.txt", ("sh", "-c", BUILD_GO)),
    "javascript": Language("adapter.mjs", "adapter.mjs", ("node", "adapter.mjs")),
    "python": Language("adapter.py", "adapter.py.txt", ("python3", "adapter.py")),
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
