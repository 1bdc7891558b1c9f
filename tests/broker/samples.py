"""Sample values for the broker's tests."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from copytui.broker.port import RepriceIntent
from copytui.domain.copies import SendIntent
from copytui.domain.orders import ClientId, Exchange, OrderId, OrderToSend, OrderType, Product, Side, Tag
from copytui.domain.text import IST
from copytui.settings.model import BrokerSettings, Credentials, Secret

PIN = "CANARY-PIN-7391"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEH"
API_KEY = "CANARY-APIKEY-55"
JWT = "CANARY-JWT-eyJhbGciOi.abc.def"
REFRESH = "CANARY-REFRESH-9"
FEED = "CANARY-FEED-3"
CANARIES = (PIN, TOTP_SECRET, API_KEY, JWT, REFRESH, FEED)
NOON = datetime(2026, 11, 23, 12, 0, 7, tzinfo=IST)

CREDENTIALS = Credentials(ClientId("F001"), Secret(API_KEY), Secret(PIN), Secret(TOTP_SECRET))
LOG_IN_DATA = {"jwtToken": JWT, "refreshToken": REFRESH, "feedToken": FEED}


def broker(url: str, timeout: float = 2.0) -> BrokerSettings:
    return BrokerSettings(root_url=url, request_timeout_seconds=timeout)


def intent(
    *,
    order_type: OrderType = OrderType.LIMIT,
    price: str = "101.55",
    tag: str = "TAG000000000001",
    urgent: bool = False,
) -> SendIntent:
    order = OrderToSend(
        exchange=Exchange.NSE,
        symbol="SBIN-EQ",
        token="3045",
        side=Side.BUY,
        order_type=order_type,
        product=Product.INTRADAY,
        quantity=75,
        price=Decimal(price),
        tag=Tag(tag),
    )
    return SendIntent(1, ClientId("F001"), order, NOON, urgent)


def reprice_intent(order_id: str = "261122000000123", *, price: str = "102.30") -> RepriceIntent:
    return RepriceIntent(1, ClientId("F001"), OrderId(order_id), intent(price=price).order, NOON)


def row(**changes: Any) -> dict[str, Any]:
    """Return an order book row as SmartAPI sends it; a change to `...` removes the field."""
    whole: dict[str, Any] = {
        "variety": "NORMAL", "ordertype": "LIMIT", "producttype": "INTRADAY", "duration": "DAY", "price": 161.7,
        "triggerprice": 0.0, "quantity": "100", "disclosedquantity": "0", "squareoff": 0.0, "stoploss": 0.0,
        "trailingstoploss": 0.0, "tradingsymbol": "SBIN-EQ", "transactiontype": "BUY", "exchange": "NSE",
        "symboltoken": "3045", "ordertag": "", "instrumenttype": "", "strikeprice": -1.0, "optiontype": "",
        "expirydate": "", "lotsize": "1", "cancelsize": "0", "averageprice": 161.65, "filledshares": "40",
        "unfilledshares": "60", "orderid": "261122000000123", "text": "", "status": "open", "orderstatus": "open",
        "updatetime": "22-Nov-2026 10:05:11", "exchtime": "22-Nov-2026 10:05:10",
        "exchorderupdatetime": "22-Nov-2026 10:05:12", "fillid": "", "filltime": "", "parentorderid": "",
        "uniqueorderid": "0f0e-1", "exchangeorderid": "1100000000001",
    }  # fmt: skip
    whole.update(changes)
    return {name: value for name, value in whole.items() if value is not ...}
