"""The exchange itself: accounts, order books, market and faults. It knows no HTTP and runs in one thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from copytui.sim import days, risk
from copytui.sim.accounts import ExchangeAccount, ExchangeOptions, make_accounts
from copytui.sim.books import AccountBook
from copytui.sim.faults import FaultBoard
from copytui.sim.instruments import catalogue
from copytui.sim.market import STEP_SECONDS, Market
from copytui.sim.matching import Matching
from copytui.sim.order_forms import check_product, modified_form, read_form
from copytui.sim.orders import Order, OrderForm, OrderType, Placement, RefusedError, Side, Status, paise
from copytui.sim.scheduler import IST, Scheduler
from copytui.sim.sessions import RateLimiter, Sessions
from copytui.sim.trader import Trader

_LAKH = 100_000 * 100
_MASTER_CASH = 25 * _LAKH
_FOLLOWER_CASH = (15 * _LAKH, 8 * _LAKH, 4 * _LAKH, 10 * _LAKH)


class Exchange:
    """All state of the exchange. `clock` is monotonic; a test may replace it.

    The exchange belongs to the thread that created it: `advance` raises RuntimeError in any other thread.
    """

    def __init__(self, options: ExchangeOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self.options = options
        self.master, self.followers = make_accounts(options.seed, options.followers)
        self.faults = FaultBoard()
        self.limiter = RateLimiter()
        self.scheduler = Scheduler()
        self._clock = clock
        self._thread = threading.get_ident()
        self._started = clock()
        self._started_at = datetime.now(UTC)
        self.market = Market(options.seed, catalogue(self._started_at.astimezone(IST).date()))
        self.matching = Matching(options, self.scheduler, self.market, self.wall_clock)
        self.sessions = Sessions(options, self.accounts, self.scheduler, self.wall_clock)
        self.books = {
            account.client_id: AccountBook(account, index, options.seed, _cash(index))
            for index, account in enumerate(self.accounts)
        }
        self._trader: Trader | None = None
        self.scheduler.after(STEP_SECONDS, self._step_market)
        if options.trading:
            self._add_morning_trades()

    @property
    def accounts(self) -> tuple[ExchangeAccount, ...]:
        """The master, then the followers."""
        return (self.master, *self.followers)

    # time

    def advance(self) -> None:
        """Run everything that is due by now."""
        if threading.get_ident() != self._thread:
            raise RuntimeError("the exchange belongs to another thread: use RunningExchange.call")
        self.scheduler.advance(self._clock() - self._started)

    def monotonic(self) -> float:
        """Return the exchange's time on the monotonic clock."""
        return self._started + self.scheduler.now

    def wall_clock(self) -> datetime:
        """Return the exchange's time as a UTC datetime."""
        return self._started_at + timedelta(seconds=self.scheduler.now)

    def start_trading(self) -> None:
        """Start the master's trading day, unless trading is off."""
        if self.options.trading and self._trader is None:
            self.advance()
            self._trader = Trader(self, self.scheduler, self.market, self.options)
            self._trader.start()

    def stop_trading(self) -> None:
        """Stop the master's own trading and cancel the master's working orders."""
        if self._trader is not None:
            self._trader.stop()

    # the days

    def square_off(self, client_id: str | None = None) -> dict[str, list[str]]:
        """Close the intraday positions of an account, or of all, and return the broker's order ids by account."""
        self.advance()
        books = self.books.values() if client_id is None else (self.books[client_id],)
        return {
            book.account.client_id: days.square_off(book, self.matching, self.wall_clock, self.monotonic)
            for book in books
        }

    def turn_day(self, days_later: int = 1, expire: Collection[str] = ()) -> None:
        """End the day and begin another: square off, end all sessions, empty the books, carry over what is held.

        The exchange's clock moves by whole days. With `days_later` 0 it is a new day of the same date, for programs
        whose clock does not move along. Contracts that expire before the new day are gone, and so are the symbols in
        `expire`. Raises ValueError for a negative number or an unknown symbol.
        """
        if days_later < 0:
            raise ValueError("days_later: must be 0 or above")
        if unknown := [symbol for symbol in expire if self.market.find(symbol) is None]:
            raise ValueError(f"expire: {unknown[0]!r} is not traded here")
        self.square_off()
        trading = self._trader is not None
        self.stop_trading()
        self._started_at += timedelta(days=days_later)
        for book in self.books.values():
            days.turn_book(book, self.market, self.wall_clock(), expire)
            self.sessions.expire(book.account.client_id)
        days.turn_market(self.market, self.wall_clock(), expire)
        self._trader = None
        if trading:
            self.start_trading()

    # the master, from outside

    def place_master_order(
        self,
        symbol: str,
        side: str,
        quantity: int,
        *,
        order_type: str = "MARKET",
        price: float | str | Decimal = 0,
        trigger_price: float | str | Decimal = 0,
        product: str = "INTRADAY",
        variety: str = "NORMAL",
        exchange: str | None = None,
        tag: str = "",
        fill: str = "auto",
    ) -> str:
        """Place a master order as `place_by_hand` does."""
        return self.place_by_hand(
            self.master.client_id,
            symbol,
            side,
            quantity,
            order_type=order_type,
            price=price,
            trigger_price=trigger_price,
            product=product,
            variety=variety,
            exchange=exchange,
            tag=tag,
            fill=fill,
        )

    def place_by_hand(
        self,
        client_id: str,
        symbol: str,
        side: str,
        quantity: int,
        *,
        order_type: str = "MARKET",
        price: float | str | Decimal = 0,
        trigger_price: float | str | Decimal = 0,
        product: str = "INTRADAY",
        variety: str = "NORMAL",
        exchange: str | None = None,
        tag: str = "",
        fill: str = "auto",
    ) -> str:
        """Place an order in any account, as its owner does in the broker's app, and return its orderid.

        Raises ValueError if it is malformed. `fill`: "auto", the market decides; "now", the order completes at once;
        "hold", it stays open (or waits for its trigger) until it is filled, cancelled or rejected manually.
        """
        if fill not in ("auto", "now", "hold"):
            raise ValueError(f"fill: {fill!r} is not auto, now or hold")
        instrument = self.market.find(symbol, exchange)
        if instrument is None:
            raise ValueError(f"symbol: {symbol!r} is not traded here")
        if quantity <= 0:
            raise ValueError("quantity: must be above 0")
        kind = OrderType(order_type)
        form = OrderForm(
            instrument=instrument,
            side=Side(side),
            quantity=quantity,
            order_type=kind,
            price=paise(price) if kind.has_limit else 0,
            trigger=paise(trigger_price) if kind.is_stop else 0,
            product=product,
            variety="STOPLOSS" if kind.is_stop and variety == "NORMAL" else variety,
            tag=tag,
        )
        self.advance()
        book = self.books[client_id]
        order = book.open(form, self.wall_clock(), self.monotonic(), held=fill != "auto")
        if fill == "auto":
            self.matching.begin(book, order)
        else:
            self.matching.release(book, order)
        if fill == "now":
            self.matching.fill(book, order, quantity)
        return order.orderid

    def fill_master_order(self, orderid: str, quantity: int | None = None) -> None:
        """Fill a working master order, in full or in part."""
        self.fill_manually(self.master.client_id, orderid, quantity)

    def cancel_master_order(self, orderid: str) -> None:
        """Cancel the unfilled rest of a working master order."""
        self.cancel_manually(self.master.client_id, orderid)

    def reject_master_order(self, orderid: str, text: str = "") -> None:
        """Reject a working master order, by default for insufficient funds."""
        self.reject_manually(self.master.client_id, orderid, text)

    # any account, manually; each raises ValueError for an order that is unknown or final

    def fill_manually(self, client_id: str, orderid: str, quantity: int | None = None) -> None:
        """Fill a working order, in full or in part, at its limit or at the market price."""
        book, order = self._find_working(client_id, orderid)
        if quantity is not None and not 0 < quantity <= order.rest:
            raise ValueError(f"quantity: must be 1 to {order.rest}")
        self.matching.fill(book, order, quantity or order.rest)

    def cancel_manually(self, client_id: str, orderid: str) -> None:
        """Cancel the unfilled rest of a working order."""
        self.matching.cancel(*self._find_working(client_id, orderid))

    def reject_manually(self, client_id: str, orderid: str, text: str = "") -> None:
        """Reject a working order, by default for insufficient funds."""
        book, order = self._find_working(client_id, orderid)
        needed = order.form.quantity * self.market.last(order.form.instrument)
        self.matching.reject(book, order, text or risk.shortfall_text(needed / 7, needed))

    def convert_position(self, client_id: str, symbol: str, old: str, new: str, quantity: int) -> None:
        """Move units of a position from the product `old` to `new`, with their cost; raises RefusedError."""
        self.advance()
        book = self.books[client_id]
        if position := book.positions.get((symbol, old)):
            check_product(new, position.instrument)
        book.portfolio.convert(symbol, old, new, quantity, self.wall_clock())

    def set_price(
        self,
        symbol: str,
        *,
        last: float | str | None = None,
        lower_circuit: float | str | None = None,
        upper_circuit: float | str | None = None,
        still: bool | None = None,
    ) -> None:
        """Set an instrument's price and circuits, in rupees, and match the waiting orders at once.

        With `still` True the price stops walking: from then on only trades move it.
        """
        instrument = self.market.find(symbol)
        if instrument is None:
            raise ValueError(f"symbol: {symbol!r} is not traded here")
        self.advance()
        lower = instrument.lower_circuit if lower_circuit is None else paise(lower_circuit)
        upper = instrument.upper_circuit if upper_circuit is None else paise(upper_circuit)
        self.market.set_circuits(symbol, lower, upper)
        quote = self.market.quote(instrument)
        if last is not None:
            if not lower <= paise(last) <= upper:
                raise ValueError(f"last: {last} is outside the circuits")
            quote.trade(paise(last))
        if still is not None:
            quote.still = still
        self.matching.step()

    def _find_working(self, client_id: str, orderid: str) -> tuple[AccountBook, Order]:
        self.advance()
        book = self.books[client_id]
        order = book.find(orderid)
        if order is None:
            raise ValueError(f"orderid: {client_id} has no order {orderid}")
        if order.status.final:
            raise ValueError(f"orderid: {orderid} is {order.status}")
        return book, order

    # any account, over the API
    #
    # `reject_text`: the accepted request is rejected later, for that reason. `hold`: the order stays open as it is.

    def place_order(
        self, client_id: str, params: Mapping[str, Any], reject_text: str = "", *, hold: bool = False
    ) -> Order:
        """Accept a `placeOrder` request; raises RefusedError."""
        form = read_form(params, self.market)
        book = self.books[client_id]
        order = book.open(form, self.wall_clock(), self.monotonic(), held=hold)
        if hold:
            self.matching.release(book, order)
        else:
            self.matching.begin(book, order, reject_text)
        return order

    def modify_order(
        self, client_id: str, params: Mapping[str, Any], reject_text: str = "", *, hold: bool = False
    ) -> Order:
        """Carry out a `modifyOrder` request; raises RefusedError."""
        order = self._working_order(client_id, params)
        form = modified_form(order, params, self.market)
        # A held master order stays held.
        order.held = hold or (order.held and client_id == self.master.client_id)
        self.matching.modify(self.books[client_id], order, form, reject_text)
        return order

    def cancel_order(self, client_id: str, params: Mapping[str, Any], reject_text: str = "") -> Order:
        """Carry out a `cancelOrder` request; raises RefusedError."""
        order = self._working_order(client_id, params)
        self.matching.cancel(self.books[client_id], order, reject_text)
        return order

    def _working_order(self, client_id: str, params: Mapping[str, Any]) -> Order:
        order = self.books[client_id].find(str(params.get("orderid", "")))
        if order is None:
            raise RefusedError("AB1007", "Order not found")
        if params.get("variety") == "AMO":
            raise RefusedError("AB1007", "Invalid Order Variety")
        if order.status.final or order.status is Status.CANCEL_PENDING:
            raise RefusedError("AB1007", f"Order is already {order.status}")
        return order

    # inspection

    def book(self, client_id: str) -> list[dict[str, Any]]:
        """Return an account's order book, as the API returns it."""
        self.advance()
        return self.books[client_id].rows()

    def positions(self, client_id: str, lag: float = 0.0) -> list[dict[str, str]]:
        """Return an account's positions as the API returns them, or as they were `lag` seconds ago."""
        self.advance()
        portfolio = self.books[client_id].portfolio
        then = self.wall_clock() - timedelta(seconds=lag)
        return risk.positions(portfolio.positions_at(then) if lag else portfolio.positions.values(), self.market)

    def holdings(self, client_id: str) -> list[dict[str, Any]]:
        """Return an account's holdings, as the API returns them."""
        self.advance()
        return risk.holdings(self.books[client_id], self.market)

    def placements(self, client_id: str) -> list[Placement]:
        """Return every accepted order of an account, with its tag and time."""
        self.advance()
        return list(self.books[client_id].placements)

    def expire_tokens(self, client_id: str) -> None:
        """End all sessions of an account."""
        self.advance()
        self.sessions.expire(client_id)

    def _step_market(self) -> None:
        self.scheduler.after(STEP_SECONDS, self._step_market)
        self.market.step()
        self.matching.step()

    def _add_morning_trades(self) -> None:
        """Put a completed round trip from this morning into the master's order book."""
        option = next(i for i in self.market.instruments if i.is_option)
        book = self.books[self.master.client_id]
        for side, minutes, gain in ((Side.BUY, 41, 0), (Side.SELL, 12, 60)):
            at = self._started_at - timedelta(minutes=minutes)
            order = book.open(OrderForm(option, side, option.lot), at, self._started - minutes * 60)
            book.acknowledge(order, Status.OPEN, at)
            book.fill(order, option.lot, option.base + gain * option.tick, at)


def _cash(index: int) -> int:
    return _MASTER_CASH if index == 0 else _FOLLOWER_CASH[(index - 1) % len(_FOLLOWER_CASH)]
