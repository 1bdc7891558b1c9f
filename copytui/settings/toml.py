"""The reader of a TOML file: checked values by dotted name, and one sentence for each unknown or wrong key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from copytui.settings.checks import UNDERLYING, is_symbol
from copytui.settings.keys import Key
from copytui.settings.report import Report, Unreadable, likely, read_text, shown, shown_name
from copytui.settings.schema import (
    FOLLOWER_KEYS,
    FOLLOWER_SECTION,
    FOLLOWERS,
    GLOBAL_KEYS,
    RULE_KEYS,
    RULE_SECTION,
    RULE_SYMBOLS,
    RULES,
    SECTIONS,
    SIZING,
)
from copytui.settings.schema_filters import FILTER_LISTS, FILTER_RULE_SECTION
from copytui.settings.schema_limits import FREEZE_FILE, FREEZE_QUANTITIES, FREEZE_QUANTITY

T = TypeVar("T")

FOLLOWER_NUMBER = re.compile(r"0|[1-9][0-9]{0,3}")
_IN_A_LIST = re.compile(r"\[[0-9]+\]$")
_CREDENTIAL = re.compile(r"(?i)(?:master_|follower_.*_)?(?:api_key|client_id|password|totp(_secret)?|secret_key|proxy)")


@dataclass(frozen=True, slots=True)
class Values:
    """The values that have passed their checks, the file of each, and the keys whose values have not."""

    given: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    follower_files: Mapping[int, str] = field(default_factory=dict)

    def get(self, key: Key[T], default: T, section: str | None = None) -> T:
        """Return the key's typed value, or `default` where no file gives it."""
        path = key.path(section)
        if path not in self.given:
            return default
        # The check has passed once already; parsing again gives the value its type.
        value = key.check.parse(self.given[path])
        return default if value is None else value

    def fields(self, keys: Iterable[Key[object]], section: str | None = None) -> dict[str, Any]:
        """Return the typed values that are given for `keys`, by name: the fields of the section's class."""
        return {key.name: self.get(key, None, section) for key in keys if key.path(section) in self.given}

    def tables(self, path: str) -> tuple[Mapping[str, object], ...]:
        """Return the checked tables of a list such as `sizing.rules`, with their valid keys only."""
        found = self.given.get(path, ())
        return tuple(each for each in found if isinstance(each, Mapping)) if isinstance(found, tuple) else ()

    def names_under(self, section: str) -> dict[str, object]:
        """Return what is given in a section whose keys are not fixed, by name."""
        start = f"{section}."
        return {path.removeprefix(start): value for path, value in self.given.items() if path.startswith(start)}

    def has(self, path: str) -> bool:
        """Return whether a file gives this key, with a valid value or not."""
        return path in self.given or path in self.refused

    def over(self, lower: Values) -> Values:
        """Lay these values over those of another file, key by key."""
        return Values(
            given={**lower.given, **self.given},
            files={**lower.files, **self.files},
            refused=lower.refused | self.refused,
            follower_files={**self.follower_files, **lower.follower_files},
        )


