"""What failures have in common, and which call and device each of them speaks of."""

from __future__ import annotations

import msgspec

from ringproof.results import Planned
from ringproof.trace import Calls, Commanded, Emitted, Header, Platformed, Replied, Trace
from ringproof.triage.signature import Occurrences, failure_place, signature
from ringproof.triage.subsumption import NOWHERE, FailurePlace
from ringproof.verdict import Failure, Outcome, Owner
from ringproof_fakeserver.protocol.journal import DialogFact
from ringproof_scenarios.model import Answer, Caller, Scenario

SCENARIO = Scenario(callers=(Caller(), Caller(at_ms=10)), actions=(Answer(call=1),), devices=2)
PLANNED = Planned(scenario=SCENARIO, source="generated", real_media=False)
CLAUSE = "status/answer-order"


def trace() -> Trace:
    """Return the record of two calls on two devices; the second dial is answered late."""
    header = Header(
        ringproof="0", format=1, mode="network", scenario=SCENARIO, sessions=("one", "two")
    )
    return Trace(
        header,
        [
            Commanded(at_us=0, id="a", op="rest.dial", args={"caller": 0}),
            Replied(at_us=1, id="a", text="call-a"),
            Commanded(at_us=2, id="b", op="rest.dial", args={"caller": 1}),
            *(
                Platformed(
                    at_us=3,
                    fact=DialogFact(
                        subscriber="u", call=call, dialog=f"{call}-{s}", session=s, state="offered"
                    ),
                )
                for call in ("call-a", "call-b")
                for s in ("one", "two")
            ),
            Replied(at_us=4, id="b", text="call-b"),
            Emitted(at_us=5, event=Calls(s="two", n=0, list=())),
        ],
    )


def test_particulars_make_no_difference():
    one = Failure(kind="list-emitted-again", args={"calls": 1}, entry=4, dialog="call-a-one")
    other = Failure(kind="list-emitted-again", args={"calls": 3}, entry=9, dialog="call-b-one")
    assert signature(CLAUSE, one) == signature(CLAUSE, other)


def test_kind_and_what_was_expected_and_seen_make_a_difference():
    one = Failure(kind="wrong-answer-order", expected=("connected",), seen=("ringing",))
    for other in (
        msgspec.structs.replace(one, kind="wrong-end-after-hangup"),
        msgspec.structs.replace(one, expected=("connecting",)),
        msgspec.structs.replace(one, seen=()),
    ):
        assert signature(CLAUSE, one) != signature(CLAUSE, other)
    assert signature(CLAUSE, one) != signature("status/no-repeat", one)


def test_failure_is_traced_to_its_call_and_device():
    record = trace()
    assert failure_place(record, Failure(kind="x", dialog="call-a-two")) == FailurePlace(0, 1)
    assert failure_place(record, Failure(kind="x", dialog="call-b-one")) == FailurePlace(1, 0)
    assert failure_place(record, Failure(kind="x", entry=len(record) - 1)) == FailurePlace(None, 1)
    assert failure_place(record, Failure(kind="x")) == NOWHERE


def test_sightings_are_kept_by_symptom_simplest_first():
    seen = Occurrences()
    small = Planned(
        scenario=Scenario(callers=(Caller(),)), source="generated", real_media=False, number=1
    )
    failures = (Failure(kind="twice", args={"calls": 3}, dialog="call-a-one"),)
    for planned in (PLANNED, small):
        seen.add(planned, trace(), {CLAUSE: Outcome(1, failures), "list/snapshot": Outcome(4)})
    ((shared, occurrences),) = seen.by_signature.items()
    assert shared == signature(CLAUSE, Failure(kind="twice", args={"calls": 1}))
    assert [one.planned for one in occurrences] == [small, PLANNED]
    assert all(one.trace is not None for one in occurrences)


def test_one_call_that_fails_twice_alike_is_seen_once():
    seen = Occurrences()
    failures = tuple(
        Failure(kind="twice", args={"calls": number}, dialog=dialog)
        for number, dialog in enumerate(["call-a-one", "call-a-one", "call-b-one"])
    )
    seen.add(PLANNED, trace(), {CLAUSE: Outcome(3, failures)})
    ((_, occurrences),) = seen.by_signature.items()
    assert [one.place for one in occurrences] == [FailurePlace(0, 0), FailurePlace(1, 0)]


def test_what_is_excused_or_not_the_sut_s_is_not_looked_into():
    seen = Occurrences()
    ours = Outcome(1, (Failure(kind="late", owner=Owner.HARNESS),))
    seen.add(PLANNED, trace(), {CLAUSE: ours})
    known = Outcome(1, (Failure(kind="known"),))
    seen.add(PLANNED, trace(), {CLAUSE: known}, lambda clause, failure: failure.message == "known")
    assert not seen.by_signature
