"""Clients that do not do the work pass nothing that takes any."""

from __future__ import annotations

import pytest

from ringproof import mutants
from ringproof.checks import CHECKS
from ringproof.mutants.cheats import Cheat
from ringproof_scenarios import catalogue

from .plays import tallied

SCENARIOS = catalogue.all()


@pytest.mark.parametrize("cheat", mutants.CHEATS, ids=lambda cheat: cheat.name)
def test_cheat_fails_and_passes_nothing_that_needs_behaviour(cheat: Cheat):
    exercised, failed = tallied(cheat, SCENARIOS)
    assert failed[cheat.clause]
    passed = {clause for clause, times in exercised.items() if times and not failed[clause]}
    assert passed <= cheat.passes


@pytest.mark.parametrize("cheat", mutants.CHEATS, ids=lambda cheat: cheat.name)
def test_what_a_cheat_may_pass_has_a_check_and_is_not_what_it_must_fail(cheat: Cheat):
    assert cheat.passes < set(CHECKS)
    assert cheat.clause not in cheat.passes


def test_cheats_are_found_by_name_and_are_no_mutants():
    assert {mutants.find(cheat.name) for cheat in mutants.CHEATS} == set(mutants.CHEATS)
    assert not set(mutants.CHEATS) & set(mutants.all())
