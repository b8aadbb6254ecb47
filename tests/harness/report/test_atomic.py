from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ringproof.report import atomic


def test_replaces_the_file_and_makes_its_folders(tmp_path: Path):
    path = tmp_path / "a" / "b.txt"
    atomic.write(path, b"one")
    atomic.write(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(path.parent) == ["b.txt"]


def test_leaves_the_old_file_and_no_litter_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "b.txt"
    atomic.write(path, b"one")

    def refuse(source: str, target: str) -> None:
        raise OSError(errno.ENOSPC, "No space left")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space left") as failed:
        atomic.write(path, b"two")
    assert failed.value.filename == str(path)
    assert path.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["b.txt"]
