"""The catalogue of mutants as data: complete, readable, each with a clause that has a check."""

from __future__ import annotations

from collections import Counter

import pytest

from ringproof import mutants
from ringproof.checks import CHECKS
from ringproof.client import events as e
from ringproof.client.calls import InboundCalls
from ringproof.client.client import Client
from ringproof.mutants.mutant import Mutant, Mutants

ONE_FAULT_IS_ALL_THERE_IS = {
    "list/current-on-subscribe": "a list that is not emitted at once can only be silent",
    "list/simultaneous-together": "any other way to keep two calls apart hides or queues one",
    "list/silent-directory": "a call is listed without the directory's answer or not",
    "media/silent-stun": "an answer is sent without a STUN server or not",
    "register/expired-token-told": "the app is told of its expired token or not",
    "stream/media-flows": "needs packets, and so a network run",
    "platform/fork-losers-bye": "a bye is sent or not",
    "register/late-device": "a device is offered the call or not",
    "register/no-flood": "how many requests are too many is one number",
    "media/keeps-flowing": "needs packets, and so a network run",
    "media/loss-is-told": "the app is told that its media died or not",
    "media/refusal-is-told": "the promise is rejected or not",
    "media/timeout-ends-call": "mutants of other ends break it too",
    "platform/media-timeout": "the platform ends the call in time or not",
}
"""Clauses that one mutant breaks."""


def test_every_clause_with_a_check_is_broken_by_a_mutant_and_most_by_several():
    faults = Counter(mutant.clause for mutant in mutants.all())
    assert set(faults) == set(CHECKS)
    single = {clause for clause, count in faults.items() if count == 1}
    assert single <= set(ONE_FAULT_IS_ALL_THERE_IS)
    assert len(mutants.all()) >= 85


def test_names_are_unique_and_found_again():
    names = [mutant.name for mutant in mutants.all()]
    assert len(set(names)) == len(names)
    assert [mutants.find(name) for name in names] == list(mutants.all())
    assert mutants.find("nobody") is None


@pytest.mark.parametrize("mutant", mutants.all(), ids=lambda mutant: mutant.name)
def test_mutant_says_its_fault_in_one_sentence_and_swaps_one_part(mutant: Mutant):
    assert mutant.fault[0].isupper()
    assert not mutant.fault.endswith(".")
    assert mutant.clause not in mutant.entails
    assert set(mutant.entails) <= set(CHECKS)
    reference = Mutant(name="", clause="", fault="")
    swapped = [
        field
        for field in reference.parts.__struct_fields__
        if getattr(mutant.parts, field) is not getattr(reference.parts, field)
    ]
    platform = [mutant.exchange is not reference.exchange, mutant.rest is not None]
    assert len(swapped) + sum(platform) == 1


@pytest.mark.parametrize("mutant", mutants.all(), ids=lambda mutant: mutant.name)
def test_mutant_is_made_into_cores_and_clients(mutant: Mutant):
    assert mutant.factory.func is Client
    assert mutant.factory.keywords == {"parts": mutant.parts}
    core = mutant.parts.core("token", lambda: "id")
    assert [*core.handle(e.Started()), *core.handle(e.RegisterRequested("p"))]


def test_a_decorated_class_is_a_mutant():
    collected = Mutants()

    @collected.breaks("list/snapshot", "a-fault", entails=("list/no-pick",))
    class Fault(InboundCalls):
        """Does it wrong.

        And here is why.
        """

    (mutant,) = collected
    assert (mutant.name, mutant.clause, mutant.fault) == (
        "a-fault",
        "list/snapshot",
        "Does it wrong",
    )
    assert mutant.entails == ("list/no-pick",)
    assert mutant.parts.calls is Fault


def test_a_row_of_a_table_is_a_mutant():
    collected = Mutants()
    collected.table({"list/snapshot": {"a-fault: Does it wrong": InboundCalls}})
    (mutant,) = collected
    assert (mutant.name, mutant.clause, mutant.fault) == (
        "a-fault",
        "list/snapshot",
        "Does it wrong",
    )
