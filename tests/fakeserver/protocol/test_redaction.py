"""Frames as they may be written down."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol.redaction import LIMIT_CHARACTERS, redacted

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiJqMSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('{"jwt_token":"abc"}', '{"jwt_token":"…"}'),
        ('{"authorization_state" : "a\\"b","id":"1"}', '{"authorization_state" : "…","id":"1"}'),
        ('{"dpop_token":"x","token":"y"}', '{"dpop_token":"…","token":"…"}'),
        (f'{{"note":"{TOKEN}"}}', '{"note":"…"}'),
        (f"broken {TOKEN} frame", "broken … frame"),
        (f'{{"jwt_token":"{TOKEN}', '{"jwt_token":"…'),
        (f'{{"log":"line\\n{TOKEN}"}}', '{"log":"line\\n…"}'),
        (f"{TOKEN} and {TOKEN}", "… and …"),
        ("www.eyJ.example", "www.eyJ.example"),
        ("eyJhbGciOiJ.", "eyJhbGciOiJ."),
        ('{"sdp":"v=0"}', '{"sdp":"v=0"}'),
    ],
)
def test_secrets_are_replaced(text: str, written: str) -> None:
    assert redacted(text) == written


def test_very_long_text_is_shortened() -> None:
    text = "x" * (LIMIT_CHARACTERS + 7)
    assert redacted(text) == "x" * LIMIT_CHARACTERS + "… (7 more)"


@pytest.mark.parametrize(
    "text",
    [
        "eyJ" * 700_000,
        "eyJhbGciOiJI." * 150_000,
        "eyJ." * 500_000,
        '"token"' * 300_000,
        '"token":"\\' * 200_000,
        '"token"' + " " * 2_000_000,
    ],
    ids=lambda text: text[:14],
)
def test_no_text_takes_longer_than_its_length_says(text: str) -> None:
    """2 MB that were read again from every part took hours."""
    assert len(redacted(text)) <= LIMIT_CHARACTERS + 20
