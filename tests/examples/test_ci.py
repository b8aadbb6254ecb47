"""The action and the CI examples: what they run, and that ringproof understands it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

import pytest

from ringproof.cli import app
from tests.examples.workflow import ACTION_PATH, ROOT, Action, Programs, load

WRITES_A_REPORT = """
folder = pathlib.Path(sys.argv[sys.argv.index("--report-dir") + 1])
folder.mkdir(parents=True, exist_ok=True)
(folder / "summary.md").write_text("all of it")
sys.exit(int(pathlib.Path("code").read_text()))
"""
COMPARES = """
if sys.argv[1] == "compare":
    pathlib.Path(sys.argv[-1]).write_text("beside main")
    sys.exit(int(pathlib.Path("compare-code").read_text()))
"""
HAS_RUNS = """
if sys.argv[1:3] == ["run", "list"]:
    print("13")
    print("12")
    print("11")
elif sys.argv[1] == "api":
    [path] = [argument for argument in sys.argv if argument.startswith("repos/")]
    print(0 if "/runs/12/" in path else 1)
else:
    status = {"13": "incomplete", "11": "complete"}[sys.argv[3]]
    folder = pathlib.Path(sys.argv[-1])
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps({"status": status}))
"""
REFUSED = """
if sys.argv[1:{0}] == {1!r}:
    sys.exit("gh: HTTP 403: Resource not accessible by integration")
"""
KILLED = """
import os, signal
folder = pathlib.Path(sys.argv[sys.argv.index("--report-dir") + 1])
folder.mkdir(parents=True, exist_ok=True)
(folder / "summary.md").write_text("incomplete")
os.kill(os.getppid(), signal.SIGKILL)
"""
READS_JSON = """
print(json.loads(pathlib.Path(sys.argv[-1]).read_text())[sys.argv[2].removeprefix(".")])
"""


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    programs = Programs(tmp_path)
    programs.put("ringproof", COMPARES + WRITES_A_REPORT)
    programs.put("python")
    programs.put("gh", HAS_RUNS)
    programs.put("jq", READS_JSON)
    expect(programs, played=0)
    return programs


def expect(programs: Programs, *, played: int, compared: int = 0) -> None:
    """Choose the exit status of the next runs."""
    (programs.folder / "code").write_text(str(played))
    (programs.folder / "compare-code").write_text(str(compared))


def understood(calls: Iterable[list[str]]) -> None:
    """Have ringproof's own parser read the arguments."""
    for arguments in calls:
        app.parse_args(arguments, exit_on_error=False, print_error=True)


