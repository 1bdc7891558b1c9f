"""Matching: orders are acknowledged, triggered, filled in one or more trades, cancelled or rejected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from copytui.sim.accounts import ExchangeOptions
from copytui.sim.books import AccountBook
from copytui.sim.market import Market
from copytui.sim.orders import Order, OrderForm, OrderType, Status
from copytui.sim.risk import margin_shortfall, rule_breach
from copytui.sim.scheduler import Scheduler

_PARTIAL_PROBABILITY = 0.3
_ACKNOWLEDGE_SHARE = 0.2


class Matching:
    """Takes accepted orders through the market, event by event."""

    def __init__(
        self, options: ExchangeOptions, scheduler: Scheduler, market: Market, wall_clock: Callable[[], datetime]
    ) -> None:
        self._options = options
        self._scheduler = scheduler
        self._market = market
        self._wall_clock = wall_clock
        self._waiting: dict[str, tuple[AccountBook, Order]] = {}

    def begin(self, book: AccountBook, order: Order, reject_text: str = "") -> None:
        """Process an order that was just accepted."""
        text = reject_text or rule_breach(order.form, order.client_id)
        if not text and self._options.realism:
            text = margin_shortfall(book, order, self._market)
        delay = _ACKNOWLEDGE_SHARE * self._delay(book)
        if text:
            self._scheduler.after(delay, lambda: self.reject(book, order, text))
        else:
            self._scheduler.after(delay, lambda: self._acknowledge(book, order, order.revision))

    def step(self) -> None:
        """Trigger the stops and fill the limits that the new prices reach."""
        for orderid, (book, order) in list(self._waiting.items()):
            price = self._market.last(order.form.instrument)
            if order.status.final:
                del self._waiting[orderid]
            elif order.status is Status.TRIGGER_PENDING:
                if order.triggered_by(price):
                    book.move(order, Status.OPEN, self._wall_clock())
            elif order.status is Status.OPEN and order.limit_allows(price):
                del self._waiting[orderid]
                self._plan_fills(book, order)

    def release(self, book: AccountBook, order: Order) -> None:
        """Open a held order at once; it stays open until it is changed from outside."""
        book.acknowledge(order, _resting_status(order), self._wall_clock())

    def fill(self, book: AccountBook, order: Order, quantity: int) -> None:
        """Fill some of an order manually, at its own price, which becomes the market's price."""
        instrument = order.form.instrument
        price = order.price_inside_limit(self._market.last(instrument))
        if order.form.order_type is OrderType.STOP_MARKET and not order.triggered_by(price):
            price = order.form.trigger
        if order.status is Status.OPEN_PENDING:
            book.acknowledge(order, Status.OPEN, self._wall_clock())
        self._market.quote(instrument).trade(price)
        book.fill(order, quantity, price, self._wall_clock())

    def modify(self, book: AccountBook, order: Order, form: OrderForm, reject_text: str = "") -> None:
        """Modify a working order and match it again; fills planned before are void.

        A modification that breaks the exchange's rules is refused: the order keeps its form and gets the reason.
        """
        if text := reject_text or rule_breach(form, order.client_id):
            book.refuse(order, "not modified", text, self._wall_clock())
            return
        book.modify(order, form, self._wall_clock())
        self._waiting.pop(order.orderid, None)
        if not order.held:
            delay = _ACKNOWLEDGE_SHARE * self._delay(book)
            self._scheduler.after(delay, lambda: self._acknowledge(book, order, order.revision))

    def cancel(self, book: AccountBook, order: Order, reject_text: str = "") -> None:
        """Cancel the rest of an order: at once if it is held, else after the exchange's confirmation."""
        if reject_text:
            book.refuse(order, "not cancelled", reject_text, self._wall_clock())
            return
        if order.held:
            book.move(order, Status.CANCELLED, self._wall_clock())
            return
        book.move(order, Status.CANCEL_PENDING, self._wall_clock())
        delay = _ACKNOWLEDGE_SHARE * self._delay(book)
        self._scheduler.after(delay, lambda: self._finish(book, order, Status.CANCELLED))

    def reject(self, book: AccountBook, order: Order, text: str) -> None:
        """Reject an order with the reason `text`."""
        self._finish(book, order, Status.REJECTED, text)

    def _finish(self, book: AccountBook, order: Order, status: Status, text: str = "") -> None:
        if not order.status.final:
            book.move(order, status, self._wall_clock(), text)

    def _acknowledge(self, book: AccountBook, order: Order, revision: int) -> None:
        if order.status.final or order.status is Status.CANCEL_PENDING or order.revision != revision:
            return
        book.acknowledge(order, _resting_status(order), self._wall_clock())
        if not self._options.realism or (self._marketable(order) and not order.form.order_type.is_stop):
            self._plan_fills(book, order)
        elif order.form.duration == "IOC":
            self._finish(book, order, Status.CANCELLED)
        else:
            self._waiting[order.orderid] = (book, order)

    def _marketable(self, order: Order) -> bool:
        return order.limit_allows(self._market.last(order.form.instrument))

    def _plan_fills(self, book: AccountBook, order: Order) -> None:
        delay = 0.0
        parts = self._parts(book, order)
        for number, quantity in enumerate(parts, start=1):
            delay += (1 - _ACKNOWLEDGE_SHARE) * self._delay(book)
            self._plan_fill(book, order, delay, quantity if number < len(parts) else None)

    def _plan_fill(self, book: AccountBook, order: Order, delay: float, quantity: int | None) -> None:
        revision = order.revision

        def trade() -> None:
            if order.status.final or order.status is Status.CANCEL_PENDING or order.revision != revision:
                return
            price = order.price_inside_limit(self._market.last(order.form.instrument))
            book.fill(order, min(quantity or order.rest, order.rest), price, self._wall_clock())

        self._scheduler.after(delay, trade)

    def _parts(self, book: AccountBook, order: Order) -> list[int]:
        lot = order.form.instrument.lot
        lots = order.rest // lot
        if not self._options.realism or lots < 2 or book.rng.random() > _PARTIAL_PROBABILITY:
            return [order.rest]
        first = book.rng.randrange(1, lots) * lot
        return [first, order.rest - first]

    def _delay(self, book: AccountBook) -> float:
        typical = self._options.fill_delay
        return typical * book.rng.uniform(0.5, 1.5) if self._options.realism else typical


def _resting_status(order: Order) -> Status:
    return Status.TRIGGER_PENDING if order.form.order_type.is_stop else Status.OPEN
