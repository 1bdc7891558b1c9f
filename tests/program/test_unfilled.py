"""Follower orders that rest at the exchange: moved after the market until they fill, or cancelled; over real HTTP."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from copytui.sim import FaultName
from copytui.sim.instruments import INSTRUMENT_FILE_PATH
from tests.program.world import World, wait_until

SYMBOL = "SBIN-EQ"


def rows(world: World, client: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.exchange.call(world.exchange.exchange.book, client)
    return found


def price(world: World, last: float, **circuits: float) -> None:
    exchange = world.exchange
    exchange.call(exchange.exchange.set_price, SYMBOL, last=last, still=True, **circuits)


def held(world: World, client: str, call: str) -> None:
    world.exchange.exchange.faults.add(client, call, FaultName.HELD)


def status(world: World, order: str, client: str) -> str:
    record = world.records(order).get(client)
    return "" if record is None else str(record["status"])


def test_a_resting_copy_is_moved_after_the_market_until_it_fills(world: World) -> None:
    world.settings('[orders]\nunfilled_after_seconds = 2\nunfilled_action = "reprice"\n')
    first, *others = world.followers
    price(world, 800, lower_circuit=700, upper_circuit=812)
    world.live()
    held(world, first, "placeOrder")
    held(world, first, "modifyOrder")
    order = world.order(SYMBOL, quantity=10)
    wait_until(lambda: status(world, order, first) == "open", "an order that rests")
    (placed,) = rows(world, first)
    assert float(placed["price"]) == 804.0
    price(world, 805)
    wait_until(lambda: float(rows(world, first)[0]["price"]) == 809.0, "the first step")
    # 0.5 % worse than 811 would be 815.05, over the upper circuit.
    price(world, 811)
    wait_until(lambda: status(world, order, first) == "filled", "its fill")
    (filled,) = rows(world, first)
    assert (filled["orderid"], filled["price"], filled["ordertag"]) == (placed["orderid"], 812.0, placed["ordertag"])
    record = world.records(order)[first]
    assert (record["price"], record["follower_order_id"]) == (812.0, placed["orderid"])
    assert record["average_price"] == float(filled["averageprice"])
    assert all(len(rows(world, other)) == 1 for other in others)
    assert set(world.tags_at_broker().values()) == {1}


def test_a_resting_copy_is_cancelled_in_time_and_says_why(world: World) -> None:
    world.settings('[orders]\nunfilled_after_seconds = 2\nunfilled_action = "cancel"\n')
    first, *others = world.followers
    program = world.live()
    held(world, first, "placeOrder")
    order = world.order(SYMBOL, quantity=10)
    wait_until(lambda: status(world, order, first) == "cancelled", "its end")
    (row,) = rows(world, first)
    assert row["orderstatus"] == "cancelled"
    record = world.records(order)[first]
    assert (record["error"], record["filled_quantity"]) == ("not filled within 2 s", 0)
    assert {status(world, order, other) for other in others} == {"filled"}
    assert program.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the user's cache folder is moved by an environment variable there")
def test_the_instrument_list_is_loaded_in_the_background_and_gives_the_tick(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    world.settings("")
    toml = world.folder / "copytui.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(
        text.replace("[broker]", f'[broker]\ninstruments_url = "{world.exchange.url}{INSTRUMENT_FILE_PATH}"'), "utf-8"
    )
    world.live()
    wait_until(lambda: list(cache.rglob("instruments-*.sqlite3")), "the list on disk")
    (instrument,) = (i for i in world.exchange.exchange.market.instruments if i.symbol == SYMBOL)
    price(world, 801.03 if instrument.tick == 1 else 801)
    order = world.order(SYMBOL, quantity=10)
    world.wait_for_status(order, "filled")
    for client in world.followers:
        limit = round(float(rows(world, client)[0]["price"]) * 100)
        assert limit % instrument.tick == 0
        assert limit > 80100


def test_a_run_without_a_list_makes_no_cache_folder(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    program = world.live()
    world.wait_for_status(world.order(SYMBOL, quantity=10), "filled")
    assert program.stop() == 0
    assert not (tmp_path / "cache").exists()
