"""What the SDK needs in Node is installed once, outside its folder; or plain words say why not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ringproof.adapters import node_runtime, npm
from ringproof.adapters.npm import Package, PackageError

# Plays npm: notes what it was asked and finds beside it, and installs an empty package.
FAKE_NPM = """#!/usr/bin/env python3
import json, pathlib, sys
here = pathlib.Path(__file__).parent
lock = pathlib.Path("package-lock.json")
asked = {
    "words": sys.argv[1:],
    "manifest": json.loads(pathlib.Path("package.json").read_text()),
    "lock": lock.read_text() if lock.exists() else "",
}
with (here / "asked").open("a") as log:
    log.write(json.dumps(asked) + "\\n")
if (here / "refusal").exists():
    sys.exit((here / "refusal").read_text())
pathlib.Path("node_modules/ws").mkdir(parents=True)
"""
NEEDS = {"jwt-decode": "^4.0.0", "loglevel": "^1.9.2", "uuid": "^13.0.0", "rxjs": "^7.8.2"}
"""Of both published 4.0 betas under test."""


class Programs:
    """A fake npm, and a fake node where one is wanted, on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("npm", FAKE_NPM)

    def write(self, name: str, text: str) -> None:
        program = self.folder / name
        program.write_text(text)
        program.chmod(0o755)

    def refuse(self, text: str) -> None:
        (self.folder / "refusal").write_text(text)

    @property
    def asked(self) -> list[dict[str, object]]:
        log = self.folder / "asked"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder) + os.pathsep + os.environ["PATH"])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Programs(folder)


def package(folder: Path, **needs: str) -> Package:
    return Package(name="@signalwire/js", version="4.1.0", folder=folder, needs=needs)


def test_published_needs_come_from_the_lock_once(programs: Programs, tmp_path: Path) -> None:
    first = node_runtime.find(package(tmp_path / "a", **NEEDS))
    second = node_runtime.find(package(tmp_path / "b", **NEEDS))
    assert first == second
    assert (first / "node_modules" / "ws").is_dir()
    [asked] = programs.asked
    assert asked["words"] == [
        "ci",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefer-offline",
    ]
    assert json.loads(str(asked["lock"]))["packages"]["node_modules/ws"]["integrity"]


def test_other_needs_are_installed_in_the_ranges_of_the_package(
    programs: Programs, tmp_path: Path
) -> None:
    first = node_runtime.find(
        package(tmp_path, **NEEDS | {"uuid": "^14.0.0", "newcomer": "^1.0.0"})
    )
    assert first == node_runtime.find(
        package(tmp_path, **NEEDS | {"uuid": "^14.0.0", "newcomer": "^1.0.0"})
    )
    assert first != node_runtime.find(package(tmp_path, **NEEDS))
    asked = programs.asked[0]
    assert asked["words"][0] == "install"  # type: ignore[index]
    assert asked["lock"] == ""
    manifest = asked["manifest"]
    assert isinstance(manifest, dict)
    assert manifest["dependencies"]["uuid"] == "^14.0.0"
    assert manifest["dependencies"]["newcomer"] == "^1.0.0"
    assert "ws" in manifest["dependencies"]


def test_what_the_package_brings_along_is_not_installed(programs: Programs, tmp_path: Path) -> None:
    """A build in a workspace may name versions that no registry knows."""
    (tmp_path / "node_modules" / "newcomer").mkdir(parents=True)
    node_runtime.find(package(tmp_path / "sdk", **NEEDS | {"newcomer": "workspace:*"}))
    assert programs.asked[0]["words"][0] == "ci"  # type: ignore[index]


def test_failed_install_is_an_error_and_not_cached(programs: Programs, tmp_path: Path) -> None:
    programs.refuse("npm error code ENOTFOUND")
    with pytest.raises(
        PackageError, match=r"what @signalwire/js 4\.1\.0 needs in Node is not cached"
    ):
        node_runtime.find(package(tmp_path, **NEEDS))
    programs.refuse("npm error code ETARGET")
    with pytest.raises(PackageError, match=r"see the dependencies in .*package\.json"):
        node_runtime.find(package(tmp_path, **NEEDS | {"newcomer": "^99.0.0"}))
    (programs.folder / "refusal").unlink()
    assert node_runtime.find(package(tmp_path, **NEEDS)).is_dir()


