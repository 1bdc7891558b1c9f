"""The master orders as rows: when, what, how many followers have it, and what became of it."""

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
from copytui.tui.present.whole_copies import has_exits, holders, is_simulated, wholes

SHOWN = 300
"""How many of the newest orders a table holds."""

ORDER_COLUMNS = (
    Column("time", "time", 9, 9),
    Column("side", "side", 5, 5),
    Column("symbol", "symbol", 14, 26, middle=True),
    Column("qty", "qty", 4, 8, right=True),
    Column("price", "price", 7, 11, right=True, optional=1),
    Column("copied", "copied", 7, 8, right=True),
    Column("state", "state", 12, 60),
)


_NOT_MEANT = frozenset({Reason.DISABLED, Reason.NOTHING_TO_CLOSE})
"""Who gets nothing for these reasons lacks nothing."""
_GOING = WAITING | {CopyState.SENDING}
"""Who has it is not decided yet."""
_NOT_SENT = frozenset({CopyState.SKIPPED, CopyState.EXPIRED})


def order_columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns for rows of orders: no figure and no state is ever cut off."""
    return widened(ORDER_COLUMNS, rows, ("qty", "price", "copied", "state"))


def moment(view: OrderView) -> datetime:
    """Return when an order last did something that matters here: executed, or came up."""
    if view.executions:
        execution = view.executions[-1].execution
        return execution.executed_at or execution.seen_at
    known = view.known
    return min(known.order.updated_at or known.first_seen, known.first_seen)


def newest_first(orders: Iterable[OrderView]) -> list[OrderView]:
    """Return the orders, the newest first."""
    return sorted(orders, key=lambda view: (moment(view), view.known.order.order_id), reverse=True)


def order_row(view: OrderView, followers: int, signs: Signs) -> Row:
    """Return one order's row; `followers` is how many there are in all."""
    order = view.known.order
    price = order.average_price if order.average_price > 0 else order.price
    quantity = order.filled or order.quantity
    when = moment(view)
    return Row(
        order.key,
        (
            Cell(clock_text(when), Tone.DIM, -when.timestamp()),
            Cell(str(order.side)),
            Cell(clean(order.symbol), Tone.STRONG),
            Cell(str(quantity), value=-quantity),
            Cell(money(price) if price else "market", value=-float(price)),
            _copied(view, followers, signs),
            _marked(order_state(view, signs), view),
        ),
    )


def _copied(view: OrderView, followers: int, signs: Signs) -> Cell:
    """Say how many followers have the order; amber where one got nothing, and marked where it was a dry run's."""
    if not view.executions:
        return Cell("-", value=1)
    have, wanted = have_of(view, followers)
    would = signs.would if is_simulated(view.copies) else ""
    states = {copy.state for copy in view.copies}
    short = have < wanted and not states & _GOING and bool(states - _NOT_SENT)
    return Cell(f"{would}{have}/{wanted}", Tone.WARN if short else Tone.PLAIN, have - wanted)


def _marked(state: Cell, view: OrderView) -> Cell:
    """Say beside its state that an order closed something of the master's, or is a flattening by hand."""
    mark = "exit" if has_exits([decided.execution for decided in view.executions]) else ""
    mark = "flat" if is_by_hand(view) else mark
    # The number of those left out says more than the word beside it, and the price needs its room.
    return replace(state, text=f"{_without_word(state.text)} {mark}") if mark else state


def _without_word(state: str) -> str:
    sign, _, words = state.partition(" ")
    _, comma, out = words.partition(", ")
    return f"{sign} {out}" if comma else state


def is_by_hand(view: OrderView) -> bool:
    """Whether it stands for the user's own word, and is no order of the master's."""
    return view.known.origin is Origin.BY_HAND


def have_of(view: OrderView, followers: int) -> tuple[int, int]:
    """Return how many followers have the order, of how many that are meant to; `followers` is how many there are."""
    plans = [plan for decided in view.executions for plan in decided.decision.plans]
    wanted = {plan.follower for plan in plans if plan.reason not in _NOT_MEANT}
    have = holders(view.copies)
    return len(have), len(wanted | have) if plans else followers


def order_state(view: OrderView, signs: Signs) -> Cell:
    """Say in a sign and a word what became of an order; what needs the user comes first."""
    waiting = [decided for decided in view.executions if not decided.settled]
    if any(decided.decision.verdict is Verdict.MISSED for decided in waiting):
        return Cell(f"{signs.warn} missed", Tone.WARN)
    if any(decided.decision.verdict is Verdict.ASK for decided in waiting):
        return Cell(f"{signs.ask} asks", Tone.WARN)
    if view.copies:
        return _with_out(_copies_state(view.copies, signs), view)
    if not view.executions:
        return _unexecuted(view, signs)
    verdict = view.executions[-1].decision.verdict
    return Cell(f"{signs.skip} {'missed' if verdict is Verdict.MISSED else 'skip'}", Tone.DIM)


