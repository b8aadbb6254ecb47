"""``junit.xml``: one test case a clause, so that every CI shows the verdicts.

A clause that was not exercised is an error where the run had to exercise it, never a green or a
skipped case: a skip reads as green in most viewers. Only what does not apply is skipped.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from harness.report import atomic
from harness.report.ladder import ladder
from harness.report.replaying import replay_command, sentences, trace_path
from harness.runner.events import AnyRunEvent, ClauseVerdict, Fault, RunFinished
from harness.verdict import Verdict

NAME = "junit.xml"


class JUnitReport:
    """Writes ``junit.xml`` once the run is over."""

    def __init__(self, folder: Path, sut: str) -> None:
        self._path = folder / NAME
        self._sut = sut

    def record(self, event: AnyRunEvent) -> None:
        """Take in a run event."""
        if isinstance(event, RunFinished):
            atomic.write(self._path, render(event, self._sut))


def render(finished: RunFinished, sut: str) -> bytes:
    """Return the XML document of a finished run."""
    cases = [_case(verdict, sut) for verdict in finished.verdicts]
    cases += [_fault_case(number, fault) for number, fault in enumerate(finished.faults)]
    if finished.status == "incomplete":
        cases.append(_incomplete())
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


def _case(verdict: ClauseVerdict, sut: str) -> ET.Element:
    case = ET.Element("testcase", classname=f"ringproof.{verdict.family}", name=verdict.id)
    match verdict.verdict:
        case Verdict.FAIL:
            failure = ET.SubElement(case, "failure", message=_xml(verdict.reason), type="FAIL")
            failure.text = _xml(_story(verdict, sut))
        case Verdict.NOT_EXERCISED if verdict.level == "M":
            ET.SubElement(case, "error", message=_xml(verdict.reason), type="NOT_EXERCISED")
        case Verdict.NOT_EXERCISED | Verdict.NOT_APPLICABLE:
            ET.SubElement(case, "skipped", message=_xml(f"{verdict.verdict}: {verdict.reason}"))
        case Verdict.WARN:
            ET.SubElement(case, "system-out").text = _xml(
                "WARN (a SHOULD): " + _story(verdict, sut)
            )
        case _:
            out = f"{verdict.verdict}, exercised {verdict.exercised} times"
            ET.SubElement(case, "system-out").text = out
    return case


def _story(verdict: ClauseVerdict, sut: str) -> str:
    first = verdict.first_failure
    lines = [verdict.statement, "", verdict.reason, *verdict.variants]
    if first is not None:
        lines += ["", *sentences(first.scenario), "", replay_command(first, sut)]
        lines += [trace_path(verdict.id), "", ladder(first.trace, first.failure)]
    return "\n".join(lines)


def _fault_case(number: int, fault: Fault) -> ET.Element:
    case = ET.Element("testcase", classname="ringproof.faults", name=f"{fault.owner}-{number}")
    error = ET.SubElement(case, "error", message=_xml(fault.text), type=fault.owner.value)
    error.text = _xml(f"{fault.scenario}: {fault.text}")
    return case


def _incomplete() -> ET.Element:
    case = ET.Element("testcase", classname="ringproof.run", name="complete")
    ET.SubElement(case, "error", message="the run was interrupted", type="INCOMPLETE")
    return case


def _xml(text: str) -> str:
    """Spell out the characters that XML 1.0 cannot hold, not even escaped."""
    return "".join(
        char if _allowed(ord(char)) else char.encode("unicode_escape").decode() for char in text
    )


def _allowed(code: int) -> bool:
    return (
        code in (0x9, 0xA, 0xD)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )
