"""One account's day: its orders and trades, what it holds, and the JSON of its order book."""

from __future__ import annotations

import json
import random
import uuid
from datetime import datetime
from typing import Any

from copytui.sim.accounts import ExchangeAccount
from copytui.sim.orders import Fill, Order, OrderForm, Placement, Status, order_row, trade_row
from copytui.sim.portfolio import Key, Portfolio, Position
from copytui.sim.scheduler import IST

_compact = json.JSONEncoder(separators=(",", ":")).encode


class AccountBook:
    """The orders of one account, in the order of acceptance.

    A row is encoded once per change, and the whole answer once between changes, so serving an unchanged order book
    of a thousand orders costs nothing.
    """

    def __init__(self, account: ExchangeAccount, index: int, seed: int, cash: int) -> None:
        self.account = account
        self.cash = cash
        self.rng = random.Random(f"{seed}:{account.client_id}")
        self.orders: dict[str, Order] = {}
        self.placements: list[Placement] = []
        self.portfolio = Portfolio()
        self._opened = 0
        self._by_unique_id: dict[str, Order] = {}
        self._working: dict[str, Order] = {}
        self._index = index
        self._row_json: dict[str, str] = {}
        self._rows_json: str | None = None

    def open(self, form: OrderForm, at: datetime, monotonic: float, *, held: bool = False) -> Order:
        """Accept a form: create the order, with its id and row."""
        number = self._opened
        self._opened += 1
        order = Order(
            client_id=self.account.client_id,
            number=number,
            orderid=f"{at.astimezone(IST):%y%m%d}{self._index:03d}{number + 1:06d}",
            uniqueorderid=str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
            form=form,
            accepted=at,
            updated=at,
            held=held,
        )
        self.orders[order.orderid] = order
        self._by_unique_id[order.uniqueorderid] = order
        self._working[order.orderid] = order
        self.placements.append(_placement(order, monotonic))
        self._changed(order)
        return order

    def find(self, orderid: str) -> Order | None:
        """Return the order with that id."""
        return self.orders.get(orderid)

    def find_unique(self, uniqueorderid: str) -> Order | None:
        """Return the order with that unique id."""
        return self._by_unique_id.get(uniqueorderid)

    def acknowledge(self, order: Order, status: Status, at: datetime) -> None:
        """Record that the exchange has the order: open, or waiting for its trigger."""
        if not order.exchange_orderid:
            order.exchange_orderid = f"1{self._index:03d}{order.number + 1:012d}"
            order.exchange_time = at
        self.move(order, status, at)

    def move(self, order: Order, status: Status, at: datetime, text: str = "") -> None:
        """Change the order's status."""
        if status is Status.CANCELLED:
            order.cancelled = order.form.quantity - order.filled
        order.status, order.updated, order.note = status, at, ""
        order.text = text or order.text
        if status.final:
            self._working.pop(order.orderid, None)
        self._changed(order)

    def modify(self, order: Order, form: OrderForm, at: datetime) -> None:
        """Replace the order's form."""
        order.form, order.updated, order.note = form, at, "modified"
        order.revision += 1
        self._changed(order)

    def refuse(self, order: Order, note: str, text: str, at: datetime) -> None:
        """Record that a request to modify or cancel the order was refused; the order is unchanged."""
        order.updated, order.note, order.text = at, note, text
        self._changed(order)

    def fill(self, order: Order, quantity: int, price: int, at: datetime) -> None:
        """Fill `quantity` of the order; the last fill completes it."""
        form = order.form
        order.fills.append(Fill(f"{order.number + 1:05d}{len(order.fills) + 1:02d}", quantity, price, at))
        order.filled += quantity
        order.value += quantity * price
        self.portfolio.trade(form, quantity, price, at)
        done = order.filled >= form.quantity
        self.move(order, Status.COMPLETE if done else Status.OPEN, at)

    def net(self, symbol: str, product: str) -> int:
        """Return the net quantity of a symbol under a product."""
        return self.portfolio.net(symbol, product)

    @property
    def positions(self) -> dict[Key, Position]:
        """The positions by symbol and product, flat ones too."""
        return self.portfolio.positions

    def forget_orders(self) -> None:
        """Empty the order book, as on a new day; numbers go on, so that no id is used twice."""
        self.orders.clear()
        self._by_unique_id.clear()
        self._working.clear()
        self._row_json.clear()
        self._rows_json = None

    def working(self) -> list[Order]:
        """Return the orders that may still trade."""
        return list(self._working.values())

    def rows(self) -> list[dict[str, Any]]:
        """Return the order book, as the API returns it."""
        return [order_row(order) for order in self.orders.values()]

    def trades(self) -> list[dict[str, Any]]:
        """Return the trade book, as the API returns it."""
        return [trade_row(order, fill) for order in self.orders.values() for fill in order.fills]

    def rows_json(self) -> str:
        """Return the order book as JSON text; `null` if it is empty."""
        if self._rows_json is None:
            texts = [self._row_json.get(orderid) or self._encode_row(order) for orderid, order in self.orders.items()]
            self._rows_json = f"[{','.join(texts)}]" if texts else "null"
        return self._rows_json

    def _encode_row(self, order: Order) -> str:
        text = _compact(order_row(order))
        self._row_json[order.orderid] = text
        return text

    def _changed(self, order: Order) -> None:
        self._row_json.pop(order.orderid, None)
        self._rows_json = None


def _placement(order: Order, monotonic: float) -> Placement:
    form = order.form
    return Placement(
        client_id=order.client_id,
        orderid=order.orderid,
        uniqueorderid=order.uniqueorderid,
        tag=form.tag,
        symbol=form.instrument.symbol,
        exchange=form.instrument.exchange,
        side=form.side.value,
        quantity=form.quantity,
        order_type=form.order_type.value,
        product=form.product,
        variety=form.variety,
        price=form.price / 100,
        trigger_price=form.trigger / 100,
        monotonic=monotonic,
        utc=order.accepted,
    )
