"""The master: he trades like a person, and the same seed gives him the same day.

He opens with a programme in which everything occurs once that a copier must understand, then does as he pleases. He
knows what he holds and what he has on offer, and sells no more than that, except short in a stock within the day.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from copytui.sim.instruments import Instrument
from copytui.sim.market import Market
from copytui.sim.master_account import Broker, Holding, MasterAccount
from copytui.sim.options import ExchangeOptions
from copytui.sim.scheduler import Scheduler

_FIRST_AFTER = 0.8
_SECONDS_BETWEEN = 3.0
_MOST_HOLDINGS = 5
_STOPS_HIT = 0.6
_TOO_DEAR = 40 * 100_000 * 100


class Trader:
    """Decides every few seconds what to do next."""

    def __init__(self, broker: Broker, scheduler: Scheduler, market: Market, options: ExchangeOptions) -> None:
        self._desk = MasterAccount(broker, market)
        self._agenda = scheduler
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
            self._change_his_mind,
            self._exit,
            self._sell_short,
        ]

    def start(self) -> None:
        """Begin the day."""
        self._agenda.after(min(_FIRST_AFTER, _FIRST_AFTER / self._pace), self._act)

    def stop(self) -> None:
        """End the day: he does nothing more by himself, and takes back what still works."""
        self._done = True
        self._desk.cancel_all()

    def _act(self) -> None:
        if self._done:
            return
        self._later(_SECONDS_BETWEEN * self._rng.uniform(0.7, 1.3), self._act)
        action = self._programme.pop(0) if self._programme else self._next_whim()
        if not action():
            self._enter_option()

    def _next_whim(self) -> Callable[[], bool]:
        if len(self._desk.holdings()) >= _MOST_HOLDINGS:
            return self._exit
        whims: dict[Callable[[], bool], int] = {
            self._enter_option: 5,
            self._enter_stock: 3,
            self._scale_in: 4,
            self._exit: 6,
            self._exit_half: 4,
            self._bid_and_wait: 3,
            self._bid_and_cancel_the_rest: 1,
            self._change_his_mind: 1,
            self._protect: 2,
            self._sell_short: 1,
            self._overreach: 1,
        }
        return self._rng.choices(list(whims), list(whims.values()))[0]

    # what he does; False when there is nothing to do it with

    def _enter_option(self) -> bool:
        return self._buy(self._rng.choice(self._options), self._rng.choice((1, 1, 2, 2, 3)))

    def _enter_stock(self) -> bool:
        return self._buy(self._rng.choice(self._stocks), self._rng.choice((1, 2, 4)))

    def _scale_in(self) -> bool:
        holding = self._some(self._desk.holdings())
        if holding is None or holding.free < 0:
            return False
        return self._buy(holding.instrument, 1, holding.product)

    def _exit(self) -> bool:
        holding = self._some(self._desk.holdings(stops_count=False))
        if holding is None:
            return False
        self._desk.take_back_stop(holding)
        self._desk.close(holding, abs(holding.free))
        return True

    def _exit_half(self) -> bool:
        holding = self._some(self._desk.holdings())
        if holding is None:
            return False
        lots = abs(holding.free) // holding.instrument.lot
        self._desk.close(holding, max(1, lots // 2) * holding.instrument.lot)
        return True

    def _bid_and_wait(self) -> bool:
        """Bid below the market, which comes to him in two trades."""
        orderid, quantity = self._bid(self._rng.choice(self._options))
        self._later(3.5, lambda: self._desk.fill(orderid, quantity // 2))
        self._later(5.5, lambda: self._desk.fill(orderid))
        return True

    def _bid_and_cancel_the_rest(self) -> bool:
        """Bid below the market, and lose patience when half is filled."""
        orderid, quantity = self._bid(self._rng.choice(self._options))
        self._later(2.5, lambda: self._desk.fill(orderid, quantity // 2))
        self._later(4.5, lambda: self._desk.cancel(orderid))
        return True

    def _change_his_mind(self) -> bool:
        """Bid below the market, and take it back before anything happens."""
        orderid, _ = self._bid(self._rng.choice(self._stocks))
        self._later(4.0, lambda: self._desk.cancel(orderid))
        return True

    def _protect(self) -> bool:
        """Place a stop under what he holds; more often than not, the market falls through it."""
        holding = self._some(self._desk.holdings())
        if holding is None or holding.free < 0:
            return False
        trigger = self._desk.below(holding.instrument, 0.03)
        self._desk.protect(holding, trigger)
        if self._rng.random() < _STOPS_HIT:
            self._later(9.0, lambda: self._market.quote(holding.instrument).trade(trigger))
        return True

    def _sell_short(self) -> bool:
        stock = self._rng.choice(self._stocks)
        if any(holding.instrument is stock for holding in self._desk.holdings(stops_count=False)):
            return False
        self._desk.place(stock, "SELL", self._desk.units(stock, 2))
        return True

    def _overreach(self) -> bool:
        """Ask for more than his money or the exchange allows."""
        if self._realism and self._rng.random() < 0.5:
            stock = self._rng.choice(self._stocks)
            self._desk.place(stock, "BUY", _TOO_DEAR // self._market.last(stock), product="DELIVERY")
        else:
            option = self._rng.choice(self._options)
            self._desk.place(option, "BUY", (option.freeze // option.lot + 1) * option.lot)
        return True

    # how he does it

    def _buy(self, instrument: Instrument, lots: int, product: str = "") -> bool:
        limit = self._market.last(instrument) + 2 * instrument.tick if self._rng.random() < 0.25 else 0
        product = product or self._usual_product(instrument)
        self._desk.place(instrument, "BUY", self._desk.units(instrument, lots), limit=limit, product=product)
        return True

    def _bid(self, instrument: Instrument) -> tuple[str, int]:
        quantity, limit = self._desk.units(instrument, 2), self._desk.below(instrument, 0.01)
        product = self._usual_product(instrument)
        return self._desk.place(instrument, "BUY", quantity, limit=limit, product=product, fill="hold"), quantity

    def _some(self, holdings: list[Holding]) -> Holding | None:
        return self._rng.choice(holdings) if holdings else None

    def _usual_product(self, instrument: Instrument) -> str:
        return "INTRADAY" if self._rng.random() < 0.7 else "CARRYFORWARD" if instrument.is_option else "DELIVERY"

    def _later(self, seconds: float, event: Callable[[], None]) -> None:
        self._agenda.after(seconds / self._pace, event)
