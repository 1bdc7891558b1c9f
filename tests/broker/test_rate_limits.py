from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.broker.port import Call
from copytui.broker.rate_limits import LIMITS, AccountLimits, RollingLimit, Window


class HeldClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_tenth_order_in_a_second_waits() -> None:
    clock = HeldClock()
    limits = AccountLimits(clock=clock)
    assert [limits[Call.EXIT].take() for _ in range(10)] == [True] * 9 + [False]
    assert 0 < limits[Call.EXIT].ready_in() <= 1.1
    clock.now += limits[Call.EXIT].ready_in()
    assert limits[Call.EXIT].take()


@pytest.mark.parametrize(("pause", "most", "entries"), [(0.0, 9, 7), (3.0, 1000, 900)])
def test_entries_leave_a_reserve_of_every_limit_to_exits(pause: float, most: int, entries: int) -> None:
    clock = HeldClock()
    limits = AccountLimits(clock=clock)
    taken = 0
    for _ in range(most):
        clock.now += pause
        taken += limits[Call.WRITE].take()
    assert taken == entries
    assert limits[Call.WRITE].ready_in() > 0
    left = []
    for _ in range(most - entries):
        left.append(limits[Call.EXIT].take())
        clock.now += 0.0 if most == 9 else 0.15
    assert all(left)


def test_the_reserve_is_a_tenth_and_two_of_the_orders_per_second() -> None:
    windows = [window.for_entries.count for window in LIMITS[Call.WRITE]]
    assert windows == [7, 450, 900]


def test_the_budget_shows_the_reserve() -> None:
    budget = AccountLimits(clock=HeldClock()).budget()
    assert (budget.minute_reserve, budget.hour_reserve) == (50, 100)


def test_one_order_book_per_second() -> None:
    clock = HeldClock()
    limits = AccountLimits(clock=clock)
    assert limits[Call.BOOK].take()
    assert not limits[Call.BOOK].take()
    clock.now += 1.1
    assert limits[Call.BOOK].take()


def test_the_minute_may_be_tightened_but_not_loosened() -> None:
    clock = HeldClock()
    limits = AccountLimits(orders_per_minute=3, clock=clock)
    assert [limits[Call.WRITE].take() for _ in range(4)] == [True, True, True, False]
    assert (limits.budget().minute_used, limits.budget().minute_limit, limits.budget().hour_used) == (3, 3, 3)
    assert AccountLimits(orders_per_minute=9000).budget().minute_limit == 500


def test_the_users_cap_does_not_delay_an_exit_but_counts_it() -> None:
    clock = HeldClock()
    limits = AccountLimits(orders_per_minute=3, clock=clock)
    assert [limits[Call.EXIT].take() for _ in range(4)] == [True] * 4
    assert limits[Call.WRITE].ready_in() > 50
    assert not limits[Call.WRITE].take()
    assert limits[Call.EXIT].ready_in() == 0
    assert limits.budget().minute_used == 4


def test_exits_and_orders_share_the_brokers_windows() -> None:
    clock = HeldClock()
    limits = AccountLimits(clock=clock)
    assert all(limits[call].take() for call in [Call.WRITE, Call.EXIT, Call.EXIT] * 2)
    assert all(limits[Call.EXIT].take() for _ in range(3))
    assert limits[Call.EXIT].ready_in() == limits[Call.WRITE].ready_in() > 0
    clock.now += 1.05
    assert limits[Call.EXIT].take()


def test_the_thousand_and_first_order_of_an_hour_waits() -> None:
    clock = HeldClock()
    limits = AccountLimits(clock=clock)
    for _ in range(1000):
        clock.now += 0.2
        assert limits[Call.EXIT].take()
    assert not limits[Call.EXIT].take()
    assert limits.budget().hour_used == 1000
    clock.now += 3600
    assert limits[Call.EXIT].take()


@given(st.lists(st.floats(0, 3)))
def test_no_window_ever_holds_more_than_its_count(pauses: list[float]) -> None:
    clock = HeldClock()
    limit = RollingLimit(Window(2, 1.0), Window(4, 5.0), clock=clock)
    taken: list[float] = []
    for pause in pauses:
        clock.now += pause
        if limit.take():
            taken.append(clock.now)
    for window in limit.windows:
        for moment in taken:
            assert sum(1 for other in taken if moment - window.seconds < other <= moment) <= window.count
