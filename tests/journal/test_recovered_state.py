"""The recovered state equals what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from copytui.domain.changes import (
    Change,
    DayOpened,
    EventEmitted,
    ExecutionDecided,
    FollowerHalted,
    MasterOrderSeen,
    OrderAdvanced,
    OrderPlanned,
    PositionChanged,
)
from copytui.domain.copies import UNSETTLED, CopyState, move
from copytui.domain.decisions import Verdict
from copytui.domain.events import Event, EventCode, EventKind, Level
from copytui.domain.executions import Origin
from copytui.domain.orders import ClientId, OrderId, OrderKey, Product
from copytui.domain.positions import ExitFraction, Position, position_key
from copytui.domain.reasons import Reason
from copytui.journal.recovered_state import RecoveredState
from copytui.journal.store import Journal
from tests.builders import (
    FOLLOWER,
    MASTER,
    NOON,
    TODAY,
    a_copy,
    a_decided,
    a_decision,
    a_known,
    a_plan,
    a_tag,
    a_working_order,
    after,
    an_execution,
    an_order,
)

Open = Callable[[], Journal]
YESTERDAY = TODAY - timedelta(days=1)
LOOKS = [DayOpened(MASTER, YESTERDAY, NOON - timedelta(days=1)), DayOpened(MASTER, TODAY, NOON)]


@pytest.fixture
def remembered(open_journal: Open) -> Callable[..., RecoveredState]:
    """Write statements, close, open again and read."""

    def write_and_read(*statements: Change) -> RecoveredState:
        journal = open_journal()
        journal.record(statements)
        journal.close()
        return open_journal().read(MASTER)

    return write_and_read


Remembered = Callable[..., RecoveredState]
KEPT = Product.CARRYFORWARD


def test_the_days_that_were_looked_at_come_back(remembered: Remembered) -> None:
    assert remembered(*LOOKS, DayOpened(MASTER, TODAY, after(9))).looked_at == {YESTERDAY, TODAY}


def test_known_orders_come_back_equal(remembered: Remembered) -> None:
    known = (
        a_known(),
        a_known(order=a_working_order(key=OrderKey("U2")), origin=Origin.OPEN_AT_START, counted=0, executions=0),
        a_known(order=an_order(key=OrderKey("U3"), updated_at=None, token=None), origin=Origin.BASELINE, executions=0),
        a_known(order=an_order(key=OrderKey("U4"), tag=a_tag()), origin=Origin.OWN, executions=0),
    )
    assert remembered(*LOOKS, *(MasterOrderSeen(each, MASTER, TODAY) for each in known)).known == known


def test_a_known_order_comes_back_as_it_was_written_last(remembered: Remembered) -> None:
    first = a_known(order=a_working_order(), counted=0, executions=0)
    last = a_known(origin=Origin.OWN)
    assert remembered(*LOOKS, MasterOrderSeen(first, MASTER, TODAY), MasterOrderSeen(last, MASTER, TODAY)).known == (
        last,
    )


def test_orders_of_more_than_seven_days_ago_are_known_no_more(remembered: Remembered) -> None:
    days = [TODAY - timedelta(days=ago) for ago in range(8)]
    orders = [a_known(order=an_order(key=OrderKey(f"U{ago}"))) for ago in range(8)]
    written = [MasterOrderSeen(order, MASTER, day) for order, day in zip(orders, days, strict=True)]
    recovered = remembered(*(DayOpened(MASTER, day, NOON) for day in days), *written)
    assert {known.order.key for known in recovered.known} == {f"U{ago}" for ago in range(7)}


def test_executions_and_their_decisions_come_back_equal(remembered: Remembered) -> None:
    none = a_plan(follower=ClientId("F2"), name="Second ₹", quantity=0, reason=Reason.HALTED, sentence="halted")
    plans = (a_plan(), none)
    order = an_order(key=OrderKey("U2"), average_price=Decimal("101.123456"))
    executions = (
        a_decided(decision=a_decision(plans=plans)),
        a_decided(
            id=2,
            execution=an_execution(order=order, number=3, quantity=7, executed_at=None, origin=Origin.OPEN_AT_START),
            decision=a_decision(verdict=Verdict.MISSED, reason=Reason.TOO_OLD, sentence="too late", plans=()),
            settled=False,
        ),
    )
    recovered = remembered(*LOOKS, *map(ExecutionDecided, executions))
    assert recovered.executions == executions
    assert recovered.next_execution_id == 3


def test_a_later_decision_on_the_same_execution_replaces_the_first(remembered: Remembered) -> None:
    asked = a_decided(decision=a_decision(verdict=Verdict.ASK), settled=False)
    declined = a_decided(decision=a_decision(verdict=Verdict.SKIP, reason=Reason.DECLINED), settled=True)
    assert remembered(*LOOKS, ExecutionDecided(asked), ExecutionDecided(declined)).executions == (declined,)


def test_the_time_of_the_last_decision_comes_back(remembered: Remembered) -> None:
    def told(seconds: float, code: EventCode | None, number: int = 1) -> Change:
        event = Event(after(seconds), Level.INFO, EventKind.DECISION, "master", "…", execution_id=number, code=code)
        return EventEmitted(event)

    decided = EventCode.DECIDED
    recovered = remembered(
        *LOOKS, ExecutionDecided(a_decided()), told(1, decided), told(9, decided), told(20, None), told(30, decided, 7)
    )
    assert recovered.decided_at == {1: after(9)}


def test_one_execution_of_an_order_cannot_be_written_under_two_numbers(remembered: Remembered) -> None:
    assert len(remembered(*LOOKS, ExecutionDecided(a_decided()), ExecutionDecided(a_decided(id=2))).executions) == 0


@pytest.mark.parametrize("state", CopyState)
def test_a_copy_of_today_comes_back_equal_in_every_state(remembered: Remembered, state: CopyState) -> None:
    copy = a_copy(
        state=state, attempts=2, order_id=OrderId("261120000098765"), filled=25, average_price=Decimal("101.55"),
        latency_ms=84.0, error="why", needs_clean_book=True, sent_at=after(1), answered_at=after(2), queued_at=NOON,
    )  # fmt: skip
    recovered = remembered(*LOOKS, ExecutionDecided(a_decided()), OrderPlanned(copy))
    assert recovered.copies == (copy,)
    assert recovered.next_copy_id == 2


def test_a_moved_copy_comes_back_where_it_was_moved(remembered: Remembered) -> None:
    copy = a_copy()
    sending = move(copy, CopyState.SENDING, after(1), attempts=1)
    recovered = remembered(*LOOKS, ExecutionDecided(a_decided()), OrderPlanned(copy), OrderAdvanced(copy, sending))
    assert recovered.copies == (sending,)


@pytest.mark.parametrize("state", CopyState)
def test_of_older_days_only_unsettled_copies_and_their_executions_come_back(
    remembered: Remembered, state: CopyState
) -> None:
    copy = a_copy(state=state, created_at=after(0) - timedelta(days=1))
    recovered = remembered(*LOOKS, ExecutionDecided(a_decided(day=YESTERDAY)), OrderPlanned(copy))
    assert [copy.state for copy in recovered.copies] == ([state] if state in UNSETTLED else [])
    assert len(recovered.executions) == (state in UNSETTLED)
    assert (recovered.next_execution_id, recovered.next_copy_id) == (2, 2)


def test_what_waits_for_the_user_comes_back_however_old(remembered: Remembered) -> None:
    settled = a_decided(day=YESTERDAY)
    missed = a_decided(id=2, day=YESTERDAY, execution=an_execution(number=2), settled=False)
    assert remembered(*LOOKS, ExecutionDecided(settled), ExecutionDecided(missed)).executions == (missed,)


def test_what_closed_a_position_comes_back_with_the_time_at_which_that_was_decided(remembered: Remembered) -> None:
    part = a_decided(execution=an_execution(closes=ExitFraction(50, 100)), decided_at=after(5))
    assert part.decided_at > part.execution.seen_at
    recovered = remembered(*LOOKS, ExecutionDecided(part))
    assert recovered.executions == (part,)


@pytest.mark.parametrize(
    ("product", "held", "ids"), [(Product.INTRADAY, 50, [1]), (KEPT, 0, [1]), (KEPT, 50, [1, 2]), (KEPT, -50, [1, 2])]
)
def test_what_came_after_a_missed_exit_of_a_position_that_lasts_comes_back_with_it(
    remembered: Remembered, product: Product, held: int, ids: list[int]
) -> None:
    order = an_order(product=product)
    missed = a_decided(day=YESTERDAY, settled=False, execution=an_execution(order=order, closes=ExitFraction(50, 100)))
    later = a_decided(id=2, day=YESTERDAY, execution=an_execution(order=order, number=2))
    other = a_decided(
        id=3, day=YESTERDAY, execution=an_execution(order=an_order(product=product, symbol="X"), number=3)
    )
    copy = a_copy(execution_id=2, state=CopyState.FILLED, created_at=after(0) - timedelta(days=1))
    recovered = remembered(
        *LOOKS, *map(ExecutionDecided, (missed, later, other)), OrderPlanned(copy),
        PositionChanged(FOLLOWER, MASTER, position_key(order), YESTERDAY, Position(held)),
    )  # fmt: skip
    assert [decided.id for decided in recovered.executions] == ids
    assert recovered.copies == ((copy,) if 2 in ids else ())


def test_of_a_master_that_was_never_looked_at_nothing_of_another_comes_back(remembered: Remembered) -> None:
    failed = a_copy(state=CopyState.FAILED, exit=ExitFraction(50, 50))
    recovered = remembered(ExecutionDecided(a_decided(master=ClientId("M9"))), OrderPlanned(failed))
    assert (recovered.executions, recovered.copies) == ((), ())


def test_halted_followers_come_back_until_they_are_released(remembered: Remembered) -> None:
    first, second = ClientId("F1"), ClientId("F2")
    recovered = remembered(
        FollowerHalted(first, "5 copies in a row went wrong"), FollowerHalted(second, "x"),
        FollowerHalted(second, "another address"), FollowerHalted(first, None),
    )  # fmt: skip
    assert recovered.halted == ((second, "another address"),)
