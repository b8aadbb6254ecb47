"""What a SUT declares, and what it says that it does not offer, decides what applies to it."""

from __future__ import annotations

import msgspec
import pytest

from harness.adapters.protocol import Hello
from harness.runner.fitting import OFFERS, fit
from scenarios import ledger

HELLO = Hello(
    protocol=1,
    name="sdk",
    version="1",
    language="x",
    carrier="stdio",
    media="sdp",
    sessions=4,
    ops=("call.answer", "call.reject", "call.hangup", "observe", "session.vanish"),
)


@pytest.mark.parametrize("word", OFFERS)
def test_row_about_what_a_client_does_not_offer_does_not_apply(word: str):
    rows = [row for row in ledger.load() if word in row.requires]
    assert rows
    offering = fit((), HELLO).scope
    lacking = fit((), msgspec.structs.replace(HELLO, lacks=(word,))).scope
    for row in rows:
        assert offering.excludes(row, frozenset()) == ""
        assert lacking.excludes(row, frozenset()) == f"the SUT does not declare {word}"
