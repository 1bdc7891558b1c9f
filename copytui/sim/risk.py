"""The broker's risk management: checks of accepted orders, margins, funds and positions. Amounts are in paise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from copytui.sim.books import AccountBook
from copytui.sim.market import Market
from copytui.sim.orders import Order, OrderForm, OrderType, RefusedError, Side, paise, rupee_text, rupees
from copytui.sim.portfolio import DELIVERY, Position, Shares

_STOCK_INTRADAY_MARGIN = 0.2
_SHORT_OPTION_MARGIN = 8.0


def rule_breach(form: OrderForm, client_id: str) -> str:
    """Return the exchange's rule that is broken (lot, freeze quantity, tick, circuit), in words; "" if none is."""
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
    """Return the rejection text if the account cannot pay for the order's opening part; "" if it can.

    A delivery sale needs the shares instead.
    """
    form = order.form
    if _sells_shares(form):
        free_shares = book.portfolio.deliverable(form.instrument.symbol)
        return "" if form.quantity <= free_shares else _shares_shortfall_text(form, order.client_id)
    needed = opening_margin(book, order.form, market)
    free = book.cash - used_margin(book)
    if needed <= max(free, 0):
        return ""
    return shortfall_text(free, needed)


def shortfall_text(free: float, needed: float) -> str:
    """Return the text of a rejection for insufficient funds."""
    return (
        f"Your order has been rejected due to Insufficient Funds. Available funds - Rs. {rupee_text(free)} . "
        f"You require Rs. {rupee_text(needed)} funds to execute this order."
    )


def _sells_shares(form: OrderForm) -> bool:
    return form.product == DELIVERY and form.side is Side.SELL


def _shares_shortfall_text(form: OrderForm, client_id: str) -> str:
    return (
        f"RMS:Rule: Check holdings including btst for entity account-{client_id} "
        f"across exchange {form.instrument.exchange}, product {form.product}"
    )


def opening_margin(book: AccountBook, form: OrderForm, market: Market) -> float:
    """Return the margin for the part of an order that opens or enlarges a position."""
    if _sells_shares(form):
        return 0.0
    net = book.net(form.instrument.symbol, form.product)
    closing = max(0, -net * form.side.sign)
    opening = max(0, form.quantity - closing)
    price = form.price or market.last(form.instrument)
    return opening * price * _margin_rate(form, short=form.side is Side.SELL)


def used_margin(book: AccountBook) -> float:
    """Return the margin used by the account's open positions."""
    return sum(_position_margin(position) for position in book.positions.values())


def _position_margin(position: Position) -> float:
    net = position.net
    form = OrderForm(position.instrument, Side.BUY if net > 0 else Side.SELL, abs(net), product=position.product)
    if net == 0 or _sells_shares(form):
        return 0.0
    return abs(net) * position.average * _margin_rate(form, short=net < 0)


def _margin_rate(form: OrderForm, *, short: bool) -> float:
    if form.instrument.is_option:
        return _SHORT_OPTION_MARGIN if short else 1.0
    return 1.0 if form.product == "DELIVERY" else _STOCK_INTRADAY_MARGIN


_MAX_POSITIONS = 50


