"""The house as ARCHITECTURE.md, the import rules and the sources describe it: one and the same."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = (
    "harness/ringproof",
    "fakeserver/ringproof_fakeserver",
    "scenarios/ringproof_scenarios",
)
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

MODULES = sorted(path for source in SOURCES for path in (ROOT / source).rglob("*.py"))


def rooms() -> set[str]:
    """Return the folders and modules directly below ``harness/ringproof``."""
    inside = (ROOT / SOURCES[0]).iterdir()
    modules = {path.stem for path in inside if path.suffix in (".py", "") and "__" not in path.name}
    return modules - {"py", "baselines"}


def layered() -> set[str]:
    """Return the rooms that the import rules put into an order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    first = project["tool"]["importlinter"]["contracts"][0]
    names = re.findall(r"ringproof\.(\w+)", " ".join(first["layers"]))
    assert len(names) == len(set(names))
    return set(names)


def described() -> set[str]:
    """Return the rooms in the table of ARCHITECTURE.md."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.partition("## Rooms")[2].partition("\n### ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(\w+)", cell)}


def test_every_room_has_a_place_in_the_order_of_imports():
    assert layered() == rooms()


def test_every_room_is_described():
    assert described() == rooms()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_keep_their_size(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MODULE_LINES_MAX
    for name, lines in functions(text):
        assert lines <= FUNCTION_LINES_MAX, name


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Yield each function with the number of its lines."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1
            yield node.name, lines


def test_no_regular_expression_reads_a_sentence_of_ours():
    """Failures are compared by their fields; the modules that read their messages are gone."""
    gone = ("runner/symptom.py", "baseline/pattern.py", "campaign/block.py", "runner/fitting.py")
    assert [name for name in gone if (ROOT / SOURCES[0] / name).exists()] == []
    for room in ("accounting", "triage", "campaign", "matrix", "comparison"):
        for path in (ROOT / SOURCES[0] / room).rglob("*.py"):
            assert not re.search(r"^import re$", path.read_text("utf-8"), re.MULTILINE), path


def test_nothing_names_this_machine_or_a_registry():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    hosts = re.compile("py" + r"pi\.org|python" + r"hosted\.org|npm" + r"js\.(org|com)")
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".mjs", ".yml", ".json", "") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not hosts.search(text), name
