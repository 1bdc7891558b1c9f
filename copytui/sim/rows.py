"""Orders and fills as rows of the API's answers, in its mixture of types."""

from __future__ import annotations

from typing import Any

from copytui.sim.money import rupee_text, rupees
from copytui.sim.orders import Fill, Order
from copytui.sim.times import stamp

_PRICES = ("price", "triggerprice", "averageprice", "squareoff", "stoploss", "trailingstoploss")
_QUANTITIES = ("quantity", "disclosedquantity", "lotsize", "cancelsize", "filledshares", "unfilledshares")
_TURNED_ROUND_EVERY = 7


def order_row(order: Order) -> dict[str, Any]:
    """Return the order's row: prices as floats and quantities as strings, every seventh the other way round."""
    form, instrument = order.form, order.form.instrument
    average = order.value / order.filled if order.filled else 0.0
    row: dict[str, Any] = {
        "variety": form.variety,
        "ordertype": form.order_type.value,
        "producttype": form.product,
        "duration": form.duration,
        "price": rupees(form.price),
        "triggerprice": rupees(form.trigger),
        "quantity": str(form.quantity),
        "disclosedquantity": str(form.disclosed),
        "squareoff": 0.0,
        "stoploss": 0.0,
        "trailingstoploss": 0.0,
        "tradingsymbol": instrument.symbol,
        "transactiontype": form.side.value,
        "exchange": instrument.exchange,
        "symboltoken": instrument.token,
        "ordertag": form.tag,
        "instrumenttype": instrument.kind,
        "strikeprice": float(instrument.strike) if instrument.is_option else -1.0,
        "optiontype": instrument.option,
        "expirydate": instrument.expiry,
        "lotsize": str(instrument.lot),
        "cancelsize": str(order.cancelled),
        "averageprice": rupees(average),
        "filledshares": str(order.filled),
        "unfilledshares": str(form.quantity - order.filled - order.cancelled),
        "orderid": order.orderid,
        "text": order.text,
        "status": order.note or order.status.value,
        "orderstatus": order.status.value,
        "updatetime": stamp(order.updated),
        "exchtime": stamp(order.exchange_time),
        "exchorderupdatetime": stamp(order.updated if order.exchange_time else None),
        "fillid": "",
        "filltime": "",
        "parentorderid": "",
        "uniqueorderid": order.uniqueorderid,
        "exchangeorderid": order.exchange_orderid,
    }
    if order.number % _TURNED_ROUND_EVERY == _TURNED_ROUND_EVERY - 1:
        row |= {name: str(row[name]) for name in _PRICES}
        row |= {name: int(row[name]) for name in _QUANTITIES}
    return row


def trade_row(order: Order, fill: Fill) -> dict[str, Any]:
    """One fill's row in the trade book: strings only, no token, no tag."""
    form, instrument = order.form, order.form.instrument
    return {
        "exchange": instrument.exchange,
        "producttype": form.product,
        "tradingsymbol": instrument.symbol,
        "instrumenttype": instrument.kind,
        "symbolgroup": "" if instrument.is_option else "EQ",
        "strikeprice": f"{instrument.strike}.0" if instrument.is_option else "-1",
        "optiontype": instrument.option,
        "expirydate": instrument.expiry,
        "marketlot": str(instrument.lot),
        "precision": "2",
        "multiplier": "1",
        "tradevalue": rupee_text(fill.price * fill.quantity),
        "transactiontype": form.side.value,
        "fillprice": rupee_text(fill.price),
        "fillsize": str(fill.quantity),
        "orderid": order.orderid,
        "fillid": fill.fill_id,
        "filltime": stamp(fill.at)[-8:],
    }
