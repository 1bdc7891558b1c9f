"""The master's account, as the simulated trader uses it: orders, stops and free holdings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from copytui.sim.accounts import ExchangeAccount
from copytui.sim.books import AccountBook
from copytui.sim.instruments import Instrument
from copytui.sim.market import Market
from copytui.sim.orders import Order

STOCK_LOT = 25


class Broker(Protocol):
    """The part of the exchange that the master trades through."""

    @property
    def master(self) -> ExchangeAccount:
        """The master's account."""

    @property
    def books(self) -> dict[str, AccountBook]:
        """The accounts' order books, by client code."""

    def place_master_order(
        self,
        symbol: str,
        side: str,
        quantity: int,
        *,
        order_type: str = ...,
        price: float = ...,
        trigger_price: float = ...,
        product: str = ...,
        fill: str = ...,
    ) -> str:
        """Place an order and return its orderid."""

    def fill_master_order(self, orderid: str, quantity: int | None = None) -> None:
        """Fill a held order."""

    def cancel_master_order(self, orderid: str) -> None:
        """Cancel an order."""


@dataclass(frozen=True, slots=True)
class Holding:
    """The quantity of a position that can be sold (below 0: bought back) beyond the working orders."""

    instrument: Instrument
    product: str
    free: int


class MasterAccount:
    """The master's orders and holdings."""

    def __init__(self, broker: Broker, market: Market) -> None:
        self._broker = broker
        self._market = market
        self._stops: dict[tuple[str, str], str] = {}

    def place(
        self,
        instrument: Instrument,
        side: str,
        quantity: int,
        *,
        limit: int = 0,
        product: str = "INTRADAY",
        fill: str = "auto",
    ) -> str:
        """Place a limit order if `limit` is given, else a market order."""
        return self._broker.place_master_order(
            instrument.symbol,
            side,
            quantity,
            order_type="LIMIT" if limit else "MARKET",
            price=limit / 100,
            product=product,
            fill=fill,
        )

    def close(self, holding: Holding, quantity: int) -> None:
        """Close `quantity` of a holding at the market."""
        self.place(holding.instrument, "SELL" if holding.free > 0 else "BUY", quantity, product=holding.product)

    def protect(self, holding: Holding, trigger: int) -> None:
        """Place a stop order for the whole holding."""
        instrument = holding.instrument
        orderid = self._broker.place_master_order(
            instrument.symbol,
            "SELL",
            holding.free,
            order_type="STOPLOSS_LIMIT",
            price=max(instrument.lower_circuit, trigger - 10 * instrument.tick) / 100,
            trigger_price=trigger / 100,
            product=holding.product,
        )
        self._stops[(instrument.symbol, holding.product)] = orderid

    def cancel_stop(self, holding: Holding) -> None:
        """Cancel the holding's stop order, if any."""
        self.cancel(self._stops.pop((holding.instrument.symbol, holding.product), ""))

    def fill(self, orderid: str, quantity: int | None = None) -> None:
        """Fill a held order, unless it is final."""
        if self._is_working(orderid):
            self._broker.fill_master_order(orderid, quantity)

    def cancel(self, orderid: str) -> None:
        """Cancel an order, unless it is final."""
        if self._is_working(orderid):
            self._broker.cancel_master_order(orderid)

    def cancel_all(self) -> None:
        """Cancel every working order."""
        for order in list(self._book().working()):
            self.cancel(order.orderid)

    def holdings(self, *, stops_count: bool = True) -> list[Holding]:
        """Return what can be closed; without `stops_count`, as if no stop were placed."""
        book = self._book()
        offered: dict[tuple[str, str], int] = {}
        for order in book.working():
            key = (order.form.instrument.symbol, order.form.product)
            if stops_count or self._stops.get(key) != order.orderid:
                offered[key] = offered.get(key, 0) + _closing_quantity(order, book.net(*key))
        holdings = []
        for key, position in book.positions.items():
            holding = Holding(position.instrument, position.product, position.net - offered.get(key, 0))
            if holding.free * position.net > 0:
                holdings.append(holding)
        return holdings

    def units(self, instrument: Instrument, lots: int) -> int:
        """Return the quantity of `lots` lots; stocks are traded in lots of STOCK_LOT."""
        return lots * (instrument.lot if instrument.is_option else STOCK_LOT)

    def below(self, instrument: Instrument, share: float) -> int:
        """Return a price on a tick, `share` below the market."""
        price = int(self._market.last(instrument) * (1 - share))
        return max(price // instrument.tick * instrument.tick, instrument.lower_circuit)

    def _book(self) -> AccountBook:
        return self._broker.books[self._broker.master.client_id]

    def _is_working(self, orderid: str) -> bool:
        order = self._book().find(orderid)
        return order is not None and not order.status.final


def _closing_quantity(order: Order, net: int) -> int:
    """Return how much of a position a working order closes, with the position's sign."""
    closing = order.form.side.sign * net < 0
    return -order.form.side.sign * order.rest if closing else 0
