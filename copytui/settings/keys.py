"""The parts of the description of `copytui.toml`: a key, a section, and the TOML text of a value."""

from __future__ import annotations

import json
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from pathlib import PurePath
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from copytui.settings.checks import Check

T_co = TypeVar("T_co", covariant=True)


class Dataclass(Protocol):
    """A class of the model, whose fields hold the defaults."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


@dataclass(frozen=True, slots=True)
class Key(Generic[T_co]):
    """One key of one section ('' is the top of the file).

    `meaning` is the comment of the example file; a line break in it is one there too. `detail` follows it in the
    documentation. `unit` completes the type. `live` names the screen's keys that change the setting while copytui
    runs, '' where a restart is needed. A key with an `example` is shown in the example file as a comment with this
    value, because its default depends on another key.
    """

    section: str
    name: str
    check: Check[T_co]
    meaning: str
    unit: str = field(default="", kw_only=True)
    detail: str = field(default="", kw_only=True)
    live: str = field(default="", kw_only=True)
    example: str = field(default="", kw_only=True)

    def path(self, section: str | None = None) -> str:
        """Return the dotted name, in its own section or in another one that takes the key too."""
        section = self.section if section is None else section
        return f"{section}.{self.name}" if section else self.name


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the file, in the order of the contract.

    The fields of `model` have the keys' names and defaults. `about` is the comment above the section, and the first
    paragraph of its chapter in the documentation. `sample` is shown below the keys, commented out: a key with its
    default, or a line with its comment. A `template` is only shown: its name stands for many. `title` is the heading of
    its chapter where it is not the name.
    """

    name: str
    keys: tuple[Key[object], ...]
    model: type[Dataclass]
    about: str = ""
    sample: tuple[Key[object] | tuple[str, str], ...] = ()
    template: bool = False
    title: str = ""


def default_of(section: Section, key: Key[object]) -> object:
    """Return the model's default as TOML holds it; None where the model has none."""
    names = {key.name, f"{section.name}_{key.name}"}
    found = next((field for field in fields(section.model) if field.name in names), None)
    if found is None or found.default is MISSING:
        return None
    if found.default is None:
        return "" if key.check.parse("") is not None else None
    return _plain(found.default)


def _plain(value: object) -> object:
    """Return a value of the model as one of TOML's types."""
    match value:
        case StrEnum():
            return value.value
        case PurePath():
            return str(value)
        case tuple():
            return [_plain(each) for each in value]
        case frozenset():
            kind: type[StrEnum] = type(next(iter(value)))
            return [each.value for each in kind if each in value]
        case _:
            return value


def toml_text(value: object) -> str:
    """Return a value as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return f"[{', '.join(map(toml_text, value))}]"
        case _:
            return str(value)
