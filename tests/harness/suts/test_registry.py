from __future__ import annotations

import pytest

from ringproof import mutants
from ringproof.suts import registry
from ringproof.suts.sut import SutError


def test_reference_has_workers_for_both_kinds_of_media():
    reference = registry.find("reference")
    assert reference.event_workers > reference.real_workers > 0
    assert not reference.always_real
    assert reference.simulable


@pytest.mark.parametrize("mutant", [mutant.name for mutant in mutants.all()])
def test_every_mutant_can_be_named(mutant: str):
    assert registry.find(f"mutant:{mutant}").name == f"mutant:{mutant}"


@pytest.mark.parametrize("name", ["", "reference:1", "no-such-client", "mutant:", "mutant:none"])
def test_unknown_name_is_refused_with_those_there_are(name: str):
    with pytest.raises(SutError, match="there is "):
        registry.find(name)
