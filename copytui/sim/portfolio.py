"""What one account holds: positions, which last while their product and contract do, and shares in the depository.

A delivery buy is a position on its day, unsettled (T1) on the next and settled from then on. The sale of a holding is a
DELIVERY position below 0 until the day ends; only then do the shares leave the holdings. Values are in paise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from copytui.sim.instruments import Instrument
from copytui.sim.orders import OrderForm, RefusedError, Side

DELIVERY, INTRADAY = "DELIVERY", "INTRADAY"

Key = tuple[str, str]
"""A position's symbol and product."""


@dataclass(slots=True)
class Position:
    """The buys and sells of one instrument under one product: today's, and what is carried over from earlier days."""

    instrument: Instrument
    product: str
    bought: int = 0
    sold: int = 0
    buy_value: int = 0
    sell_value: int = 0
    carried_bought: int = 0
    carried_sold: int = 0
    carried_buy_value: int = 0
    carried_sell_value: int = 0

    @property
    def net(self) -> int:
        """The net quantity; below 0 it is short."""
        return self.bought + self.carried_bought - self.sold - self.carried_sold

    @property
    def total_buy_value(self) -> int:
        """The value of all buys."""
        return self.buy_value + self.carried_buy_value

    @property
    def total_sell_value(self) -> int:
        """The value of all sells."""
        return self.sell_value + self.carried_sell_value

    @property
    def buy_average(self) -> float:
        """The average price of all buys; 0 if there is none."""
        return _average(self.total_buy_value, self.bought + self.carried_bought)

    @property
    def sell_average(self) -> float:
        """The average price of all sells; 0 if there is none."""
        return _average(self.total_sell_value, self.sold + self.carried_sold)

    @property
    def average(self) -> float:
        """The average price of what is open; 0 for a flat position."""
        return self.buy_average if self.net > 0 else self.sell_average if self.net < 0 else 0.0

    def profits(self, last: int) -> tuple[float, float]:
        """Return the realised profit, and the unrealised one at the price `last`."""
        closed = min(self.bought + self.carried_bought, self.sold + self.carried_sold)
        realised = closed * (self.sell_average - self.buy_average) if closed else 0.0
        return realised, self.net * (last - self.average)

    def add(self, side: Side, quantity: int, value: int) -> None:
        """Count trades of today."""
        if side is Side.BUY:
            self.bought += quantity
            self.buy_value += value
        else:
            self.sold += quantity
            self.sell_value += value

    def take(self, quantity: int) -> int:
        """Take units out of what is open, today's first, and return their value at the average price."""
        value = round(quantity * self.average)
        if self.net > 0:
            today = min(quantity, self.bought)
            part = _share(value, today, quantity)
            self.bought, self.buy_value = self.bought - today, self.buy_value - part
            self.carried_bought -= quantity - today
            self.carried_buy_value -= value - part
        else:
            today = min(quantity, self.sold)
            part = _share(value, today, quantity)
            self.sold, self.sell_value = self.sold - today, self.sell_value - part
            self.carried_sold -= quantity - today
            self.carried_sell_value -= value - part
        return value

    def carried(self) -> Position:
        """Return what is left of the position on the next day."""
        net, value = self.net, round(abs(self.net) * self.average)
        if net > 0:
            return Position(self.instrument, self.product, carried_bought=net, carried_buy_value=value)
        return Position(self.instrument, self.product, carried_sold=-net, carried_sell_value=value)


@dataclass(slots=True)
class Shares:
    """One instrument in the depository; `unsettled` shares were bought the day before, `value` is the cost of all."""

    instrument: Instrument
    settled: int = 0
    unsettled: int = 0
    value: int = 0

    @property
    def quantity(self) -> int:
        """All shares; each can be sold."""
        return self.settled + self.unsettled

    @property
    def average(self) -> float:
        """The average cost; 0 if there is none."""
        return _average(self.value, self.quantity)

    def turn(self, net: int, value: int) -> None:
        """Settle what was unsettled and add the net delivery of the day; `value` is the cost of net buys."""
        self.settled, self.unsettled = self.quantity, 0
        if net > 0:
            self.unsettled, self.value = net, self.value + value
        elif net < 0:
            sold = min(-net, self.settled)
            self.value -= _share(self.value, sold, self.settled)
            self.settled -= sold


