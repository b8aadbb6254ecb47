"""The baselines that ship load, and speak of the clients that they are named after."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from ringproof.baseline import EntryState, load, shipped
from ringproof.baseline.entries import KEYS, parse

VERSIONS = ("3.30.0", "4.0.0-beta.12", "4.0.0-beta.7")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_entry_is_for_the_version_that_the_file_is_named_after(version: str):
    name = f"signalwire-js-{version}"
    loaded = load([shipped.find(name)])
    assert loaded.files == (name,)
    assert loaded.entries
    for entry in loaded.entries:
        assert entry.sut == f"@signalwire/js@{version}"
        assert entry.where.startswith(f"{name}: entry ")
        assert entry.expires is None or entry.expires >= datetime.date(2027, 12, 31)


def test_no_other_is_shipped():
    assert shipped.names() == tuple(sorted(f"signalwire-js-{version}" for version in VERSIONS))


def test_file_of_ones_own_goes_before_a_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    name = shipped.names()[0]
    assert shipped.find(name) == shipped.folder() / f"{name}.toml"
    (tmp_path / name).touch()
    assert shipped.find(name) == Path(name)
    assert shipped.find("mine.toml") == Path("mine.toml")


def test_example_of_the_documentation_is_a_baseline():
    text = (Path(__file__).parents[3] / "docs" / "baselines.md").read_text()
    (example,) = re.findall(r"```toml\n(\[\[known.*?)```", text, re.DOTALL)
    (entry,) = parse(example, "docs/baselines.md")
    assert all(f"| `{key}` |" in text for key in KEYS)
    assert all(f"| `{state}` |" in text for state in EntryState)
    assert entry.shape == {"platform.bye_echo": False, "actions": ["hangup"]}
