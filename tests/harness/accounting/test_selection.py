from __future__ import annotations

import pytest

from ringproof.accounting.selection import REAL_EVERY, SelectionError, given, select
from ringproof.adapters.in_process import InProcessAdapter
from ringproof.suts.sut import Sut
from ringproof_scenarios import catalogue, ledger
from ringproof_scenarios.model import Answer, Caller, Scenario

SUT = Sut(name="x", make=lambda server: InProcessAdapter())
REAL = Sut(name="x", make=lambda server: InProcessAdapter(), always_real=True)
GENERATED = tuple(
    Scenario(callers=(Caller(at_ms=number),), actions=(Answer(),)) for number in range(30)
)


def selected(*only: str, sut: Sut = SUT):
    return select(
        catalogue=catalogue.all(), generated=GENERATED, ledger=ledger.load(), sut=sut, only=only
    )


def test_without_globs_everything_is_played_and_judged():
    found = selected()
    assert len(found.planned) == len(catalogue.all()) + len(GENERATED)
    assert found.clauses == {row.id for row in ledger.load()}
    assert found.complete


def test_enough_scenarios_of_a_default_run_have_real_media():
    assert sum(one.real_media for one in selected().planned if one.source == "catalogue") >= 20
    generated = [one.real_media for one in selected().planned if one.source == "generated"]
    assert sum(generated) == len(GENERATED) // REAL_EVERY


def test_a_browser_always_has_real_media():
    assert all(one.real_media for one in selected(sut=REAL).planned)
    assert all(one.real_media for one in given(GENERATED, REAL, real_media=False))


def test_glob_over_clauses_leaves_the_scenarios_alone():
    found = selected("status/*")
    assert found.clauses == {row.id for row in ledger.load() if row.family == "status"}
    assert len(found.planned) == len(selected().planned)
    assert found.complete


def test_glob_over_scenarios_leaves_the_clauses_alone():
    found = selected("accept/*", "generated/3")
    assert {one.scenario.name.partition("/")[0] for one in found.planned} == {"accept", ""}
    assert [one.label for one in found.planned if not one.scenario.name] == ["generated/3"]
    assert len(found.clauses) == len(ledger.load())
    assert not found.complete


def test_glob_that_fits_nothing_is_refused():
    with pytest.raises(SelectionError, match="'nothing/at-all' fits no clause and no scenario"):
        selected("nothing/at-all")
