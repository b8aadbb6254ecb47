from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from ringproof.baseline import Baseline, BaselineError, FailureFields, load
from ringproof.baseline.entries import SIZE_MAX_BYTES, TEXT_MAX, parse

WHOLE = """
[[known]]
sut = "chromium:4.0.0-*"
clause = "status/hangup-order"
reason = "skips disconnected"
failure = { kind = "wrong-end-after-hangup", seen = ["disconnecting", "destroyed"] }
shape = { platform.bye_echo = false, actions = ["not vanish"] }
issue = "https://example.com/issues/7"
expires = 2027-01-31
sometimes = true
"""
LEAST = """
[[known]]
sut = "node:*"
clause = "list/snapshot"
reason = "one list object"
shape = { callers = 2 }
"""


def changed(line: str, text: str = LEAST) -> str:
    """Return the text with one line more, in place of one that sets the same key."""
    key = line.partition("=")[0].strip()
    kept = [old for old in text.splitlines() if old.partition("=")[0].strip() != key]
    return "\n".join([*kept, line])


class TestReading:
    def test_every_key_is_read(self):
        (entry,) = parse(WHOLE, "f.toml")
        assert entry.sut == "chromium:4.0.0-*"
        assert entry.clause == "status/hangup-order"
        assert entry.reason == "skips disconnected"
        assert entry.failure == FailureFields(
            kind="wrong-end-after-hangup", seen=("disconnecting", "destroyed")
        )
        assert entry.shape == {"platform.bye_echo": False, "actions": ["not vanish"]}
        assert entry.issue == "https://example.com/issues/7"
        assert entry.expires == datetime.date(2027, 1, 31)
        assert entry.sometimes
        assert entry.where == "f.toml: entry 1"

    @pytest.mark.parametrize("text", ["", "# nothing yet\n", "known = []"])
    def test_file_without_entries_is_a_baseline(self, text: str):
        assert parse(text, "f.toml") == []

    def test_entries_of_all_files_are_gathered(self, tmp_path: Path):
        paths = tmp_path / "a.toml", tmp_path / "b.toml"
        for path, text in zip(paths, (WHOLE, LEAST), strict=True):
            path.write_text(text)
        loaded = load(paths)
        assert loaded.files == tuple(map(str, paths))
        assert [entry.clause for entry in loaded.entries] == [
            "status/hangup-order",
            "list/snapshot",
        ]


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (changed('issues = "https://a.example"'), "unknown key 'issues'; did you mean 'issue'"),
            (changed('owner = "me"'), "unknown key 'owner'; there is sut, clause, reason"),
            (changed('clause = "status/hangup"'), "did you mean 'status/hangup-order'"),
            (changed('clause = "advice/secure-context"'), "no check judges this clause: a rule"),
            (changed("clause = 7"), "Expected `str`, got `int`"),
            (changed('reason = " "'), "reason is empty"),
            (changed('sut = ""'), "sut is empty"),
            (LEAST.replace("sut", "# sut"), "missing required field `sut`"),
            (LEAST.replace("shape", "# shape"), "give failure (its kind) or shape"),
            (changed("shape = {}"), "give failure (its kind) or shape"),
            (changed("shape = { caller = 2 }"), "shape: unknown field 'caller'; did you mean"),
            (changed("shape = 7"), "Expected `object`, got `int`"),
            (changed("failure = {}"), "missing required field `kind`"),
            (changed('failure = { kid = "x" }'), "failure: unknown key 'kid'; did you mean 'kind'"),
            (
                changed('failure = { kind = "emitted-list" }'),
                "unknown kind 'emitted-list'; did you mean 'emitted-list-changed'",
            ),
            (
                changed('failure = { kind = "hangup-rejected" }'),
                "unknown kind 'hangup-rejected'; there is emitted-list-changed",
            ),
            (changed('failure = { kind = "emitted-list-changed", seen = 1 }'), "Expected `array"),
            (changed('expires = "2027-01-31"'), "expires has to be a date without quotes"),
            (changed("expires = 2027-01-31T00:00:00"), "expires has to be a date without quotes"),
            (changed("expires = 2027-02-30"), "not TOML"),
            (changed('sometimes = "yes"'), "Expected `bool`, got `str`"),
            (changed("sometimes = true"), "sometimes needs expires"),
            (changed('issue = "javascript:alert(1)"'), "issue has to be a link"),
            (changed(f'reason = "{"x" * (TEXT_MAX + 1)}"'), "a text is longer"),
            (
                changed(
                    'failure = { kind = "emitted-list-changed", '
                    f'args = {{ a = "{"x" * (TEXT_MAX + 1)}" }} }}'
                ),
                "a text is longer",
            ),
        ],
    )
    def test_entry_that_is_wrong_is_named_with_what_would_be_right(self, text: str, message: str):
        with pytest.raises(BaselineError) as caught:
            parse(text, "known.toml")
        assert str(caught.value).startswith("known.toml: ")
        assert message in str(caught.value)
        assert "TOML" in message or "entry 1" in str(caught.value)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[[knwon]]", "unknown key 'knwon'; did you mean 'known'"),
            ("known = 1", "has to be an array of tables"),
            ("known = [1]", "has to be an array of tables"),
            ("[known]\nsut = 'x'", "has to be an array of tables"),
            ("[[known]", "not TOML"),
        ],
    )
    def test_file_that_is_no_baseline_is_refused(self, text: str, message: str):
        with pytest.raises(BaselineError, match=r"known.toml: ") as caught:
            parse(text, "known.toml")
        assert message in str(caught.value)

    def test_errors_name_the_number_of_the_entry(self):
        with pytest.raises(BaselineError, match=r"f.toml: entry 2 \(list/snapshot\): unknown key"):
            parse(WHOLE + changed("oops = 1"), "f.toml")

    def test_same_entry_twice_is_refused(self):
        with pytest.raises(BaselineError, match=r"f.toml: entry 2 .* same as f.toml: entry 1"):
            parse(WHOLE + WHOLE.replace("skips disconnected", "another reason"), "f.toml")

    def test_same_entry_in_two_files_is_refused(self, tmp_path: Path):
        for name in ("a.toml", "b.toml"):
            (tmp_path / name).write_text(LEAST)
        with pytest.raises(BaselineError, match=r"b.toml: entry 1 .* same as .*a.toml: entry 1"):
            load([tmp_path / "a.toml", tmp_path / "b.toml"])

    def test_entries_for_two_reasons_are_not_the_same(self):
        other = WHOLE.replace('"disconnecting", "destroyed"', '"destroyed"')
        assert len(parse(WHOLE + other, "f.toml")) == 2

    def test_file_that_cannot_be_read_is_named(self, tmp_path: Path):
        with pytest.raises(BaselineError, match=r"nope.toml: No such file"):
            load([tmp_path / "nope.toml"])
        with pytest.raises(BaselineError, match="Is a directory"):
            load([tmp_path])
        (tmp_path / "latin.toml").write_bytes(b"# \xe9\n")
        with pytest.raises(BaselineError, match=r"latin.toml: it is not UTF-8"):
            load([tmp_path / "latin.toml"])
        (tmp_path / "large.toml").write_bytes(b"#" * (SIZE_MAX_BYTES + 1))
        with pytest.raises(BaselineError, match=r"large.toml: larger than"):
            load([tmp_path / "large.toml"])


