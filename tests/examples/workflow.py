"""Runs the shell parts of a composite action and of a GitLab job, with stand-ins for the programs.

A stand-in records its arguments, and runs what a test gives it: nothing of ringproof is
imitated but the exit status.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
COMPARISON = re.compile(r"([\w.-]+) (==|!=) ''")

STATUS = {
    "always()": {"success", "failure", "cancelled"},
    "!cancelled()": {"success", "failure"},
    "success()": {"success"},
}
"""Condition → the statuses of the job so far under which it is true."""

ACTION_PATH = "/actions/owner/ringproof/v0.1.0"
WORKFLOW_REF = "owner/app/.github/workflows/ring.yml@refs/heads/who@home/x.yml"

STAND_IN = """\
#!{python}
import json, os, pathlib, sys
calls = pathlib.Path({calls!r})
with calls.open("a") as file:
    file.write(json.dumps([{name!r}, *sys.argv[1:]]) + "\\n")
exec({body!r})
"""


class Programs:
    """A folder that is the only one on PATH beside the system's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bin = folder / "bin"
        self._bin.mkdir()
        self._calls = folder / "calls.jsonl"
        self._calls.touch()

    def put(self, name: str, body: str = "") -> None:
        """Put a stand-in in place; ``body`` is Python that runs once it was called."""
        path = self._bin / name
        path.write_text(
            STAND_IN.format(python=sys.executable, calls=str(self._calls), name=name, body=body)
        )
        path.chmod(0o755)

    def called(self, name: str) -> list[list[str]]:
        """Return the arguments of each call of a program so far."""
        calls = [json.loads(line) for line in self._calls.read_text().splitlines()]
        return [arguments for program, *arguments in calls if program == name]

    def bash(self, script: str, environment: dict[str, str]) -> int:
        """Run a script as CI systems do: it stops at the first command that fails."""
        path = f"{self._bin}{os.pathsep}/usr/bin{os.pathsep}/bin"
        argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(
            argv, cwd=self.folder, env={**environment, "PATH": path}, check=False
        ).returncode


def load(path: str) -> dict[Any, Any]:
    """Read one of the repository's YAML files."""
    found = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


class Action:
    """The composite action of the repository."""

    def __init__(self, programs: Programs) -> None:
        self.document = load("action.yml")
        self._programs = programs

    def perform(self, *, cancelled_during: str = "", **inputs: str) -> tuple[int, dict[str, str]]:
        """Run its steps; returns the last exit status that was not 0, and what was uploaded.

        ``cancelled_during`` is the name of the step during which somebody cancels the job.
        """
        known = self.document["inputs"]
        context = {f"inputs.{name}": str(known[name]["default"]) for name in known}
        given = {f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()}
        assert given.keys() <= context.keys()
        context |= given | {
            "github.workflow": "inbound calls",
            "github.workflow_ref": WORKFLOW_REF,
            "github.repository": "owner/app",
            "runner.temp": str(self._programs.folder / "temp"),
        }
        status, code = "success", 0
        uploaded: dict[str, str] = {}
        for step in self.document["runs"]["steps"]:
            if not _holds(step.get("if", ""), context, status):
                continue
            if "run" in step:
                ended = self._run(step, context)
                if ended:
                    status, code = "failure" if status == "success" else status, ended
            elif "upload-artifact" in step["uses"]:
                uploaded = {key: _fill(str(value), context) for key, value in step["with"].items()}
            if cancelled_during and step.get("name") == cancelled_during:
                status = "cancelled"
        return code, uploaded

    def _run(self, step: dict[str, Any], context: dict[str, str]) -> int:
        output = self._programs.folder / "output"
        output.write_text("")
        environment = {key: _fill(value, context) for key, value in step["env"].items()}
        environment |= {
            "GITHUB_ACTION_PATH": ACTION_PATH,
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self._programs.folder / "job.md"),
        }
        code = self._programs.bash(step["run"], environment)
        # GitHub reads them of a step that failed or was killed too.
        for line in output.read_text().splitlines():
            key, _, value = line.partition("=")
            context[f"steps.{step['id']}.outputs.{key}"] = value
        return code


def _fill(text: str, context: dict[str, str]) -> str:
    return EXPRESSION.sub(lambda found: context.get(found[1], ""), text)


def _holds(condition: str, context: dict[str, str], status: str) -> bool:
    """Read a condition; one that names no status holds only while all went well."""
    bare = condition.removeprefix("${{").removesuffix("}}")
    parts = [part.strip() for part in bare.split("&&") if part.strip()]
    allowed = [STATUS[part] for part in parts if part in STATUS] or [STATUS["success()"]]
    return all(status in one for one in allowed) and all(
        _compares(part, context) for part in parts if part not in STATUS
    )


def _compares(part: str, context: dict[str, str]) -> bool:
    found = COMPARISON.fullmatch(part)
    assert found is not None, f"a condition that this cannot read: {part}"
    assert found[1] in context or found[1].startswith("steps."), f"nothing is called {found[1]}"
    return (context.get(found[1], "") == "") == (found[2] == "==")
