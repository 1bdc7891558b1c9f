"""The simulated master: trades like a person, and the same seed gives the same day.

The day opens with a programme that shows everything a copier must understand once; random actions follow. The
master never sells more than is held and not yet on offer, except for intraday short sales of stocks.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from copytui.sim.accounts import ExchangeOptions
from copytui.sim.instruments import Instrument
from copytui.sim.market import Market
from copytui.sim.master_account import Broker, Holding, MasterAccount
from copytui.sim.scheduler import Scheduler

_FIRST_AFTER = 0.8
_SECONDS_BETWEEN = 3.0
_MAX_HOLDINGS = 5
_STOP_HIT_PROBABILITY = 0.6
_TOO_EXPENSIVE = 40 * 100_000 * 100


class Trader:
    """Chooses the master's next action every few seconds."""

    def __init__(self, broker: Broker, scheduler: Scheduler, market: Market, options: ExchangeOptions) -> None:
        self._account = MasterAccount(broker, market)
        self._scheduler = scheduler
        self._market = market
        self._pace = options.pace
        self._realism = options.realism
        self._rng = random.Random(f"{options.seed}:master")
        self._done = False
        self._options = [i for i in market.instruments if i.is_option]
        self._stocks = [i for i in market.instruments if not i.is_option]
        self._programme: list[Callable[[], bool]] = [
            self._enter_option,
            self._enter_stock,
            self._bid_and_wait,
            self._scale_in,
            self._protect,
            self._exit_half,
            self._bid_and_cancel_the_rest,
            self._overreach,
            self._enter_option,
            self._bid_and_cancel,
            self._exit,
            self._sell_short,
        ]

    def start(self) -> None:
        """Start the trading day."""
        self._scheduler.after(min(_FIRST_AFTER, _FIRST_AFTER / self._pace), self._act)

    def stop(self) -> None:
        """End the trading day and cancel the working orders."""
        self._done = True
        self._account.cancel_all()

    def _act(self) -> None:
        if self._done:
            return
        self._later(_SECONDS_BETWEEN * self._rng.uniform(0.7, 1.3), self._act)
        action = self._programme.pop(0) if self._programme else self._random_action()
        if not action():
            self._enter_option()

    def _random_action(self) -> Callable[[], bool]:
        if len(self._account.holdings()) >= _MAX_HOLDINGS:
            return self._exit
        actions: dict[Callable[[], bool], int] = {
            self._enter_option: 5,
            self._enter_stock: 3,
            self._scale_in: 4,
            self._exit: 6,
            self._exit_half: 4,
            self._bid_and_wait: 3,
            self._bid_and_cancel_the_rest: 1,
            self._bid_and_cancel: 1,
            self._protect: 2,
            self._sell_short: 1,
            self._overreach: 1,
        }
        return self._rng.choices(list(actions), list(actions.values()))[0]

    # actions; each returns False if there is nothing to act on

    def _enter_option(self) -> bool:
        return self._buy(self._rng.choice(self._options), self._rng.choice((1, 1, 2, 2, 3)))

    def _enter_stock(self) -> bool:
        return self._buy(self._rng.choice(self._stocks), self._rng.choice((1, 2, 4)))

    def _scale_in(self) -> bool:
        holding = self._pick(self._account.holdings())
        if holding is None or holding.free < 0:
            return False
        return self._buy(holding.instrument, 1, holding.product)

    def _exit(self) -> bool:
        holding = self._pick(self._account.holdings(stops_count=False))
        if holding is None:
            return False
        self._account.cancel_stop(holding)
        self._account.close(holding, abs(holding.free))
        return True

    def _exit_half(self) -> bool:
        holding = self._pick(self._account.holdings())
        if holding is None:
            return False
        lots = abs(holding.free) // holding.instrument.lot
        self._account.close(holding, max(1, lots // 2) * holding.instrument.lot)
        return True

    def _bid_and_wait(self) -> bool:
        """Bid below the market; the bid fills in two trades."""
        orderid, quantity = self._bid(self._rng.choice(self._options))
        self._later(3.5, lambda: self._account.fill(orderid, quantity // 2))
        self._later(5.5, lambda: self._account.fill(orderid))
        return True

    def _bid_and_cancel_the_rest(self) -> bool:
        """Bid below the market and cancel the rest when half is filled."""
        orderid, quantity = self._bid(self._rng.choice(self._options))
        self._later(2.5, lambda: self._account.fill(orderid, quantity // 2))
        self._later(4.5, lambda: self._account.cancel(orderid))
        return True

    def _bid_and_cancel(self) -> bool:
        """Bid below the market and cancel before any fill."""
        orderid, _ = self._bid(self._rng.choice(self._stocks))
        self._later(4.0, lambda: self._account.cancel(orderid))
        return True

    def _protect(self) -> bool:
        """Place a stop below a holding; more often than not, the market falls through it."""
        holding = self._pick(self._account.holdings())
        if holding is None or holding.free < 0:
            return False
        trigger = self._account.below(holding.instrument, 0.03)
        self._account.protect(holding, trigger)
        if self._rng.random() < _STOP_HIT_PROBABILITY:
            self._later(9.0, lambda: self._market.quote(holding.instrument).trade(trigger))
        return True

    def _sell_short(self) -> bool:
        stock = self._rng.choice(self._stocks)
        if any(holding.instrument is stock for holding in self._account.holdings(stops_count=False)):
            return False
        self._account.place(stock, "SELL", self._account.units(stock, 2))
        return True

    def _overreach(self) -> bool:
        """Place an order beyond the funds or the exchange's limits."""
        if self._realism and self._rng.random() < 0.5:
            stock = self._rng.choice(self._stocks)
            self._account.place(stock, "BUY", _TOO_EXPENSIVE // self._market.last(stock), product="DELIVERY")
        else:
            option = self._rng.choice(self._options)
            self._account.place(option, "BUY", (option.freeze // option.lot + 1) * option.lot)
        return True

    # helpers

    def _buy(self, instrument: Instrument, lots: int, product: str = "") -> bool:
        limit = self._market.last(instrument) + 2 * instrument.tick if self._rng.random() < 0.25 else 0
        product = product or self._usual_product(instrument)
        self._account.place(instrument, "BUY", self._account.units(instrument, lots), limit=limit, product=product)
        return True

    def _bid(self, instrument: Instrument) -> tuple[str, int]:
        quantity, limit = self._account.units(instrument, 2), self._account.below(instrument, 0.01)
        product = self._usual_product(instrument)
        return self._account.place(instrument, "BUY", quantity, limit=limit, product=product, fill="hold"), quantity

    def _pick(self, holdings: list[Holding]) -> Holding | None:
        return self._rng.choice(holdings) if holdings else None

    def _usual_product(self, instrument: Instrument) -> str:
        return "INTRADAY" if self._rng.random() < 0.7 else "CARRYFORWARD" if instrument.is_option else "DELIVERY"

    def _later(self, seconds: float, event: Callable[[], None]) -> None:
        self._scheduler.after(seconds / self._pace, event)