class TestAction:
    def test_every_input_is_explained_and_used(self, programs: Programs) -> None:
        action = Action(programs).document
        text = (ROOT / "action.yml").read_text(encoding="utf-8")
        for name, described in action["inputs"].items():
            assert described["description"], name
            assert f"inputs.{name}" in text, name
        assert all(output["description"] for output in action["outputs"].values())

    def test_no_input_becomes_part_of_a_script(self, programs: Programs) -> None:
        """They travel as variables, so that nothing in them is run."""
        for step in Action(programs).document["runs"]["steps"]:
            assert "${{" not in step.get("run", "")
            assert step.get("shell", "bash") == "bash"

    def test_defaults_play_the_reference_client(self, programs: Programs) -> None:
        code, uploaded = Action(programs).perform()
        assert code == 0
        assert programs.called("ringproof") == [
            ["run", "--sut", "reference", "--seed", "0", "--report-dir", "build/report"]
        ]
        understood(programs.called("ringproof"))
        assert (uploaded["name"], uploaded["path"]) == ("ringproof-report", "build/report")
        assert (programs.folder / "job.md").read_text() == "all of it"
        assert programs.called("gh") == []

    @pytest.mark.parametrize(
        ("inputs", "installed"),
        [
            ({}, [ACTION_PATH]),
            ({"install": "ringproof==0.1.0"}, ["ringproof==0.1.0"]),
            ({"install": "."}, ["."]),
            ({"install": ""}, []),
        ],
    )
    def test_pinning_the_action_pins_ringproof(
        self, programs: Programs, inputs: dict[str, str], installed: list[str]
    ) -> None:
        assert Action(programs).perform(**inputs)[0] == 0
        assert [call[-1] for call in programs.called("python")] == installed

    def test_nothing_installed_is_a_fault_of_the_machine(self, programs: Programs) -> None:
        programs.put("python", "sys.exit('no matching distribution')")
        assert Action(programs).perform() == (4, {})
        assert programs.called("ringproof") == []

    def test_cancelled_job_still_shows_and_uploads_what_there_is(self, programs: Programs) -> None:
        programs.put("ringproof", KILLED)
        ended, uploaded = Action(programs).perform(
            cancelled_during="Play", shard="1/2", compare_with="main"
        )
        assert uploaded["name"] == "ringproof-report-1-of-2"
        assert (programs.folder / "job.md").read_text() == "incomplete"
        assert ended == -9  # no verdict on top of it

    def test_everything_that_can_be_chosen_reaches_the_command(self, programs: Programs) -> None:
        code, uploaded = Action(programs).perform(
            sut="chromium:./my package; touch stolen",
            examples="90",
            seed="7",
            only="status/*\ncaller/*\n",
            baseline="ci/known.toml",
            strict="true",
            shard="2/3",
            report_dir="out/report",
            install="",
        )
        [arguments] = programs.called("ringproof")
        assert code == 0
        assert arguments == [
            *("run", "--sut", "chromium:./my package; touch stolen", "--seed", "7"),
            *("--report-dir", "out/report", "--examples", "90"),
            *("--only", "status/*", "--only", "caller/*", "--baseline", "ci/known.toml"),
            *("--strict", "--shard", "2/3"),
        ]
        understood([arguments])
        assert uploaded["name"] == "ringproof-report-2-of-3"
        assert programs.called("python") == []
        assert not (programs.folder / "stolen").exists()

    def test_shards_are_merged_and_compared_with_the_newest_whole_report(
        self, programs: Programs
    ) -> None:
        for number in (1, 2):
            (programs.folder / "shards" / f"ringproof-report-{number}-of-2").mkdir(parents=True)
        code, _ = Action(programs).perform(merge="shards", compare_with="main")
        merge, compare = programs.called("ringproof")
        assert code == 0
        assert merge == [
            *("merge", "shards/ringproof-report-1-of-2/", "shards/ringproof-report-2-of-2/"),
            *("--report-dir", "build/report"),
        ]
        old = str(programs.folder / "temp" / "ringproof-old")
        markdown = "build/report/comparison.md"
        assert compare == ["compare", old, "build/report", "--markdown", markdown]
        understood([merge, compare])
        assert (programs.folder / "job.md").read_text() == "all of itbeside main"
        asked, *others = programs.called("gh")
        assert asked[:4] == ["run", "list", "--workflow", "ring.yml"]
        downloads = [call[2] for call in others if call[1] == "download"]
        assert downloads == ["13", "11"]  # the newest is incomplete, the next has none
        names = {call[call.index("--raw-field") + 1] for call in others if call[0] == "api"}
        assert names == {"name=ringproof-report"}

    def test_first_run_has_nothing_to_compare_with(
        self, programs: Programs, capfd: pytest.CaptureFixture[str]
    ) -> None:
        programs.put("gh")
        code, _ = Action(programs).perform(compare_with="main", fail_on="regressions")
        assert code == 0
        assert "nothing is compared" in capfd.readouterr().out
        expect(programs, played=1)
        # There was no comparison to leave the failing clause to.
        assert Action(programs).perform(compare_with="main", fail_on="regressions")[0] == 1

    @pytest.mark.parametrize(
        ("refused", "message"),
        [
            (["run", "list"], "cannot list the runs of main"),
            (["api"], "cannot list the reports of run 13"),
            (["run", "download"], "cannot download ringproof-report of run 13"),
        ],
    )
    def test_old_reports_that_cannot_be_downloaded_are_reported_at_the_end(
        self,
        programs: Programs,
        refused: list[str],
        message: str,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        programs.put("gh", REFUSED.format(len(refused) + 1, refused) + HAS_RUNS)
        code, uploaded = Action(programs).perform(compare_with="main")
        assert code == 4
        assert uploaded["name"] == "ringproof-report"
        assert (programs.folder / "job.md").read_text() == "all of it"
        [error] = [line for line in capfd.readouterr().out.splitlines() if "::error::" in line]
        assert message in error
        assert "does the job have `permissions: actions: read`?" in error
        expect(programs, played=1)
        # The status of the run is kept, unless it was left to the comparison.
        assert Action(programs).perform(compare_with="main")[0] == 1
        assert Action(programs).perform(compare_with="main", fail_on="regressions")[0] == 4

    def test_runner_without_jq_does_not_look_like_a_branch_without_reports(
        self, programs: Programs, capfd: pytest.CaptureFixture[str]
    ) -> None:
        programs.put("jq", "sys.exit(127)")
        assert Action(programs).perform(compare_with="main")[0] == 4
        assert "is jq on the runner?" in capfd.readouterr().out

    def test_comparison_of_an_earlier_use_is_not_shown_again(self, programs: Programs) -> None:
        Action(programs).perform(compare_with="main", artifact="one")
        Action(programs).perform(artifact="two")
        assert (programs.folder / "job.md").read_text() == "all of itbeside mainall of it"

    @pytest.mark.parametrize(
        ("played", "compared", "inputs", "expected"),
        [
            (1, 0, {}, 1),
            (2, 0, {}, 2),
            (5, 0, {}, 5),
            (1, 0, {"shard": "1/2"}, 0),
            (2, 0, {"shard": "1/2"}, 0),
            (3, 0, {"shard": "1/2"}, 3),
            (64, 0, {"shard": "1/2"}, 64),
            (0, 1, {"compare-with": "main"}, 1),
            (1, 0, {"compare-with": "main"}, 1),
            (1, 0, {"compare-with": "main", "fail-on": "regressions"}, 0),
            (1, 1, {"compare-with": "main", "fail-on": "regressions"}, 1),
            (4, 0, {"compare-with": "main", "fail-on": "regressions"}, 4),
            (0, 64, {"compare-with": "main", "fail-on": "regressions"}, 64),
        ],
    )
    def test_verdict_comes_last_and_keeps_its_number(
        self,
        programs: Programs,
        played: int,
        compared: int,
        inputs: dict[str, str],
        expected: int,
    ) -> None:
        expect(programs, played=played, compared=compared)
        code, uploaded = Action(programs).perform(**inputs)
        assert code == expected
        assert uploaded  # a red run is shown and uploaded like a green one
        assert (programs.folder / "job.md").read_text().startswith("all of it")


def test_github_example_gives_the_action_what_it_takes(programs: Programs) -> None:
    known = Action(programs).document["inputs"]
    uses = [
        step
        for job in load("examples/ci/github.yml")["jobs"].values()
        for step in job["steps"]
        if "/ringproof@" in step.get("uses", "")
    ]
    assert len(uses) == 2
    for step in uses:
        assert step["with"].keys() <= known.keys()
    given = {key.replace("-", "_"): str(value) for key, value in uses[0]["with"].items()}
    Action(programs).perform(**given | {"shard": "1/3"})
    understood(programs.called("ringproof"))


def test_github_example_merges_red_shards_but_not_cancelled_ones() -> None:
    assert load("examples/ci/github.yml")["jobs"]["verdict"]["if"] == "${{ !cancelled() }}"


class TestGitlab:
    JOBS = load("examples/ci/gitlab-ci.yml")

    def run(self, programs: Programs, job: str) -> int:
        for name in ("apt-get", "pip", "pytest"):
            programs.put(name)
        environment = {str(key): str(value) for key, value in self.JOBS["variables"].items()}
        environment |= {
            "CI_NODE_INDEX": "2",
            "CI_NODE_TOTAL": "3",
            "CI_JOB_TOKEN": "secret",
            "CI_API_V4_URL": "http://localhost/api",
            "CI_PROJECT_ID": "1",
            "CI_DEFAULT_BRANCH": "main",
        }
        chosen = self.JOBS["default"] | self.JOBS[job]
        lines = [*chosen["before_script"], *chosen["script"]]
        return programs.bash("\n".join(lines), environment)

    def test_shard_gets_its_number(self, programs: Programs) -> None:
        expect(programs, played=1)
        assert self.run(programs, "ring") in self.JOBS["ring"]["allow_failure"]["exit_codes"]
        [arguments] = programs.called("ringproof")
        assert arguments[-4:] == ["--shard", "2/3", "--report-dir", "shards/2"]
        understood([arguments])

    @pytest.mark.parametrize(
        ("played", "compared", "reachable", "expected"),
        [
            (0, 0, True, 0),
            (1, 0, True, 1),
            (0, 1, True, 1),
            (3, 1, True, 3),
            (1, 0, False, 1),
            (0, 1, False, 0),
        ],
    )
    def test_shards_are_merged_and_compared(
        self, programs: Programs, played: int, compared: int, reachable: bool, expected: int
    ) -> None:
        fetch = "pathlib.Path(sys.argv[sys.argv.index('--output') + 1]).write_text('{}')"
        programs.put("curl", fetch if reachable else "sys.exit(22)")
        expect(programs, played=played, compared=compared)
        (programs.folder / "shards" / "1").mkdir(parents=True)
        assert self.run(programs, "verdict") == expected
        merge, *compare = programs.called("ringproof")
        assert merge == ["merge", "shards/1", "--report-dir", "build/report"]
        assert programs.called("apt-get") == []  # nothing is played: no Chromium
        assert bool(compare) == reachable
        understood([merge, *compare])

    def test_app_is_tested_with_the_plugin(self, programs: Programs) -> None:
        assert self.run(programs, "app") == 0
        [arguments] = programs.called("pytest")
        assert "--ringproof-traces" in arguments


def test_commands_of_the_guide_are_understood() -> None:
    guide = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    ringproof ([^\[\n]+)$", guide, re.MULTILINE)
    commands = [shlex.split(line) for line in lines]
    understood(commands)
    suts = [words[words.index("--sut") + 1] for words in commands if "--sut" in words]
    assert suts
    for sut in suts:
        # Without a slash, a folder that is not there is taken for a tag of the registry.
        assert re.fullmatch(r"chromium(:\./[\w-]+)?", sut)


@pytest.mark.parametrize(
    "path", ["action.yml", "examples/ci/github.yml", "examples/ci/gitlab-ci.yml"]
)
def test_no_file_names_a_host(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not re.search(r"https?://", text)


@pytest.mark.parametrize("lock", ["examples/node-app/package-lock.json"])
def test_lock_files_do_not_name_where_packages_come_from(lock: str) -> None:
    packages = json.loads((ROOT / lock).read_text(encoding="utf-8"))["packages"]
    for name, package in packages.items():
        assert "resolved" not in package
        assert name == "" or package["integrity"].startswith("sha512-")
