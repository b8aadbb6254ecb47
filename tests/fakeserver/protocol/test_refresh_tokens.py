"""Refresh tokens are traded in once."""

from __future__ import annotations

from ringproof_fakeserver.protocol.refresh_tokens import SpentTokens


def test_a_token_is_spent_once() -> None:
    tokens = SpentTokens()
    assert tokens.spend("a", expires_s=100, now_s=0)
    assert tokens.spend("b", expires_s=100, now_s=0)
    assert not tokens.spend("a", expires_s=100, now_s=1)


def test_what_has_expired_is_forgotten_first_then_the_oldest() -> None:
    tokens = SpentTokens(limit=2)
    tokens.spend("a", expires_s=100, now_s=0)
    tokens.spend("b", expires_s=10, now_s=0)
    tokens.spend("c", expires_s=100, now_s=20)
    assert not tokens.spend("a", expires_s=100, now_s=20), "b had expired, so a was kept"
    tokens.spend("d", expires_s=100, now_s=20)
    assert tokens.spend("a", expires_s=100, now_s=20), "the oldest of those that live"
