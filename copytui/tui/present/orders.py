"""The master orders as rows: time, side, symbol, quantity, price, followers copied, state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter

from copytui.domain.attention import is_failed
from copytui.domain.copies import LIVE_AT_BROKER, WAITING, ChildOrder, CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.executions import Origin
from copytui.domain.orders import OrderId, OrderKey, OrderStatus
from copytui.domain.reasons import Reason
from copytui.domain.text import clean, clock_text, money
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui.present.cells import Cell, Column, Row, Tone
from copytui.tui.present.glyphs import Signs
from copytui.tui.present.tables import widened
from copytui.tui.present.whole_copies import complete_followers, has_exits, is_simulated, join_slices

SHOWN = 300
"""The number of newest orders that a table holds."""

ORDER_COLUMNS = (
    Column("time", "time", 9, 9),
    Column("side", "side", 5, 5),
    Column("symbol", "symbol", 14, 26, middle=True),
    Column("qty", "qty", 4, 8, right=True),
    Column("price", "price", 7, 11, right=True, optional=1),
    Column("copied", "copied", 7, 8, right=True),
    Column("state", "state", 12, 60),
)


_NOT_EXPECTED = frozenset({Reason.DISABLED, Reason.NOTHING_TO_CLOSE})
"""Reasons for a skip after which a follower does not count as missing."""
_IN_PROGRESS = WAITING | {CopyState.SENDING}
"""States in which the copy is not at the broker yet."""
_NOT_SENT = frozenset({CopyState.SKIPPED, CopyState.EXPIRED})


def order_columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns for order rows, wide enough that no figure and no state is truncated."""
    return widened(ORDER_COLUMNS, rows, ("qty", "price", "copied", "state"))


def moment(view: OrderView) -> datetime:
    """Return the time of an order: of its last execution, or of its first appearance."""
    if view.executions:
        execution = view.executions[-1].execution
        return execution.executed_at or execution.seen_at
    known = view.known
    return min(known.order.updated_at or known.first_seen, known.first_seen)


def newest_first(orders: Iterable[OrderView]) -> list[OrderView]:
    """Return the orders, newest first."""
    return sorted(orders, key=lambda view: (moment(view), view.known.order.order_id), reverse=True)


def order_row(view: OrderView, followers: int, signs: Signs) -> Row:
    """Return the row of one order; `followers` is the number of all followers."""
    order = view.known.order
    price = order.average_price if order.average_price > 0 else order.price
    quantity = order.filled or order.quantity
    when = moment(view)
    return Row(
        order.key,
        (
            Cell(clock_text(when), Tone.DIM, -when.timestamp()),
            Cell(str(order.side)),
            Cell(clean(order.symbol), Tone.STRONG, tail=len(order.strike_words)),
            Cell(str(quantity), value=-quantity),
            Cell(money(price) if price else "market", value=-float(price)),
            _copied(view, followers, signs),
            _marked(order_state(view, signs), view),
        ),
    )


def _copied(view: OrderView, followers: int, signs: Signs) -> Cell:
    """Show how many followers have a complete copy: amber if one is missing, marked if it was a dry run."""
    if not view.executions:
        return Cell("-", value=1)
    copied, expected = copied_counts(view, followers)
    would = signs.would if is_simulated(view.copies) else ""
    states = {copy.state for copy in view.copies}
    short = copied < expected and not states & _IN_PROGRESS and bool(states - _NOT_SENT)
    return Cell(f"{would}{copied}/{expected}", Tone.WARN if short else Tone.PLAIN, copied - expected)


def _marked(state: Cell, view: OrderView) -> Cell:
    """Mark a state as `exit` (it closed part of the master's position) or `flat` (a manual flatten)."""
    mark = "exit" if has_exits([decided.execution for decided in view.executions]) else ""
    mark = "flat" if is_manual(view) else mark
    # The number of missing followers says more than the word of the state, and the price needs the room.
    return replace(state, text=f"{_without_word(state.text)} {mark}") if mark else state


def _without_word(state: str) -> str:
    sign, _, words = state.partition(" ")
    _, comma, missing = words.partition(", ")
    return f"{sign} {missing}" if comma else state


def is_manual(view: OrderView) -> bool:
    """Whether it stands for a manual action of the user instead of an order of the master."""
    return view.known.origin is Origin.MANUAL


def copied_counts(view: OrderView, followers: int) -> tuple[int, int]:
    """Return the numbers of followers with a complete copy and of those expected to have one."""
    plans = [plan for decided in view.executions for plan in decided.decision.plans]
    expected = {plan.follower for plan in plans if plan.reason not in _NOT_EXPECTED}
    complete = complete_followers(view.copies)
    return len(complete), len(expected | complete) if plans else followers


def order_state(view: OrderView, signs: Signs) -> Cell:
    """Return the state of an order as a sign and a word; what needs attention comes first."""
    waiting = [decided for decided in view.executions if not decided.settled]
    if any(decided.decision.verdict is Verdict.MISSED for decided in waiting):
        return Cell(f"{signs.warn} missed", Tone.WARN)
    if any(decided.decision.verdict is Verdict.ASK for decided in waiting):
        return Cell(f"{signs.ask} approval", Tone.WARN)
    if view.copies:
        return _with_missing(_copies_state(view.copies, signs), view)
    if not view.executions:
        return _unexecuted(view, signs)
    verdict = view.executions[-1].decision.verdict
    return Cell(f"{signs.skip} {'missed' if verdict is Verdict.MISSED else 'skipped'}", Tone.DIM)


