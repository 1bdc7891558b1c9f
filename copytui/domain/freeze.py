"""Freeze quantities: the largest order an exchange takes for an underlying (engine.md, "Quantity").

The exchanges publish them monthly; SmartAPI neither tells them nor slices an order that is larger. The
table here holds the index derivatives as of `AS_OF`; the user's `[freeze_quantities]` lies over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from copytui.domain.derivatives import underlying
from copytui.domain.orders import Exchange

AS_OF = date(2026, 2, 1)
"""The exchanges' circulars that `QUANTITIES` was taken from took effect on this day."""

QUANTITIES: Mapping[str, int] = {
    "NIFTY": 1800,
    "BANKNIFTY": 600,
    "FINNIFTY": 1800,
    "MIDCPNIFTY": 2800,
    "NIFTYNXT50": 600,
    "SENSEX": 1000,
    "BANKEX": 900,
}
"""Units an order by underlying: NSE's index derivatives, then BSE's."""

_DERIVATIVES = frozenset({Exchange.NFO, Exchange.BFO, Exchange.CDS, Exchange.MCX})


def largest_order(symbol: str, exchange: Exchange, lot: int, table: Mapping[str, int]) -> int | None:
    """Return how many units one order of `symbol` may have, in whole lots of `lot`; None where nothing is known.

    `table` is by underlying; 0 in it says that there is no limit.
    """
    if exchange not in _DERIVATIVES:
        return None
    freeze = table.get(underlying(symbol) or "", 0)
    if not freeze:
        return None
    return max(freeze // lot * lot, lot) if lot > 0 else freeze


def slices(quantity: int, largest: int | None) -> tuple[int, ...]:
    """Return `quantity` cut into orders of at most `largest` units, the largest first."""
    if largest is None or quantity <= largest:
        return (quantity,)
    whole, rest = divmod(quantity, largest)
    return (largest,) * whole + ((rest,) if rest else ())
