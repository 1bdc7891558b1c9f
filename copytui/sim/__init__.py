"""The embedded exchange: SmartAPI's protocol on loopback, with a market, a trading master and faults.

Reading order: `exchange` (all state), `scheduler`, `days` (time), `market` and `matching` (the life of an order),
`portfolio` (what an account holds), `trader` (the master), `gateway` (SmartAPI's calls), `server` and `control` (HTTP),
`running` (its thread).
It shares no code with the rest of copytui, so that the two cannot make the same mistake about the broker.
"""

from __future__ import annotations

from copytui.sim.accounts import ExchangeAccount, ExchangeOptions
from copytui.sim.exchange import Exchange
from copytui.sim.faults import Fault, FaultBoard, FaultName
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
