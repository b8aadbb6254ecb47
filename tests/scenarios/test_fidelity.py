"""The list of what the stand-in gets right: fully marked, and in step with the variants."""

from __future__ import annotations

import tomllib
from importlib import resources

from ringproof_fakeserver.protocol.platform import Platform

TEXT = resources.files("ringproof_fakeserver").joinpath("fidelity.toml").read_text(encoding="utf-8")
BEHAVIOURS = tomllib.loads(TEXT)["behaviour"]


def test_every_behaviour_is_marked_and_has_a_source():
    for behaviour in BEHAVIOURS:
        assert set(behaviour) - {"variant"} == {"id", "evidence", "behaviour", "source"}
        assert behaviour["evidence"] in ("documented", "observed", "assumed", "own")
        assert behaviour["behaviour"].endswith(".")
        assert behaviour["source"]


def test_ids_are_unique():
    ids = [behaviour["id"] for behaviour in BEHAVIOURS]
    assert len(set(ids)) == len(ids)


def test_every_platform_variant_is_listed_once_as_assumed():
    varied = [behaviour for behaviour in BEHAVIOURS if "variant" in behaviour]
    assert sorted(each["variant"] for each in varied) == sorted(Platform.__struct_fields__)
    assert {each["evidence"] for each in varied} == {"assumed"}
