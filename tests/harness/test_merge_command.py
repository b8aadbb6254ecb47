"""Runs that were cut into shards and merged, beside the same run in one piece."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from ringproof import cli, exit_codes
from ringproof.report import document as json_report
from ringproof.report import traces
from tests.harness.report.test_files import says_incomplete, write_green

BROKEN = "mutant:list-newest-only"
"""Fails one clause, and leaves another one without a single occurrence."""

EXAMPLES = 40

pytestmark = pytest.mark.timeout(600)  # many runs: half a minute on an idle machine


def play(folder: Path, sut: str, shard: str = "", seed: int = 3, *more: str) -> int:
    argv = ["run", "--sut", sut, "--simulate", "--examples", str(EXAMPLES), "--seed", str(seed)]
    argv += ["--shard", shard] if shard else []
    return cli.main([*argv, "--jobs", "1", "--report-dir", str(folder), *more])


def read(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return document


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of whole runs and of their shards in two and three."""
    folder = tmp_path_factory.mktemp("runs")
    for sut in ("reference", BROKEN):
        play(folder / sut / "whole", sut)
        for of in (1, 2, 3):
            for number in range(1, of + 1):
                play(folder / sut / f"{number}-{of}", sut, f"{number}/{of}")
    return folder


def shards(played: Path, sut: str, of: int) -> list[str]:
    return [str(played / sut / f"{number}-{of}") for number in range(1, of + 1)]


@pytest.mark.parametrize("of", [1, 2, 3])
class TestMerged:
    def test_equals_the_whole_run_but_for_the_time_it_took(
        self, of: int, played: Path, tmp_path: Path
    ):
        whole = read(played / "reference" / "whole")
        code = cli.main(["merge", *shards(played, "reference", of), "--report-dir", str(tmp_path)])
        result = read(tmp_path)
        assert code == whole["exit"] == result["exit"]
        for document in (whole, result):
            assert document.pop("duration_s") > 0
            assert document.pop("environment")["begun"]
        assert result == whole

    def test_shows_a_failure_as_small_as_that_of_the_whole_run(
        self, of: int, played: Path, tmp_path: Path
    ):
        whole = read(played / BROKEN / "whole")
        code = cli.main(["merge", *shards(played, BROKEN, of), "--report-dir", str(tmp_path)])
        result = read(tmp_path)
        assert code == whole["exit"] == result["exit"] == exit_codes.SUT_FAILS
        firsts = [
            [clause.pop("first_failure") for clause in document["clauses"]]
            for document in (whole, result)
        ]
        for document in (whole, result):
            del document["duration_s"], document["environment"]
        assert result == whole
        for of_whole, of_merged in zip(*firsts, strict=True):
            assert (of_whole is None) is (of_merged is None)
            if of_whole is not None:
                assert of_merged["steps"] <= of_whole["steps"]
                assert (tmp_path / of_merged["trace"]).is_file()
                assert cli.main(["judge", str(tmp_path / of_merged["trace"])]) == 1


class TestFiles:
    @pytest.fixture
    def merged(self, played: Path, tmp_path: Path) -> Path:
        # In any order: the shards know which they are.
        named = reversed(shards(played, BROKEN, 3))
        cli.main(["merge", *named, "--report-dir", str(tmp_path / "merged")])
        return tmp_path / "merged"

    def test_junit_is_that_of_the_whole_run(self, played: Path, merged: Path):
        texts = [
            re.sub(r'time="[^"]*"', "", (folder / "junit.xml").read_text())
            for folder in (played / BROKEN / "whole", merged)
        ]
        assert texts[0] == texts[1]

    def test_events_are_those_of_every_shard_and_one_end(self, played: Path, merged: Path):
        events = [json.loads(line) for line in (merged / "events.jsonl").read_text().splitlines()]
        ends = [event for event in events if event["event"] == "run_finished"]
        assert ends == events[-1:]
        starts = [event["shard"] for event in events if event["event"] == "run_started"]
        assert starts == [1, 2, 3]
        named = [event["scenario"] for event in events if event["event"] == "scenario_finished"]
        whole = (played / BROKEN / "whole" / "events.jsonl").read_text().splitlines()
        assert sorted(named) == sorted(
            event["scenario"]
            for event in map(json.loads, whole)
            if event["event"] == "scenario_finished"
        )

    def test_traces_of_all_scenarios_come_along_when_they_were_kept(self, tmp_path: Path):
        for number in (1, 2):
            play(tmp_path / str(number), "reference", f"{number}/2", 3, "--keep-traces")
        named = [str(tmp_path / "1"), str(tmp_path / "2")]
        cli.main(["merge", *named, "--report-dir", str(tmp_path / "out")])
        kept = [
            {path.name for path in (tmp_path / folder / "traces").glob("simulated-*")}
            for folder in ("1", "2", "out")
        ]
        assert kept[2] == kept[0] | kept[1]
        assert kept[0]
        assert kept[1]


