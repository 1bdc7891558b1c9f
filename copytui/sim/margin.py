"""What orders would bind of an account's money, as the API's margin calculator answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copytui.sim.books import AccountBook
from copytui.sim.market import Market
from copytui.sim.money import paise, rupees
from copytui.sim.order_forms import RefusedError
from copytui.sim.orders import OrderForm, OrderType, Side
from copytui.sim.risk import opening_cost

_MOST_POSITIONS = 50


def required(book: AccountBook, market: Market, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of the margin call: the sum over `positions`; raises RefusedError."""
    positions = params.get("positions")
    if not isinstance(positions, list) or not 0 < len(positions) <= _MOST_POSITIONS:
        raise RefusedError("AB1007", f"1 to {_MOST_POSITIONS} positions are allowed")
    forms = [_form(position, market) for position in positions]
    premium = sum(opening_cost(book, t, market) for t in forms if t.instrument.is_option and t.side is Side.BUY)
    total = sum(opening_cost(book, form, market) for form in forms)
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


def _form(position: object, market: Market) -> OrderForm:
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
