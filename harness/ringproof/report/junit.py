"""``junit.xml``: one test case a clause, so that every CI shows the verdicts.

The document is red exactly when the exit status is not 0: a CI that reads the one and a CI that
reads the other come to the same end. So a SHOULD that fails is a failure of a strict run only, and
a MUST that was not exercised is an error where the run had to exercise it: in a whole one. A part
of the scenarios, or one shard, need not bring everything about; what it left out is skipped, never
a plain case, which would say that it holds.
A known failure is skipped too, with its reason: this format has no other word for what failed and
is not red. Outdated entries of a baseline are cases of their own, and failures of a strict run.
"""

from __future__ import annotations

import functools
import re
import xml.etree.ElementTree as ET

from ringproof import exit_codes
from ringproof.baseline.wording import describe
from ringproof.report.ladder.text import ladder
from ringproof.report.status import EXIT_WORDS
from ringproof.report.wording import shown_first_failure
from ringproof.results import ClauseVerdict, RunFinished
from ringproof.verdict import Verdict

NAME = "junit.xml"
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(finished: RunFinished, sut: str, *, drawn: bool = True) -> bytes:
    """Return the XML document of a run; ``drawn`` is False while failures are not reduced yet."""
    cases = [_clause_case(verdict, finished, sut, drawn=drawn) for verdict in finished.verdicts]
    # Each entry that makes the exit status of a strict run red.
    for one in finished.baseline.outdated if finished.baseline and finished.strict else ():
        name, state = f"{one.entry.where} ({one.entry.clause})", one.state.name
        cases.append(_case("baseline", name, "failure", message=describe(one), type=state))
    for number, fault in enumerate(finished.faults):
        name, text = f"{fault.owner}-{number}", f"{fault.scenario}: {fault.text}"
        cases.append(_case("faults", name, "error", text, message=fault.text, type=fault.owner))
    if finished.status == "incomplete":
        message = "the run was interrupted"
        cases.append(_case("run", "complete", "error", message=message, type="INCOMPLETE"))
    if finished.exit_code == exit_codes.NOTHING_JUDGED and not any(map(_red, cases)):
        message = EXIT_WORDS[exit_codes.NOTHING_JUDGED]
        cases.append(_case("run", "judged", "error", message=message, type="NOTHING_JUDGED"))
    suite = ET.Element(
        "testsuite",
        name=_xml(f"ringproof {sut}"),
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
        time=f"{finished.duration_s:.3f}",
    )
    suite.extend(cases)
    root = ET.Element("testsuites", name="ringproof")
    root.append(suite)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _case(group: str, name: str, tag: str, text: str = "", **attributes: str) -> ET.Element:
    """Return a test case with one element in it."""
    case = ET.Element("testcase", classname=_xml(f"ringproof.{group}"), name=_xml(name))
    child = ET.SubElement(case, tag, {key: _xml(value) for key, value in attributes.items()})
    child.text = _xml(text) or None
    return case


def _clause_case(
    verdict: ClauseVerdict, finished: RunFinished, sut: str, *, drawn: bool
) -> ET.Element:
    word, reason = verdict.verdict, verdict.reason
    details = functools.partial(_details, verdict, sut, drawn=drawn)
    make = functools.partial(_case, verdict.family, verdict.id)
    if word is Verdict.FAIL or (word is Verdict.WARN and finished.strict):
        return make("failure", details(), message=reason, type=word)
    match word:
        case Verdict.NOT_EXERCISED if verdict.level == "M" and finished.whole:
            return make("error", message=reason, type=word)
        case Verdict.NOT_EXERCISED | Verdict.NOT_APPLICABLE:
            return make("skipped", message=f"{word}: {reason}")
        case Verdict.KNOWN:
            case = make("skipped", message=f"KNOWN: {reason}", type=word)
            lines = [f"KNOWN, failed {verdict.failed} of {verdict.exercised} times"]
            lines += [f"{one.entry.where}: {describe(one)}" for one in verdict.entry_statuses]
            out = "\n".join([*lines, "", details()])
            ET.SubElement(case, "system-out").text = _xml(out)
            return case
        case Verdict.WARN:
            return make("system-out", f"WARN (a SHOULD): {details()}")
        case _:
            out = f"{word}, exercised {verdict.exercised} times\n{reason}"
            return make("system-out", out.strip())


def _details(verdict: ClauseVerdict, sut: str, *, drawn: bool) -> str:
    lines = [verdict.statement, "", verdict.reason]
    shown = shown_first_failure(verdict, sut)
    if shown is not None:
        lines += [*shown.remarks, "", *shown.sentences, "", shown.replay, shown.trace]
        lines += ["", ladder(shown.first.trace, shown.first.failure)] if drawn else []
    return "\n".join(lines)


def _red(case: ET.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


def _xml(text: str) -> str:
    """Spell out the characters that XML 1.0 cannot have, not even escaped."""
    return NOT_XML.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
