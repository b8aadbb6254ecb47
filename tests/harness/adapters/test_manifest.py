"""What an adapter.toml may say, and what is said of one that says something else."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from ringproof.adapters import manifest as manifests
from ringproof.adapters.declared import narrowed, translated
from ringproof.adapters.manifest import Manifest, ManifestError, Narrowed, Skip
from ringproof.adapters.protocol import AdapterError, Hello
from ringproof.trace import Calls, Getter, ListedCall, Log, Status

WHOLE = """\
command = ["node", "adapter.mjs"]   # started in this file's folder
carrier = "stdio"
protocol = 1
name = "our-sdk"

[status]
Ringing = "ringing"
"Hung up" = "destroyed"

[caps]
media = "sdp"
sessions = 2
ops = ["session.open", "session.close", "sync"]
features = ["display_name"]

[environment]
NODE_ENV = "test"

[[skip]]
clause = "status/late-subscriber"
reason = "status is no observable yet"
issue = "https://example.com/issues/7"
expires = 2031-01-31

[[skip]]
clause = "list/snapshot"
reason = "one array is kept"
issue = "https://example.com/issues/8"
expires = 2031-02-28
"""


def load(folder: Path, text: str) -> Manifest:
    path = folder / "adapter.toml"
    path.write_text(text)
    return manifests.load(path)


def test_everything_is_read(tmp_path: Path):
    assert load(tmp_path, WHOLE) == Manifest(
        command=("node", "adapter.mjs"),
        carrier="stdio",
        protocol=1,
        name="our-sdk",
        status={"Ringing": "ringing", "Hung up": "destroyed"},
        caps=Narrowed(
            media="sdp",
            sessions=2,
            ops=("session.open", "session.close", "sync"),
            features=("display_name",),
        ),
        environment={"NODE_ENV": "test"},
        skip=(
            Skip(
                clause="status/late-subscriber",
                reason="status is no observable yet",
                issue="https://example.com/issues/7",
                expires=datetime.date(2031, 1, 31),
            ),
            Skip(
                clause="list/snapshot",
                reason="one array is kept",
                issue="https://example.com/issues/8",
                expires=datetime.date(2031, 2, 28),
            ),
        ),
        folder=tmp_path,
    )


def test_command_may_be_written_as_in_a_shell(tmp_path: Path):
    manifest = load(tmp_path, "command = \"python3 -m 'my adapter' --fast\"")
    assert manifest.command == ("python3", "-m", "my adapter", "--fast")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("command =", "comand =", ":1: comand: is no key of a manifest: did you mean 'command'?"),
        ('["node", "adapter.mjs"]', "7", ":1: command: Expected `array`, got `int`"),
        ('["node", "adapter.mjs"]', "[]", ":1: command: is empty"),
        ('["node", "adapter.mjs"]', '"it\'s"', ":1: command: No closing quotation"),
        ('"stdio"', '"tcp"', ":2: carrier: Invalid enum value 'tcp'"),
        ("protocol = 1", "protocol = 2", ":3: protocol: Invalid enum value 2"),
        ("name =", "folder =", ":4: folder: is no key of a manifest"),
        ('"ringing"', '"rings"', ":7: status.Ringing: 'rings' is no documented status: did you"),
        ('"destroyed"', '"qqq"', ":8: status.Hung up: 'qqq' is no documented status: there is"),
        ("sessions = 2", "sessions = 0", ":12: caps.sessions: Expected `int` >= 1"),
        ("sessions = 2", "session = 2", ":10: caps: Object contains unknown field `session`"),
        ('"test"', "5", ":16: environment[...]: Expected `str`, got `int`"),
        ("list/snapshot", "list/snap", ":26: skip[1].clause: there is no clause 'list/snap'"),
        ("https://example.com/issues/8", "TODO", ":28: skip[1].issue: Expected `str` matching"),
        ("2031-01-31", '"soon"', ":23: skip[0].expires: Invalid RFC3339 encoded date"),
        ("[environment]", "[environment", ": Expected ']' at the end of a table declaration (at"),
        ("2031-01-31\n", "2031-01-31\nuntil = 1\n", ":19: skip[0]: Object contains unknown field"),
    ],
)
def test_mistake_is_reported_with_line_and_key(tmp_path: Path, old: str, new: str, message: str):
    assert old in WHOLE
    with pytest.raises(ManifestError) as raised:
        load(tmp_path, WHOLE.replace(old, new, 1))
    assert str(raised.value).startswith(f"{tmp_path / 'adapter.toml'}{message}")


def test_missing_command_is_an_error(tmp_path: Path):
    with pytest.raises(ManifestError, match="missing required field `command`"):
        load(tmp_path, 'name = "x"')


def test_missing_key_of_a_skip_is_reported_at_the_line_of_the_skip(tmp_path: Path):
    text = re.sub('issue = "https://example.com/issues/8"\n', "", WHOLE)
    with pytest.raises(ManifestError, match=r":25: skip\[1\]: Object missing .* `issue`"):
        load(tmp_path, text)


def test_file_that_cannot_be_read_is_an_error(tmp_path: Path):
    with pytest.raises(ManifestError, match="cannot be read: No such file"):
        manifests.load(tmp_path / "adapter.toml")
    (tmp_path / "adapter.toml").write_bytes(b"\xff")
    with pytest.raises(ManifestError, match="it is not UTF-8"):
        manifests.load(tmp_path / "adapter.toml")


def test_program_is_started_in_the_manifests_own_folder(tmp_path: Path):
    manifest = Manifest(command=("x",), carrier="ws", folder=tmp_path / ".", name="mine")
    program = manifest.program
    assert (program.argv, program.carrier, program.who) == (("x",), "ws", "mine")
    assert program.cwd == tmp_path.resolve()


WORDS = {"Ringing": "ringing"}


def test_statuses_of_the_sdk_are_renamed_to_ours():
    listed = (ListedCall(c="a", status="Ringing"), ListedCall(c="b"), ListedCall(c="c", status="x"))
    calls = translated(Calls(s="s", n=0, list=listed), WORDS)
    assert isinstance(calls, Calls)
    assert [call.status for call in calls.list] == ["ringing", None, "x"]
    status = Status(s="s", n=1, c="a", status="Ringing", observer="o")
    assert translated(status, WORDS) == Status(s="s", n=1, c="a", status="ringing", observer="o")
    getter = Getter(s="s", n=2, c="a", status="Ringing")
    assert translated(getter, WORDS) == Getter(s="s", n=2, c="a", status="ringing")
    unread = Getter(s="s", n=3, c="a", status=None)
    assert translated(unread, WORDS) is unread
    log = Log(s="s", n=4, level="info", text="Ringing")
    assert translated(log, WORDS) is log


HELLO = Hello(
    protocol=1,
    name="sut",
    version="1",
    language="go",
    carrier="stdio",
    media="sdp",
    sessions=4,
    ops=("session.open", "session.close", "sync", "observe"),
    features=("display_name",),
)


def test_capabilities_are_narrowed():
    caps = Narrowed(media="none", sessions=2, ops=("session.open", "sync"), features=("x",))
    less = narrowed(HELLO, caps)
    assert (less.media, less.sessions, less.ops, less.features) == (
        "none",
        2,
        ("session.open", "sync"),
        ("x",),
    )
    assert narrowed(HELLO, Narrowed()) == HELLO


@pytest.mark.parametrize(
    ("caps", "message"),
    [
        (Narrowed(media="rtp"), "caps.media = 'rtp': the adapter itself declares 'sdp'"),
        (Narrowed(sessions=5), "caps.sessions = 5: the adapter itself declares 4"),
        (Narrowed(ops=("session.drop",)), "caps.ops: the adapter itself has no session.drop"),
    ],
)
def test_capabilities_are_never_widened(caps: Narrowed, message: str):
    with pytest.raises(AdapterError, match=re.escape(f"adapter.toml: {message}")):
        narrowed(HELLO, caps)
