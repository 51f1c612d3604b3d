"""Every metric, log event and span that the code can tell of, read from its syntax."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.delivery_node.counting import Finding
from tests.tree import Module, modules

KINDS = ("counter", "gauge", "histogram")
LEVELS = ("debug", "info", "warning", "error")
AS_IT_CAME = "as it came"
"""The level of an event that is told at the level of what it tells of."""
FINDING = "finding.value"
"""How a call names an event by what a node has found."""


@dataclass(frozen=True)
class Metric:
    """One number."""

    name: str
    kind: str
    labels: tuple[str, ...]


def metrics() -> list[Metric]:
    """Each that a process can serve, by name."""
    return sorted({_metric(module, call) for module, call in _calls(KINDS) if _is_named(call)}, key=lambda it: it.name)


def events() -> Mapping[str, str]:
    """The level of each event, by name; of one told at several levels each of them, with a comma between."""
    found: dict[str, set[str]] = {}
    for module, call in _calls((*LEVELS, "failure")):
        assert isinstance(call.func, ast.Attribute)  # _calls gives no other.
        if ast.unparse(call.func.value).rpartition(".")[2] in ("log", "_log"):
            for name in _findings(module) if ast.unparse(call.args[0]) == FINDING else _names(call.args[0]):
                found.setdefault(name, set()).add(_level(call, call.func.attr))
    return {name: ", ".join(sorted(levels)) for name, levels in sorted(found.items())}


def spans() -> list[str]:
    """Each by its name, but those of RPCs, which have their method's."""
    return sorted({name for _, call in _calls(("span",)) if _is_named(call) for name in _names(call.args[0])})


def _calls(methods: tuple[str, ...]) -> Iterator[tuple[Module, ast.Call]]:
    for module in modules():
        for node in ast.walk(module.tree):
            match node:
                case ast.Call(func=ast.Attribute(attr=method), args=[_, *_]) if method in methods:
                    yield module, node


def _is_named(call: ast.Call) -> bool:
    """The first argument says what it is; where it is handed on, somebody else has said it."""
    return isinstance(call.args[0], ast.Constant | ast.JoinedStr)


def _metric(module: Module, call: ast.Call) -> Metric:
    assert isinstance(call.func, ast.Attribute)  # _calls gives no other.
    labels = _literal(module, call.args[2]) if len(call.args) > 2 else ()
    return Metric(f"samvern_{_names(call.args[0])[0]}", call.func.attr, tuple(labels))


def _literal(module: Module, value: ast.expr) -> Any:
    """Of a value written out, or of a name given one in the same file."""
    if not isinstance(value, ast.Name):
        return ast.literal_eval(value)
    given = [node for node in ast.walk(module.tree) if isinstance(node, ast.Assign)]
    return next(ast.literal_eval(node.value) for node in given if ast.unparse(node.targets[0]) == value.id)


def _level(call: ast.Call, method: str) -> str:
    if method != "failure":
        return method
    given = [keyword.value for keyword in call.keywords if keyword.arg == "level"]
    if not given:
        return "error"
    return str(ast.literal_eval(given[0])) if isinstance(given[0], ast.Constant) else AS_IT_CAME


def _names(argument: ast.expr) -> list[str]:
    if isinstance(argument, ast.Constant):
        return [str(argument.value)]
    if isinstance(argument, ast.JoinedStr):
        return ["".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in argument.values)]
    raise AssertionError(f"{ast.unparse(argument)} names something by a value that is not written out")


def _findings(module: Module) -> list[str]:
    """Those that are spoken of in the file."""
    spoken = {ast.unparse(node) for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)}
    return [finding.value for finding in Finding if str(finding) in spoken]
