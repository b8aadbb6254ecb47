"""The named scenarios: unique, valid, quick, and covering what the families promise."""

from __future__ import annotations

import re
from typing import get_args

import msgspec
import pytest

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import catalogue
from ringproof_scenarios.backend import AnyRequest
from ringproof_scenarios.faults import AnyFault
from ringproof_scenarios.model import (
    Answer,
    AnyAction,
    validate,
)
from ringproof_scenarios.waiting import waiting_ms

ALL = catalogue.all()
FAMILIES = {scenario.name.partition("/")[0] for scenario in ALL}


def test_catalogue_is_large():
    assert len(ALL) >= 45
    assert catalogue.all() is ALL


def test_names_are_unique_kebab_case_paths():
    names = [scenario.name for scenario in ALL]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*/[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def test_no_scenario_is_there_twice():
    seen = {}
    for scenario in ALL:
        what = msgspec.structs.replace(scenario, name="")
        assert what not in seen, f"{scenario.name} is {seen[what]}"
        seen[what] = scenario.name


SLOW_MS = {
    "directory/never-answers": 10_100,
    "directory/never-answers-for-the-first-of-two": 10_200,
    "pings/unhurried": 900,
    "pings/cut-long-before": 5_800,
    "pings/pong-lost-long-before": 6_900,
}
"""What is slow because a client is: one that is busy, takes up to 4 s to connect again, or waits
for the directory."""


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_scenario_is_valid_and_quick(scenario):
    validate(scenario)
    # These families are about the seconds that a client waits for a reply, or tries to get in, or
    # about pages: one takes a second to open in a browser, and a caller has to be there then.
    patient_ms = {"silence": 5_400, "reconnect": 5_400, "opening": 10_200, "media-loss": 5_400}
    patient_ms |= {"silent-stun": 5_400}
    patient_ms |= {"return": 5_400, "second-page": 5_400, "half-open": 1_500}
    patient_ms["restart-media"] = 1_500  # a busy browser restarts within a second
    patient_ms["script"] = 4_100  # as long as the file that is played
    usual_ms = patient_ms.get(scenario.name.partition("/")[0], 500)
    assert waiting_ms(scenario) <= SLOW_MS.get(scenario.name, usual_ms)


def test_all_families_are_there():
    assert {
        "accept",
        "origin",
        "outbound",
        "transfer",
        "addresses",
        "backend",
        "busy",
        "callbacks",
        "chosen-devices",
        "cut",
        "dead-media",
        "decline",
        "devices",
        "directory",
        "doubled-frames",
        "expiry",
        "glare",
        "half-open",
        "hang-up",
        "hold",
        "late-commands",
        "late-frames",
        "lost-frames",
        "media-loss",
        "names",
        "no-devices",
        "observers",
        "opening",
        "reconnect",
        "prompt",
        "pings",
        "offline",
        "refused",
        "restart-media",
        "return",
        "script",
        "second-page",
        "silence",
        "silent-stun",
        "simultaneous",
        "stray-bye",
        "token",
        "troubles",
        "unanswered",
        "user",
        "vanish",
        "variants",
    } == FAMILIES


def test_every_kind_of_action_and_anchor_occurs():
    actions = [action for scenario in ALL for action in scenario.actions]
    assert {type(action) for action in actions} == set(get_args(AnyAction))
    assert {action.on for action in actions} >= {"listed", "connected", "gone"}


def test_every_kind_of_fault_occurs():
    kinds = {type(fault) for scenario in ALL for fault in scenario.faults}
    assert kinds == set(get_args(AnyFault))


def test_every_kind_of_request_occurs():
    kinds = {type(request) for scenario in ALL for request in scenario.requests}
    assert kinds == set(get_args(AnyRequest))


def test_every_platform_field_is_varied():
    default = Platform()
    for field in Platform.__struct_fields__:
        values = {getattr(scenario.platform, field) for scenario in ALL}
        assert values - {getattr(default, field)}, field


def test_media_choices_meet_both_offers():
    met = {
        (scenario.callers[action.call].media, action.audio, action.video)
        for scenario in ALL
        for action in scenario.actions
        if isinstance(action, Answer)
    }
    for offer in (("audio",), ("audio", "video")):
        assert {(offer, None, None), (offer, False, None)} <= met
        assert {(offer, True, True), (offer, False, True), (offer, False, False)} <= met


def test_one_to_five_callers_and_one_or_two_devices():
    assert {len(scenario.callers) for scenario in ALL} == {1, 2, 3, 4, 5}
    assert {scenario.devices for scenario in ALL} == {1, 2}
