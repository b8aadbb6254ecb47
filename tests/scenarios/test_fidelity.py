"""The list of what the stand-in gets right: fully marked, and in step with the variants."""

from __future__ import annotations

import tomllib
from importlib import resources

from ringproof.accounting.variants import OTHER_VALUES
from ringproof_fakeserver.protocol.platform import Platform

TEXT = resources.files("ringproof_fakeserver").joinpath("fidelity.toml").read_text(encoding="utf-8")
BEHAVIOURS = tomllib.loads(TEXT)["behaviour"]


def test_every_behaviour_is_marked_and_has_a_source():
    for behaviour in BEHAVIOURS:
        optional = {"variant", "refusals", "parameters"}
        assert set(behaviour) - optional == {"id", "evidence", "behaviour", "source"}
        assert behaviour["evidence"] in ("documented", "observed", "assumed", "own")
        assert behaviour["behaviour"].endswith(".")
        assert behaviour["source"]


def test_ids_are_unique():
    ids = [behaviour["id"] for behaviour in BEHAVIOURS]
    assert len(set(ids)) == len(ids)


def test_every_platform_variant_is_listed_and_none_is_an_extension_of_ours():
    varied = [behaviour for behaviour in BEHAVIOURS if "variant" in behaviour]
    assert {each["variant"] for each in varied} == set(Platform.__struct_fields__)
    assert "own" not in {each["evidence"] for each in varied}


def test_every_platform_variant_has_a_value_to_try_failures_with():
    assert set(OTHER_VALUES) == set(Platform.__struct_fields__)
    assert all(value != getattr(Platform(), name) for name, value in OTHER_VALUES.items())
