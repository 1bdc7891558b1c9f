"""The demo's controls of the embedded exchange: the master's orders, and faults of the followers' orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from copytui.sim import RunningExchange
from copytui.sim.exchange import Exchange
from copytui.sim.faults import Fault, FaultName
from copytui.sim.instruments import Instrument

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "held: it stays open, unfilled": Fault(FaultName.HELD),
        "rejected by the exchange: margin shortfall": Fault(FaultName.REJECTED),
        "refused by the broker: cautionary scrip": Fault(FaultName.REFUSED),
        "no answer, and no order": Fault(FaultName.TIMEOUT_BEFORE),
        "no answer, but the order exists": Fault(FaultName.TIMEOUT_AFTER),
        "connection lost, and no order": Fault(FaultName.RESET_BEFORE),
        "connection lost, but the order exists": Fault(FaultName.RESET_AFTER),
        "an answer after three seconds": Fault(FaultName.SLOW, seconds=3),
        "the order appears late": Fault(FaultName.LATE_ACCEPTANCE),
        "too many requests": Fault(FaultName.RATE_TEXT),
        "session expired": Fault(FaultName.EXPIRED_TOKEN),
        "bad gateway, but the order exists": Fault(FaultName.HTML_502_AFTER),
        "address not registered (halts the follower)": Fault(FaultName.UNREGISTERED_IP),
    }
)
"""The faults, by the words for them."""


class ExchangeHands:
    """Implements `copytui.tui.engine_client.DemoHands` over a running exchange."""

    def __init__(self, running: RunningExchange) -> None:
        """Act on `running`; the symbols traded there do not change."""
        self._running = running
        traded = running.call(_instruments, running.exchange)
        self._instruments = {instrument.symbol: instrument for instrument in traded}

    def symbols(self) -> Sequence[str]:
        """The symbols that can be traded."""
        return tuple(self._instruments)

    def lot(self, symbol: str) -> int:
        """The lot size of a symbol."""
        return self._instruments[symbol].lot

    def largest(self, symbol: str) -> int:
        """The largest whole lots that the exchange takes in one order; 0 where there is no limit."""
        instrument = self._instruments[symbol]
        return instrument.freeze // instrument.lot * instrument.lot

    def place(self, symbol: str, side: str, quantity: int, order_type: str, price: str) -> str:
        """Place an order of the master; returns its id, raises ValueError with a sentence."""
        instrument = self._instruments.get(symbol)
        if instrument is None:
            raise ValueError(f"{symbol} is not traded here.")
        if quantity <= 0 or quantity % instrument.lot:
            raise ValueError(f"{quantity} is not whole lots of {instrument.lot}.")
        if instrument.freeze and quantity > instrument.freeze:
            raise ValueError(f"{quantity} is more than the exchange takes in one order: {instrument.freeze}.")
        if side not in ("BUY", "SELL") or order_type not in ("MARKET", "LIMIT"):
            raise ValueError(f"{side} {order_type} is not an order.")
        limit = _limit(instrument, price) if order_type == "LIMIT" else Decimal(0)
        place = self._running.exchange.place_master_order
        return self._running.call(place, symbol, side, quantity, order_type=order_type, price=limit)

    def faults(self) -> Sequence[str]:
        """The names of the faults."""
        return tuple(FAULTS)

    def let_fail(self, follower: str, fault: str) -> None:
        """Make the next order of a follower (by client code) go wrong."""
        if fault not in FAULTS:
            raise ValueError(f"{fault} is not a fault.")
        self._running.exchange.faults.add(follower, "placeOrder", FAULTS[fault])


def _instruments(exchange: Exchange) -> tuple[Instrument, ...]:
    return exchange.market.instruments


def _limit(instrument: Instrument, text: str) -> Decimal:
    """Read a limit price; raises ValueError with what an exchange would answer."""
    try:
        price = Decimal(text.replace(",", "").strip().removeprefix("₹").strip())
    except InvalidOperation:
        raise ValueError("A limit order needs a price.") from None
    if not price.is_finite() or price <= 0:
        raise ValueError("The price must be above 0.")
    if price * 100 % instrument.tick:
        raise ValueError(f"The price must be a multiple of {_rupees(instrument.tick)}.")
    if not instrument.lower_circuit <= price * 100 <= instrument.upper_circuit:
        low, high = _rupees(instrument.lower_circuit), _rupees(instrument.upper_circuit)
        raise ValueError(f"The price is outside today's circuit limits, {low} to {high}.")
    return price


def _rupees(paise: int) -> str:
    return f"{Decimal(paise) / 100:.2f}"


_EFFECTS: Mapping[str, str] = MappingProxyType(
    {
        "held: it stays open, unfilled": "be held: it stays open, unfilled",
        "rejected by the exchange: margin shortfall": "be rejected by the exchange: margin shortfall",
        "refused by the broker: cautionary scrip": "be refused by the broker: cautionary scrip",
        "no answer, and no order": "time out: no answer, and no order",
        "no answer, but the order exists": "time out: no answer, but the order exists",
        "connection lost, and no order": "break off: connection lost, and no order",
        "connection lost, but the order exists": "break off: connection lost, but the order exists",
        "an answer after three seconds": "be slow: an answer after three seconds",
        "the order appears late": "appear late in the order book",
        "too many requests": "meet a rate limit: too many requests",
        "session expired": "find its session expired",
        "bad gateway, but the order exists": "meet a bad gateway (502), but the order exists",
        "address not registered (halts the follower)": "come from an address not registered (halts the follower)",
    }
)


def fault_effect(fault: str) -> str:
    """Return what `fault` makes an order do, as a verb; a fault without such words is named as it is."""
    return _EFFECTS.get(fault, f"go wrong: {fault}")
