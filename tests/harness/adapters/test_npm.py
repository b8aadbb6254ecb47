"""The SDK under test comes from npm once, then from the cache; errors say what to do."""

from __future__ import annotations

import io
import json
import os
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ringproof.adapters import npm
from ringproof.adapters.npm import PackageError

# Plays npm: packs the archive it finds beside itself, or fails as message.
FAKE_NPM = """#!/usr/bin/env python3
import json, pathlib, shutil, sys
here = pathlib.Path(__file__).parent
with (here / "asked").open("a") as asked:
    asked.write(" ".join(sys.argv[1:]) + "\\n")
answer = json.loads((here / "answer.json").read_text())
if "archive" in answer:
    target = pathlib.Path(sys.argv[sys.argv.index("--pack-destination") + 1])
    shutil.copy(here / answer["archive"], target)
sys.stdout.write(answer["stdout"])
sys.stderr.write(answer["stderr"])
sys.exit(answer["code"])
"""


class Registry:
    """A fake npm on PATH, and what it will say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "npm"
        program.write_text(FAKE_NPM)
        program.chmod(0o755)

    def publish(self, *, version: str = "4.0.0-beta.12", **files: str) -> Path:
        """Let npm deliver a package of these files; return its archive."""
        archive = self.folder / "sdk.tgz"
        manifest = json.dumps({"name": "@signalwire/js", "version": version})
        content = {"package.json": manifest, "dist/browser.mjs": "export {};\n"} | files
        with tarfile.open(archive, "w:gz") as tar:
            for name, text in content.items():
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
        packed = {
            "name": "@signalwire/js",
            "version": version,
            "integrity": npm._integrity(archive),
            "filename": "sdk.tgz",
        }
        self.answer(stdout=json.dumps([packed]), archive="sdk.tgz")
        return archive

    def answer(
        self, *, stdout: str = "", stderr: str = "", code: int = 0, archive: str | None = None
    ) -> None:
        answer: dict[str, object] = {"stdout": stdout, "stderr": stderr, "code": code}
        if archive is not None:
            answer["archive"] = archive
        (self.folder / "answer.json").write_text(json.dumps(answer))

    @property
    def asked(self) -> list[str]:
        asked = self.folder / "asked"
        return asked.read_text().splitlines() if asked.exists() else []


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder) + os.pathsep + os.environ["PATH"])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Registry(folder)


def test_published_package_is_fetched_once_and_recorded(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.publish()
    first = npm.find()
    assert capsys.readouterr().err == "ringproof: npm fetches @signalwire/js 4.0.0-beta.12\n"
    second = npm.find("4.0.0-beta.12")
    assert first == second
    assert first.version == "4.0.0-beta.12"
    assert (first.folder / npm.BUNDLE).read_text() == "export {};\n"
    assert capsys.readouterr().err == ""
    assert len(registry.asked) == 1
    assert "--ignore-scripts" in registry.asked[0]


def test_tag_is_asked_every_time_for_it_may_have_moved(registry: Registry) -> None:
    registry.publish(version="4.0.0")
    assert npm.find("latest").version == "4.0.0"
    registry.publish(version="4.0.1")
    assert npm.find("latest").version == "4.0.1"


def test_ten_processes_at_once_agree(registry: Registry, tmp_path: Path) -> None:
    registry.publish()
    with ThreadPoolExecutor(10) as pool:
        packages = list(pool.map(lambda _: npm.find(), range(10)))
    assert len(set(map(str, packages))) == 1
    versions = packages[0].folder.parent.parent
    assert [entry.name for entry in versions.iterdir()] == ["4.0.0-beta.12"]


def test_cached_package_that_was_edited_is_refused(registry: Registry) -> None:
    registry.publish()
    (npm.find().folder / npm.BUNDLE).write_text("patched")
    with pytest.raises(PackageError, match=r"somebody edited it\. Delete"):
        npm.find()


def test_damaged_archive_is_refused_and_not_cached(registry: Registry) -> None:
    registry.publish()
    with (registry.folder / "sdk.tgz").open("ab") as archive:
        archive.write(b"x")
    with pytest.raises(PackageError, match="damaged"):
        npm.find()
    registry.publish()
    assert npm.find().version == "4.0.0-beta.12"


def test_archive_that_leads_outside_is_refused(registry: Registry) -> None:
    registry.publish(**{"../../outside.txt": "x"})
    with pytest.raises(PackageError, match="which is not allowed"):
        npm.find()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("package/link", tarfile.SYMTYPE), ("/package/etc", tarfile.REGTYPE)],
)
def test_archive_with_a_link_or_an_absolute_path_is_refused(
    registry: Registry, tmp_path: Path, name: str, kind: bytes
) -> None:
    archive = tmp_path / "sdk.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        folder = tarfile.TarInfo("package/dist")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        member = tarfile.TarInfo(name)
        member.type = kind
        member.linkname = "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(PackageError, match=name):
        npm.archived(archive)


def test_archive_bomb_is_refused(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npm, "LIMIT_BYTES", 10)
    with pytest.raises(PackageError, match="more than 10 bytes"):
        npm.archived(registry.publish())


@pytest.mark.parametrize(
    ("stdout", "stderr", "advice"),
    [
        ('{"error": {"code": "ETARGET"}}', "", "npm knows no @signalwire/js 4.9.9: ask `npm view"),
        ("", "npm error code E404\n", "npm knows no"),
        ("", "npm ERR! code ENOTFOUND\n", "go on line once, or name a folder"),
        ("", "npm error code EWEIRD\nnpm error it broke\n", "failed: npm error it broke"),
        ("", "", "failed: no message"),
    ],
)
def test_refusal_of_npm_says_what_to_do(
    registry: Registry, stdout: str, stderr: str, advice: str
) -> None:
    registry.answer(stdout=stdout, stderr=stderr, code=1)
    with pytest.raises(PackageError) as raised:
        npm.find("4.9.9")
    assert advice in str(raised.value)


def test_unknown_answer_is_an_error(registry: Registry) -> None:
    registry.answer(stdout="what?")
    with pytest.raises(PackageError, match="update npm"):
        npm.find()


def test_missing_npm_is_named(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PackageError, match="npm is not on PATH"):
        npm.find()


def test_npm_that_hangs_is_given_up(registry: Registry, tmp_path: Path) -> None:
    (registry.folder / "npm").write_text("#!/bin/sh\nexec sleep 60\n")
    wanted = npm.Wanted(what="a package", instead="", unknown="")
    with pytest.raises(PackageError, match=r"not delivered .* after 0.2 s"):
        npm.run(["pack"], tmp_path, wanted, timeout_s=0.2)


def test_cache_that_cannot_be_written_is_not_taken_for_a_race(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.publish()

    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(13, "no leave to write", str(target))

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PackageError, match="no leave to write; set XDG_CACHE_HOME to a folder"):
        npm.find()


@pytest.mark.parametrize("choice", ["4.0", "--global", "4.0.0;ls", "@scope"])
def test_odd_version_never_reaches_npm(registry: Registry, choice: str) -> None:
    with pytest.raises(PackageError, match="is no version"):
        npm.find(choice)
    assert registry.asked == []


def test_local_folder_is_used_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "browser.mjs").write_text("export {};")
    (tmp_path / "package.json").write_text('{"name": "mine", "version": "5.0.0-dev"}')
    package = npm.find(str(tmp_path))
    assert (package.name, package.version, package.folder) == ("mine", "5.0.0-dev", tmp_path)


def test_local_folder_that_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"holds no package\.json"):
        npm.find(f"{tmp_path}/nowhere")
    (tmp_path / "package.json").write_text("{")
    with pytest.raises(PackageError, match="is not JSON"):
        npm.local(tmp_path)
    (tmp_path / "package.json").write_text("[]")
    with pytest.raises(PackageError, match="describes no package"):
        npm.local(tmp_path)
    (tmp_path / "package.json").write_text("{}")
    with pytest.raises(PackageError, match="build the package first"):
        npm.local(tmp_path)


def test_archive_on_disk_is_unpacked_once(registry: Registry, tmp_path: Path) -> None:
    registry.publish(version="4.1.0-dev")
    archive = registry.folder / "sdk.tgz"
    package = npm.find(str(archive))
    assert (package.version, package) == ("4.1.0-dev", npm.find(str(archive)))
    assert package.folder.is_relative_to(tmp_path / "cache")
    assert registry.asked == []


def test_archive_that_is_none_is_refused(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="cannot be read"):
        npm.find(f"{tmp_path}/nowhere.tgz")
    (tmp_path / "odd.tgz").write_bytes(b"not gzip")
    with pytest.raises(PackageError, match="is no archive as npm pack makes it"):
        npm.find(f"{tmp_path}/odd.tgz")


def test_needs_are_dependencies_and_peers_that_are_not_optional(tmp_path: Path) -> None:
    manifest = {
        "dependencies": {"uuid": "^13.0.0"},
        "peerDependencies": {"rxjs": "^7.8.2", "extra": "*"},
        "peerDependenciesMeta": {"extra": {"optional": True}},
    }
    (tmp_path / "package.json").write_text(json.dumps(manifest))
    (tmp_path / "index.js").write_text("export {};")
    package = npm.local(tmp_path, entry=npm.for_node)
    assert package.needs == {"uuid": "^13.0.0", "rxjs": "^7.8.2"}
    assert package.entry == "index.js"


def test_cache_folder_ignores_a_relative_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The XDG specification says so."""
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert npm.cache_folder() == Path.home() / ".cache" / "ringproof"