def test_a_shard_claims_nothing_about_what_it_did_not_exercise(played: Path):
    """Every third of the catalogue leaves clauses alone; only the whole may complain of it."""
    alone = [read(played / "reference" / f"{number}-3") for number in (1, 2, 3)]
    not_exercised = [
        clause
        for document in alone
        for clause in document["clauses"]
        if clause["verdict"] == "NOT_EXERCISED"
    ]
    assert not_exercised
    assert {document["exit"] for document in alone} == {exit_codes.AS_EXPECTED}
    assert [document["shard"]["number"] for document in alone] == [1, 2, 3]
    junit = (played / "reference" / "1-3" / "junit.xml").read_text()
    assert "<error" not in junit


def test_the_merged_run_complains_of_what_no_shard_exercised(tmp_path: Path):
    """A clause asked for that scenarios without a second device cannot bring about."""
    code = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        shard = ["--shard", f"{number}/2", "--report-dir", str(folder)]
        asked = ["--only", "accept/audio", "--only", "accept/audio-video"]
        asked += ["--only", "platform/ring-timeout"]
        code.append(cli.main(["run", "--simulate", *asked, *shard]))
    assert code == [exit_codes.AS_EXPECTED, exit_codes.AS_EXPECTED]
    named = [str(tmp_path / "1"), str(tmp_path / "2")]
    out = ["--report-dir", str(tmp_path / "out")]
    assert cli.main(["merge", *named, *out]) == exit_codes.NOTHING_JUDGED


BASELINE = f"""
[[known]]
sut = "{BROKEN}"
clause = "list/whole-list"
reason = "only the newest call is listed"
failure = {{ kind = "live-call-hidden-by-new-call" }}

[[known]]
sut = "{BROKEN}"
clause = "status/hangup-order"
reason = "mended long ago"
failure = {{ kind = "wrong-end-after-hangup" }}
"""


