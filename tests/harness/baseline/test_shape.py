from __future__ import annotations

import pytest

from ringproof.baseline import shape as words
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.model import Answer, Caller, HangUp, Scenario

SCENARIO = Scenario(
    callers=(Caller(), Caller(address="/private/bert", at_ms=50)),
    actions=(Answer(), HangUp(call=1)),
    platform=Platform(lookup_delay_ms=60),
)


@pytest.mark.parametrize(
    "shape",
    [
        (),
        ("bye_echo=False",),
        ("lookup_delay_ms=60", "msid=True"),
        ("2 callers", "1 devices", "0 faults"),
        ("the subscriber hangs up call 1",),
        ("hangs up call *",),
        ("/private/bert",),
        ("not vanishes", "not 1 callers"),
    ],
)
def test_words_of_the_scenario_fit(shape: tuple[str, ...]):
    assert words.fits(shape, SCENARIO)


@pytest.mark.parametrize(
    "shape",
    [
        ("bye_echo=True",),
        ("bye_echo=False", "declines"),
        ("lookup_delay_ms=6",),
        ("callers 2",),
        ("hangs up call 0",),
        ("not hangs up",),
        ("angs up",),
    ],
)
def test_one_word_that_is_missing_is_enough(shape: tuple[str, ...]):
    assert not words.fits(shape, SCENARIO)


def test_every_platform_variant_can_be_named():
    said = words.lines(Scenario(callers=(Caller(),)))
    for name in Platform.__struct_fields__:
        assert any(line.startswith(f"{name}=") for line in said)
