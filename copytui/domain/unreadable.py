"""Orders that an order book shows and that cannot be read: they are not copied, and listed until somebody looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from copytui.domain.orders import ClientId

NO_ID = "without an id"
"""Begins the name of an order whose row has no id that can be read; its side and symbol follow."""


@dataclass(frozen=True, slots=True)
class UnreadableOrder:
    """One such order, as far as it can be read; `side` and `symbol` are '' where they cannot.

    `id` is its order id, or another name that stays the same. It is in the book of `account`, which is called `who`.
    `why` says what cannot be read. It was first seen at `seen_at`, on trading day `day`. `is_exit` says that it may
    close a position, and `is_dismissed` that the user has seen it.
    """

    id: str
    account: ClientId
    who: str
    side: str
    symbol: str
    why: str
    seen_at: datetime
    day: date
    is_exit: bool = False
    is_dismissed: bool = False

    @property
    def words(self) -> str:
        """The order in words: side, symbol and id."""
        return unreadable_words(self.id, self.side, self.symbol)


def unreadable_words(order_id: str, side: str, symbol: str) -> str:
    """Describe an order that cannot be read by what is known of it."""
    named = NO_ID if order_id.startswith(NO_ID) else order_id
    return " ".join(part for part in (side, symbol, f"order {named}") if part)
