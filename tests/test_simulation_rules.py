"""The rules that keep the whole federation fit to run in one process on a virtual clock, where ruff cannot see them:
tasks belong to task groups, the loop is not spoken to, nothing walks a set, SQL asks neither clock nor chance, no list
comes without an order, no module keeps state."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.tree import ROOT, Module, modules

# Around `run(deps)`, and in adapters, the real loop and real threads are met.
ADAPTERS = (
    "libs/cli/",
    "libs/rpc/",
    "libs/db/",
    "libs/testing/",
    "libs/keystore/",
    "libs/telemetry/",
    "libs/web/",
    "libs/postgres/",
    "services/delivery_node/printing/printer.py",
)
LOOP_METHODS = {
    "call_at": "use asyncio.sleep or asyncio.timeout",
    "call_later": "use asyncio.sleep or asyncio.timeout",
    "ensure_future": "open an asyncio.TaskGroup",
    "run_in_executor": "threads belong in adapters with an async twin",
}
SQL_OF_THE_WORLD = re.compile(
    r"\b(now\s*\(|current_timestamp|current_date|clock_timestamp|localtimestamp|gen_random_uuid|uuidv[47]\s*\(|nextval\s*\(|random\s*\(|serial\b)",
    re.IGNORECASE,
)
SQL_COMMENT = re.compile(r"--[^\n]*")


def production() -> list[Module]:
    return [module for module in modules() if not module.name.startswith(ADAPTERS)]


def groups(module: Module) -> set[str]:
    """What an asyncio.TaskGroup is called in the module: bound by `async with`, or annotated."""
    names = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.AsyncWith):
            for item in node.items:
                if ast.unparse(item.context_expr).endswith("TaskGroup()") and item.optional_vars:
                    names.add(ast.unparse(item.optional_vars))
        elif isinstance(node, ast.arg | ast.AnnAssign) and "TaskGroup" in ast.unparse(node.annotation or node):
            names.add(node.arg if isinstance(node, ast.arg) else ast.unparse(node.target))
    return names | {f"self._{name}" for name in names}


def calls(module: Module) -> Iterator[tuple[ast.Call, ast.Attribute]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func


def test_tasks_are_made_by_task_groups_only() -> None:
    found = [
        f"{module.at(call)}: {ast.unparse(method)} is no asyncio.TaskGroup that this module opened or was handed"
        for module in production()
        for call, method in calls(module)
        if method.attr == "create_task" and ast.unparse(method.value) not in groups(module)
    ]
    assert found == []


@pytest.mark.parametrize("name", sorted(LOOP_METHODS))
def test_the_loop_is_not_spoken_to(name: str) -> None:
    found = [
        f"{module.at(call)}: {name}: {LOOP_METHODS[name]}"
        for module in production()
        for call, method in calls(module)
        if method.attr == name
    ]
    assert found == []


def test_the_loops_time_is_not_read() -> None:
    found = [
        f"{module.at(call)}: {ast.unparse(method)}: durations come from clock.monotonic()"
        for module in production()
        for call, method in calls(module)
        if method.attr == "time" and "loop" in ast.unparse(method.value)
    ]
    assert found == []


def is_set(node: ast.expr) -> bool:
    """Surely a set: a display, a comprehension, or a call of set() or frozenset()."""
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")
    return called or isinstance(node, ast.Set | ast.SetComp)


def test_no_set_is_walked() -> None:
    found = []
    for module in production():
        for node in ast.walk(module.tree):
            walked = node.iter if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) else None
            if walked is not None and is_set(walked):
                found.append(f"{module.at(walked)}: the order of a set is nobody's; sort it, or use a dict")
    assert found == []


def sql_of(module: Module) -> Iterator[tuple[ast.Constant, str]]:
    """Every string that names a table's verb, without its comments."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = SQL_COMMENT.sub("", node.value)
            if re.search(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b", text):
                yield node, text


def test_sql_asks_neither_clock_nor_chance() -> None:
    found = [f"{module.at(node)}: {match[0]}" for module in production() for node, text in sql_of(module)
             if (match := SQL_OF_THE_WORLD.search(text))]  # fmt: skip
    assert found == []


def test_schemas_ask_neither_clock_nor_chance() -> None:
    found = []
    for path in sorted((ROOT / "services").glob("*/migrations/*.sql")):
        match = SQL_OF_THE_WORLD.search(SQL_COMMENT.sub("", path.read_text(encoding="utf-8")))
        if match:
            found.append(f"{path.name}: {match[0]}")
    assert found == []


def is_without_order(call: ast.Call) -> bool:
    query = call.args[0] if call.args else None
    text = query.value if isinstance(query, ast.Constant) else None
    return isinstance(text, str) and "SELECT" in text and "ORDER BY" not in text and "RETURNING" not in text


def test_every_list_is_asked_for_in_an_order() -> None:
    found = [
        f"{module.at(call)}: no ORDER BY"
        for module in production()
        for call, method in calls(module)
        if method.attr == "fetch" and is_without_order(call)
    ]
    assert found == []


STATEFUL = {"set", "dict", "list", "defaultdict", "deque", "ContextVar", "Lock", "Event", "Queue", "Semaphore"}


def is_constant(node: ast.Assign | ast.AnnAssign) -> bool:
    """Its type lets nobody change it."""
    return isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).startswith(
        ("Mapping", "Sequence", "Access")
    )


def is_stateful(value: ast.expr | None) -> bool:
    """Something that can only have been made to be changed."""
    if isinstance(value, ast.Dict | ast.List):
        return not (value.keys if isinstance(value, ast.Dict) else value.elts)
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in STATEFUL


def test_nothing_is_kept_in_a_module() -> None:
    found = [
        f"{module.at(node)}: {ast.unparse(node)[:60]}"
        for module in production()
        for node in module.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and is_stateful(node.value) and not is_constant(node)
    ]
    assert found == []
