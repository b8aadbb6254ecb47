"""Every refusal in the code and every parameter without effect has its row in ``fidelity.toml``.

The calls that make refusals are found in the source, so a new code asks for its row.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import ringproof_fakeserver
from ringproof_fakeserver.protocol.calling.commands import NOT_PERFORMED
from ringproof_fakeserver.protocol.not_simulated import PARAMETERS
from tests.scenarios.test_fidelity import BEHAVIOURS

SOURCES = sorted(Path(ringproof_fakeserver.__file__).parent.rglob("*.py"))

CODE_AT = {"invalid": 0, "Problem": 0, "ScriptError": 0, "refusal": 0, "check": 2, "wrong": 2}
"""Callable that makes a refusal of REST → the position of its code."""

SIGNALLING_CODE_AT = {"FrameError": 0, ".refuse": 1, "._refuse": 1, ".refuse_verto": 1}
"""The same for the signalling, whose codes are constants with a name; a dot marks a method."""

HELPERS = {"invalid", "wrong", "check", "refusal"}
"""Functions that pass on the code that they were given."""


def codes(tree: ast.Module, path: str) -> Iterator[str | int]:
    """Yield the code of each refusal that a module makes."""
    for call in ast.walk(tree):
        # What a kind of parameter is refused with; ``problems`` passes it on.
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Kind":
            assert isinstance(call.args[0], ast.Constant)
            yield call.args[0].value
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for call in _calls(function):
                yield from _code(call, function, path)


def _calls(function: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls in a function, without those of functions inside it."""
    for child in ast.iter_child_nodes(function):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _calls(child)


def _code(
    call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef, path: str
) -> Iterator[str | int]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    position = CODE_AT.get(name)
    if position is None or (name == "check" and not call.args):
        return
    if len(call.args) <= position:
        yield "invalid_parameter"  # the default of ``Fields.wrong``
        return
    argument = call.args[position]
    if isinstance(argument, ast.Constant):
        yield argument.value
        return
    if isinstance(argument, ast.Attribute) and argument.attr == "code":
        return  # passed on
    assert isinstance(argument, ast.Name), f"{path}:{call.lineno}: write the code as a constant"
    if function.name in HELPERS:
        return
    assigned = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == argument.id
    ]
    # ``X if … else Y``: what is passed on was made, and listed, where it comes from.
    found = [part.value for value in assigned for part in _choices(value)]
    assert found, f"{path}:{call.lineno}: write the code as a constant"
    yield from found


def _choices(value: ast.expr) -> Iterator[ast.Constant]:
    if isinstance(value, ast.IfExp):
        yield from _choices(value.body)
        yield from _choices(value.orelse)
    elif isinstance(value, ast.Constant):
        yield value


def signalling_codes(tree: ast.Module, names: dict[str, object], path: str) -> Iterator[int]:
    """Yield the codes of errors on the WebSocket; ``names`` are those of the module."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        method = getattr(call.func, "attr", "")
        name = f".{method}" if method else getattr(call.func, "id", "")
        position = SIGNALLING_CODE_AT.get(name)
        if position is None or len(call.args) <= position:
            continue
        source = ast.unparse(call.args[position])
        if source == "code" or source.endswith(".code"):
            continue  # passed on, or chosen by a fault
        code = _value(source, names)
        assert isinstance(code, int), f"{path}:{call.lineno}: {source} is no constant"
        yield code


def _value(source: str, names: dict[str, object]) -> object:
    """Return the value of a name, or of an attribute of one."""
    first, *rest = source.split(".")
    value = names.get(first)
    for name in rest:
        value = getattr(value, name, None)
    return value


def made() -> set[str | int]:
    """Return the codes of all refusals in the source."""
    found: set[str | int] = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= set(codes(tree, path.name))
        if path.parent.name == "protocol":
            module = importlib.import_module(f"ringproof_fakeserver.protocol.{path.stem}")
            found |= set(signalling_codes(tree, vars(module), path.name))
    return found


def test_every_refusal_has_its_row():
    listed = [code for behaviour in BEHAVIOURS for code in behaviour.get("refusals", ())]
    assert len(set(listed)) == len(listed), "a code has one row"
    assert made() == set(listed)


def test_every_parameter_without_effect_has_its_row():
    listed = [name for behaviour in BEHAVIOURS for name in behaviour.get("parameters", ())]
    parameters = [f"{op} {name}" for op, names in PARAMETERS.items() for name in names]
    assert sorted(listed) == sorted([*parameters, *NOT_PERFORMED])


def test_a_new_refusal_of_the_signalling_is_found():
    source = """
def handler(self, error):
    self.refuse(incoming, error.code, "passed on")
    raise FrameError(NEW, "message")
"""
    assert set(signalling_codes(ast.parse(source), {"NEW": -32_050}, "example")) == {-32_050}


def test_a_new_refusal_is_found():
    source = """
def handler(flag):
    code = "one" if flag else "two"
    fields.wrong("name", "message", "three")
    raise invalid(code, "message", None)
"""
    assert set(codes(ast.parse(source), "example")) == {"one", "two", "three"}
