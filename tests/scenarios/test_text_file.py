from __future__ import annotations

import pytest

from ringproof_scenarios.text_file import EncodingError, decoded


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_with_and_without_a_mark(encoding: str):
    assert decoded("name = 'Zoë'\n".encode(encoding)) == "name = 'Zoë'\n"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-16", "it is UTF-16"),
        ("utf-32", "it is UTF-32"),
        ("utf-16-le", "as UTF-16 has"),
        ("latin-1", r"it is not UTF-8 \(line 2\)"),
    ],
)
def test_other_encodings_are_named_with_what_to_do(encoding: str, named: str):
    with pytest.raises(EncodingError, match=rf"{named}.*: save it as UTF-8"):
        decoded("\nname = 'Zoë'\n".encode(encoding))
