from __future__ import annotations

import pytest
from hypothesis import given

from ringproof_scenarios.generate.strategies import scenarios
from ringproof_scenarios.model import Answer, Caller, Scenario, ScenarioError
from ringproof_scenarios.program import PROGRAM_LIMIT_BYTES, from_program

SCENARIO = Scenario(callers=(Caller(name="Zoë 'z'", patience_ms=10),), actions=(Answer(on="gone"),))


@given(scenarios())
def test_every_scenario_is_read_from_its_own_repr(scenario: Scenario):
    assert from_program(repr(scenario)) == scenario


@pytest.mark.parametrize(
    "program",
    [
        f"{SCENARIO!r}",
        f"scenario = {SCENARIO!r}\n",
        f"scenario: Scenario = {SCENARIO!r}\n",
        f'"""A failing run."""\n# why\nfrom ringproof_scenarios.model import *\n\n{SCENARIO!r}\n',
        f"first = Scenario(callers=(Caller(),))\nsecond = {SCENARIO!r}",
        "Scenario(callers=[Caller(name='Zoë \\'z\\'', patience_ms=10)],\n"
        "         actions=[Answer(on='gone')])",
    ],
)
def test_program_around_it_does_not_matter(program: str):
    assert from_program(program) == SCENARIO


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("", "contains no Scenario"),
        ("1", "contains no Scenario"),
        ("Caller()", "no Scenario but a Caller"),
        ("Scenario(", "never closed"),
        ("import os\nos.system('true')", "only literals and structs of the model"),
        ("__import__('os')", "is none of"),
        ("Scenario(callers=(Caller(),), **{})", "no \\*\\*"),
        ("Scenario((Caller(),))", "keyword arguments only"),
        ("for _ in ():\n  Scenario(callers=(Caller(),))", "line 1: .* is one Scenario"),
        ("Scenario(callers=())", "callers: 1 to 64"),
        ("Scenario(callers=(Caller(at_ms='soon'),))", "not a scenario: Expected `int`"),
        ("Scenario(callers=(Caller(at_ms=-5),))", "at_ms: 0 to"),
        ("Scenario(callers=(Caller(shoe=3),))", "shoe"),
        ("Scenario(callers=(Caller(at_ms=1 + 1),))", "only literals"),
        ("Scenario(callers=(Caller(name=b'x'),))", "only literals"),
        ("Scenario(callers=(Caller(at_ms=1.5),))", "only literals"),
        ("\0", "null byte"),
        ("-" * 100_000 + "1", "not a scenario's program"),
        ("(" * 5_000 + ")" * 5_000, "not a scenario's program"),
        ("#" + "x" * PROGRAM_LIMIT_BYTES, "more than"),
    ],
)
def test_other_text_is_refused_with_the_reason_and_never_run(program: str, problem: str):
    with pytest.raises(ScenarioError, match=problem):
        from_program(program)
