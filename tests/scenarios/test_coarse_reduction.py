"""Leaps: what they leave, and that all of it can be played."""

from __future__ import annotations

from ringproof_scenarios import catalogue
from ringproof_scenarios.coarse_reduction import leaps
from ringproof_scenarios.faults import Duplicate, LookUp
from ringproof_scenarios.generate import strategies
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario, validate

BUSY = Scenario(
    callers=(Caller(address="/private/bob", name="Bob", at_ms=20, patience_ms=90),),
    actions=(Answer(after_ms=10), HangUp(on="connected"), Reject()),
    faults=(Duplicate(frame="invite"), LookUp(delay_ms=5)),
    name="busy/one",
)
ALONE = (Caller(),)


def test_a_plain_call_comes_first_then_one_thing_at_a_time():
    found = list(leaps(BUSY))
    assert found[0] == Scenario(callers=ALONE)
    assert [one.faults for one in found[1:3]] == [(BUSY.faults[0],), (BUSY.faults[1],)]
    assert [one.actions for one in found[3:6]] == [
        (BUSY.actions[0],),
        BUSY.actions[:2],  # who hangs up a connected call has answered it
        (BUSY.actions[2],),
    ]
    assert all(one.callers == ALONE for one in found[:6])


def test_callers_who_depend_on_each_other_keep_their_order_and_their_names():
    two = Scenario(callers=(Caller(), Caller(at_ms=20), Caller(address="/private/bob", at_ms=30)))
    *alone, plain = leaps(renamed(two))
    assert alone == [Scenario(callers=(Caller(),))]
    assert [one.at_ms for one in plain.callers] == [0, 20, 30]
    assert [one.address for one in plain.callers] == [one.address for one in two.callers]
    assert all(one.name == Caller().name for one in plain.callers)


def renamed(scenario: Scenario) -> Scenario:
    callers = tuple(
        Caller(address=one.address, at_ms=one.at_ms, name="Zoë") for one in scenario.callers
    )
    return Scenario(callers=callers)


def test_leaps_are_valid_new_and_nameless():
    for scenario in (*catalogue.all(), *strategies.draw_examples(100, 4)):
        found = list(leaps(scenario))
        assert len(set(found)) == len(found)
        assert scenario not in found
        for one in found:
            assert validate(one) == one
            assert one.name == ""
            assert len(one.steps) <= len(scenario.steps)
