"""What failures say: one sentence for each kind that a check produces, and nothing reads it."""

from __future__ import annotations

import msgspec
import pytest

from ringproof import baseline, checks
from ringproof.baseline import shipped
from ringproof.checks import judge
from ringproof.failure_wording import WORDING, kinds
from ringproof.triage.signature import signature
from ringproof.verdict import Failure
from ringproof_scenarios import catalogue
from tests.harness.checks.test_clauses import CASES

KINDS = [kind for of_clause in WORDING.values() for kind in of_clause]

SCENARIOS = catalogue.all()[::10]


def produced() -> list[tuple[str, Failure]]:
    """Return (clause, failure) of everything that the broken clients of the cases do wrong."""
    return [
        (clause, failure)
        for cases in CASES.values()
        for trace, _ in cases.breaks.values()
        for clause, outcome in judge(trace.build()).items()
        for failure in outcome.failures
    ]


PRODUCED = produced()


def test_every_kind_has_a_sentence_and_is_produced_by_the_check_of_its_clause():
    found = {(clause, failure.kind) for clause, failure in PRODUCED}
    assert found == {(clause, kind) for clause in checks.CHECKS for kind in kinds(clause)}


def test_a_kind_belongs_to_one_clause():
    assert len(KINDS) == len(set(KINDS))


def test_a_kind_says_always_or_never_what_was_seen():
    """An entry of a baseline that leaves it out is as exact, then, as one that gives it."""
    for field in ("expected", "seen"):
        given: dict[str, set[bool]] = {}
        for _, failure in PRODUCED:
            given.setdefault(failure.kind, set()).add(bool(getattr(failure, field)))
        assert {kind for kind, both in given.items() if len(both) > 1} == set()


def test_every_sentence_is_complete():
    for _, failure in PRODUCED:
        assert failure.message
        assert not {"?", "…"} & set(failure.message.split()), failure


@pytest.mark.parametrize("kind", [*KINDS, "of another version"])
@pytest.mark.parametrize(
    "args", [{}, {"calls": None, "changes": 7, "call": ["x"]}, {"changes": [["from"]], "due": {}}]
)
def test_a_sentence_is_made_of_whatever_fields_a_report_holds(kind: str, args: dict):
    for words in ((), ("one",), ("one", "two", "three")):
        assert Failure(kind=kind, expected=words, seen=words, args=args).message


def test_an_unknown_kind_is_shown_with_its_fields():
    failure = Failure(kind="too-loud", expected=("audio",), seen=("audio", "video"))
    assert failure.message == "too-loud: expected audio; saw audio, video"
    assert Failure(kind="too-loud").message == "too-loud"


def test_long_values_are_cut_in_the_sentence_and_kept_in_the_failure():
    failure = Failure(kind="made-up-name", args={"shown": "x" * 500})
    assert failure.message.endswith("… (502 characters)")
    assert len(str(failure.args["shown"])) == 500


def test_a_failure_survives_json():
    for _, failure in PRODUCED:
        text = msgspec.json.encode(failure)
        assert msgspec.json.decode(text, type=Failure) == failure
        again = msgspec.convert(msgspec.to_builtins(failure), Failure)
        assert (again.identity, again.message) == (failure.identity, failure.message)


def everything_but_messages() -> list[object]:
    """Return what is made of the failures of the cases, in all places that compare failures."""
    shipped_baseline = baseline.load(shipped.find(name) for name in shipped.names())
    known = baseline.KnownFailures(shipped_baseline.entries)
    kinds_of: dict[str, baseline.FailureKinds] = {}
    found: list[object] = []
    for clause, failure in produced():
        kinds_of.setdefault(clause, baseline.FailureKinds()).note(failure)
        covered = [known.covers(clause, failure, scenario) for scenario in SCENARIOS]
        found += [failure, failure.identity, signature(clause, failure), covered]
    assert any(True in one for one in found if isinstance(one, list))
    counted = {clause: [(kind, kind.count) for kind in kinds] for clause, kinds in kinds_of.items()}
    return [*found, counted]


def test_other_words_change_nothing_but_messages(monkeypatch: pytest.MonkeyPatch):
    before, said = everything_but_messages(), [failure.message for _, failure in PRODUCED]
    for clause, sentences in WORDING.items():
        others = {kind: f"word {number}" for number, kind in enumerate(sentences)}
        monkeypatch.setitem(WORDING, clause, others)
    assert everything_but_messages() == before
    assert not set(said) & {failure.message for _, failure in PRODUCED}
