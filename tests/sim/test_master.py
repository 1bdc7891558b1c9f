from __future__ import annotations

from collections import Counter
from typing import Any

from tests.sim.helpers import HeldExchange

TIMES = {"updatetime", "exchtime", "exchorderupdatetime", "orderid"}


def day(seconds: float, step: float = 0.37, **options: Any) -> HeldExchange:
    """Let the master trade, advancing the clock in steps of `step`."""
    held = HeldExchange(trading=True, realism=True, **options)
    held.exchange.start_trading()
    while held.now < seconds:
        held.wait(step)
    return held


def story(held: HeldExchange) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k not in TIMES} for row in held.exchange.book(held.master)]


def test_the_same_seed_gives_the_same_day_however_often_it_is_read() -> None:
    slow, fast = day(90.0, step=7.5, seed=7), day(90.0, step=0.1, seed=7)
    fast.wait(90.0 - fast.now)
    slow.wait(90.0 - slow.now)
    assert len(story(slow)) > 25
    assert story(slow) == story(fast)
    prices = [[held.exchange.market.last(i) for i in held.exchange.market.instruments] for held in (slow, fast)]
    assert prices[0] == prices[1]


def test_trading_followers_do_not_change_the_masters_day() -> None:
    alone, watched = HeldExchange(trading=True, realism=True), HeldExchange(trading=True, realism=True, followers=9)
    for held in (alone, watched):
        held.exchange.start_trading()
    for second in range(60):
        alone.wait(1.0)
        watched.wait(1.0)
        watched.place(quantity=str(second + 1))
    assert story(alone) == story(watched)


def test_another_seed_gives_another_day() -> None:
    assert story(day(30.0, seed=1)) != story(day(30.0, seed=2))


def test_the_first_minutes_show_everything_a_copier_must_understand() -> None:
    rows = day(75.0).exchange.book(day(0.0).master)
    statuses = Counter(row["orderstatus"] for row in rows)
    assert statuses["complete"] > 10
    assert statuses["rejected"] >= 1
    assert any(row["orderstatus"] == "cancelled" and int(row["filledshares"]) > 0 for row in rows)
    assert any(row["orderstatus"] == "cancelled" and int(row["filledshares"]) == 0 for row in rows)
    assert {"MARKET", "LIMIT", "STOPLOSS_LIMIT"} <= {row["ordertype"] for row in rows}
    assert {"NSE", "NFO"} == {row["exchange"] for row in rows}
    assert {"BUY", "SELL"} == {row["transactiontype"] for row in rows}


def test_the_order_book_has_a_baseline_before_the_master_trades() -> None:
    held = HeldExchange(trading=True)
    rows = held.exchange.book(held.master)
    assert [row["orderstatus"] for row in rows] == ["complete", "complete"]
    held.wait(30)
    assert len(held.exchange.book(held.master)) == 2


def test_the_first_order_comes_within_a_second_and_a_half_then_one_every_few_seconds() -> None:
    held = day(0.0)
    held.wait(1.5)
    assert len(held.exchange.book(held.master)) == 3
    held.wait(300.0)
    assert 75 <= len(held.exchange.book(held.master)) <= 150


def test_pace_makes_the_master_faster() -> None:
    assert len(story(day(20.0, pace=10.0))) > 4 * len(story(day(20.0, pace=1.0)))


def test_the_master_only_sells_holdings_except_for_intraday_stock_shorts() -> None:
    held = day(0.0, seed=3)
    for _ in range(1200):
        held.wait(0.5)
        for position in held.exchange.books[held.master].positions.values():
            assert position.net >= 0 or (not position.instrument.is_option and position.product == "INTRADAY")


def test_the_master_does_nothing_when_trading_is_off() -> None:
    held = HeldExchange(trading=False)
    held.exchange.start_trading()
    held.wait(60)
    assert held.exchange.book(held.master) == []


def test_symbols_look_like_the_brokers() -> None:
    instruments = HeldExchange().exchange.market.instruments
    assert {i.symbol for i in instruments if not i.is_option} == {"SBIN-EQ", "INFY-EQ", "RELIANCE-EQ", "TATASTEEL-EQ"}
    option = next(i for i in instruments if i.name == "NIFTY" and i.strike == 24500 and i.option == "CE")
    assert option.symbol == f"NIFTY{option.expiry[:5]}{option.expiry[7:]}24500CE"
    assert {i.name: i.lot for i in instruments if i.is_option} == {"NIFTY": 65, "BANKNIFTY": 30, "FINNIFTY": 60}
    assert len({(i.exchange, i.token) for i in instruments}) == len(instruments)
