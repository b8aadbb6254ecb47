"""Reads a scenario from Python text, such as the ``repr`` in a failure, without running it.

The text is one expression, ``Scenario(callers=(Caller(patience_ms=10),))``, possibly assigned to a
name. Imports, docstrings and comments are ignored. Only structs of the model may be called, with
keyword arguments that are literals or such calls again.
"""

from __future__ import annotations

import ast
from typing import Any

import msgspec

from ringproof_fakeserver.protocol import platform
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import backend, faults, model
from ringproof_scenarios.data import Data
from ringproof_scenarios.model import Scenario, ScenarioError

PROGRAM_LIMIT_BYTES = 256 * 1024
"""As for replay strings: anybody may have written the file."""

_STRUCTS: dict[str, type[msgspec.Struct]] = {
    name: struct
    for module in (platform, model, faults, backend)
    for name, struct in vars(module).items()
    if isinstance(struct, type)
    and issubclass(struct, Platform | Data)
    and struct not in (Data, model.Action, faults.Fault, backend.Request)
}


def from_program(text: str) -> Scenario:
    """Return the last scenario of the text. Raises ``ScenarioError``."""
    if len(text.encode()) > PROGRAM_LIMIT_BYTES:
        raise ScenarioError(f"a program of more than {PROGRAM_LIMIT_BYTES} bytes is no scenario")
    try:
        tree = ast.parse(text)
        built = _build(_expression(tree))
        document = msgspec.json.encode(built)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        if isinstance(error, ScenarioError):
            raise
        raise ScenarioError(f"not a scenario's program: {error}") from error
    if not isinstance(built, Scenario):
        raise ScenarioError(f"the program's last value is no Scenario but a {type(built).__name__}")
    # Constructors do not check types; reading JSON does.
    return model.from_json(document)


def _expression(tree: ast.Module) -> ast.expr:
    last: ast.expr | None = None
    for statement in tree.body:
        match statement:
            case ast.Assign(value=ast.Call() as value) | ast.Expr(value=ast.Call() as value):
                last = value
            case ast.AnnAssign(value=ast.Call() as value):
                last = value
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                continue
            case _:
                where = f"line {statement.lineno}"
                raise ScenarioError(f"{where}: a scenario's program is one Scenario(…) only")
    if last is None:
        raise ScenarioError("the program contains no Scenario(…)")
    return last


def _build(node: ast.expr) -> Any:  # noqa: ANN401 - any value of the model
    match node:
        case ast.Constant(value=None | bool() | int() | str() as value):
            return value
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return tuple([_build(item) for item in items])
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            return -value
        case ast.Call(func=ast.Name(id=name), args=[], keywords=keywords) if name in _STRUCTS:
            return _STRUCTS[name](**_arguments(keywords))
        case ast.Call(func=ast.Name(id=name)):
            known = ", ".join(sorted(_STRUCTS))
            raise ScenarioError(
                f"line {node.lineno}: {name}(…) is none of {known}, with keyword arguments only"
            )
        case _:
            raise ScenarioError(
                f"line {node.lineno}: only literals and structs of the model are allowed"
            )


def _arguments(keywords: list[ast.keyword]) -> dict[str, Any]:
    arguments = {}
    for keyword in keywords:
        if keyword.arg is None:
            raise ScenarioError(f"line {keyword.value.lineno}: no ** in a scenario's program")
        arguments[keyword.arg] = _build(keyword.value)
    return arguments
