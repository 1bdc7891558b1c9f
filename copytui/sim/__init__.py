"""The embedded exchange: SmartAPI's protocol on loopback, with a market, a master who trades, and faults.

Reading order: `exchange` (all state), `scheduler` (its time), `market` and `matching` (what happens to orders),
`trader` (the master), `gateway` (SmartAPI's calls), `server` and `control` (HTTP), `running` (its thread).
"""

from __future__ import annotations

from copytui.sim.accounts import ExchangeAccount
from copytui.sim.exchange import Exchange
from copytui.sim.faults import Fault, FaultBoard, FaultName
from copytui.sim.options import ExchangeOptions
from copytui.sim.orders import Placement
from copytui.sim.running import RunningExchange, serve_in_thread

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
