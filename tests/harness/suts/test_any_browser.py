"""Names of browsers that open a page, and what is printed for one that a person opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringproof import exit_codes
from ringproof.adapters import npm
from ringproof.adapters.protocol import AdapterError
from ringproof.cli import main
from ringproof.suts import any_browser, registry
from ringproof.suts.sut import SutError
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config

SDK = str(Path(__file__).parents[1] / "adapters" / "fake_sdk")


def package(version: str) -> npm.Package:
    return npm.Package(name="sdk", version=version, folder=Path(SDK))


def test_command_may_follow_an_sdk(monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def find(sdk: str) -> npm.Package:
        asked.append(sdk)
        return package("3.30.0" if sdk.startswith("3") else "4.0.0")

    monkeypatch.setattr(npm, "find", find)
    lanes = [
        registry.find(f"browser:{choice}").real_workers
        for choice in (
            "some-browser {url}",
            "4.0.0-beta.7:some-browser {url}",
            "3.30.0:some-browser -x {url}",
            "some-browser --option=a:b {url}",
            "/bin/browser:{url}",
        )
    ]
    assert asked == ["", "4.0.0-beta.7", "3.30.0", "", "/bin/browser"]
    assert lanes == [3, 3, 1, 3, 3]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("browser", r"write \{url\} where the URL of the page belongs"),
        ("browser:firefox --headless", r"write \{url\} where"),
        ("browser:firefox 'x {url}", "No closing quotation"),
    ],
)
def test_command_without_a_place_for_the_page_is_refused(name: str, message: str):
    with pytest.raises(SutError, match=message):
        registry.find(name)


def test_page_for_a_person_has_a_name():
    assert registry.attached("browser") == "attach:browser"
    assert registry.attached(f"browser:{SDK}") == f"attach:browser:{SDK}"
    assert registry.find(f"attach:browser:{SDK}").name == f"attach:browser:{SDK}"
    with pytest.raises(SutError, match="give no --sut but"):
        registry.attached("browser:firefox {url}")


@pytest.mark.parametrize("option", ["--host=0.0.0.0", "--public-name=a.b", "--port=1"])
@pytest.mark.parametrize("command", [["run"], ["replay", "accept/audio"]])
def test_other_machines_are_only_waited_for(
    command: list[str], option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    # The WebSocket that a process of yours dials is on loopback alone.
    for words in (["--sut", "reference"], ["--attach"], ["--sut", "adapter.toml", "--attach"]):
        assert main([*command, *words, option]) == exit_codes.USAGE
        assert "and with --sut browser --attach: others run here" in capsys.readouterr().err
    browser = ["--sut", f"browser:{SDK}", "--attach"]
    assert main([*command, *browser, "--public-name", "1.2.3.4"]) == exit_codes.USAGE
    assert "that is an address" in capsys.readouterr().err


@pytest.mark.parametrize("program", ["false", "no-such-program"])
async def test_way_of_a_browser_that_never_dialled_is_closed(program: str, tmp_path: Path):
    taken: list[str] = []
    async with Server(Config(state_dir=tmp_path)) as server:
        remove = server.forwarding.remove

        def removed(path: str) -> None:
            assert server.forwarding.address_of(path) is not None
            remove(path)
            assert server.forwarding.address_of(path) is None
            taken.append(path)

        server.forwarding.remove = removed  # type: ignore[method-assign]
        adapter = registry.find(f"browser:{SDK}:{program} {{url}}").make(server)
        with pytest.raises(AdapterError, match=program):
            await adapter.start(lambda event: None)
        assert taken == []
        await adapter.close()
        await adapter.close()
    assert len(taken) == 1


class _Server:
    """As much of a server as is printed."""

    ca_file = Path("/state/ca.pem")
    http_url = "http://ringproof.example:8080"

    def __init__(self, public_name: str | None) -> None:
        self.config = self
        self.public_name = public_name


def test_url_for_another_machine_is_a_qr_code_too(capsys: pytest.CaptureFixture[str]):
    url = "https://fabric.ringproof.example:8443/ringproof-adapter/dial.html?asks#/x/" + 32 * "y"
    any_browser._print(url, _Server(None))  # type: ignore[arg-type]
    here = capsys.readouterr().err
    any_browser._print(url, _Server("ringproof.example"))  # type: ignore[arg-type]
    there = capsys.readouterr().err
    assert f"    {url}\n" in here
    assert f"    {url}\n" in there
    assert "/state/ca.pem" in here
    assert "http://ringproof.example:8080/ca.pem" in there
    blocks = [line for line in there.splitlines() if "▄" in line or "▀" in line]
    # Two rows of modules a line: a code of this much text has at least 37 rows.
    assert len(blocks) > 18
    assert "▄" not in here