class TestOldForm:
    """Entries whose texts were searched in sentences: one error says how to rewrite them."""

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (
                'failure = "the emission was changed: a list was emitted with * call"',
                'failure = { kind = "emitted-list-changed" }',
            ),
            ('failure = "/list/"', "failure = { kind = "),
            ('shape = "2 callers"', "shape = { callers = 2 }"),
            ('shape = ["bye_echo=False"]', 'shape = { "platform.bye_echo" = false }'),
            (
                'shape = ["hangs up call *", "not answers", "the bye-reply of call 0 is lost"]',
                'shape = { actions = ["hangup", "not answer"], faults = ["drop-bye-reply"] }',
            ),
            ("shape = [1]", "shape = { faults = "),
        ],
    )
    def test_the_new_form_is_shown(self, old: str, new: str):
        with pytest.raises(BaselineError, match=r"f.toml: entry 1 \(list/snapshot\): ") as caught:
            parse(changed(old), "f.toml")
        assert "are fields now, not texts" in str(caught.value)
        assert new in str(caught.value)

    def test_what_was_seen_is_taken_over(self):
        old = changed('clause = "status/hangup-order"').replace(
            "shape = { callers = 2 }",
            'failure = "after hangup(): expected disconnecting, disconnected, destroyed; '
            'saw disconnecting, destroyed"',
        )
        new = 'kind = "wrong-end-after-hangup", seen = ["disconnecting", "destroyed"]'
        with pytest.raises(BaselineError) as caught:
            parse(old, "f.toml")
        assert new in str(caught.value)


class TestForWhom:
    def one(self, sut: str) -> Baseline:
        return Baseline((), tuple(parse(changed(f'sut = "{sut}"'), "f.toml")))

    @pytest.mark.parametrize(
        "sut", ["chromium:4.0.0-beta.12", "chromium:*", "@signalwire/js@4.*", "chromium", "*"]
    )
    def test_entry_judges_a_client_by_any_of_its_names(self, sut: str):
        names = ("chromium:4.0.0-beta.12", "@signalwire/js@4.0.0-beta.12", "chromium")
        assert len(self.one(sut).of(names)) == 1

    @pytest.mark.parametrize(
        "sut",
        ["chromium:4.0.0-beta.1", "Chromium:*", "node:*", "hromium", "chromium:4.0.0-beta.1?2"],
    )
    def test_entry_is_silent_about_others(self, sut: str):
        names = ("chromium:4.0.0-beta.12", "@signalwire/js@4.0.0-beta.12", "chromium")
        assert self.one(sut).of(names) == ()
