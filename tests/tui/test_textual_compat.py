"""Private names of Textual are used in one module only, so that an upgrade has one place to check."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import copytui.tui
from copytui.tui import textual_compat

MODULES = [
    module.name
    for module in pkgutil.walk_packages(copytui.tui.__path__, "copytui.tui.")
    if not module.ispkg and module.name != textual_compat.__name__
]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def is_own(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


@cache
def private_names(class_: type) -> frozenset[str]:
    """Return the private names that a class of Textual defines, or sets on its instances."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(class_)))
    on_self = (node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_own(node.value))
    return frozenset(name for name in (*vars(class_), *on_self) if is_private(name))


def inherited(class_: type) -> set[str]:
    """Return the private names that a class has from Textual."""
    return {
        name for base in class_.__mro__ if base.__module__.split(".")[0] == "textual" for name in private_names(base)
    }


def classes(module: ModuleType, body: list[ast.stmt], owner: object) -> Iterator[tuple[type, ast.ClassDef]]:
    """Yield the classes that a module defines, inner ones too."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            class_ = getattr(owner, node.name)
            yield class_, node
            yield from classes(module, node.body, class_)


def uses(module: ModuleType) -> Iterator[str]:
    """Yield where a module imports, uses or overrides a private name that may be Textual's."""
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(source), names=names) if source.split(".")[0] == "textual":
                if any(is_private(part) for part in (*source.split("."), *(name.name for name in names))):
                    yield f"line {node.lineno}: imports from {source}"
            case ast.Import(names=names):
                if any("textual." in name.name and "._" in name.name for name in names):
                    yield f"line {node.lineno}: {ast.unparse(node)}"
            case ast.Attribute(value=value, attr=attr) if is_private(attr) and not is_own(value):
                yield f"line {node.lineno}: {ast.unparse(node)}"
    for class_, defined in classes(module, tree.body, module):
        private = inherited(class_)
        for node in ast.walk(defined):
            match node:
                case ast.Attribute(value=value, attr=attr) if is_own(value) and attr in private:
                    yield f"line {node.lineno}: {class_.__name__}: {ast.unparse(node)}"
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in private:
                    yield f"line {node.lineno}: {class_.__name__} overrides {name}"


@pytest.mark.parametrize("name", MODULES)
def test_no_other_module_uses_a_private_name_of_textual(name: str) -> None:
    assert list(uses(importlib.import_module(name))) == []


def test_the_check_finds_private_names() -> None:
    found = "\n".join(uses(textual_compat))
    for name in ("_styles_cache", "_compositor", "_exit", "_fatal_error", "_forward_event", "_must_signal_resume"):
        assert name in found


def test_textual_is_pinned_exactly() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert [line.split('"')[1] for line in project.splitlines() if line.strip().startswith('"textual==')] == [
        "textual==8.2.8",
    ]
