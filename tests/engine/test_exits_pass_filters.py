"""Filters hold back entries only: an exit of a copied position passes, whatever is blocked by then."""

from __future__ import annotations

from typing import Any

import pytest

from copytui.domain.contracts import Right
from copytui.domain.filter_rules import FilterRule
from copytui.domain.filters import Filters
from copytui.domain.orders import OrderType, Side
from copytui.domain.reasons import Reason
from copytui.engine.commands import SetFilters
from copytui.settings.model import OpenAtStart
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import refused
from tests.engine.trades import held, sent, trade

BLOCKED = [
    pytest.param(Filters(block_symbols=("NIFTY",)), id="blocked symbol"),
    pytest.param(Filters(allow_symbols=("SBIN",)), id="not among the allowed symbols"),
    pytest.param(Filters(limit_orders=False), id="blocked order type"),
    pytest.param(Filters(block_rules=(FilterRule("NIFTY", Right.CE),)), id="blocked by a rule"),
    pytest.param(Filters(allow_rules=(FilterRule("BANKNIFTY"),)), id="not allowed by a rule"),
]


async def filtered(world: World, filters: Filters) -> None:
    await trade(world, Side.BUY, 100)
    await world.handle(SetFilters(filters))


def reasons(world: World, client: str = F1) -> list[tuple[int, Reason | None]]:
    decided = list(world.engine.state.executions.values())[-1]
    return [(plan.quantity, plan.reason) for plan in decided.decision.plans if plan.follower == client]


@pytest.mark.parametrize("filters", BLOCKED)
async def test_an_exit_passes_whole_and_in_parts(world: World, filters: Filters) -> None:
    await filtered(world, filters)
    await trade(world, Side.SELL, 50)
    await trade(world, Side.SELL, 50)
    for client in (F1, F2):
        assert sent(world, client) == [("BUY", 100), ("SELL", 50), ("SELL", 50)]


@pytest.mark.parametrize("filters", BLOCKED)
async def test_of_a_reversal_only_the_part_that_opens_is_skipped_with_the_filters_reason(
    world: World, filters: Filters
) -> None:
    await filtered(world, filters)
    await trade(world, Side.SELL, 150)
    assert sent(world, F1) == [("BUY", 100), ("SELL", 100)]
    code = Reason.SYMBOL if filters.limit_orders else Reason.ORDER_TYPE
    assert reasons(world) == [(100, None), (0, code)]
    await trade(world, Side.BUY, 50)
    assert sent(world, F1)[2:] == [], "nothing was opened, so there is nothing to close"
    assert reasons(world) == [(0, Reason.NOTHING_TO_CLOSE)]


@pytest.mark.parametrize("filters", BLOCKED)
async def test_a_further_entry_is_still_skipped(world: World, filters: Filters) -> None:
    await filtered(world, filters)
    await trade(world, Side.BUY, 50)
    assert sent(world, F1) == [("BUY", 100)]
    assert world.verdicts[-1] == "skipped"


async def test_what_a_follower_does_not_hold_is_nothing_to_close(world: World) -> None:
    world[F1].outcomes.append(refused())
    await filtered(world, Filters(block_symbols=("NIFTY",)))
    await trade(world, Side.SELL, 100)
    assert (sent(world, F1), sent(world, F2)) == ([("BUY", 100)], [("BUY", 100), ("SELL", 100)])
    assert reasons(world) == [(0, Reason.NOTHING_TO_CLOSE)]


@pytest.mark.parametrize("order_type", [OrderType.STOPLOSS_MARKET, OrderType.STOPLOSS_LIMIT, OrderType.MARKET])
async def test_the_masters_stop_is_an_exit_too(world: World, order_type: OrderType) -> None:
    await filtered(world, Filters(market_orders=False, stop_orders=False))
    await trade(world, Side.SELL, 100, order_type=order_type)
    assert held(world, F1) == held(world, F2) == 0


async def test_an_ignored_order_that_was_open_at_the_start_still_closes_what_was_copied(a_world: MakeWorld) -> None:
    """Of `open_orders_at_start`, too, "ignore" concerns entries: the master is out when his old stop executes."""
    fields: dict[str, Any] = {"side": Side.SELL, "quantity": 100, "symbol": "AAA-EQ"}
    world = await a_world(started=False, open_orders_at_start=OpenAtStart.IGNORE)
    world.works(90, **fields)
    await world.start()
    await trade(world, Side.BUY, 100, symbol="AAA-EQ")
    world.executes(90, filled=100, **fields)
    await world.pass_(6)
    assert sent(world, F1) == [("BUY", 100), ("SELL", 100)]