class TestBaseline:
    @pytest.fixture
    def strict(self, tmp_path: Path) -> list[str]:
        (tmp_path / "known.toml").write_text(BASELINE)
        only = ["--only", "list/whole-list", "--only", "status/hangup-order"]
        return ["--baseline", str(tmp_path / "known.toml"), "--strict", *only]

    def test_is_compared_with_the_whole(self, strict: list[str], tmp_path: Path):
        """That a known failure is gone is for the whole to say, and for no shard."""
        whole = play(tmp_path / "whole", BROKEN, "", 3, *strict)
        alone = [play(tmp_path / f"{k}", BROKEN, f"{k}/2", 3, *strict) for k in (1, 2)]
        named = [str(tmp_path / "2"), str(tmp_path / "1")]
        code = cli.main(["merge", *named, "--report-dir", str(tmp_path / "out")])
        assert (whole, alone, code) == (
            exit_codes.STALE_BASELINE,
            [exit_codes.AS_EXPECTED] * 2,
            exit_codes.STALE_BASELINE,
        )
        documents = [read(tmp_path / "whole"), read(tmp_path / "out")]
        for document in documents:
            del document["duration_s"], document["environment"]
            for clause in document["clauses"]:
                clause.pop("first_failure")
        assert documents[0] == documents[1]
        verdicts = {clause["id"]: clause["verdict"] for clause in documents[1]["clauses"]}
        assert verdicts["list/whole-list"] == "KNOWN"
        assert verdicts["status/hangup-order"] == "FIXED"

    def test_of_one_shard_and_not_of_the_other_is_refused(
        self, strict: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        play(tmp_path / "1", BROKEN, "1/2", 3, *strict)
        play(tmp_path / "2", BROKEN, "2/2", 3, *strict[2:])
        named = [str(tmp_path / "1"), str(tmp_path / "2")]
        out = str(tmp_path / "out")
        assert cli.main(["merge", *named, "--report-dir", out]) == exit_codes.USAGE
        assert "the --baseline differs" in capsys.readouterr().err


class TestRefused:
    @pytest.fixture
    def refused(self, played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        def refuse(*folders: str) -> str:
            out = tmp_path / "out"
            write_green(out)
            assert cli.main(["merge", *folders, "--report-dir", str(out)]) == exit_codes.USAGE
            message = capsys.readouterr().err
            assert set(says_incomplete(out, exit_codes.USAGE).values()) == {True}
            result = read(out)
            assert result["exit"] == exit_codes.USAGE
            assert result["faults"][0]["text"] in message
            return message

        return refuse

    def test_a_missing_shard(self, refused, played: Path):
        message = refused(*shards(played, "reference", 3)[:2])
        assert "of 3 shards these are missing: 3" in message
        assert "--shard 3/3" in message

    def test_a_shard_named_twice(self, refused, played: Path):
        named = shards(played, "reference", 2)
        assert "both shard 1/2" in refused(*named, named[0])

    def test_shards_of_different_seeds(self, refused, played: Path, tmp_path: Path):
        play(tmp_path / "other", "reference", "2/2", 4)
        message = refused(shards(played, "reference", 2)[0], str(tmp_path / "other"))
        assert "the --seed differs: 3 and 4" in message

    def test_shards_of_different_clients(self, refused, played: Path):
        named = [shards(played, "reference", 2)[0], shards(played, BROKEN, 2)[1]]
        assert f"the --sut differs: reference and {BROKEN}" in refused(*named)

    def test_shards_of_different_versions(self, refused, played: Path, tmp_path: Path):
        named = shards(played, "reference", 2)
        shutil.copytree(named[1], tmp_path / "older")
        report = tmp_path / "older" / "report.json"
        report.write_text(report.read_text().replace('"ringproof": "', '"ringproof": "0.0.'))
        assert "the ringproof version differs" in refused(named[0], str(tmp_path / "older"))

    def test_a_whole_run(self, refused, played: Path):
        assert "the report of a whole run" in refused(str(played / "reference" / "whole"))

    def test_a_killed_shard(self, refused, played: Path, tmp_path: Path):
        killed = tmp_path / "killed"
        killed.mkdir()
        (killed / "report.json").write_text('{"format": 2, "status": "incomplete"}')
        assert "ended before it judged anything" in refused(str(killed))

    def test_a_file_in_place_of_its_folder(self, refused, played: Path):
        report = Path(shards(played, "reference", 1)[0]) / "report.json"
        assert "name the folder" in refused(str(report))

    def test_a_folder_that_is_not_there(self, refused, tmp_path: Path):
        assert "none" in refused(str(tmp_path / "none"))


def test_merging_nothing_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["merge", "--report-dir", str(tmp_path / "out")]) == exit_codes.USAGE
    assert '"merge"' in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


class TestInsideTheReportFolder:
    @pytest.mark.parametrize("named", ["", "report.json", "traces"])
    def test_a_shard_that_would_be_written_over_is_left_alone(
        self, named: str, played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        """Also one that is named by its file, and one where old traces are taken away."""
        out = tmp_path / "out"
        shutil.copytree(shards(played, BROKEN, 1)[0], out)
        shutil.copytree(shards(played, BROKEN, 1)[0], out / "traces", dirs_exist_ok=True)
        before = contents(out)
        command = ["merge", str(out / named), "--report-dir", str(out)]
        assert cli.main(command) == exit_codes.USAGE
        assert "choose another one" in capsys.readouterr().err
        assert contents(out) == before

    def test_shards_in_folders_of_their_own_are_merged(self, played: Path, tmp_path: Path):
        named = [tmp_path / "1", tmp_path / "2"]
        for here, there in zip(named, shards(played, "reference", 2), strict=True):
            shutil.copytree(there, here)
        before = [contents(folder) for folder in named]
        write_green(tmp_path)
        code = cli.main(["merge", *map(str, named), "--report-dir", str(tmp_path)])
        assert code == read(tmp_path)["exit"] == read(played / "reference" / "whole")["exit"]
        assert [contents(folder) for folder in named] == before


def test_an_interrupted_merge_leaves_nothing_green(
    played: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Reports of many megabytes take their time, and the old one is no answer to this."""

    def interrupt(folder: Path) -> None:
        raise KeyboardInterrupt

    write_green(tmp_path)
    monkeypatch.setattr(json_report, "read", interrupt)
    command = ["merge", *shards(played, "reference", 2), "--report-dir", str(tmp_path)]
    with pytest.raises(SystemExit, match="130"):
        cli.main(command)
    assert all(says_incomplete(tmp_path).values()), says_incomplete(tmp_path)


def test_the_merged_report_is_complete_only_once_all_events_are_there(
    played: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def interrupt(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(traces, "merge_events", interrupt)
    command = ["merge", *shards(played, "reference", 2), "--report-dir", str(tmp_path)]
    with pytest.raises(SystemExit, match="130"):
        cli.main(command)
    assert all(says_incomplete(tmp_path).values()), says_incomplete(tmp_path)


def test_an_exploration_is_not_shared(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert play(tmp_path, "reference", "1/2", 3, "--explore") == exit_codes.USAGE
    assert "--explore takes no --shard" in capsys.readouterr().err


@pytest.mark.parametrize("shard", ["0/2", "3/2", "x"])
def test_a_run_refuses_what_is_no_shard(shard: str, tmp_path: Path):
    assert play(tmp_path, "reference", shard) == exit_codes.USAGE


def test_json_is_the_merged_report(
    played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    capsys.readouterr()
    named = shards(played, "reference", 2)
    cli.main(["merge", *named, "--report-dir", str(tmp_path), "--json"])
    assert json.loads(capsys.readouterr().out) == read(tmp_path)