def _with_out(state: Cell, view: OrderView) -> Cell:
    """Say in a state that all is well how many followers got nothing: that is not green."""
    have, wanted = have_of(view, 0)
    well = state.tone is Tone.GOOD or (state.tone is Tone.DIM and is_simulated(view.copies))
    if have >= wanted or not well:
        return state
    tone = Tone.PLAIN if state.tone is Tone.GOOD else state.tone
    return replace(state, text=f"{state.text}, {wanted - have} out", tone=tone)


def _unexecuted(view: OrderView, signs: Signs) -> Cell:
    if view.known.origin is Origin.OWN:
        return Cell(f"{signs.idle} own", Tone.DIM)
    if view.known.origin is Origin.BASELINE:
        return Cell(f"{signs.idle} before", Tone.DIM)
    words = {OrderStatus.CANCELLED: "cancel", OrderStatus.REJECTED: "reject", OrderStatus.COMPLETE: "before"}
    word = words.get(view.known.order.order_status)
    return Cell(f"{signs.idle} {word}", Tone.DIM) if word else Cell(f"{signs.open} open")


def _copies_state(copies: Sequence[ChildOrder], signs: Signs) -> Cell:
    found = wholes(copies)
    states = Counter(whole.copy.state for whole in found)
    if unknown := states[CopyState.UNKNOWN]:
        return Cell(f"{signs.unknown} {unknown} unknown", Tone.WARN)
    if wrong := sum(any(is_failed(copy) for copy in whole.slices) for whole in found):
        return Cell(f"{signs.warn} {wrong} bad", Tone.BAD)
    if states[CopyState.PARTIAL]:
        return Cell(f"{signs.partial} part", Tone.WARN)
    if states[CopyState.QUEUED] or states[CopyState.SENDING]:
        return Cell(f"{signs.wait} sends")
    if any(states[state] for state in LIVE_AT_BROKER):
        return Cell(f"{signs.open} open")
    if states[CopyState.FILLED]:
        return Cell(f"{signs.good} filled", Tone.GOOD)
    if any(whole.copy.filled for whole in found):
        return Cell(f"{signs.partial} part", Tone.WARN)
    if states[CopyState.SIMULATED]:
        return Cell(f"{signs.dry} dry run", Tone.DIM)
    if states[CopyState.CANCELLED]:
        return Cell(f"{signs.idle} cancel", Tone.DIM)
    return Cell(f"{signs.skip} skip", Tone.DIM)


def order_rows(snapshot: Snapshot, signs: Signs, limit: int = SHOWN) -> list[Row]:
    """Return the newest orders' rows, the newest first."""
    return [order_row(view, len(snapshot.followers), signs) for view in newest_first(snapshot.orders)[:limit]]


class NewestFirst:
    """Gives the same as `newest_first`, looking only into the orders that changed since the last picture."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._orders: Sequence[OrderView] = ()
        self._sorted: list[OrderView] = []
        self._kept: dict[OrderKey, tuple[OrderView, datetime, OrderId]] = {}

    def __call__(self, orders: Sequence[OrderView]) -> list[OrderView]:
        """Return the orders, the newest first."""
        if orders is not self._orders:
            before, self._kept, self._orders = self._kept, {}, orders
            for view in orders:
                key = view.known.order.key
                kept = before.get(key)
                if kept is None or kept[0] is not view:
                    kept = (view, moment(view), view.known.order.order_id)
                self._kept[key] = kept
            ranked = sorted(self._kept.values(), key=itemgetter(1, 2), reverse=True)
            self._sorted = [view for view, _, _ in ranked]
        return self._sorted

    def view(self, key: OrderKey) -> OrderView | None:
        """Return one of the orders by its key."""
        kept = self._kept.get(key)
        return None if kept is None else kept[0]


class OrderRows:
    """Makes the same rows as `order_rows`, anew only for the orders that changed since the last picture."""

    def __init__(self, signs: Signs) -> None:
        """Begin with nothing known."""
        self._signs = signs
        self._kept: dict[OrderKey, tuple[OrderView, int, Row]] = {}

    def rows(self, views: Sequence[OrderView], followers: int) -> list[Row]:
        """Return the orders' rows, and keep them until the next picture."""
        before, self._kept, rows = self._kept, {}, []
        for view in views:
            key = view.known.order.key
            kept = before.get(key)
            if kept is None or kept[0] is not view or kept[1] != followers:
                kept = (view, followers, order_row(view, followers, self._signs))
            self._kept[key] = kept
            rows.append(kept[2])
        return rows


def no_orders(snapshot: Snapshot, poll_seconds: float) -> str:
    """Say why there is no master order to show."""
    if not snapshot.master_logged_in:
        return f"The master is not logged in: {clean(snapshot.master_text) or 'logging in'}."
    if snapshot.looked_at is None:
        return "Reading the master's order book for the first time."
    return f"No master orders today. Polling every {poll_seconds:g} s."
