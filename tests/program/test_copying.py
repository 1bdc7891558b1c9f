"""The main job: what the master executes arrives in every follower, and nothing else does."""

from __future__ import annotations

import time

from tests.program.world import World, wait_until


def test_a_completed_order_is_copied_to_every_follower_and_followed_to_its_fill(world: World) -> None:
    before = world.order(quantity=5)
    program = world.live()
    started = time.monotonic()
    order = world.order(quantity=10)
    records = world.wait_for_status(order, "filled")
    assert time.monotonic() - started < 6
    for client, record in records.items():
        (row,) = world.exchange.call(world.exchange.exchange.book, client)
        assert record["follower_order_id"] == str(row["orderid"])
        assert record["filled_quantity"] == record["quantity"] == record["master_quantity"] == 10
        assert record["average_price"] == float(row["averageprice"])
        assert record["success"] is True
        assert record["attempts"] == 1
        assert record["error"] is None
    assert world.records(before) == {}
    assert program.stop() == 0
    log = world.log()
    assert log["session"]["ended"] is not None
    each = {"total": 1, "success": 1, "failed": 0, "unknown": 0, "success_rate": 100.0, "simulated": 0}
    assert log["statistics"] == {
        "master_orders": 1, "copied": 1, "skipped": 0, "missed": 0, "total": 3, "success": 3, "failed": 0, "unknown": 0,
        "success_rate": 100.0, "simulated": 0, "earlier": {"master_orders": 0, "copies": 0},
        "by_follower": {record["follower_name"]: each for record in records.values()},
    }  # fmt: skip


def waiting(world: World, symbol: str, quantity: int) -> str:
    """A limit order of the master's that waits, at a price at which the followers' copies will trade at once."""
    return world.order(symbol, quantity=quantity, order_type="LIMIT", price=world.price(symbol, 3), fill="hold")


def test_open_orders_are_copied_when_they_execute_and_only_what_executed(world: World) -> None:
    at_start = waiting(world, "SBIN-EQ", 20)
    world.live()
    later = waiting(world, "INFY-EQ", 8)
    cancelled = waiting(world, "TATASTEEL-EQ", 40)
    rejected = waiting(world, "RELIANCE-EQ", 3)
    exchange = world.exchange
    exchange.call(exchange.exchange.fill_master_order, cancelled, 25)
    exchange.call(exchange.exchange.cancel_master_order, cancelled)
    exchange.call(exchange.exchange.reject_master_order, rejected)
    partly = world.wait_for_status(cancelled, "filled")
    (line,) = [line for line in world.log()["decisions"] if line["master_order_id"] == rejected]
    assert (line["decision"], line["code"]) == ("skipped", "nothing_executed")
    assert {row["quantity"] for row in partly.values()} == {25}
    assert world.records(at_start) == world.records(later) == world.records(rejected) == {}
    exchange.call(exchange.exchange.fill_master_order, at_start)
    exchange.call(exchange.exchange.fill_master_order, later)
    assert {row["quantity"] for row in world.wait_for_status(at_start, "filled").values()} == {20}
    assert {row["quantity"] for row in world.wait_for_status(later, "filled").values()} == {8}
    assert set(world.tags_at_broker().values()) == {1}