@dataclass(frozen=True, slots=True)
class _Trade:
    at: datetime
    instrument: Instrument
    product: str
    side: Side
    quantity: int
    price: int

    def apply(self, positions: dict[Key, Position]) -> None:
        _position(positions, self.instrument, self.product).add(self.side, self.quantity, self.quantity * self.price)


@dataclass(frozen=True, slots=True)
class _Conversion:
    at: datetime
    instrument: Instrument
    old: str
    new: str
    quantity: int

    def apply(self, positions: dict[Key, Position]) -> None:
        position = positions[self.instrument.symbol, self.old]
        side = Side.BUY if position.net > 0 else Side.SELL
        value = position.take(self.quantity)
        _position(positions, self.instrument, self.new).add(side, self.quantity, value)


class Portfolio:
    """An account's positions and holdings, and how the positions of the day came about."""

    def __init__(self) -> None:
        self.positions: dict[Key, Position] = {}
        self.holdings: dict[str, Shares] = {}
        self._opening: dict[Key, Position] = {}
        self._events: list[_Trade | _Conversion] = []

    def trade(self, form: OrderForm, quantity: int, price: int, at: datetime) -> None:
        """Count one trade of an order."""
        self._record(_Trade(at, form.instrument, form.product, form.side, quantity, price))

    def convert(self, symbol: str, old: str, new: str, quantity: int, at: datetime) -> None:
        """Move open units from one product to another, with their cost; raises RefusedError."""
        position = self.positions.get((symbol, old))
        if position is None or old == new or not 0 < quantity <= abs(position.net):
            raise RefusedError("AB1017", "Position conversion failed")
        self._record(_Conversion(at, position.instrument, old, new, quantity))

    def positions_at(self, moment: datetime) -> list[Position]:
        """Return the positions as they were at a moment of the day."""
        positions = {key: replace(position) for key, position in self._opening.items()}
        for event in self._events:
            if event.at <= moment:
                event.apply(positions)
        return list(positions.values())

    def net(self, symbol: str, product: str) -> int:
        """Return the net quantity of a symbol under a product."""
        position = self.positions.get((symbol, product))
        return position.net if position else 0

    def deliverable(self, symbol: str) -> int:
        """Return the shares that a delivery sale may still sell: the holdings and the delivery trades of the day."""
        shares = self.holdings.get(symbol)
        return (shares.quantity if shares else 0) + self.net(symbol, DELIVERY)

    def turn(self, last: Callable[[Instrument], int], expired: Callable[[Instrument], bool]) -> int:
        """Begin the next day, and return by how much the account's cash changes.

        Deliveries change the holdings. Intraday positions and expired contracts are gone, settled at the price `last`.
        The rest is carried over at its average price.
        """
        cash = 0.0
        carried: dict[Key, Position] = {}
        delivered = {symbol: position for (symbol, product), position in self.positions.items() if product == DELIVERY}
        for key, position in self.positions.items():
            realised, unrealised = position.profits(last(position.instrument))
            if position.product == DELIVERY:
                cash += position.total_sell_value - position.total_buy_value
            elif position.product == INTRADAY or expired(position.instrument):
                cash += realised + unrealised
            else:
                cash += realised
                if position.net:
                    carried[key] = position.carried()
        self._deliver(delivered)
        self.positions, self._events = carried, []
        self._opening = {key: replace(position) for key, position in carried.items()}
        return round(cash)

    def _deliver(self, delivered: Mapping[str, Position]) -> None:
        for symbol, position in delivered.items():
            self.holdings.setdefault(symbol, Shares(position.instrument))
        for symbol, shares in self.holdings.items():
            traded = delivered.get(symbol)
            shares.turn(traded.net if traded else 0, round(traded.net * traded.average) if traded else 0)
        self.holdings = {symbol: shares for symbol, shares in self.holdings.items() if shares.quantity}

    def _record(self, event: _Trade | _Conversion) -> None:
        event.apply(self.positions)
        self._events.append(event)


def _position(positions: dict[Key, Position], instrument: Instrument, product: str) -> Position:
    return positions.setdefault((instrument.symbol, product), Position(instrument, product))


def _average(value: int, quantity: int) -> float:
    return value / quantity if quantity else 0.0


def _share(value: int, part: int, whole: int) -> int:
    return round(value * part / whole) if whole else 0
