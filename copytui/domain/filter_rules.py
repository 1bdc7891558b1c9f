"""Filter rules: filters by what an order means, where a pattern only sees the text of its symbol.

What a contract is comes from its row, then from the instrument list, and from the text of its symbol last
(`copytui.domain.contracts`). What is not known is neither a match nor a mismatch: the caller errs on the side of
copying nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from copytui.domain.contracts import Contract, Right, from_text, right_of, underlying_of
from copytui.domain.orders import CASH, BookOrder, Exchange, OrderType, Product, Side


@dataclass(frozen=True, slots=True)
class FilterSubject:
    """What the filters ask of an order; `today` is the trading day."""

    symbol: str = ""
    exchange: Exchange = Exchange.NFO
    side: Side = Side.BUY
    product: Product = Product.INTRADAY
    order_type: OrderType = OrderType.LIMIT
    contract: Contract | None = None
    today: date = date.min

    @property
    def is_share(self) -> bool:
        """Whether it is no derivative: then it has no underlying, right or expiry."""
        return self.exchange in CASH

    @property
    def underlying(self) -> str | None:
        """The underlying of a derivative, in upper case; None for a share, and where it is not known."""
        return underlying_of(self.exchange, self.symbol, self.contract)

    @property
    def right(self) -> Right | None:
        """Call, put or future; None for a share, and where it is not known."""
        return right_of(self.exchange, self.symbol, self.contract)

    @property
    def expiry(self) -> date | None:
        """The expiry of a derivative; None for a share, and where it is not known."""
        if self.contract is not None and self.contract.expiry is not None:
            return self.contract.expiry
        said = from_text(self.exchange, self.symbol)
        return None if said is None else said.expiry


def subject_of(order: BookOrder, today: date) -> FilterSubject:
    """Return what the filters ask of a master's order on a trading day."""
    return FilterSubject(
        order.symbol, order.exchange, order.side, order.product, order.order_type, order.contract, today
    )


@dataclass(frozen=True, slots=True)
class FilterRule:
    """A filter by meaning: every field that is set must match. One with no field set matches nothing.

    `expiry_within_days` matches a contract that expires today (0) or in so many calendar days.
    """

    underlying: str | None = None
    right: Right | None = None
    expiry_within_days: int | None = None
    side: Side | None = None
    product: Product | None = None
    segment: Exchange | None = None

    @property
    def words(self) -> str:
        """The rule as it stands in a sentence."""
        days = self.expiry_within_days
        parts = (
            f"underlying {self.underlying}" if self.underlying else None,
            self.right,
            None if days is None else f"expiry within {days} day{'s' if days != 1 else ''}" if days else "expiry today",
            self.side,
            self.product,
            self.segment,
        )
        return ", ".join(part for part in parts if part is not None)

    def __str__(self) -> str:
        """Return the rule as the settings write it."""
        return f"{{{', '.join(f'{name} = {_quoted(value)}' for name, value in self.as_settings().items())}}}"

    def as_settings(self) -> dict[str, str | int]:
        """Return the keys and values of the settings' table."""
        given = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value if isinstance(value, int) else str(value) for name, value in given if value is not None}

    def unknown_in(self, subject: FilterSubject) -> tuple[str, ...] | None:
        """Return which facts a match depends on and are not known; () for a match, None where it cannot match."""
        checks = [
            _agrees(self.segment, subject.exchange, ""),
            _agrees(self.side, subject.side, ""),
            _agrees(self.product, subject.product, ""),
            *self._of_contract(subject),
        ]
        asked = [each for each in checks if each is not None]
        if not asked or False in asked:
            return None
        return tuple(each for each in asked if isinstance(each, str))

    def _of_contract(self, subject: FilterSubject) -> list[bool | str | None]:
        """Check what only a derivative has."""
        if subject.is_share:
            return [False] if (self.underlying, self.right, self.expiry_within_days) != (None, None, None) else []
        underlying = None if self.underlying is None else self.underlying.strip().upper()
        expiry = subject.expiry if self.expiry_within_days is not None else None
        is_near: bool | None = None
        if expiry is not None and self.expiry_within_days is not None:
            is_near = (expiry - subject.today).days <= self.expiry_within_days
        return [
            _agrees(underlying, subject.underlying, "underlying") if underlying is not None else None,
            _agrees(self.right, subject.right, "right") if self.right is not None else None,
            _agrees(True, is_near, "expiry") if self.expiry_within_days is not None else None,
        ]


def _agrees(wanted: object, found: object, name: str) -> bool | str | None:
    """Return whether a fact is as wanted; `name` where it is not known, None where nothing is wanted."""
    if wanted is None:
        return None
    return name if found is None else wanted == found


def _quoted(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'
