"""The exchange itself: accounts, books, market and faults. No HTTP inside; one thread at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from copytui.sim.accounts import ExchangeAccount, make_accounts
from copytui.sim.books import AccountBook
from copytui.sim.faults import FaultBoard
from copytui.sim.instruments import catalogue
from copytui.sim.limits import RateLimiter
from copytui.sim.market import STEP_SECONDS, Market
from copytui.sim.matching import Matching
from copytui.sim.money import paise
from copytui.sim.options import ExchangeOptions
from copytui.sim.order_forms import RefusedError, modified_ticket, read_ticket
from copytui.sim.orders import Order, OrderForm, OrderType, Placement, Side, Status
from copytui.sim.risk import shortfall_text
from copytui.sim.scheduler import Scheduler
from copytui.sim.sessions import Sessions
from copytui.sim.times import IST
from copytui.sim.trader import Trader

_LAKH = 100_000 * 100
_MASTER_CASH = 25 * _LAKH
_FOLLOWER_CASH = (15 * _LAKH, 8 * _LAKH, 4 * _LAKH, 10 * _LAKH)


class Exchange:
    """All state of the exchange. `clock` is a monotonic one; a test may hold it.

    It belongs to the thread that made it: what is asked from another one is refused, before it does harm.
    """

    def __init__(self, options: ExchangeOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self.options = options
        self.master, self.followers = make_accounts(options.seed, options.followers)
        self.faults = FaultBoard()
        self.limiter = RateLimiter()
        self.scheduler = Scheduler()
        self._clock = clock
        self._thread = threading.get_ident()
        self._began = clock()
        self._began_at = datetime.now(UTC)
        self.market = Market(options.seed, catalogue(self._began_at.astimezone(IST).date()))
        self.matching = Matching(options, self.scheduler, self.market, self.wall_clock)
        self.sessions = Sessions(options, self.accounts, self.scheduler, self.wall_clock)
        self.books = {
            account.client_id: AccountBook(account, index, options.seed, _cash(index))
            for index, account in enumerate(self.accounts)
        }
        self._trader: Trader | None = None
        self.scheduler.after(STEP_SECONDS, self._step_market)
        if options.trading:
            self._trade_before_the_start()

    @property
    def accounts(self) -> tuple[ExchangeAccount, ...]:
        """The master, then the followers."""
        return (self.master, *self.followers)

    # time

    def advance(self) -> None:
        """Let everything happen that is due by now."""
        if threading.get_ident() != self._thread:
            raise RuntimeError("the exchange belongs to another thread: use RunningExchange.call")
        self.scheduler.advance(self._clock() - self._began)

    def monotonic(self) -> float:
        """Return the moment of the exchange's time, on the monotonic clock."""
        return self._began + self.scheduler.now

    def wall_clock(self) -> datetime:
        """Return the moment of the exchange's time, as a date."""
        return self._began_at + timedelta(seconds=self.scheduler.now)

    def start_trading(self) -> None:
        """Let the master begin his day, if he is to trade at all."""
        if self.options.trading and self._trader is None:
            self.advance()
            self._trader = Trader(self, self.scheduler, self.market, self.options)
            self._trader.start()

    def stop_trading(self) -> None:
        """Let the master do nothing more by himself; what he has on offer is taken back."""
        if self._trader is not None:
            self._trader.stop()

    # the master, by hand

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
        """Place an order of the master's and return its orderid; ValueError for what no exchange would take.

        `fill`: "auto", the market decides; "now", complete at once; "hold", it stays open (or waits for its
        trigger) until it is filled, cancelled or rejected by hand.
        """
        if fill not in ("auto", "now", "hold"):
            raise ValueError(f"fill: {fill!r} is not auto, now or hold")
        instrument = self.market.find(symbol, exchange)
        if instrument is None:
            raise ValueError(f"symbol: {symbol!r} is not traded here")
        if quantity <= 0:
            raise ValueError("quantity: above 0")
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
        book = self.books[self.master.client_id]
        order = book.open(form, self.wall_clock(), self.monotonic(), held=fill != "auto")
        if fill == "auto":
            self.matching.begin(book, order)
        else:
            self.matching.release(book, order)
        if fill == "now":
            self.matching.fill(book, order, quantity)
        return order.orderid

    def fill_master_order(self, orderid: str, quantity: int | None = None) -> None:
        """Fill a working order of the master's, whole or in part."""
        self.fill_by_hand(self.master.client_id, orderid, quantity)

    def cancel_master_order(self, orderid: str) -> None:
        """Cancel what is left of a working order of the master's."""
        self.cancel_by_hand(self.master.client_id, orderid)

    def reject_master_order(self, orderid: str, text: str = "") -> None:
        """Reject a working order of the master's, by default for want of money."""
        self.reject_by_hand(self.master.client_id, orderid, text)

    # any account, by hand: ValueError for what cannot be

    def fill_by_hand(self, client_id: str, orderid: str, quantity: int | None = None) -> None:
        """Fill a working order, whole or in part, at its limit or at the market."""
        book, order = self._working_by_hand(client_id, orderid)
        if quantity is not None and not 0 < quantity <= order.rest:
            raise ValueError(f"quantity: 1 to {order.rest}")
        self.matching.fill(book, order, quantity or order.rest)

    def cancel_by_hand(self, client_id: str, orderid: str) -> None:
        """Cancel what is left of a working order."""
        self.matching.cancel(*self._working_by_hand(client_id, orderid))

    def reject_by_hand(self, client_id: str, orderid: str, text: str = "") -> None:
        """Reject a working order, by default for want of money."""
        book, order = self._working_by_hand(client_id, orderid)
        needed = order.form.quantity * self.market.last(order.form.instrument)
        self.matching.reject(book, order, text or shortfall_text(needed / 7, needed))

    def set_price(
        self,
        symbol: str,
        *,
        last: float | str | None = None,
        lower_circuit: float | str | None = None,
        upper_circuit: float | str | None = None,
        still: bool | None = None,
    ) -> None:
        """Set what an instrument trades at and its circuits, in rupees; waiting orders are matched at once.

        `still` True: from then on the price moves by trades alone, and no more by itself.
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

    def _working_by_hand(self, client_id: str, orderid: str) -> tuple[AccountBook, Order]:
        self.advance()
        book = self.books[client_id]
        order = book.find(orderid)
        if order is None:
            raise ValueError(f"orderid: {client_id} has no order {orderid}")
        if order.status.final:
            raise ValueError(f"orderid: {orderid} is {order.status}")
        return book, order

    # any account, over the API

    # `reject_text`: what was accepted is refused later on, for that reason. `hold`: the order stays open as it is.

    def place_order(
        self, client_id: str, params: Mapping[str, Any], reject_text: str = "", *, hold: bool = False
    ) -> Order:
        """Accept what `placeOrder` asks for; raises RefusedError."""
        form = read_ticket(params, self.market)
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
        """Change a working order as `modifyOrder` asks; raises RefusedError."""
        order = self._working_order(client_id, params)
        form = modified_ticket(order, params, self.market)
        # What the master placed by hand stays in that hand.
        order.held = hold or (order.held and client_id == self.master.client_id)
        self.matching.modify(self.books[client_id], order, form, reject_text)
        return order

    def cancel_order(self, client_id: str, params: Mapping[str, Any], reject_text: str = "") -> Order:
        """Cancel a working order as `cancelOrder` asks; raises RefusedError."""
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

    # looking in from outside

    def book(self, client_id: str) -> list[dict[str, Any]]:
        """Return an account's order book, as the API would."""
        self.advance()
        return self.books[client_id].rows()

    def placements(self, client_id: str) -> list[Placement]:
        """Return every order of an account that was accepted, with its tag and the moment."""
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

    def _trade_before_the_start(self) -> None:
        """Two orders of this morning, a round trip, complete in the master's book when anybody first looks."""
        option = next(i for i in self.market.instruments if i.is_option)
        book = self.books[self.master.client_id]
        for side, minutes, gain in ((Side.BUY, 41, 0), (Side.SELL, 12, 60)):
            at = self._began_at - timedelta(minutes=minutes)
            order = book.open(OrderForm(option, side, option.lot), at, self._began - minutes * 60)
            book.acknowledge(order, Status.OPEN, at)
            book.fill(order, option.lot, option.base + gain * option.tick, at)


def _cash(index: int) -> int:
    return _MASTER_CASH if index == 0 else _FOLLOWER_CASH[(index - 1) % len(_FOLLOWER_CASH)]
