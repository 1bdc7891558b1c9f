"""The end of a trading day: the broker squares off intraday positions, and the next day begins."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime

from copytui.sim.books import AccountBook
from copytui.sim.instruments import Instrument, catalogue
from copytui.sim.market import Market
from copytui.sim.matching import Matching
from copytui.sim.orders import OrderForm, Side, Status
from copytui.sim.portfolio import INTRADAY
from copytui.sim.scheduler import IST, expiry_date

SQUARE_OFF_TEXT = "Auto square off of intraday positions"


def square_off(
    book: AccountBook, matching: Matching, wall_clock: Callable[[], datetime], monotonic: Callable[[], float]
) -> list[str]:
    """Close an account's intraday positions by market orders of the broker's, and return their order ids.

    The account's working intraday orders are cancelled first. The orders carry no tag and stand in the order book.
    """
    for order in book.working():
        if order.form.product == INTRADAY:
            book.move(order, Status.CANCELLED, wall_clock())
    placed = []
    for position in list(book.positions.values()):
        if position.product != INTRADAY or not position.net:
            continue
        side = Side.SELL if position.net > 0 else Side.BUY
        order = book.open(OrderForm(position.instrument, side, abs(position.net)), wall_clock(), monotonic(), held=True)
        order.text = SQUARE_OFF_TEXT
        matching.release(book, order)
        matching.fill(book, order, order.rest)
        placed.append(order.orderid)
    return placed


def turn_book(book: AccountBook, market: Market, now: datetime, expired: Collection[str]) -> None:
    """Begin an account's next day: no orders, and what it holds is carried over, delivered or gone.

    Contracts whose expiry is before today, and the symbols in `expired`, are settled at their last price.
    """
    today = now.astimezone(IST).date()
    for order in book.working():
        book.move(order, Status.CANCELLED, now)  # so that no planned fill follows
    book.cash += book.portfolio.turn(
        market.last, lambda instrument: instrument.symbol in expired or is_over(instrument, today)
    )
    book.forget_orders()


def turn_market(market: Market, now: datetime, expired: Collection[str]) -> None:
    """Replace the contracts that have expired by today's, and begin the day at the last prices."""
    today = now.astimezone(IST).date()
    over = [i.symbol for i in market.instruments if i.symbol in expired or is_over(i, today)]
    market.open_day(catalogue(today), over)


def is_over(instrument: Instrument, today: date) -> bool:
    """Return whether a contract has expired on an earlier day."""
    return bool(instrument.expiry) and expiry_date(instrument.expiry) < today
