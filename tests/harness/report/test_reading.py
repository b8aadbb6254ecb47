"""A report that was written is read back as what it was written from."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ringproof.report import document as json_report
from ringproof.report import reading
from ringproof.report.reading import ReportError
from ringproof.report.traces import TraceFiles
from ringproof.results import LeftOut, RunFinished, Shard
from tests.harness.report import runs

UNDER = {"bye_echo=True": (3, 1)}
FINISHED = msgspec.structs.replace(
    runs.FINISHED,
    verdicts=(
        runs.PASSED,
        msgspec.structs.replace(
            runs.FAILED, simulated_exercised=3, simulated_failed=1, played_under=UNDER
        ),
        runs.UNHEARD,
        runs.EXCLUDED,
    ),
    sut=msgspec.structs.replace(runs.SUT, runtime="CPython", features=("rtp",)),
    strict=True,
    fingerprint="0123456789abcdef",
    environment={"python": "3.11"},
    left_out=(LeftOut("observe", 2),),
    shard=Shard(number=2, of=3, complete=True),
    whole=True,
)


def written(folder: Path, finished: RunFinished = FINISHED) -> Path:
    document = json_report.encode(json_report.render(finished, "mutant:x"))
    folder.mkdir(exist_ok=True)
    (folder / json_report.NAME).write_bytes(document)
    TraceFiles(folder).record(finished)
    return folder


def test_a_run_that_was_written_is_read_back(tmp_path: Path):
    report = reading.read(written(tmp_path))
    assert report.sut.option == "mutant:x"
    found = reading.finished(report, tmp_path)
    as_text = [
        msgspec.json.encode(json_report.render(one, "mutant:x")) for one in (FINISHED, found)
    ]
    assert as_text[0] == as_text[1]
    trace = found.verdicts[1].first_failure.trace
    assert trace.dumps() == runs.trace().dumps()
    without = [
        msgspec.structs.replace(
            one,
            verdicts=tuple(
                msgspec.structs.replace(verdict, first_failure=None) for verdict in one.verdicts
            ),
        )
        for one in (FINISHED, found)
    ]
    assert without[0] == without[1]


def test_no_field_of_a_run_is_left_untried_above():
    """A field that is added to a run has to be read back as well, or a merged run loses it."""
    untried = {"baseline", "explored"}
    for tried, spared in ((FINISHED, untried), (FINISHED.sut, set())):
        defaults = dict(
            zip(tried.__struct_fields__[::-1], tried.__struct_defaults__[::-1], strict=False)
        )
        unset = {name for name, value in defaults.items() if getattr(tried, name) == value}
        assert unset <= spared


def test_a_report_that_does_not_tell_whether_it_is_whole_is_read(tmp_path: Path):
    """Of a version before that was told: nothing is claimed for it."""
    path = written(tmp_path) / json_report.NAME
    document = msgspec.json.decode(path.read_bytes())
    del document["whole"]
    path.write_bytes(json_report.encode(document))
    assert reading.finished(reading.read(path), tmp_path).whole is False


def test_a_client_that_never_said_hello_is_none(tmp_path: Path):
    mute = msgspec.structs.replace(FINISHED, sut=None)
    assert reading.finished(reading.read(written(tmp_path, mute)), tmp_path).sut is None


def test_the_file_may_be_named_in_place_of_its_folder(tmp_path: Path):
    assert reading.read(written(tmp_path) / json_report.NAME).seed == 7


def test_a_missing_trace_is_told_with_what_to_do(tmp_path: Path):
    report = reading.read(written(tmp_path))
    (tmp_path / report.clauses[1].first_failure.trace).unlink()
    with pytest.raises(ReportError, match="keep the whole report folder, traces included"):
        reading.finished(report, tmp_path)


def test_a_trace_outside_the_folder_is_not_read(tmp_path: Path):
    folder = written(tmp_path / "inner")
    text = (folder / json_report.NAME).read_text()
    (folder / json_report.NAME).write_text(text.replace('"traces/', '"../traces/'))
    with pytest.raises(ReportError, match="lies outside the report folder"):
        reading.finished(reading.read(folder), folder)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not a report.json"),
        ("[]", "not a report.json"),
        ('{"clauses": []}', "report format None; this ringproof reads 1"),
        ('{"format": 2, "clauses": []}', "report format 2"),
        ('{"format": 1, "status": "incomplete"}', "the run ended before it judged anything"),
        ('{"format": 1, "status": "incomplete", "clauses": []}', "the run ended before it"),
        ('{"format": 1, "clauses": [{"id": 3}]}', "not a report.json"),
    ],
)
def test_what_is_no_report_is_refused_by_name(text: str, told: str, tmp_path: Path):
    path = tmp_path / "some.json"
    path.write_text(text)
    with pytest.raises(ReportError, match=f"some.json: {told}"):
        reading.read(path)


def test_what_is_not_there_is_refused_by_name(tmp_path: Path):
    with pytest.raises(ReportError, match=r"report\.json: No such file"):
        reading.read(tmp_path)
