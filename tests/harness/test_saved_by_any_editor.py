"""Files that people write, saved with a byte order mark or in another encoding."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from ringproof import cli, exit_codes
from ringproof.adapters import manifest
from ringproof.baseline import entries
from ringproof_scenarios import catalogue
from ringproof_scenarios.model import to_json

MANIFEST = b'command = "true"\r\n\r\n[status]\r\nup = "connected"\r\n'
BASELINE = b"known = []\r\n"
REPLAY = ("replay", "scenario.json", "--simulate")


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "scenario.json"


def test_a_mark_is_accepted(scenario: Path, capsys: pytest.CaptureFixture[str]):
    text = to_json(next(iter(catalogue.all())))
    for name, data in (("adapter.toml", MANIFEST), ("known.toml", BASELINE), (scenario, text)):
        Path(name).write_bytes(codecs.BOM_UTF8 + data)
    assert manifest.load(Path("adapter.toml")).command == ("true",)
    assert entries.load([Path("known.toml")]).entries == ()
    assert cli.main(REPLAY) == exit_codes.AS_EXPECTED, capsys.readouterr()


def test_utf_16_is_named(scenario: Path, capsys: pytest.CaptureFixture[str]):
    for name in ("adapter.toml", "known.toml", scenario):
        Path(name).write_bytes("x = 1".encode("utf-16"))
    with pytest.raises(manifest.ManifestError, match=r"adapter.toml.*it is UTF-16: save it as"):
        manifest.load(Path("adapter.toml"))
    with pytest.raises(entries.BaselineError, match=r"known.toml: it is UTF-16: save it as UTF-8"):
        entries.load([Path("known.toml")])
    assert cli.main(REPLAY) == exit_codes.USAGE
    assert "scenario.json: it is UTF-16: save it as UTF-8" in capsys.readouterr().err


def test_own_scenarios_have_the_same_rules(scenario: Path, capsys: pytest.CaptureFixture[str]):
    own = Path("ringproof-scenarios")
    own.mkdir()
    (own / "mine.json").write_bytes("{}".encode("utf-16"))
    assert cli.main(["replay", "accept/audio", "--simulate"]) == exit_codes.USAGE
    assert "mine.json: it is UTF-16: save it as UTF-8" in capsys.readouterr().err
