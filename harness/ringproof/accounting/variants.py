"""Platform variants: which of them separate failing from passing scenarios. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.ledger import Row
from ringproof_scenarios.model import Scenario

OTHER_VALUES: dict[str, object] = {
    "bye_echo": True,
    "msid": False,
    "ice_servers": "turn",
    "offer_direction": "sendonly",
    "lookup_delay_ms": 60,
    "authorization_state": "never",
    "ring_ms": 300,
    "hold": False,
    "renegotiation": "refuse",
    "first_decline_ends_all": True,
    "decline_reason": "busy",
    "busy": "reject",
    "refresh_token_reusable": True,
    "callback_retries": True,
    "online_delay_ms": 60,
    "expired_token_resumes": True,
    "expired_token_closes": True,
    "unanswered_pings": 2,
    "page_gone_ms": 1_000,
    "reattach": "refuse",
    "room_events": False,
    "bye_reply_ms": 0,
    "verto_ping_ms": 0,
    "media_params_ms": 20,
    "verto_ping_first_ms": 100,
    "media_timeout_ms": 2_000,
    "strict_origins": True,
}
"""What stands against each default of ``Platform`` when a failure is tried under its variant."""


def separating(played_under: Mapping[str, tuple[int, int]]) -> tuple[str, ...]:
    """Say which variants separate failing from passing scenarios: all fail with one of two values
    of a field, and none with the other.

    ``played_under`` is that of ``ClauseVerdict``.
    """
    fields: dict[str, dict[str, tuple[int, int]]] = {}
    for word, counts in played_under.items():
        fields.setdefault(word.partition("=")[0], {})[word] = counts
    sentences = []
    for words in fields.values():
        failing = [word for word, (_, failed) in words.items() if failed]
        passing = [word for word, (_, failed) in words.items() if not failed]
        always = all(words[word][0] == words[word][1] for word in failing)
        if failing and passing and always and len(words) == 2:
            sentences.append(f"fails with {failing[0]}, passes with {passing[0]}")
    return tuple(sentences)


def variants_to_try(row: Row, scenario: Scenario) -> list[tuple[str, Scenario]]:
    """Return the scenario under the other value of each platform variant that the row names.

    The first item of each pair names the variant: ``bye_echo=True``.
    """
    others = []
    for field in row.variants:
        now = getattr(scenario.platform, field)
        default = getattr(Platform(), field)
        other = OTHER_VALUES[field] if now == default else default
        platform = msgspec.structs.replace(scenario.platform, **{field: other})
        others.append((f"{field}={other!r}", msgspec.structs.replace(scenario, platform=platform)))
    return others


def describe_variant(scenario: Scenario, other: str, *, fails: bool) -> str:
    """Say how a failing scenario ends under ``other``, as ``variants_to_try`` names it."""
    field = other.partition("=")[0]
    now = f"fails with {field}={getattr(scenario.platform, field)!r}"
    return f"{now} and with {other}" if fails else f"{now}, passes with {other}"