def test_lock_names_no_address_and_pins_every_package() -> None:
    text = (node_runtime.LOCKED / node_runtime.LOCK).read_text()
    assert "://" not in text
    installed = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in installed.values())
    assert {"node_modules/ws", "node_modules/@roamhq/wrtc"} <= installed.keys()


@pytest.mark.parametrize(
    ("script", "advice"),
    [
        ("echo v16.20.2", r"is v16\.20\.2, too old: install Node\.js 18\.20 or newer"),
        ("echo hello", "says 'hello.n': install Node.js again"),
    ],
)
def test_unfit_node_is_named(programs: Programs, script: str, advice: str) -> None:
    programs.write("node", f"#!/bin/sh\n{script}\n")
    with pytest.raises(PackageError, match=advice):
        node_runtime.program()


def test_missing_or_broken_node_is_named(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.write("node", "#!/nowhere/at/all\n")
    with pytest.raises(PackageError, match="does not run"):
        node_runtime.program()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PackageError, match=r"node is not on PATH: install Node\.js 18\.20"):
        node_runtime.program()


def test_sdk_of_the_third_generation_is_sent_to_a_page(tmp_path: Path) -> None:
    third = Package(name="@signalwire/js", version="3.30.0", folder=tmp_path)
    with pytest.raises(PackageError, match=r"runs in a page only: use `--sut v3:3\.30\.0`"):
        node_runtime.command(third)


def test_command_line_names_the_sdk_its_entry_and_what_it_needs(
    programs: Programs, tmp_path: Path
) -> None:
    sdk = Package(name="sdk", version="4.1.0", folder=tmp_path, entry="dist/index.mjs", needs=NEEDS)
    node, shell, *rest = node_runtime.command(sdk)
    assert Path(node).name == "node"
    assert Path(shell).is_file()
    assert rest == [str(tmp_path), "dist/index.mjs", str(node_runtime.find(sdk))]


@pytest.mark.parametrize(
    ("manifest", "entry"),
    [
        ({"exports": {".": {"types": {"import": "t"}, "import": "./dist/i.mjs"}}}, "./dist/i.mjs"),
        ({"exports": {".": {"node": {"require": "c", "default": "n.mjs"}}}}, "n.mjs"),
        ({"exports": {"import": "e.mjs"}, "main": "m.cjs"}, "e.mjs"),
        ({"exports": "./only.mjs"}, "./only.mjs"),
        ({"module": "m.mjs", "main": "m.cjs"}, "m.mjs"),
        ({"main": "m.cjs"}, "m.cjs"),
        ({}, "index.js"),
    ],
)
def test_entry_is_what_node_would_import(manifest: dict[str, object], entry: str) -> None:
    assert npm.for_node(manifest) == entry


@pytest.mark.parametrize("range", ["workspace:*", "catalog:", "link:../core", "file:../core"])
def test_what_only_the_repository_of_the_package_has_is_named_with_what_to_do(
    programs: Programs, tmp_path: Path, range: str
) -> None:
    with pytest.raises(PackageError, match=r"needs newcomer .*install there, so that .*pnpm pack"):
        node_runtime.find(package(tmp_path / "sdk", **NEEDS | {"newcomer": range}))
    assert programs.asked == []


def test_linked_folders_of_a_monorepo_are_followed(programs: Programs, tmp_path: Path) -> None:
    """As pnpm lays them out: the package and what it needs are links into one store."""
    store = tmp_path / "node_modules" / ".pnpm" / "sdk" / "node_modules"
    (store / "@signalwire" / "js" / "dist").mkdir(parents=True)
    (store / "@signalwire" / "js" / "dist" / "browser.mjs").touch()
    manifest = {"name": "@signalwire/js", "version": "4.1.0"}
    manifest["dependencies"] = NEEDS | {"newcomer": "workspace:*"}  # type: ignore[assignment]
    (store / "@signalwire" / "js" / "package.json").write_text(json.dumps(manifest))
    core = tmp_path / "packages" / "core"
    core.mkdir(parents=True)
    (store / "newcomer").symlink_to(core)
    link = tmp_path / "app" / "js"
    link.parent.mkdir()
    link.symlink_to(store / "@signalwire" / "js")
    node_runtime.find(npm.local(link))
    assert programs.asked[0]["words"][0] == "ci"  # type: ignore[index]
