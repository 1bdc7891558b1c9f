"""Pictures of the engine's state as a trader may meet them; each is a Snapshot, and the clock stands at MONOTONIC.

Nothing changes a Snapshot, so each is made once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from copytui.broker.port import Budget, Funds
from copytui.domain.changes import ExecutionDecided, OrderPlanned
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution, Decision, Plan, Verdict
from copytui.domain.events import Event, EventKind, Level
from copytui.domain.executions import KnownOrder, Origin
from copytui.domain.filters import Filters
from copytui.domain.orders import BookOrder, Exchange, OrderId, OrderKey, OrderType, Product, Side
from copytui.domain.positions import ExitFraction, PositionKey
from copytui.domain.reasons import Reason
from copytui.domain.risk import OrphanedPosition
from copytui.engine.follower.follower import SessionState
from copytui.engine.metrics import Metrics
from copytui.engine.rules import Rules
from copytui.engine.snapshot import FollowerView, OrderView, Snapshot
from tests.builders import (
    MASTER,
    TODAY,
    a_copy,
    a_known,
    a_tag,
    a_working_order,
    after,
    an_execution,
    an_order,
    an_order_to_send,
)
from tests.tui.fake import MONOTONIC, NAMES, follower_id, follower_name

HOSTILE = "[/oops] [AB1012] \x1b[31m red [bold]x"
LONG = "N" * 300


def an_event(text: str = "copied", **overrides: Any) -> Event:
    """Return an event of noon."""
    return replace(Event(after(0), Level.INFO, EventKind.COPY, "copytui", text), **overrides)


def a_follower(number: int = 0, **overrides: Any) -> FollowerView:
    """Return a follower that is logged in, in and armed."""
    view = FollowerView(
        client_id=follower_id(number),
        name=follower_name(number),
        session=SessionState.READY,
        session_text="",
        enabled=True,
        armed=True,
        halted_because=None,
        queued=0,
        unknown=0,
        live=0,
        last_error="",
        funds=Funds(Decimal(250000 + 1000 * number), Decimal(300000)),
        budget=Budget(12 + number, 500, 48 + number, 1000),
        funds_at=MONOTONIC - 1,
    )
    return replace(view, **overrides)


def a_snapshot(**overrides: Any) -> Snapshot:
    """Return a dry run in which everything is well and nothing has happened."""
    views: tuple[OrderView, ...] = overrides.get("orders", ())
    snapshot = Snapshot(
        version=1,
        rules=Rules(dry_run=True, require_confirmation=False, filters=Filters()),
        master_text="logged in as M12345",
        master_logged_in=True,
        paused_since=None,
        looked_at=MONOTONIC - 0.8,
        poll_failures=0,
        poll_trouble=None,
        journal_trouble=None,
        orders=(),
        followers=tuple(a_follower(number) for number in range(len(NAMES))),
        metrics=_counted(views).take(),
        approvals=(),
        missed=(),
        unknown=tuple(copy for view in views for copy in view.copies if copy.state is CopyState.UNKNOWN),
    )
    return replace(snapshot, **overrides)


def _counted(views: tuple[OrderView, ...]) -> Metrics:
    metrics = Metrics()
    for view in views:
        for decided in view.executions:
            metrics.on_change(ExecutionDecided(decided))
        for copy in view.copies:
            metrics.on_change(OrderPlanned(copy))
    return metrics


def with_rules(snapshot: Snapshot, **changes: Any) -> Snapshot:
    """Return the next version of a picture with changed rules."""
    return replace(snapshot, version=snapshot.version + 1, rules=replace(snapshot.rules, **changes))


def an_order_of(number: int, **overrides: Any) -> BookOrder:
    """Return a filled master order of its own, `number` minutes after noon."""
    fields: dict[str, Any] = {
        "key": OrderKey(f"U{number}"),
        "order_id": OrderId(f"2611200000{number:05}"),
        "updated_at": after(60 * number),
    }
    return an_order(**(fields | overrides))


def a_copy_of(order: BookOrder, number: int, state: CopyState, **overrides: Any) -> ChildOrder:
    """Return the copy of `order` for follower `number` (from 0), in `state`, with its fills to match."""
    execution = int(order.key[1:])
    quantity: int = overrides.pop("quantity", order.filled)
    filled = {CopyState.FILLED: quantity, CopyState.PARTIAL: quantity // 3}.get(state, 0)
    id_ = execution * 100 + number
    answered = state not in (CopyState.ASKED, CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN)
    at = order.updated_at or after(0)
    copy = a_copy(
        id=id_,
        execution_id=execution,
        order_key=order.key,
        follower=follower_id(number),
        order=an_order_to_send(
            symbol=order.symbol, side=order.side, exchange=order.exchange, quantity=quantity,
            price=order.average_price + Decimal("0.5"), tag=a_tag(id_, follower_id(number)),
        ),
        state=state,
        created_at=at,
        changed_at=at + timedelta(seconds=1),
        filled=filled,
        average_price=order.average_price + Decimal("0.05") * (number + 1) if filled else Decimal(0),
        latency_ms=188.0 + 11 * number + execution % 7 * 31 if answered else None,
        order_id=OrderId(f"2611209{id_:07}") if answered else None,
    )  # fmt: skip
    return replace(copy, **overrides)


def a_view(
    order: BookOrder,
    copies: tuple[ChildOrder, ...] = (),
    verdict: Verdict = Verdict.COPY,
    sentence: str = "",
    *,
    settled: bool = True,
    reason: Reason | None = None,
    followers: int = 5,
) -> OrderView:
    """Return an order with its one execution, decided so, and its copies."""
    id_ = int(order.key[1:])
    gets = verdict in (Verdict.COPY, Verdict.SIMULATE, Verdict.ASK)
    plans = tuple(
        Plan(follower_id(number), follower_name(number), order.filled if gets else 0) for number in range(followers)
    )
    decision = Decision(verdict, sentence or f"copied to {len(copies)} followers", reason, plans if gets else ())
    at = order.updated_at or after(0)
    execution = an_execution(order=order, executed_at=at, seen_at=at + timedelta(seconds=1))
    decided = DecidedExecution(id_, MASTER, TODAY, execution, decision, at + timedelta(seconds=1), settled)
    known = KnownOrder(order, Origin.SEEN, at, counted=order.filled, executions=1)
    return OrderView(known, (decided,), copies)


@cache
def starting() -> Snapshot:
    """Return the first seconds: the master is in, two of five followers are."""

    def session(number: int) -> FollowerView:
        if number < 2:
            return a_follower(number)
        state = SessionState.READING_BOOK if number == 2 else SessionState.LOGGING_IN
        return a_follower(number, session=state, armed=False, funds=None, budget=Budget(0, 500, 0, 1000))

    return a_snapshot(looked_at=None, followers=tuple(session(number) for number in range(5)))


def quiet() -> Snapshot:
    """Return an idle dry run."""
    return a_snapshot()


@cache
def busy() -> Snapshot:
    """Return ten orders; the newest, U10, was filled, partly filled, rejected and lost sight of."""
    orders = _busy_orders()
    troubles: tuple[dict[str, Any], ...] = (
        {}, {}, {"live": 1}, {"last_error": "margin shortfall: needs ₹7,612.50 more"}, {"unknown": 1},
    )  # fmt: skip
    followers = tuple(a_follower(number, **fields) for number, fields in enumerate(troubles))
    return a_snapshot(version=7, orders=orders, followers=followers)


def _busy_orders() -> tuple[OrderView, ...]:
    filled = CopyState.FILLED
    newest = an_order_of(10, symbol="NIFTY28NOV2624500CE", quantity=75, filled=75)
    states = (filled, filled, CopyState.PARTIAL, CopyState.REJECTED, CopyState.UNKNOWN)
    errors = (
        None,
        None,
        None,
        "RMS: margin shortfall, needs 7612.50 more",
        "no answer in 7.0 s: unknown, looking it up",
    )
    last = a_view(newest, tuple(
        a_copy_of(newest, number, state, error=error)
        for number, (state, error) in enumerate(zip(states, errors, strict=True))
    ))  # fmt: skip
    sold = an_order_of(9, symbol="SBIN-EQ", side=Side.SELL, quantity=15, filled=15, lot_size=1,
                       average_price=Decimal("812.35"), instrument_type="")  # fmt: skip
    skipped = an_order_of(8, symbol="FINNIFTY28NOV2624000CE", quantity=40, filled=40, average_price=Decimal("55.1"))
    working = a_working_order(key=OrderKey("U7"), order_id=OrderId("7"), symbol="INFY-EQ", quantity=60,
                              price=Decimal("1488.2"), updated_at=after(420))  # fmt: skip
    rest = [an_order_of(number, order_type=OrderType.MARKET) for number in range(6, 0, -1)]
    return (
        last,
        a_view(sold, tuple(a_copy_of(sold, number, filled) for number in range(5))),
        a_view(skipped, (), Verdict.SKIP, "symbol blocked by FINNIFTY", reason=Reason.SYMBOL),
        OrderView(a_known(order=working, first_seen=after(420), counted=0, executions=0), (), ()),
        *(a_view(order, tuple(a_copy_of(order, number, filled) for number in range(5))) for order in rest),
    )


@cache
def live() -> Snapshot:
    """Return the busy picture, live."""
    return with_rules(busy(), dry_run=False)


@cache
def paused() -> Snapshot:
    """Return live copying, paused for three minutes, with two executions missed meanwhile."""
    orders, missed = _missed()
    return with_rules(
        replace(busy(), orders=orders, missed=missed, paused_since=MONOTONIC - 180), dry_run=False, paused=True
    )


@cache
def halted() -> Snapshot:
    """Return live copying, halted by hand, and one follower halted for its failures."""
    snapshot = busy()
    followers = (*snapshot.followers[:3], a_follower(3, armed=False, halted_because="5 failures in a row"),
                 *snapshot.followers[4:])  # fmt: skip
    return with_rules(replace(snapshot, followers=followers), dry_run=False, halted_because="by hand")


@cache
def stale() -> Snapshot:
    """Return a picture whose last good poll is 42 s old."""
    return replace(busy(), looked_at=MONOTONIC - 42, poll_failures=9, poll_trouble="no answer from the broker in 7.0 s")


@cache
def approvals_waiting() -> Snapshot:
    """Return a picture with orders U11 and U12 (those are their executions' ids, too) waiting for a yes."""
    asked = []
    for number in (12, 11):
        order = an_order_of(number, quantity=75, filled=75)
        copies = tuple(a_copy_of(order, n, CopyState.ASKED) for n in range(5))
        asked.append(a_view(order, copies, Verdict.ASK, "needs a yes", settled=False))
    snapshot = busy()
    waiting = ((11, MONOTONIC + 40), (12, MONOTONIC + 55))
    return with_rules(
        replace(snapshot, orders=(*asked, *snapshot.orders), approvals=waiting),
        dry_run=False,
        require_confirmation=True,
    )


def _missed() -> tuple[tuple[OrderView, ...], tuple[DecidedExecution, ...]]:
    views = tuple(
        a_view(an_order_of(number), (), Verdict.MISSED, "copying is paused", settled=False, reason=Reason.PAUSED)
        for number in (12, 11)
    )
    return (*views, *busy().orders), tuple(view.executions[0] for view in views)


@cache
def missed() -> Snapshot:
    """Return a picture with executions 11 and 12 missed."""
    orders, executions = _missed()
    return replace(busy(), orders=orders, missed=executions)


@cache
def hostile(text: str = HOSTILE) -> Snapshot:
    """Return the busy picture with `text` in every field that others write."""

    def poisoned(view: OrderView) -> OrderView:
        order = replace(view.known.order, symbol=text, text=text, status=text, tag=text, instrument_type=text)
        executions = tuple(
            replace(
                decided,
                execution=replace(decided.execution, order=order, closes=ExitFraction(20, 40)),
                decision=replace(
                    decided.decision,
                    sentence=text,
                    plans=tuple(replace(plan, name=text, sentence=text) for plan in decided.decision.plans),
                ),
            )
            for decided in view.executions
        )
        copies = tuple(
            replace(
                copy,
                error=text,
                cancel_reason=text,
                exit=ExitFraction(50, 100),
                order=replace(copy.order, symbol=text),
                order_id=OrderId(text),
            )
            for copy in view.copies
        )
        return OrderView(replace(view.known, order=order), executions, copies)

    snapshot = approvals_waiting()
    orders = tuple(poisoned(view) for view in snapshot.orders)
    followers = tuple(
        replace(
            view, name=text, session_text=text, last_error=text, halted_because=text, close_only=text, failing=text,
            ip_mismatch=text, egress_ip=text, positions=((PositionKey(Exchange.NFO, text, Product.INTRADAY), 50),),
        )
        for view in snapshot.followers
    )  # fmt: skip
    return replace(
        with_rules(snapshot, filters=Filters(allow_symbols=(text,), block_symbols=(text,)), halted_because=text),
        orders=orders, followers=followers, master_text=text, poll_trouble=text, journal_trouble=text,
        unknown=tuple(copy for view in orders for copy in view.copies if copy.state is CopyState.UNKNOWN),
        missed=tuple(view.executions[0] for view in orders[3:4]),
        orphaned=tuple(OrphanedPosition(view.client_id, view.positions[0][0], 50, -50) for view in followers[:1]),
        prices={view.known.order.key: Decimal(103) for view in orders},
    )  # fmt: skip


def crowded(orders: int = 2000, followers: int = 50) -> Snapshot:
    """Return a very full day, newest order last, as the engine gives them."""
    views = []
    like = tuple(a_copy_of(an_order_of(1), number, CopyState.FILLED) for number in range(followers))
    for number in range(1, orders + 1):
        order = an_order_of(number, updated_at=after(number))
        copies = tuple(
            replace(copy, id=number * 100 + n, execution_id=number, order_key=order.key) for n, copy in enumerate(like)
        )
        views.append(a_view(order, copies, followers=followers))
    return a_snapshot(
        orders=tuple(views), followers=tuple(a_follower(number) for number in range(followers)), version=9
    )


ALL: dict[str, Callable[[], Snapshot]] = {
    "starting": starting, "quiet": quiet, "busy": busy, "live": live, "paused": paused, "halted": halted,
    "stale": stale, "approvals_waiting": approvals_waiting, "missed": missed, "hostile": hostile,
}  # fmt: skip
"""Every picture by name, for tests that go through all of them."""
