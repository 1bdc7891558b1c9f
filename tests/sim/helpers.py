"""Helpers of the exchange's tests: options, an exchange with a held clock, order parameters."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPMessage
from typing import Any

from copytui.sim import Exchange, ExchangeOptions, RunningExchange

QUIET: dict[str, Any] = {
    "trading": False,
    "latency": 0.0,
    "enforce_limits": False,
    "fill_delay": 0.02,
    "realism": False,
    "totp_once": False,
    "followers": 2,
}


Serve = Callable[..., RunningExchange]
LogIn = Callable[..., Any]
HttpCall = Callable[..., tuple[int, HTTPMessage, str]]
Eventually = Callable[..., Any]


class HeldExchange:
    """An exchange without a server, whose clock only moves when told."""

    def __init__(self, **options: Any) -> None:
        self.now = 0.0
        self.exchange = Exchange(ExchangeOptions(**{**QUIET, **options}), clock=lambda: self.now)
        self.master = self.exchange.master.client_id
        self.follower = self.exchange.followers[0].client_id if self.exchange.followers else ""

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.exchange.advance()

    def params(self, **changes: Any) -> dict[str, Any]:
        return order_params(**changes)

    def place(self, **changes: Any) -> str:
        """Place a follower's order as the API does, and return its orderid."""
        self.exchange.advance()
        return self.exchange.place_order(self.follower, order_params(**changes)).orderid

    def row(self, client_id: str, orderid: str) -> dict[str, Any]:
        return next(row for row in self.exchange.book(client_id) if row["orderid"] == orderid)


def order_params(**changes: Any) -> dict[str, Any]:
    params = {
        "variety": "NORMAL",
        "tradingsymbol": "SBIN-EQ",
        "symboltoken": "3045",
        "transactiontype": "BUY",
        "exchange": "NSE",
        "ordertype": "MARKET",
        "producttype": "INTRADAY",
        "duration": "DAY",
        "price": "0",
        "quantity": "10",
        "ordertag": "CT1",
    }
    return {name: value for name, value in {**params, **changes}.items() if value is not None}
