from __future__ import annotations

import pytest

from ringproof import mutants
from ringproof.suts import registry as sut
from ringproof.suts.sut import SutError


def test_reference_has_workers_for_both_kinds_of_media():
    found = sut.find("reference")
    assert found.event_workers > found.real_workers > 0
    assert not found.always_real
    assert found.simulable


@pytest.mark.parametrize("mutant", [mutant.name for mutant in mutants.all()])
def test_every_mutant_can_be_named(mutant: str):
    assert sut.find(f"mutant:{mutant}").name == f"mutant:{mutant}"


@pytest.mark.parametrize("name", ["", "reference:1", "no-such-client", "mutant:", "mutant:none"])
def test_what_is_not_there_is_refused_with_what_is(name: str):
    with pytest.raises(SutError, match="there is "):
        sut.find(name)
