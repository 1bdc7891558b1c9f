"""Pictures of what follows the master out: exits, reversals, slices, and what is left behind or held back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from copytui.broker.port import Profit
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import Plan, Verdict
from copytui.domain.orders import BookOrder, Exchange, OrderId, Product, Side
from copytui.domain.positions import ExitFraction, PositionKey
from copytui.domain.reasons import Reason
from copytui.domain.risk import OrphanedPosition
from copytui.engine.snapshot import OrderView, Snapshot
from tests.builders import a_tag
from tests.tui import snapshots
from tests.tui.fake import MONOTONIC, follower_id, follower_name
from tests.tui.snapshots import a_copy_of, a_view, an_order_of

HALF = ExitFraction(50, 100)
WHOLE = ExitFraction(50, 50)
NIFTY = PositionKey(Exchange.NFO, "NIFTY28NOV2624000CE", Product.INTRADAY)
TURNED = 1000


def sale(number: int, quantity: int = 50) -> BookOrder:
    """Return a sale of the option that earlier orders bought."""
    return an_order_of(number, side=Side.SELL, quantity=quantity, filled=quantity)


def closing(view: OrderView, share: ExitFraction) -> OrderView:
    """Return an order's view whose execution closed `share` of the master's position."""
    [decided] = view.executions
    return replace(view, executions=(replace(decided, execution=replace(decided.execution, closes=share)),))


def an_exit(number: int, *states: CopyState, share: ExitFraction = HALF, verdict: Verdict = Verdict.COPY) -> OrderView:
    """Return a sale that closed `share`, with an exit in each of `states` for the followers from the first on."""
    order = sale(number)
    copies = tuple(a_copy_of(order, n, state, exit=share) for n, state in enumerate(states))
    return closing(a_view(order, copies, verdict, settled=verdict is not Verdict.ASK), share)


def a_reversal(number: int, state: CopyState, followers: int = 2, verdict: Verdict = Verdict.COPY) -> OrderView:
    """Return a sale of 150 that closes 50 and opens 100, with both parts for each follower, and Kim's left out."""
    order = sale(number, 150)
    copies = [
        copy
        for n in range(followers)
        for copy in (
            a_copy_of(order, n, state, quantity=50, exit=WHOLE),
            a_copy_of(order, n, state, quantity=100, id=number * 100 + 50 + n, slice_number=TURNED),
        )
    ]
    plans = tuple(
        plan
        for n in range(followers)
        for plan in (
            Plan(follower_id(n), follower_name(n), 50, exit=WHOLE),
            Plan(follower_id(n), follower_name(n), 100),
        )
    )
    kim = (
        Plan(follower_id(4), "Kim", 0, Reason.NOTHING_TO_CLOSE, "copying has built nothing here", WHOLE),
        Plan(follower_id(4), "Kim", 0, Reason.LOSS_LIMIT, "close only: it has lost ₹12,000"),
    )
    view = closing(a_view(order, tuple(copies), verdict, settled=verdict is not Verdict.ASK), WHOLE)
    [decided] = view.executions
    decision = replace(decided.decision, plans=(*plans, *kim))
    return replace(view, executions=(replace(decided, decision=decision),))


def slices(order: BookOrder, number: int, *states: CopyState, **overrides: Any) -> tuple[ChildOrder, ...]:
    """Return the copy of `order` for a follower in a slice for each of `states`, with ids and tags of their own."""
    made = []
    for place, state in enumerate(states):
        id_ = int(order.key[1:]) * 100 + 10 * number + place
        copy = a_copy_of(order, number, state, id=id_, slice_number=place, slices=len(states))
        tagged = replace(copy.order, tag=a_tag(id_, copy.follower))
        made.append(replace(copy, order=tagged, order_id=OrderId(f"S{id_}") if copy.order_id else None, **overrides))
    return tuple(made)


def sliced(number: int = 12) -> OrderView:
    """Return an order that the first follower got whole in three slices, and the second but for one."""
    order = an_order_of(number, quantity=1800, filled=1800)
    filled, rejected = CopyState.FILLED, CopyState.REJECTED
    copies = (*slices(order, 0, filled, filled, filled), *slices(order, 1, filled, rejected, rejected, error="no"))
    return a_view(order, copies, followers=2)


def busy() -> Snapshot:
    """Return the live picture with a sliced order, an exit and, newest, a reversal on top."""
    filled = CopyState.FILLED
    views = (a_reversal(13, filled), sliced(12), an_exit(11, filled, CopyState.OPEN, CopyState.REJECTED))
    snapshot = snapshots.live()
    return replace(snapshot, orders=(*views, *snapshot.orders))


def asked(view: OrderView, price: Decimal | None = None) -> Snapshot:
    """Return the picture in which `view` waits for a yes; `price` is what its symbol trades at now."""
    snapshot, id_ = snapshots.live(), view.executions[0].id
    prices = {view.known.order.key: price} if price is not None else {}
    return replace(snapshot, orders=(view, *snapshot.orders), approvals=((id_, MONOTONIC + 40),), prices=prices)


def left_behind() -> Snapshot:
    """Return a live picture with something of everything that is held back, left behind or does not fill."""
    snapshot = snapshots.live()
    followers = (
        snapshots.a_follower(
            0, funds_at=MONOTONIC - 5, profit=Profit(Decimal(-3000), Decimal(-1200), 2), profit_at=MONOTONIC - 20,
            positions=((NIFTY, 50),), day_funds=Decimal(260000), capital_ratio=Decimal("0.52"),
        ),
        snapshots.a_follower(1, funds_at=MONOTONIC - 400, positions=((NIFTY, -100),), egress_ip="203.0.113.7"),
        snapshots.a_follower(
            2, close_only="it has lost ₹12,000 today, and daily_loss_limit is ₹10,000",
            profit=Profit(Decimal(-12000), Decimal(0), 0), profit_at=MONOTONIC,
        ),
        snapshots.a_follower(
            3, armed=False, egress_ip="198.51.100.9",
            ip_mismatch="its requests leave from 198.51.100.9, and 203.0.113.8 is registered",
        ),
        snapshots.a_follower(4, armed=False, halted_because="5 copies in a row went wrong"),
    )  # fmt: skip
    late = an_exit(11, CopyState.OPEN)
    unknown = an_exit(12, CopyState.UNKNOWN)
    return replace(
        snapshot, version=20, followers=followers, orders=(unknown, late, *snapshot.orders),
        unknown=(*unknown.copies, *snapshot.unknown), master_funds=Decimal(500000),
        orphaned=(OrphanedPosition(follower_id(1), NIFTY, -100, 0),),
    )  # fmt: skip


LATE = timedelta(seconds=31)
"""After an exit was decided it needs the user."""
