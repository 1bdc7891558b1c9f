"""The values of the TOML files that have passed their checks, by dotted name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from copytui.settings.schema import Key

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Values:
    """What was given, the file that gave it, and which keys were given wrongly."""

    given: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    follower_files: Mapping[int, str] = field(default_factory=dict)

    def get(self, key: Key[T], default: T, section: str | None = None) -> T:
        """Return the key's typed value, or `default` where no file gives it."""
        path = key.path(section)
        if path not in self.given:
            return default
        # The check has passed once already; asking it again is what makes the value's type certain.
        value = key.check.parse(self.given[path])
        return default if value is None else value

    def tables(self, path: str) -> tuple[Mapping[str, object], ...]:
        """Return the checked tables of a list such as `sizing.rules`; the right keys of each only."""
        found = self.given.get(path, ())
        return tuple(each for each in found if isinstance(each, Mapping)) if isinstance(found, tuple) else ()

    def names_under(self, section: str) -> dict[str, object]:
        """Return what is given in a section whose keys are not fixed, by name."""
        start = f"{section}."
        return {path.removeprefix(start): value for path, value in self.given.items() if path.startswith(start)}

    def has(self, path: str) -> bool:
        """Tell whether a file gives this key, rightly or wrongly."""
        return path in self.given or path in self.refused

    def over(self, lower: Values) -> Values:
        """Lay these values over another file's, key by key."""
        return Values(
            given={**lower.given, **self.given},
            files={**lower.files, **self.files},
            refused=lower.refused | self.refused,
            follower_files={**self.follower_files, **lower.follower_files},
        )
