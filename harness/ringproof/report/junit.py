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

import re
import xml.etree.ElementTree as ET

from ringproof import exit_codes
from ringproof.baseline.wording import describe
from ringproof.report.ladder.text import ladder
from ringproof.report.status import EXIT_WORDS
from ringproof.report.wording import shown_first_failure
from ringproof.results import ClauseVerdict, Fault, RunFinished
from ringproof.verdict import Verdict

NAME = "junit.xml"
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(finished: RunFinished, sut: str, *, drawn: bool = True) -> bytes:
    """Return the XML document of a run; ``drawn`` is False while failures are not reduced yet."""
    cases = [_case(verdict, finished, sut, drawn=drawn) for verdict in finished.verdicts]
    cases += _outdated_cases(finished)
    cases += [_fault_case(number, fault) for number, fault in enumerate(finished.faults)]
    if finished.status == "incomplete":
        cases.append(_run_case("complete", "the run was interrupted", "INCOMPLETE"))
    if finished.exit_code == exit_codes.NOTHING_JUDGED and not any(map(_red, cases)):
        message = EXIT_WORDS[exit_codes.NOTHING_JUDGED]
        cases.append(_run_case("judged", message, "NOTHING_JUDGED"))
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


def _case(verdict: ClauseVerdict, finished: RunFinished, sut: str, *, drawn: bool) -> ET.Element:
    family = _xml(f"ringproof.{verdict.family}")
    case = ET.Element("testcase", classname=family, name=_xml(verdict.id))
    match verdict.verdict:
        case Verdict.FAIL | Verdict.WARN as word if word is Verdict.FAIL or finished.strict:
            failure = ET.SubElement(case, "failure", message=_xml(verdict.reason), type=word.value)
            failure.text = _xml(_details(verdict, sut, drawn=drawn))
        case Verdict.NOT_EXERCISED if verdict.level == "M" and finished.whole:
            ET.SubElement(case, "error", message=_xml(verdict.reason), type="NOT_EXERCISED")
        case Verdict.NOT_EXERCISED | Verdict.NOT_APPLICABLE:
            ET.SubElement(case, "skipped", message=_xml(f"{verdict.verdict}: {verdict.reason}"))
        case Verdict.KNOWN:
            message = _xml(f"KNOWN: {verdict.reason}")
            ET.SubElement(case, "skipped", message=message, type="KNOWN")
            ET.SubElement(case, "system-out").text = _xml(_known(verdict, sut, drawn=drawn))
        case Verdict.WARN:
            ET.SubElement(case, "system-out").text = _xml(
                "WARN (a SHOULD): " + _details(verdict, sut, drawn=drawn)
            )
        case _:
            out = f"{verdict.verdict}, exercised {verdict.exercised} times\n{verdict.reason}"
            ET.SubElement(case, "system-out").text = _xml(out.strip())
    return case


def _details(verdict: ClauseVerdict, sut: str, *, drawn: bool) -> str:
    lines = [verdict.statement, "", verdict.reason]
    shown = shown_first_failure(verdict, sut)
    if shown is not None:
        lines += [*shown.remarks, "", *shown.sentences, "", shown.replay, shown.trace]
        lines += ["", ladder(shown.first.trace, shown.first.failure)] if drawn else []
    return "\n".join(lines)


def _known(verdict: ClauseVerdict, sut: str, *, drawn: bool) -> str:
    lines = [f"KNOWN, failed {verdict.failed} of {verdict.exercised} times"]
    lines += [f"{one.entry.where}: {describe(one)}" for one in verdict.entry_statuses]
    return "\n".join([*lines, "", _details(verdict, sut, drawn=drawn)])


def _outdated_cases(finished: RunFinished) -> list[ET.Element]:
    """Return a red case for each entry that makes the exit status of a strict run red."""
    if finished.baseline is None or not finished.strict:
        return []
    cases = []
    for one in finished.baseline.outdated:
        name = _xml(f"{one.entry.where} ({one.entry.clause})")
        case = ET.Element("testcase", classname="ringproof.baseline", name=name)
        ET.SubElement(case, "failure", message=_xml(describe(one)), type=one.state.name)
        cases.append(case)
    return cases


def _fault_case(number: int, fault: Fault) -> ET.Element:
    case = ET.Element("testcase", classname="ringproof.faults", name=f"{fault.owner}-{number}")
    error = ET.SubElement(case, "error", message=_xml(fault.text), type=fault.owner.value)
    error.text = _xml(f"{fault.scenario}: {fault.text}")
    return case


def _run_case(name: str, message: str, kind: str) -> ET.Element:
    """Return a red case for what concerns no clause and is no fault."""
    case = ET.Element("testcase", classname="ringproof.run", name=name)
    ET.SubElement(case, "error", message=message, type=kind)
    return case


def _red(case: ET.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


def _xml(text: str) -> str:
    """Spell out the characters that XML 1.0 cannot have, not even escaped."""
    return NOT_XML.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
