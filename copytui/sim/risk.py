"""The checks behind the gateway: why an accepted order is rejected in the book, and what money it takes."""

from __future__ import annotations

from copytui.sim.books import AccountBook, Position
from copytui.sim.market import Market
from copytui.sim.money import rupee_text
from copytui.sim.orders import Order, OrderForm, Side

_STOCK_INTRADAY_MARGIN = 0.2
_SHORT_OPTION_MARGIN = 8.0


def rule_breach(form: OrderForm, client_id: str) -> str:
    """Return which of the exchange's rules is broken (lot, freeze quantity, tick, circuit); "" when none is."""
    instrument = form.instrument
    if form.quantity % instrument.lot:
        return f"Quantity should be in multiples of the board lot size {instrument.lot}"
    if instrument.freeze and form.quantity > instrument.freeze:
        return f"RMS:Rule: Quantity {form.quantity} exceeds freeze quantity {instrument.freeze} of {instrument.symbol}"
    prices = [price for price in (form.price, form.trigger) if price]
    if any(price % instrument.tick for price in prices):
        return f"The price is not in multiples of the tick size {rupee_text(instrument.tick)}"
    outside = next((p for p in prices if not instrument.lower_circuit <= p <= instrument.upper_circuit), None)
    if outside is not None:
        return (
            f"RMS:Rule: Check circuit limit including square off order exceeds for entity account-{client_id} "
            f"across exchange {instrument.exchange}. Order price {rupee_text(outside)}, "
            f"low {rupee_text(instrument.lower_circuit)}, high {rupee_text(instrument.upper_circuit)}"
        )
    return ""


def margin_shortfall(book: AccountBook, order: Order, market: Market) -> str:
    """Return what the account lacks for what the order opens; "" when it has enough."""
    needed = opening_cost(book, order.form, market)
    free = book.cash - used_margin(book)
    if needed <= max(free, 0):
        return ""
    return shortfall_text(free, needed)


def shortfall_text(free: float, needed: float) -> str:
    """Return the words of a rejection for want of money; amounts in paise."""
    return (
        f"Your order has been rejected due to Insufficient Funds. Available funds - Rs. {rupee_text(free)} . "
        f"You require Rs. {rupee_text(needed)} funds to execute this order."
    )


def opening_cost(book: AccountBook, form: OrderForm, market: Market) -> float:
    """Return what the part of a ticket that opens or enlarges a position takes, in paise."""
    net = book.net(form.instrument.symbol, form.product)
    closing = max(0, -net * form.side.sign)
    opening = max(0, form.quantity - closing)
    price = form.price or market.last(form.instrument)
    return opening * price * _margin_rate(form, short=form.side is Side.SELL)


def used_margin(book: AccountBook) -> float:
    """Return what the account's open positions bind, in paise."""
    return sum(_bound(position) for position in book.positions.values())


def _bound(position: Position) -> float:
    net = position.net
    if net == 0:
        return 0.0
    average = position.buy_value / position.bought if net > 0 else position.sell_value / position.sold
    form = OrderForm(position.instrument, Side.BUY if net > 0 else Side.SELL, abs(net), product=position.product)
    return abs(net) * average * _margin_rate(form, short=net < 0)


def _margin_rate(form: OrderForm, *, short: bool) -> float:
    if form.instrument.is_option:
        return _SHORT_OPTION_MARGIN if short else 1.0
    return 1.0 if form.product == "DELIVERY" else _STOCK_INTRADAY_MARGIN
