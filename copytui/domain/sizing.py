"""Sizing: how much of an execution a follower gets.

A quantity over a cap is never cut in silence: it is skipped, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from copytui.domain.filters import symbol_matches
from copytui.domain.reasons import Reason


class SizingMode(StrEnum):
    """Where a follower's quantity comes from."""

    MULTIPLIER = "multiplier"
    FIXED = "fixed"
    CAPITAL = "capital"


@dataclass(frozen=True, slots=True)
class SymbolRule:
    """An exception for some symbols (`symbols` as in the filters); None where it changes nothing."""

    symbols: tuple[str, ...]
    mode: SizingMode | None = None
    multiplier: Decimal | None = None
    fixed_quantity: int | None = None
    max_quantity: int | None = None
    max_order_value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Sizing:
    """The sizing rules of one follower; 0 means no limit for the two caps.

    The first of `rules` that matches a symbol applies to it.
    """

    mode: SizingMode = SizingMode.MULTIPLIER
    multiplier: Decimal = Decimal("1.0")
    fixed_quantity: int = 0
    max_quantity: int = 0
    max_order_value: Decimal = Decimal(0)
    rules: tuple[SymbolRule, ...] = ()

    def with_multiplier(self, multiplier: Decimal | None) -> Sizing:
        """Return this sizing with another multiplier (None: unchanged). A rule for some symbols keeps its own."""
        return self if multiplier is None else replace(self, multiplier=multiplier)

    def for_symbol(self, symbol: str, underlying: str | None) -> Sizing:
        """Return the sizing of a symbol: this one, with the first rule applied that matches it or its `underlying`."""
        for rule in self.rules:
            if any(symbol_matches(pattern, symbol, underlying) for pattern in rule.symbols):
                given = {f.name: getattr(rule, f.name) for f in fields(rule) if f.name != "symbols"}
                return replace(self, **{name: value for name, value in given.items() if value is not None})
        return self


@dataclass(frozen=True, slots=True)
class Sized:
    """The quantity for one follower, or 0 and why there is none."""

    quantity: int
    reason: Reason | None = None
    sentence: str = ""


def size(sizing: Sizing, *, quantity: int, lot: int, price: Decimal, capital_ratio: Decimal | None = None) -> Sized:
    """Return a follower's quantity for `quantity` units of the master's in lots of `lot`, at `price` rupees per unit.

    `capital_ratio` is the follower's funds divided by the master's, needed in capital mode only. `lot` is 0 where it
    is unknown: then only whole multiples of the master's own quantity are certain to be whole lots.
    """
    if lot <= 0:
        return _without_lot(sizing, quantity, price)
    if sizing.mode is SizingMode.FIXED:
        wanted = sizing.fixed_quantity
        if wanted <= 0:
            return Sized(0, Reason.BELOW_ONE_LOT, f"fixed quantity {wanted} is below one lot of {lot}")
        if wanted % lot:
            return Sized(0, Reason.NOT_WHOLE_LOTS, f"fixed quantity {wanted} is not whole lots of {lot}")
    else:
        multiplier = sizing.multiplier
        if sizing.mode is SizingMode.CAPITAL:
            if capital_ratio is None:
                return Sized(
                    0, Reason.FUNDS_UNKNOWN, "capital sizing needs the funds of both accounts, and one is unknown"
                )
            multiplier = capital_ratio
        units = Decimal(quantity) * multiplier
        wanted = int((units / lot).to_integral_value(ROUND_FLOOR)) * lot
        if wanted <= 0:
            return Sized(0, Reason.BELOW_ONE_LOT, f"{quantity} x {multiplier.normalize():f} is below one lot of {lot}")
    return _within_caps(sizing, wanted, price)


def _without_lot(sizing: Sizing, quantity: int, price: Decimal) -> Sized:
    if sizing.mode is SizingMode.MULTIPLIER and sizing.multiplier >= 1 and sizing.multiplier % 1 == 0:
        return _within_caps(sizing, quantity * int(sizing.multiplier), price)
    return Sized(0, Reason.LOT_UNKNOWN, "the broker did not give the lot size, so only whole multipliers can be used")


def _within_caps(sizing: Sizing, wanted: int, price: Decimal) -> Sized:
    if sizing.max_quantity and wanted > sizing.max_quantity:
        return Sized(0, Reason.OVER_MAX_QUANTITY, f"{wanted} is over max_quantity {sizing.max_quantity}")
    value = wanted * price
    if sizing.max_order_value and value > sizing.max_order_value:
        return Sized(0, Reason.OVER_MAX_VALUE, f"₹{value:,.2f} is over max_order_value ₹{sizing.max_order_value:,.2f}")
    return Sized(wanted)


TAKE_BOTH = "one part closes, one opens: take both, or neither"


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """A follower's part that waits for approval, as a change of its quantity is checked against it.

    `planned` units in `slices` orders, in lots of `lot` (0: unknown), at `price` rupees per unit. `turns_over` says
    that the follower has a second part, because the execution closes one position and opens another. `largest` is
    what the exchange takes in one order, `still_held` what the master still holds of it; None is no limit.
    `sizing` has the follower's caps for the symbol, None where it has none.
    """

    planned: int
    slices: int
    lot: int
    price: Decimal
    sizing: Sizing | None
    is_exit: bool = False
    turns_over: bool = False
    largest: int | None = None
    still_held: int | None = None


def changed_quantity_refusal(units: int, part: PlannedPart) -> str | None:
    """Say why the user cannot change a part's quantity to `units`; None when it is fine. 0 leaves the follower out."""
    if units in (0, part.planned):
        return None
    if part.turns_over:
        return TAKE_BOTH
    if part.lot <= 0:
        return "the broker did not give the lot size, so it is sent as planned or not at all"
    if units < 0 or units % part.lot:
        return f"{units} is not whole lots of {part.lot}"
    if part.still_held is not None and units > part.still_held:
        return f"{units} is more than the {part.still_held} that the master has left of it"
    if units > part.planned and part.is_exit:
        return f"{units} is more than the {part.planned} that copying has built"
    if units > part.planned and part.slices > 1:
        return f"{units} is more than the {part.planned} planned, which is sent in slices already"
    if part.is_exit or part.sizing is None:
        return None
    if units > part.planned and part.largest is not None and units > part.largest:
        return f"{units} is more than the {part.largest} that the exchange takes in one order"
    fixed = replace(part.sizing, mode=SizingMode.FIXED, fixed_quantity=units)
    sized = size(fixed, quantity=units, lot=part.lot, price=part.price)
    return None if sized.quantity == units else sized.sentence
