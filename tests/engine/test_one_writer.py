"""The engine's state has one writer: nothing but its own modules assigns to it, and no SQL leaves the journal."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "copytui"
WRITERS = {
    "engine/state.py",
    "engine/controls.py",
    "engine/day_turn.py",
    "engine/ports.py",
    "engine/positions.py",
    "engine/follower/follower.py",
    "engine/orders/tracking.py",
    "engine/orders/order_rate.py",
}
"""The modules of `EngineState`, its transitions and the parts that it consists of."""

STATE_NAMES = {"state", "follower", "watch", "tracking"}
"""The variable names of parts of the engine's state, everywhere in `copytui.engine`."""

CHANGES = {
    "append", "add", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault", "sort", "update",
}  # fmt: skip
EVENTS = ("wake_",)
"""Waking a task changes nothing that decisions depend on."""


def modules() -> list[Path]:
    found = [path for path in (PACKAGE / "engine").rglob("*.py") if str(path.relative_to(PACKAGE)) not in WRITERS]
    assert len(found) > 15
    return found


def is_state(node: ast.expr) -> bool:
    """Tell whether an expression is a part of the engine's state: `state.x`, `self._follower.y[z]`, ..."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        if isinstance(node, ast.Call):
            node = node.func
            continue
        if isinstance(node, ast.Attribute) and node.attr.removeprefix("_") in STATE_NAMES and node.attr[0] == "_":
            return True
        node = node.value
    return isinstance(node, ast.Name) and node.id in STATE_NAMES


def targets(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign() | ast.Delete():
            found = node.targets
        case ast.AugAssign() | ast.AnnAssign():
            found = [node.target]
        case _:
            found = []
    return [each for one in found for each in (one.elts if isinstance(one, ast.Tuple | ast.List) else [one])]


def writes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for target in targets(node):
            if isinstance(target, ast.Attribute | ast.Subscript) and is_state(target.value):
                yield f"line {node.lineno}: {ast.unparse(target)}"  # type: ignore[attr-defined]  # a statement has one
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            owner = node.func.value
            wakes = isinstance(owner, ast.Attribute) and owner.attr.startswith(EVENTS)
            if isinstance(owner, ast.Attribute | ast.Subscript) and is_state(owner) and not wakes:
                yield f"line {node.lineno}: {ast.unparse(node.func)}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_states_own_modules_change_it(path: Path) -> None:
    assert list(writes(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "line",
    [
        "state.version += 1",
        "self._state.known[key] = order",
        "follower.halted_because = why",
        "del state.executions[id_]",
        "a, state.day = 1, day",
        "state.copies.pop(1)",
        "state.followers[client].queue.append(1)",
        "self._follower.reported_rows.add('x')",
        "tracking.cancel_due = 1.0",
    ],
)
def test_a_write_is_seen(line: str) -> None:
    assert list(writes(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    ["state.wake_dispatcher.clear()", "self._quotes = state.quotes", "known = state.known", "found.add(state.day)"],
)
def test_reading_and_waking_is_no_write(line: str) -> None:
    assert list(writes(ast.parse(line))) == []


def test_sql_and_its_statements_stay_in_the_journal() -> None:
    inside = PACKAGE / "journal"
    for path in PACKAGE.rglob("*.py"):
        if inside in path.parents or path.is_relative_to(PACKAGE / "broker" / "instruments"):
            continue
        text = path.read_text(encoding="utf-8")
        assert "journal.statements" not in text, path
        assert "sqlite3.connect" not in text, path


def test_a_child_order_is_replaced_by_its_life_alone() -> None:
    """`move`, `amend` and `reconcile` make the next state of a child order; no other code builds one."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in {"update", "apply"} and is_state(node.func.value):
                made = [ast.unparse(argument) for argument in node.args]
                assert not any(argument.startswith("replace(") for argument in made), (path, node.lineno)