def _with_missing(state: Cell, view: OrderView) -> Cell:
    """Add the number of followers without a complete copy to a good state, which is then not green."""
    copied, expected = copied_counts(view, 0)
    good = state.tone is Tone.GOOD or (state.tone is Tone.DIM and is_simulated(view.copies))
    if copied >= expected or not good:
        return state
    tone = Tone.PLAIN if state.tone is Tone.GOOD else state.tone
    return replace(state, text=f"{state.text}, {expected - copied} missing", tone=tone)


def _unexecuted(view: OrderView, signs: Signs) -> Cell:
    if view.known.origin is Origin.OWN:
        return Cell(f"{signs.idle} own", Tone.DIM)
    if view.known.origin is Origin.BASELINE:
        return Cell(f"{signs.idle} baseline", Tone.DIM)
    words = {
        OrderStatus.CANCELLED: "cancelled",
        OrderStatus.REJECTED: "rejected",
        OrderStatus.COMPLETE: "baseline",
    }
    word = words.get(view.known.order.order_status)
    return Cell(f"{signs.idle} {word}", Tone.DIM) if word else Cell(f"{signs.open} open")


def _copies_state(copies: Sequence[ChildOrder], signs: Signs) -> Cell:
    joined = join_slices(copies)
    states = Counter(copy.joined.state for copy in joined)
    if unknown := states[CopyState.UNKNOWN]:
        return Cell(f"{signs.unknown} {unknown} unknown", Tone.WARN)
    if failed := sum(any(is_failed(child) for child in copy.slices) for copy in joined):
        return Cell(f"{signs.warn} {failed} failed", Tone.BAD)
    if states[CopyState.PARTIAL]:
        return Cell(f"{signs.partial} partial", Tone.WARN)
    if states[CopyState.QUEUED] or states[CopyState.SENDING]:
        return Cell(f"{signs.wait} sending")
    if any(states[state] for state in LIVE_AT_BROKER):
        return Cell(f"{signs.open} open")
    if states[CopyState.FILLED]:
        return Cell(f"{signs.good} filled", Tone.GOOD)
    if any(copy.joined.filled for copy in joined):
        return Cell(f"{signs.partial} partial", Tone.WARN)
    if states[CopyState.SIMULATED]:
        return Cell(f"{signs.dry} dry run", Tone.DIM)
    if states[CopyState.CANCELLED]:
        return Cell(f"{signs.idle} cancelled", Tone.DIM)
    return Cell(f"{signs.skip} skipped", Tone.DIM)


def order_rows(snapshot: Snapshot, signs: Signs, limit: int = SHOWN) -> list[Row]:
    """Return the rows of the newest orders, newest first."""
    return [order_row(view, len(snapshot.followers), signs) for view in newest_first(snapshot.orders)[:limit]]


class NewestFirst:
    """A cache for `newest_first` that examines only the orders that changed since the last snapshot."""

    def __init__(self) -> None:
        """Start empty."""
        self._orders: Sequence[OrderView] = ()
        self._sorted: list[OrderView] = []
        self._cache: dict[OrderKey, tuple[OrderView, datetime, OrderId]] = {}

    def __call__(self, orders: Sequence[OrderView]) -> list[OrderView]:
        """Return the orders, newest first."""
        if orders is not self._orders:
            before, self._cache, self._orders = self._cache, {}, orders
            for view in orders:
                key = view.known.order.key
                cached = before.get(key)
                if cached is None or cached[0] is not view:
                    cached = (view, moment(view), view.known.order.order_id)
                self._cache[key] = cached
            ranked = sorted(self._cache.values(), key=itemgetter(1, 2), reverse=True)
            self._sorted = [view for view, _, _ in ranked]
        return self._sorted

    def view(self, key: OrderKey) -> OrderView | None:
        """Return the order with this key."""
        cached = self._cache.get(key)
        return None if cached is None else cached[0]


class OrderRows:
    """A cache for `order_rows` that rebuilds only the rows of orders that changed since the last snapshot."""

    def __init__(self, signs: Signs) -> None:
        """Start empty."""
        self._signs = signs
        self._cache: dict[OrderKey, tuple[OrderView, int, Row]] = {}

    def rows(self, views: Sequence[OrderView], followers: int) -> list[Row]:
        """Return the rows of the orders."""
        before, self._cache, rows = self._cache, {}, []
        for view in views:
            key = view.known.order.key
            cached = before.get(key)
            if cached is None or cached[0] is not view or cached[1] != followers:
                cached = (view, followers, order_row(view, followers, self._signs))
            self._cache[key] = cached
            rows.append(cached[2])
        return rows


def no_orders(snapshot: Snapshot, poll_seconds: float) -> str:
    """Explain why there are no master orders."""
    if not snapshot.master_logged_in:
        return f"The master is not logged in: {clean(snapshot.master_text) or 'logging in'}."
    if snapshot.looked_at is None:
        return "Reading the master's order book for the first time."
    return f"No master orders today. Polling every {poll_seconds:g} s."
