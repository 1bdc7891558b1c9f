"""Loss limit, halt, the file STOP, cancel all and flatten: the whole program on the exchange, over HTTP."""

from __future__ import annotations

import os

from copytui.sim import FaultName
from tests.program.test_answers import on_a_terminal
from tests.program.test_endings import needs_posix
from tests.program.world import World, wait_until


def net(world: World, client: str, symbol: str = "SBIN-EQ") -> int:
    """What an account holds of a symbol at the exchange."""
    rows = world.exchange.call(world.exchange.exchange.book, client)
    signed = {"BUY": 1, "SELL": -1}
    return sum(
        signed[row["transactiontype"]] * int(row["filledshares"]) for row in rows if row["tradingsymbol"] == symbol
    )


def test_a_follower_that_has_lost_too_much_gets_exits_only(world: World) -> None:
    world.settings("[risk]\ndaily_loss_limit = 500\n")
    program = world.live()
    world.wait_for_status(world.order(quantity=100), "filled")
    assert program.stop() == 0
    price = world.price("SBIN-EQ", -2)
    world.exchange.call(world.exchange.exchange.set_price, "SBIN-EQ", last=price, still=True)
    again = world.start("--live", "--yes")
    wait_until(lambda: again.output.count("close only: today's loss of") == 3, f"three close only in:\n{again.output}")
    entry = world.order("INFY-EQ", quantity=5)
    again.wait_for("INFY-EQ")
    leaving = world.order(side="SELL", quantity=100)
    world.wait_for_status(leaving, "filled")
    assert world.records(entry) == {}
    assert [net(world, client) for client in world.followers] == [0, 0, 0]
    assert {row["code"] for row in world.log()["decisions"] if row["master_order_id"] == entry} == {"loss_limit"}
    assert again.stop() == 0


@needs_posix
def test_the_file_stop_halts_over_restarts_and_is_released_by_a_word_once_it_is_gone(world: World) -> None:
    stop = world.folder / "STOP"
    program = world.live()
    stop.touch()
    program.wait_for("halted: the file STOP was found")
    held = world.order()
    program.wait_for("missed: copying is halted")
    assert program.stop() == 0
    with on_a_terminal(world, "--live", "--yes") as (again, keys):
        again.wait_for("still halted from before: the file STOP was found")
        again.wait_for("first poll of the day" if "first poll" in again.output else "logged in as")
        os.write(keys, b"release\n")
        again.wait_for("not released: the file STOP is in the project's folder; remove it first")
        stop.unlink()
        os.write(keys, b"release\n")
        again.wait_for("halt released")
        wait_until(lambda: again.output.count("logged in as") > len(world.followers), f"all logins in:\n{again.output}")
        order = world.order("INFY-EQ")
        world.wait_for_status(order, "filled")
        assert again.stop() == 0
    assert world.records(held) == {}


@needs_posix
def test_what_copying_built_is_flattened_by_a_typed_word_while_everything_is_halted(world: World) -> None:
    first, second, third = world.followers
    with on_a_terminal(world, "--live", "--yes") as (program, keys):
        program.wait_for("first poll of the day")
        wait_until(lambda: program.output.count("logged in as") > 3, "all logins")
        world.wait_for_status(world.order(quantity=10), "filled")
        for client in world.followers:
            world.exchange.exchange.faults.add(client, "placeOrder", FaultName.HELD, 1)
        world.wait_for_status(world.order(quantity=7), "open")
        os.write(keys, b"halt\nflatten\nflatten 2\n")
        program.wait_for("flattening 1 position; 1 working order is being cancelled")
        wait_until(
            lambda: any(
                "Ravi" in line and "SELL" in line and " filled " in line for line in program.output.splitlines()
            ),
            "the second follower flat",
        )
        assert net(world, second) == 0
        assert (net(world, first), net(world, third)) == (10, 10)
        os.write(keys, b"flatten all\n")
        program.wait_for("flattening 2 positions; 2 working orders are being cancelled")
        wait_until(lambda: not any(net(world, client) for client in world.followers), "everybody flat")
        assert program.stop() == 0
    log = world.log()
    closing = [row for row in log["copy_records"] if row["master_order_id"].startswith("flatten-")]
    assert [(row["order_type"], row["status"], row["transaction_type"]) for row in closing] == [
        ("LIMIT", "filled", "SELL")
    ] * 3
    assert log["statistics"]["master_orders"] == 2
    assert set(world.tags_at_broker().values()) == {1}
    for client in world.followers:
        statuses = [row["status"] for row in world.exchange.call(world.exchange.exchange.book, client)]
        assert sorted(statuses) == ["cancelled", "complete", "complete"]


@needs_posix
def test_cancel_all_takes_every_working_order_back(world: World) -> None:
    with on_a_terminal(world, "--live", "--yes") as (program, keys):
        program.wait_for("first poll of the day")
        wait_until(lambda: program.output.count("logged in as") > 3, "all logins")
        for client in world.followers:
            world.exchange.exchange.faults.add(client, "placeOrder", FaultName.HELD, 1)
        order = world.order(quantity=7)
        world.wait_for_status(order, "open")
        os.write(keys, b"pause\ncancel all\n")
        program.wait_for("3 working orders are being cancelled")
        world.wait_for_status(order, "cancelled")
        assert program.stop() == 0
