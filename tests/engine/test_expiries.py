"""When a position ends is read from the row or the instrument list; a symbol's text forgets nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from copytui.broker.smartapi.parsing import parse_order
from copytui.domain.contracts import Contract, from_row
from copytui.domain.orders import BookOrder, Exchange, Product, Side
from copytui.domain.text import IST
from copytui.settings.model import RiskSettings
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, MASTER, World
from tests.engine.scripted import refused
from tests.engine.test_order_inputs import AList, Row
from tests.engine.trades import held, sent, trade

CASE = Path(__file__).parents[1] / "cases/bfo-exit-after-restart.json"
KEPT = Product.CARRYFORWARD
MONTHLY = "360ONE26DEC1260CE"


def bfo(symbol: str, expiry: str, **more: Any) -> dict[str, Any]:
    """Return the fields of a position of BFO whose row says when it expires ('' where it does not)."""
    contract = from_row("BFO", symbol, expiry=expiry)
    return {"exchange": Exchange.BFO, "symbol": symbol, "product": KEPT, "contract": contract, **more}


def both_held(world: World, symbol: str, exchange: Exchange = Exchange.BFO) -> tuple[int, int]:
    return tuple(held(world, each, symbol=symbol, exchange=exchange, product=KEPT) for each in (MASTER, F1))  # type: ignore[return-value]


async def until(world: World, *day: int) -> None:
    """Let the time pass until ten in the morning of a day."""
    await world.pass_(seconds_until(world, *day))


def seconds_until(world: World, year: int, month: int, day: int) -> float:
    return (datetime(year, month, day, 10, tzinfo=IST) - world.clock.now()).total_seconds()


async def asleep_until(world: World, *day: int) -> None:
    """Close the lid until ten in the morning of a day."""
    world.clock.jump(seconds_until(world, *day))
    world.master.rows = []
    for account in world.accounts.values():
        account.rows = []
    await world.pass_(100)


async def restarted_on(world: World, *day: int) -> None:
    await world.stop()
    world.master.rows = []
    for account in world.accounts.values():
        account.rows = []
    await until(world, *day)
    await world.start()
    await world.pass_(5)


async def test_a_follower_whose_buy_was_refused_gets_no_sell_after_a_restart(a_world: MakeWorld) -> None:
    buy, sell = (parse_order(row) for row in json.loads(CASE.read_text(encoding="utf-8")))
    world = await a_world(started=False)
    await until(world, 2026, 11, 30)
    world[F1].outcomes.append(refused())
    await world.start()
    await at(world, buy)
    assert (sent(world, F1), sent(world, F2)) == ([("BUY", 500)], [("BUY", 500)])
    await world.restart()
    await at(world, sell)
    assert sent(world, F1) == [("BUY", 500)], "it has nothing to close"
    assert sent(world, F2) == [("BUY", 500), ("SELL", 500)]


async def at(world: World, row: BookOrder) -> None:
    """Let an order of the master appear at its own time."""
    assert row.updated_at is not None
    await world.pass_(max(0.0, (row.updated_at - world.clock.now()).total_seconds()))
    world.master_has(row)
    await world.pass_(6)


@pytest.mark.parametrize("restarts", [True, False], ids=["restarts", "sleeps"])
@pytest.mark.parametrize(
    ("symbol", "expiry", "last"),
    [
        (MONTHLY, "31DEC2026", (2026, 12, 31)),
        ("SENSEX26N2685000CE", "26NOV2026", (2026, 11, 26)),
        ("SENSEX26DECFUT", "31DEC2026", (2026, 12, 31)),
    ],
)
async def test_a_position_lasts_until_the_expiry_of_its_row(
    a_world: MakeWorld, symbol: str, expiry: str, last: tuple[int, int, int], restarts: bool
) -> None:
    world = await a_world()
    await trade(world, Side.BUY, 50, **bfo(symbol, expiry))
    assert both_held(world, symbol) == (50, 50)
    after = (datetime(*last, tzinfo=IST) + timedelta(days=1)).timetuple()[:3]
    for day, there in ((last, 50), (after, 0)):
        if restarts:
            await restarted_on(world, *day)
        else:
            await asleep_until(world, *day)
        assert both_held(world, symbol) == (there, there), day
    rows = await world.on_disk("SELECT * FROM positions")
    assert rows == []


async def test_without_an_expiry_a_position_is_kept_whatever_its_text_says(a_world: MakeWorld) -> None:
    world = await a_world()
    symbol = "NIFTY24NOV2624000CE"
    await trade(world, Side.BUY, 50, symbol=symbol, product=KEPT)
    await restarted_on(world, 2026, 12, 1)
    assert both_held(world, symbol, Exchange.NFO) == (50, 50)
    await trade(world, Side.SELL, 50, symbol=symbol, product=KEPT)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)], "as an exit"


@pytest.mark.parametrize(
    ("first", "counts"),
    [
        (bfo("SENSEX26N2685000CE", "26NOV2026"), False),
        (bfo("SENSEX26N2685000CE", ""), False),
        (bfo("SENSEX26NOVFUT", ""), False),
        (bfo("SENSEX26DECFUT", ""), True),
        (bfo(MONTHLY, ""), True),
        (bfo("SENSEX26N2685000CE", "31DEC2026"), True),
        ({"exchange": Exchange.NSE, "symbol": "SBIN-EQ", "product": Product.DELIVERY, "contract": None}, True),
    ],
)
async def test_only_what_has_not_expired_counts_as_an_open_position(
    a_world: MakeWorld, first: dict[str, Any], counts: bool
) -> None:
    world = await a_world(started=False)
    world.settings = replace(world.settings, risk=RiskSettings(max_open_positions=1))
    await world.start()
    await trade(world, Side.BUY, 50, **first)
    await restarted_on(world, 2026, 12, 1)
    await trade(world, Side.BUY, 50, **bfo("BANKEX26DEC62000PE", "31DEC2026"))
    assert sent(world, F1) == [("BUY", 50)] * (1 if counts else 2)


async def test_the_list_says_when_a_held_contract_expires_where_its_rows_did_not(a_world: MakeWorld) -> None:
    rows: dict[str, Row] = {}
    world = await a_world(instruments=AList(rows))
    await trade(world, Side.BUY, 50, **bfo(MONTHLY, ""))
    rows[MONTHLY] = Row(contract=from_row("BFO", MONTHLY, expiry="29DEC2026"))
    await world.pass_(5)
    rows.clear()
    await restarted_on(world, 2026, 12, 29)
    assert both_held(world, MONTHLY) == (50, 50)
    await restarted_on(world, 2026, 12, 30)
    assert both_held(world, MONTHLY) == (0, 0)


async def test_the_list_completes_the_contract_of_a_row(a_world: MakeWorld) -> None:
    symbol = "STRANGE85000CE"
    listed = Contract("SENSEX", None, Decimal(85000), None)
    world = await a_world(
        instruments=AList({symbol: Row(contract=listed)}), freeze_quantities={"SENSEX": 20}, started=True
    )
    await trade(world, Side.BUY, 50, exchange=Exchange.BFO, symbol=symbol, lot_size=10, instrument_type="")
    assert sent(world, F1) == [("BUY", 20), ("BUY", 20), ("BUY", 10)], "sliced by its underlying"


async def test_an_expiry_before_the_trade_is_not_believed(a_world: MakeWorld) -> None:
    world = await a_world()
    await trade(world, Side.BUY, 50, **bfo(MONTHLY, "19NOV2026"))
    await restarted_on(world, 2026, 11, 23)
    assert both_held(world, MONTHLY) == (50, 50)


async def test_expiries_are_removed_from_the_journal_in_time(a_world: MakeWorld) -> None:
    world = await a_world()
    await trade(world, Side.BUY, 50, **bfo(MONTHLY, "26NOV2026"))
    names = "SELECT name, value FROM flags WHERE name LIKE 'expiry:%'"
    assert await world.on_disk(names) == [(f"expiry:BFO:{MONTHLY}", "2026-11-26")]
    await restarted_on(world, 2026, 12, 20)
    await world.restart()
    assert await world.on_disk(names) == []
