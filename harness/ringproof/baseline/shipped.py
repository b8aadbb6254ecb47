"""The baselines that come with ringproof: what the published SDKs are known to fail."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

SUFFIX = ".toml"


def folder() -> Path:
    """Return where they lie."""
    return Path(str(resources.files("ringproof") / "baselines"))


def names() -> tuple[str, ...]:
    """Return their names, without the suffix."""
    return tuple(sorted(path.stem for path in folder().glob(f"*{SUFFIX}")))


def label(path: Path) -> str:
    """Return what a file is called in messages: the name of a shipped one, else its path."""
    return path.stem if path.parent == folder() else str(path)


def find(choice: str) -> Path:
    """Return the file that ``--baseline`` means: a path, or else the name of a shipped one.

    The file need not exist.
    """
    path = Path(choice)
    if not path.exists() and choice in names():
        return folder() / f"{choice}{SUFFIX}"
    return path
