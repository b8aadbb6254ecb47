"""Clients that do not do the work pass nothing that takes any."""

from __future__ import annotations

import pytest

from ringproof import mutants
from ringproof.checks import CHECKS
from ringproof.mutants.stubs import Stub
from ringproof_scenarios import catalogue

from .plays import counts

SCENARIOS = catalogue.all()


@pytest.mark.parametrize("stub", mutants.STUBS, ids=lambda stub: stub.name)
def test_stub_fails_and_passes_nothing_that_needs_behaviour(stub: Stub):
    exercised, failed = counts(stub, SCENARIOS)
    assert failed[stub.clause]
    passed = {clause for clause, times in exercised.items() if times and not failed[clause]}
    assert passed <= stub.passes


@pytest.mark.parametrize("stub", mutants.STUBS, ids=lambda stub: stub.name)
def test_what_a_stub_may_pass_has_a_check_and_is_not_what_it_must_fail(stub: Stub):
    assert stub.passes < set(CHECKS)
    assert stub.clause not in stub.passes


def test_stubs_are_found_by_name_and_are_no_mutants():
    assert {mutants.find(stub.name) for stub in mutants.STUBS} == set(mutants.STUBS)
    assert not set(mutants.STUBS) & set(mutants.all())
