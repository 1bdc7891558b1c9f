"""A mapping by account and position that knows each account's part without going through all accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TypeVar

from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey

PositionRef = tuple[ClientId, PositionKey]
Value = TypeVar("Value")


class ByAccount(MutableMapping[PositionRef, Value]):
    """Values by account and position; the accounts are in the order of their first value."""

    def __init__(self) -> None:
        """Start empty."""
        self._parts: dict[ClientId, dict[PositionKey, Value]] = {}

    def of(self, account: ClientId) -> Mapping[PositionKey, Value]:
        """Return the part of one account, which must not be changed."""
        return self._parts.get(account, {})

    def find(self, ref: PositionRef, default: Value) -> Value:
        """Return the value for `ref`, or `default`."""
        part = self._parts.get(ref[0])
        return default if part is None else part.get(ref[1], default)

    def __getitem__(self, ref: PositionRef) -> Value:
        """Return the value for `ref`; raises KeyError."""
        return self._parts[ref[0]][ref[1]]

    def __setitem__(self, ref: PositionRef, value: Value) -> None:
        """Set the value for `ref`."""
        self._parts.setdefault(ref[0], {})[ref[1]] = value

    def __delitem__(self, ref: PositionRef) -> None:
        """Remove the value for `ref`; raises KeyError."""
        part = self._parts[ref[0]]
        del part[ref[1]]
        if not part:
            del self._parts[ref[0]]

    def __iter__(self) -> Iterator[PositionRef]:
        """Iterate over the accounts' positions."""
        return ((account, key) for account, part in self._parts.items() for key in part)

    def __len__(self) -> int:
        """Count the values."""
        return sum(map(len, self._parts.values()))
