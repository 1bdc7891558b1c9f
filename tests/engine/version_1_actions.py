"""What the master and the user do once an engine goes on from a journal of version 1.

The engine of 4898cc5 was led through the same steps; NAME.acted.json has what it did.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from copytui.domain.orders import Exchange, Product, Side
from copytui.domain.positions import PositionKey
from copytui.engine.commands import (
    Approve,
    Command,
    CopyMissed,
    DismissCopy,
    DismissMissed,
    DismissOrphan,
    Flatten,
    MarkNotPlaced,
    ReleaseFollower,
    RetryCopy,
    SetDryRun,
    SetFollower,
    SetHalted,
    SetPaused,
)
from tests.engine.harness import F1, F2, F3, World
from tests.engine.version_1_worlds import F4

FIRST_NUMBER = 501
"""The master's orders are U501, U502, ...: none of the journals' own."""


class Day:
    """Leads a world on, step by step."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._number = FIRST_NUMBER

    async def trade(self, symbol: str = "", seconds: float = 4.0, **order: Any) -> None:
        """Let the master trade a share, or without a `symbol` the option of `an_order`."""
        if symbol:
            token = str(1000 + sum(map(ord, symbol)))
            fields = {"exchange": Exchange.NSE, "lot_size": 1, "instrument_type": ""}
            order = {**fields, "symbol": symbol, "token": token, **order}
        if "quantity" in order:
            order["filled"] = order["quantity"]
        self._world.executes(self._number, **order)
        self._number += 1
        await self.wait(seconds)

    async def sell(self, symbol: str = "", seconds: float = 4.0, **order: Any) -> None:
        await self.trade(symbol, seconds, side=Side.SELL, **order)

    async def do(self, *commands: Command) -> None:
        for command in commands:
            await self._world.handle(command)
            await self.wait(3)

    async def wait(self, seconds: float) -> None:
        await self._world.pass_(seconds)


async def _working(day: Day) -> None:
    await day.sell(quantity=50)
    await day.sell("WIPRO-EQ")
    await day.sell("SBIN-EQ", 12)
    contract: dict[str, Any] = {"symbol": "BANKNIFTY28NOV2652000CE", "token": "52000", "lot_size": 25, "quantity": 25}
    await day.sell(seconds=10, **contract)
    await day.wait(130)  # an accepted order that no order book shows is flagged
    await day.do(MarkNotPlaced(5), RetryCopy(5), RetryCopy(8), DismissCopy(8))
    for symbol in ("MARUTI-EQ", "NIFTYBEES-EQ"):
        await day.trade(symbol, quantity=20)
    await day.do(Flatten(F1))
    await day.wait(60)


async def _settled(day: Day) -> None:
    await day.wait(30)
    await day.do(MarkNotPlaced(8), MarkNotPlaced(3), RetryCopy(9), RetryCopy(11), RetryCopy(12), RetryCopy(18))
    await day.do(RetryCopy(3), RetryCopy(14), MarkNotPlaced(11))
    await day.sell(quantity=250)
    await day.sell("INFY-EQ")
    await day.sell("LT-EQ")
    await day.wait(130)


async def _waiting(day: Day) -> None:
    await day.do(Approve(12, {}), SetPaused(False), Approve(12, {}), Approve(13, {F1: 30}), Approve(14, {}))
    await day.do(CopyMissed(5), CopyMissed(6), CopyMissed(4), RetryCopy(10), ReleaseFollower(F3), RetryCopy(10))
    orphan = PositionKey(Exchange.NSE, "SBIN-EQ", Product.INTRADAY)
    await day.do(RetryCopy(12), SetFollower(F4, enabled=True), DismissOrphan(F4, orphan))
    await day.sell(quantity=50)
    await day.trade(quantity=25)
    await day.sell("INFY-EQ")
    await day.do(ReleaseFollower(F2))
    await day.trade("TCS-EQ")
    await day.sell("TATAMOTORS-EQ", quantity=30)
    await day.wait(130)


async def _dry_run(day: Day) -> None:
    await day.sell(quantity=150)
    await day.do(CopyMissed(5))
    await day.trade("TCS-EQ")
    await day.do(SetDryRun(False))
    await day.sell("TCS-EQ")
    await day.trade("LT-EQ")
    await day.wait(30)


async def _over_night(day: Day) -> None:
    await day.do(CopyMissed(3), SetHalted(False), CopyMissed(3), CopyMissed(6), CopyMissed(10))
    await day.do(RetryCopy(12), RetryCopy(7), MarkNotPlaced(6), DismissMissed(6))
    for _ in range(2):
        await day.sell(quantity=50, product=Product.CARRYFORWARD)
    await day.sell("TCS-EQ")
    await day.wait(130)


ACTIONS: dict[str, Callable[[Day], Awaitable[None]]] = {
    "working": _working,
    "settled": _settled,
    "waiting": _waiting,
    "dry_run": _dry_run,
    "over_night": _over_night,
}

DOWN_SECONDS = {"soon": 5.0, "next_day": 86_400.0}
"""How long copytui was down."""
