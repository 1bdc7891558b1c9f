"""What an account holds by the broker's own word, and how far that bounds an exit.

Three figures are kept apart (docs/copying-rules.md, "Positions"): *copied* is what copying has built, by the journal;
*held* is what the broker reports; *expected* is the sizing times what was copied of the master. An exit closes at most
what is copied, and no more of it than is held.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from copytui.domain.orders import Product
from copytui.domain.positions import PositionKey

LAG_SECONDS = 10.0
"""How far the broker's position figures may be behind its own fills; a smaller figure proves nothing until then."""

_SERIES = re.compile(r"-[A-Z0-9]{1,2}$")


def share_name(symbol: str) -> str:
    """Return the name of a share without its series: the same share has other symbols on NSE and BSE."""
    return _SERIES.sub("", symbol.strip().upper())


@dataclass(frozen=True, slots=True)
class HeldFigures:
    """One reading of an account's positions and holdings.

    `asked_at` is the monotonic time of the request. `net` has the signed units of every position that is not flat,
    `shares` the sellable units of the holdings by share name, None where they were not read. `unclear` are the symbols
    of rows that cannot be read: nothing is known of them, and of none where one of these is ''.
    """

    asked_at: float
    net: Mapping[PositionKey, int] = field(default_factory=dict)
    shares: Mapping[str, int] | None = None
    unclear: frozenset[str] = frozenset()

    def with_shares(self, shares: Mapping[str, int] | None) -> HeldFigures:
        """Return the figures with the holdings of an earlier reading: they change from day to day only."""
        return replace(self, shares=shares)

    def units(self, key: PositionKey) -> int | None:
        """Return the signed units that the account holds of a position; None where that is not known.

        Delivery shares are those of the holdings and today's trades together, on any exchange: a share bought on one
        can be sold on the other.
        """
        if key.symbol in self.unclear or "" in self.unclear:
            return None
        if key.product is not Product.DELIVERY:
            return self.net.get(key, 0)
        if self.shares is None:
            return None
        name = share_name(key.symbol)
        today = sum(
            units
            for other, units in self.net.items()
            if other.product is Product.DELIVERY and share_name(other.symbol) == name
        )
        return self.shares.get(name, 0) + today


def proven_units(
    figures: HeldFigures | None, key: PositionKey, *, filled_at: float | None, caught_up: Collection[PositionKey] = ()
) -> int | None:
    """Return what the account certainly holds of a position; None while the figures prove nothing.

    The broker's figures may lag behind its fills. They count once they have shown the last fill (the position is in
    `caught_up`), or were requested long enough after it (`filled_at`, None: not in this session).
    """
    if figures is None:
        return None
    is_late = filled_at is not None and figures.asked_at < filled_at + LAG_SECONDS
    return None if is_late and key not in caught_up else figures.units(key)
