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
        ('{"sdp":"v=0"}', '{"sdp":"v=0"}'),
    ],
)
def test_secrets_are_replaced(text: str, written: str) -> None:
    assert redacted(text) == written


def test_very_long_text_is_shortened() -> None:
    text = "x" * (LIMIT_CHARACTERS + 7)
    assert redacted(text) == "x" * LIMIT_CHARACTERS + "… (7 more)"