def parse_toml(text: str, file: str) -> dict[str, object]:
    """Return the document; raises Unreadable with the line of the mistake."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(f"{file} is not valid TOML: {error}") from None
    except (ValueError, RecursionError):
        raise Unreadable(f"{file} is not valid TOML: a number or a nesting in it is too large") from None


def read_values(path: Path, report: Report) -> Values | None:
    """Read and check one file; None when there is no such file. Problems go into `report`."""
    try:
        document = parse_toml(read_text(path), path.name)
    except FileNotFoundError:
        return None
    except Unreadable as error:
        report.problem(str(error))
        return Values()
    return check_document(document, path.name, report)


def check_document(document: Mapping[str, object], file: str, report: Report) -> Values:
    """Check every key of a document, and return those that are valid."""
    checking = _Checking(file, report)
    for name, value in document.items():
        if name == FOLLOWERS:
            checking.followers(value)
        elif name == FREEZE_QUANTITIES:
            checking.freeze_quantities(value)
        elif name and name in SECTIONS:
            checking.section(name, value, SECTIONS[name])
        else:
            checking.key("", name, value, SECTIONS[""])
    return Values(
        given=checking.given,
        files=dict.fromkeys(checking.given, file),
        refused=frozenset(checking.refused),
        follower_files=dict.fromkeys(checking.numbers, file),
    )


class _Checking:
    """The walk over one document."""

    def __init__(self, file: str, report: Report) -> None:
        self.file = file
        self.report = report
        self.given: dict[str, object] = {}
        self.refused: set[str] = set()
        self.numbers: list[int] = []

    def followers(self, value: object) -> None:
        """Check `[followers.N]` for each N."""
        if not isinstance(value, dict):
            self._wrong(FOLLOWERS, value, "a table for each follower, like [followers.1]")
            return
        for number, table in value.items():
            path = f"{FOLLOWERS}.{number}"
            if not FOLLOWER_NUMBER.fullmatch(number):
                self._say(f"[{shown_name(path)}]", "names no follower: it must be a number, like [followers.1]")
                continue
            self.numbers.append(int(number))
            self.section(path, table, FOLLOWER_SECTION)

    def section(self, section: str, table: object, keys: Mapping[str, Key[object]]) -> None:
        """Check all keys of one section."""
        if not isinstance(table, dict):
            self._wrong(section, table, f"a section, [{section}]")
            return
        for name, value in table.items():
            if name == RULES and _takes_rules(section):
                self.rules(f"{section}.{name}", value)
            else:
                self.key(section, name, value, keys)

    def rules(self, path: str, value: object) -> None:
        """Check every table of `[[sizing.rules]]` or `[[followers.N.rules]]`; together they are one value."""
        if not isinstance(value, list):
            self._wrong(path, value, f"tables, each under [[{path}]]")
            return
        rules = []
        for number, table in enumerate(value, start=1):
            section = f"{path}[{number}]"
            if not isinstance(table, dict):
                self._wrong(section, table, f"a table under [[{path}]]")
                continue
            inner = _Checking(self.file, self.report)
            inner.section(section, table, RULE_SECTION)
            if RULE_SYMBOLS.name not in table:
                self._say(f"{section}.{RULE_SYMBOLS.name}", f"is missing: it must be {RULE_SYMBOLS.check.allowed}")
            self.refused |= inner.refused
            rules.append({name: table[name] for name in table if f"{section}.{name}" in inner.given})
        self.given[path] = tuple(rules)

    def freeze_quantities(self, table: object) -> None:
        """Check `[freeze_quantities]`, whose keys are underlyings in either case."""
        if not isinstance(table, dict):
            self._wrong(FREEZE_QUANTITIES, table, f"a section, [{FREEZE_QUANTITIES}]")
            return
        for name, value in table.items():
            if name == FREEZE_FILE.name:
                self.key(FREEZE_QUANTITIES, name, value, {FREEZE_FILE.name: FREEZE_FILE})
                continue
            path = f"{FREEZE_QUANTITIES}.{name.upper()}"
            shown_path = shown_name(f"{FREEZE_QUANTITIES}.{name}")
            if not UNDERLYING.fullmatch(name.upper()):
                self._say(shown_path, 'names no underlying: it must be one like NIFTY or "M&M"')
            elif path in self.given or path in self.refused:
                self._say(shown_path, "stands there twice")
            elif FREEZE_QUANTITY.parse(value) is None:
                self.refused.add(path)
                self._wrong(shown_path, value, f"{FREEZE_QUANTITY.allowed}; 0: no limit")
            else:
                self.given[path] = value

    def key(self, section: str, name: str, value: object, keys: Mapping[str, Key[object]]) -> None:
        """Check one key of one section."""
        path = f"{section}.{name}" if section else name
        key = keys.get(name)
        if key is None:
            self._unknown(section, name, path, keys)
        elif key.check.parse(value) is not None:
            self.given[path] = value
        elif not (path in FILTER_LISTS and self._filter_rules(path, value)):
            self.refused.add(path)
            self._wrong(path, value, key.check.allowed)

    def _filter_rules(self, path: str, value: object) -> bool:
        """Report the mistakes in the rules of a list of filters; returns False where the rest of it is wrong too."""
        if not isinstance(value, list) or not all(isinstance(each, dict) or is_symbol(each) for each in value):
            return False
        self.refused.add(path)
        for number, each in enumerate(value, start=1):
            if isinstance(each, dict):
                _Checking(self.file, self.report).section(f"{path}[{number}]", each, FILTER_RULE_SECTION)
            if each == {}:
                names = ", ".join(FILTER_RULE_SECTION)
                self._say(f"{path}[{number}]", f"is empty: it must have one at least of {names}")
        return True

    def _wrong(self, path: str, value: object, allowed: str) -> None:
        self._say(shown_name(path), f"is {shown(value)}: it must be {allowed}")

    def _unknown(self, section: str, name: str, path: str, keys: Mapping[str, Key[object]]) -> None:
        if _CREDENTIAL.fullmatch(name):
            self._say(shown_name(path), "does not belong there: credentials stand in .env")
            return
        meant = _meant(section, name, path)
        if meant:
            hint = f"did you mean {meant}?"
        else:
            names = ", ".join(keys) if section else ", ".join([*keys, *_section_names()])
            hint = f"allowed {_in_section(section) if section else 'there'} are {names}"
        self._say(shown_name(path), f"is not known: {hint}")

    def _say(self, subject: str, sentence: str) -> None:
        self.report.problem(f"{subject} in {self.file} {sentence}")


def _takes_rules(section: str) -> bool:
    return section == SIZING or (section.startswith(f"{FOLLOWERS}.") and section.count(".") == 1)


def _in_section(section: str) -> str:
    bare = _IN_A_LIST.sub("", section)
    return f"in [{section}]" if bare == section else f"in [[{bare}]]"


def _section_names() -> list[str]:
    return [f"[{section}]" for section in SECTIONS if section] + [f"[{FREEZE_QUANTITIES}]", "[followers.N]"]


def _meant(section: str, name: str, path: str) -> str | None:
    """Return the key or section that was probably meant, as the user would write it."""
    known = [key.path() for key in GLOBAL_KEYS]
    if _IN_A_LIST.sub("", section) in FILTER_LISTS:
        known = [f"{section}.{each}" for each in FILTER_RULE_SECTION]
    elif _IN_A_LIST.search(section):
        known = [key.path(section) for key in RULE_KEYS] + known
    elif section.startswith(FOLLOWERS):
        known = [key.path(section) for key in FOLLOWER_KEYS] + known
    if _takes_rules(section):
        known.append(f"{section}.{RULES}")
    for each in known:
        if each.rpartition(".")[2] == name:  # the right key in the wrong section
            return each if "." in each else f"{each} at the top of the file, before any [section]"
    if not section:
        if name in known:
            return f"{name} without quotes"
        sections = [*(each for each in SECTIONS if each), FREEZE_QUANTITIES, FOLLOWERS]
        close = likely(name, [*SECTIONS[""], *sections])
        return f"[{'followers.N' if close == FOLLOWERS else close}]" if close in sections else close
    return likely(path, known)