def test_each_follower_gets_its_own_quantity_and_filters_and_own_tags_hold(world: World) -> None:
    first, second, third = world.followers
    world.settings(
        '[filters]\nblock_symbols = ["NIFTY", {underlying = "BANKNIFTY", right = "CE", expiry_within_days = 90}]\n'
        "[followers.2]\nmultiplier = 2.5\n"
        '[followers.3]\nmode = "fixed"\nfixed_quantity = 7\nmax_order_value = 9000\n'
    )
    program = world.live()
    option = next(i for i in world.exchange.exchange.market.instruments if i.symbol.startswith("NIFTY"))
    blocked = world.order(option.symbol, quantity=option.lot)
    call = next(i for i in world.exchange.exchange.market.instruments if i.name == "BANKNIFTY" and i.option == "CE")
    by_meaning = world.order(call.symbol, quantity=call.lot)
    own = world.order("TATASTEEL-EQ", quantity=4, tag="CTABCDEFGHIJKLM")
    order = world.order("SBIN-EQ", quantity=11)
    wait_until(
        lambda: all(r["status"] == "filled" for r in world.records(order).values()) and world.records(order), "fills"
    )
    quantities = {client: row["quantity"] for client, row in world.records(order).items()}
    assert quantities == {first: 11, second: 27, third: 7}
    costly = world.order("RELIANCE-EQ", quantity=11)
    wait_until(lambda: len(world.records(costly)) == 2, "two copies of the costly order")
    assert program.stop() == 0
    assert world.records(blocked) == world.records(by_meaning) == world.records(own) == {}
    decisions = {(row["master_order_id"], row["decision"], row["code"]) for row in world.log()["decisions"]}
    assert (blocked, "skipped", "symbol") in decisions
    (said,) = [row["reason"] for row in world.log()["decisions"] if row["master_order_id"] == by_meaning]
    assert said == "blocked by underlying BANKNIFTY, CE, expiry within 90 days"
    assert (costly, "skipped", "over_max_order_value") in decisions
    assert own not in {row["master_order_id"] for row in world.log()["decisions"]}


def test_a_dry_run_sends_nothing_and_records_everything(world: World) -> None:
    program = world.start("--dry-run")
    program.wait_for("first poll of the day")
    order = world.order(quantity=10)
    records = world.wait_for_status(order, "simulated")
    assert all(row["dry_run"] and row["success"] and row["follower_order_id"] is None for row in records.values())
    assert program.stop() == 0
    log = world.log()
    assert (log["session"]["mode"], log["session"]["switches"]) == ("dry_run", [])
    statistics = log["statistics"]
    assert (statistics["total"], statistics["success"], statistics["simulated"]) == (0, 0, 3)
    assert "simulated (dry run)" in program.output
    assert not world.tags_at_broker()


def test_market_orders_leave_as_protected_limits_and_stops_as_plain_orders(world: World) -> None:
    world.live()
    market = world.order("SBIN-EQ", quantity=3)
    limit = world.price("INFY-EQ", -2)
    stop = world.order("INFY-EQ", "SELL", 3, order_type="STOPLOSS_LIMIT", price=limit, trigger_price=limit + 5)
    world.wait_for_status(market, "filled")
    world.wait_for_status(stop, "filled")
    sent = world.exchange.call(world.exchange.exchange.book, world.followers[0])
    by_symbol = {row["tradingsymbol"]: row for row in sent}
    master = world.exchange.call(world.exchange.exchange.book, world.exchange.exchange.master.client_id)
    paid = next(float(row["averageprice"]) for row in master if row["orderid"] == market)
    assert by_symbol["SBIN-EQ"]["ordertype"] == "LIMIT"
    assert paid < float(by_symbol["SBIN-EQ"]["price"]) <= paid * 1.01
    assert by_symbol["INFY-EQ"]["ordertype"] == "LIMIT"
    assert by_symbol["INFY-EQ"]["variety"] == "NORMAL"
    assert float(by_symbol["INFY-EQ"]["price"]) == limit


def test_a_copy_above_a_freeze_quantity_that_nobody_knew_is_refused_and_sent_again_in_slices(world: World) -> None:
    world.settings("[sizing]\nmultiplier = 2\n[freeze_quantities]\nNIFTY = 0\n[risk]\ncheck_funds = false\n")
    options = [i for i in world.exchange.exchange.market.instruments if i.name == "NIFTY" and i.freeze]
    option = min(options, key=lambda each: each.base)
    most = option.freeze // option.lot * option.lot
    program = world.live()
    order = world.order(option.symbol, quantity=most)
    program.wait_for("is sent again in 2 slices")

    def filled() -> bool:
        rows = [row for row in world.log()["copy_records"] if row["master_order_id"] == order]
        done = {row["follower_client_id"]: row["filled_quantity"] for row in rows if row["status"] == "filled"}
        return list(done.values()) == [2 * most] * len(world.followers)

    wait_until(filled, f"every follower's slices in:\n{program.output}")
    assert world.run("attention").strip() == "nothing needs attention"
    assert program.stop() == 0
    for client in world.followers:
        placed = world.exchange.call(world.exchange.exchange.placements, client)
        assert [placement.quantity for placement in placed] == [2 * most, most, most]
