"""Sessions: the whole program outside of the market's hours, over HTTP."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from copytui.domain.text import IST
from tests.program.world import Program, World, wait_until


def closed_today() -> str:
    """Guard the market of shares, and make today and tomorrow holidays."""
    today = datetime.now(IST).date()
    return f'[sessions]\ncash = "00:00-23:59"\nholidays = ["{today}", "{today + timedelta(days=1)}"]\n'


def started_again(world: World) -> Program:
    """Start a live run on a day that the journal knows, and wait for all logins."""
    program = world.start("--live", "--yes")
    wait_until(lambda: program.output.count("logged in as") > len(world.followers), f"all logins in:\n{program.output}")
    return program


def test_while_the_market_is_closed_nothing_is_sent_and_everything_is_listed_to_be_copied_later(world: World) -> None:
    world.settings(closed_today())
    program = world.live()
    entry = world.order()
    program.wait_for("BUY 10 SBIN-EQ @")
    world.order("INFY-EQ", quantity=5)
    program.wait_for("BUY 5 INFY-EQ @")
    leaving = world.order("INFY-EQ", side="SELL", quantity=5)
    program.wait_for("SELL 5 INFY-EQ @")
    assert program.output.count("missed: the market is closed") == 3
    listed = world.run("attention")
    assert listed.index("SELL 5 INFY-EQ") < listed.index("BUY 10 SBIN-EQ"), "exits stand first"
    codes = {row["master_order_id"]: row["code"] for row in world.log()["decisions"] if row.get("code")}
    assert codes[entry] == codes[leaving] == "market_closed"
    assert program.stop() == 0
    assert not world.tags_at_broker()

    world.settings()
    again = started_again(world)
    (id_,) = re.findall(r"\b(m[0-9]+)\b.*BUY 10 SBIN-EQ", listed)
    world.run("resolve", id_, "--copy")
    wait_until(lambda: world.records(entry), "copies of the missed entry")
    world.wait_for_status(entry, "filled")
    assert again.stop() == 0