def margin_required(book: AccountBook, market: Market, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of the margin call, the total over `positions`; raises RefusedError."""
    positions = params.get("positions")
    if not isinstance(positions, list) or not 0 < len(positions) <= _MAX_POSITIONS:
        raise RefusedError("AB1007", f"1 to {_MAX_POSITIONS} positions are allowed")
    forms = [_margin_form(position, market) for position in positions]
    premium = sum(opening_margin(book, f, market) for f in forms if f.instrument.is_option and f.side is Side.BUY)
    total = sum(opening_margin(book, form, market) for form in forms)
    return {
        "totalMarginRequired": rupees(total),
        "marginComponents": {
            "netPremium": rupees(premium),
            "spanMargin": rupees(total - premium),
            "marginBenefit": 0.0,
            "deliveryMargin": 0.0,
            "nonNFOMargin": 0.0,
            "totOptionsPremium": rupees(premium),
        },
        "marginBreakup": [],
        "optionsBuy": rupees(premium),
    }


def _margin_form(position: object, market: Market) -> OrderForm:
    if not isinstance(position, dict):
        raise RefusedError("AB1007", "Invalid parameters")
    instrument = market.by_token(str(position.get("exchange")), str(position.get("token")))
    if instrument is None:
        raise RefusedError("AB1018", "Failed to get symbol details")
    try:
        return OrderForm(
            instrument=instrument,
            side=Side(str(position.get("tradeType"))),
            quantity=int(str(position.get("qty"))),
            order_type=OrderType(str(position.get("orderType", "LIMIT"))),
            price=paise(position.get("price")),
            product=str(position.get("productType")),
        )
    except ValueError:
        raise RefusedError("AB1007", "Invalid parameters") from None


def funds(book: AccountBook, market: Market) -> dict[str, str]:
    """Return the data of getRMS."""
    used = used_margin(book)
    profits = [position.profits(market.last(position.instrument)) for position in book.positions.values()]
    realised, unrealised = (sum(part) for part in zip(*profits, strict=True)) if profits else (0.0, 0.0)
    options = [p for p in book.positions.values() if p.instrument.is_option and p.net > 0]
    premium = sum(p.net * p.average for p in options)
    free = rupee_text(book.cash - used)
    return {
        "net": free,
        "availablecash": free,
        "availableintradaypayin": "0.0000",
        "availablelimitmargin": "0.0000",
        "collateral": "0.0000",
        "m2munrealized": rupee_text(unrealised),
        "m2mrealized": rupee_text(realised),
        "utiliseddebits": rupee_text(used),
        "utilisedspan": "0.0000",
        "utilisedoptionpremium": rupee_text(premium),
        "utilisedexposure": "0.0000",
        "utilisedpayout": "0.0000",
    }


def positions(rows: Iterable[Position], market: Market) -> list[dict[str, str]]:
    """Return the rows of getPosition."""
    return [_position_row(position, market) for position in rows]


def _position_row(position: Position, market: Market) -> dict[str, str]:
    instrument, last = position.instrument, market.last(position.instrument)
    realised, unrealised = position.profits(last)
    return {
        "exchange": instrument.exchange,
        "symboltoken": instrument.token,
        "producttype": position.product,
        "tradingsymbol": instrument.symbol,
        "symbolname": instrument.name,
        "instrumenttype": instrument.kind,
        "priceden": "1",
        "pricenum": "1",
        "genden": "1",
        "gennum": "1",
        "precision": "2",
        "multiplier": "-1",
        "boardlotsize": str(instrument.lot),
        "buyqty": str(position.bought),
        "sellqty": str(position.sold),
        "buyamount": rupee_text(position.buy_value),
        "sellamount": rupee_text(position.sell_value),
        "symbolgroup": "" if instrument.is_option else "EQ",
        "strikeprice": f"{instrument.strike}.0" if instrument.is_option else "-1",
        "optiontype": instrument.option,
        "expirydate": instrument.expiry,
        "lotsize": str(instrument.lot),
        "cfbuyqty": str(position.carried_bought),
        "cfsellqty": str(position.carried_sold),
        "cfbuyamount": rupee_text(position.carried_buy_value),
        "cfsellamount": rupee_text(position.carried_sell_value),
        "buyavgprice": rupee_text(_per_unit(position.buy_value, position.bought)),
        "sellavgprice": rupee_text(_per_unit(position.sell_value, position.sold)),
        "avgnetprice": rupee_text(position.average),
        "netvalue": rupee_text(position.total_sell_value - position.total_buy_value),
        "netqty": str(position.net),
        "totalbuyvalue": rupee_text(position.total_buy_value),
        "totalsellvalue": rupee_text(position.total_sell_value),
        "cfbuyavgprice": rupee_text(_per_unit(position.carried_buy_value, position.carried_bought)),
        "cfsellavgprice": rupee_text(_per_unit(position.carried_sell_value, position.carried_sold)),
        "totalbuyavgprice": rupee_text(position.buy_average),
        "totalsellavgprice": rupee_text(position.sell_average),
        "netprice": rupee_text(position.average),
        "ltp": rupee_text(last),
        "close": rupee_text(market.quote(instrument).instrument.base),
        "unrealised": rupee_text(unrealised),
        "realised": rupee_text(realised),
        "pnl": rupee_text(realised + unrealised),
    }


def _per_unit(value: int, quantity: int) -> float:
    return value / quantity if quantity else 0.0


def holdings(book: AccountBook, market: Market) -> list[dict[str, Any]]:
    """Return the rows of getHolding; the sales of the day do not reduce them."""
    return [_holding_row(shares, market) for shares in book.portfolio.holdings.values()]


def _holding_row(shares: Shares, market: Market) -> dict[str, Any]:
    instrument, last = shares.instrument, market.last(shares.instrument)
    profit = shares.quantity * last - shares.value
    return {
        "tradingsymbol": instrument.symbol,
        "exchange": instrument.exchange,
        "isin": "",
        "t1quantity": shares.unsettled,
        "realisedquantity": shares.settled,
        "quantity": shares.quantity,
        "authorisedquantity": 0,
        "product": DELIVERY,
        "collateralquantity": None,
        "collateraltype": None,
        "haircut": 0.0,
        "averageprice": rupees(shares.average),
        "ltp": rupees(last),
        "symboltoken": instrument.token,
        "close": rupees(market.quote(instrument).instrument.base),
        "profitandloss": rupees(profit),
        "pnlpercentage": round(100 * profit / shares.value, 2) if shares.value else 0.0,
    }


def all_holdings(book: AccountBook, market: Market) -> dict[str, Any]:
    """Return the data of getAllHolding."""
    rows = holdings(book, market)
    if not rows:
        return {"holdings": None, "totalholding": None}
    held = book.portfolio.holdings.values()
    worth, cost = sum(shares.quantity * market.last(shares.instrument) for shares in held), sum(s.value for s in held)
    total = {
        "totalholdingvalue": rupees(worth),
        "totalinvvalue": rupees(cost),
        "totalprofitandloss": rupees(worth - cost),
        "totalpnlpercentage": round(100 * (worth - cost) / cost, 2) if cost else 0.0,
    }
    return {"holdings": rows, "totalholding": total}
