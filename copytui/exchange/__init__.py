"""The embedded exchange: SmartAPI's protocol on loopback, with a market, a master who trades, and faults.

Reading order: `exchange` (all state), `agenda` (its time), `market` and `matching` (what happens to orders), `trader`
(the master), `gateway` (SmartAPI's calls), `server` and `control` (HTTP), `running` (its thread).
"""

from __future__ import annotations

from copytui.exchange.accounts import ExchangeAccount
from copytui.exchange.exchange import Exchange
from copytui.exchange.faults import Fault, FaultBoard, FaultName
from copytui.exchange.options import ExchangeOptions
from copytui.exchange.orders import Placement
from copytui.exchange.running import RunningExchange, serve_in_thread

__all__ = [
    "Exchange",
    "ExchangeAccount",
    "ExchangeOptions",
    "Fault",
    "FaultBoard",
    "FaultName",
    "Placement",
    "RunningExchange",
    "serve_in_thread",
]
