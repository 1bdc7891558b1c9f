"""The scripted account's positions and holdings: what its fills add up to, unless the test says otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from copytui.broker.port import HeldPosition
from copytui.domain.errors import BrokerUnreachable
from copytui.domain.orders import ClientId, Exchange, OrderKey, Product, Side
from tests.builders import an_order
from tests.engine.held_clock import HeldClock
from tests.engine.scripted import ScriptedAccount


@pytest.fixture
def account() -> ScriptedAccount:
    return ScriptedAccount(ClientId("F1"), HeldClock(), Path())


def nets(positions: tuple[HeldPosition, ...] | None) -> dict[tuple[str, Product], int]:
    return {(row.symbol, row.product): row.net_quantity for row in positions or ()}


async def test_positions_are_what_the_fills_add_up_to(account: ScriptedAccount) -> None:
    now = account.clock.now()
    bought = an_order(key=OrderKey("1"), filled=50, product=Product.CARRYFORWARD, updated_at=now)
    sold = replace(bought, key=OrderKey("2"), side=Side.SELL, filled=20)
    account.rows = [bought, sold, replace(bought, key=OrderKey("3"), filled=0)]
    held = await account.positions()
    assert nets(held.positions) == {(bought.symbol, Product.CARRYFORWARD): 30}
    account.held_before = (HeldPosition(bought.exchange, bought.symbol, "1", Product.CARRYFORWARD, 25, 50),)
    assert nets((await account.positions()).positions) == {(bought.symbol, Product.CARRYFORWARD): 55}
    account.positions_now = ()
    assert (await account.positions()).positions == ()
    account.positions_now = BrokerUnreachable("down")
    with pytest.raises(BrokerUnreachable):
        await account.positions()


async def test_positions_can_lag(account: ScriptedAccount) -> None:
    account.positions_lag = 5.0
    account.rows = [an_order(filled=50, updated_at=account.clock.now())]
    assert nets((await account.positions()).positions) == {}
    await account.clock.advance(6)
    assert list(nets((await account.positions()).positions).values()) == [50]


async def test_over_a_night_deliveries_are_held_and_intraday_is_gone(account: ScriptedAccount) -> None:
    now = account.clock.now()
    shares = an_order(
        key=OrderKey("1"), symbol="SBIN-EQ", exchange=Exchange.NSE, product=Product.DELIVERY, updated_at=now
    )
    carried = an_order(key=OrderKey("2"), product=Product.CARRYFORWARD, updated_at=now)
    account.rows = [shares, carried, an_order(key=OrderKey("3"), updated_at=now)]
    assert len((await account.positions()).positions or ()) == 3
    assert (await account.holdings()).holdings == ()
    await account.clock.advance(86_400)
    account.rows = []
    (position,) = (await account.positions()).positions or ()
    assert (position.product, position.carried_quantity, position.net_quantity) == (Product.CARRYFORWARD, 50, 50)
    (holding,) = (await account.holdings()).holdings or ()
    assert (holding.symbol, holding.quantity) == ("SBIN-EQ", 50)
