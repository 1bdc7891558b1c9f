"""The drawer with the story of one master order: its executions, decisions and copies."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from copytui.domain.copies import ChildOrder, CopyState, cut_from
from copytui.domain.decisions import DecidedExecution, Plan
from copytui.domain.executions import Execution, Origin
from copytui.domain.orders import OrderKey
from copytui.domain.statistics import slippage
from copytui.domain.text import clean, fill_words, money, order_words
from copytui.engine.snapshot import FollowerView, OrderView, Snapshot
from copytui.tui.dialogs.dialog import Drawer
from copytui.tui.dialogs.text import MUTED, clock_ms, cut, fields, name_of, order_type_words, rupees, state_words
from copytui.tui.present.whole_copies import Copy, closing_words, join_slices

_WIDTH = 66
_ORIGINS = {
    Origin.SEEN: "seen while copytui watched",
    Origin.BASELINE: "baseline, final before copytui started: never copied",
    Origin.OPEN_AT_START: "open when copytui started",
    Origin.MANUAL: "flattened by the user: not an order of the master",
    Origin.OWN: "sent by copytui itself: never copied",
}


def story(view: OrderView, snapshot: Snapshot) -> Content:
    """Return the story: the order, each execution with its decision, and each follower's copy."""
    parts = [_order(view)]
    for decided in view.executions:
        parts.append(_execution(decided))
        copies = [copy for copy in view.copies if copy.execution_id == decided.id]
        parts += [_copy(copy, decided, snapshot) for copy in join_slices(copies)]
        parts += [
            Content.assemble((cut(plan.name, 24), "bold"), f" {_nothing(plan, decided)}: {cut(plan.sentence, 200)}")
            for plan in decided.decision.plans
            if plan.quantity <= 0
        ]
    if not view.executions:
        parts.append(Content.styled("No decision yet.", MUTED))
    return Content("\n\n").join(parts)


def _fields(*rows: tuple[str, str]) -> Content:
    return fields(rows, indent="  ", names=11, width=_WIDTH)


def _order(view: OrderView) -> Content:
    order = view.known.order
    head = f"{order.side} {order.quantity} {clean(order.symbol)}"
    average = f" @ {money(order.average_price)}" if order.average_price > 0 else ""
    lot = f"lot {order.lot_size or 'unknown'}"
    rows = _fields(
        ("Order", f"{order_type_words(order)} · {order.product.lower()} · {order.exchange} · {lot}"),
        ("Filled", f"{order.filled}/{order.quantity}{average}"),
        ("Status", order.status),
        ("Broker", order.text),
        ("Exchange", clock_ms(order.updated_at) if order.updated_at else "no time stamp"),
        ("First seen", f"{clock_ms(view.known.first_seen)} · {_ORIGINS[view.known.origin]}"),
        ("Order id", order.order_id),
        ("Key", order.key if str(order.key) != order.order_id else ""),
        ("Tag", order.tag),
    )
    return Content.assemble((head, "bold"), "\n", rows)


def _execution(decided: DecidedExecution) -> Content:
    execution, decision = decided.execution, decided.decision
    reason = f" ({decision.reason})" if decision.reason else ""
    head = f"Execution {execution.number}: {execution.quantity} @ {money(execution.price)}"
    rows = _fields(
        ("Master", closing_words(execution)),
        ("Executed", clock_ms(execution.executed_at) if execution.executed_at else "no time stamp from the exchange"),
        ("Seen", f"{clock_ms(execution.seen_at)}{_later(execution.executed_at, execution.seen_at)}"),
        ("Decided", f"{clock_ms(decided.decided_at)}{_later(execution.seen_at, decided.decided_at)}"),
        ("Decision", f"{decision.verdict}{reason}: {clean(decision.sentence)}"),
        ("", "" if decided.settled else "needs attention (n)"),
    )
    return Content.assemble((head, "bold underline"), "\n", rows)


def _nothing(plan: Plan, decided: DecidedExecution) -> str:
    """Return what a follower skips: the copy, or its closing or opening part."""
    if decided.execution.closes is None:
        return "gets nothing"
    return "closes nothing" if plan.exit is not None else "opens nothing"


def _copy(copy: Copy, decided: DecidedExecution, snapshot: Snapshot) -> Content:
    child, several = copy.joined, len(copy.slices) > 1
    name = name_of(snapshot, child.follower)
    share = child.exit
    closing = decided.execution.closes is not None or share is not None
    part = "" if share is None else f", as the master closed {share.closing} of {share.held}"
    head = Content.assemble(
        (cut(name, 24), "bold"), " ", (cut(child.follower, 12), MUTED), "  ", state_words(child),
        f"  {child.filled}/{child.order.quantity}",
        f" @ {money(child.average_price)}" if child.filled else "",
    )  # fmt: skip
    rows = _fields(
        ("Order", order_words(child.order) + (" · dry run" if child.dry_run else "")),
        ("Part", f"{copy.verb} {child.order.quantity}{part}" if closing else ""),
        ("Sent", copy.slice_words),
        ("Times", _times(child)),
        ("Latency", f"{child.latency_ms:,.0f} ms from decision to answer" if child.latency_ms else ""),
        ("Slippage", _slippage(child, decided.execution)),
        ("Order id", "" if several else child.order_id or ""),
        ("Tag", "" if several else child.tag),
        *((f"Slice {number}", _slice(each)) for number, each in enumerate(copy.slices, start=1) if several),
        ("Attempts", f"{child.attempts}" if child.attempts > 1 else ""),
        ("Cancelled", child.cancel_reason or ""),
        ("Retry", _retry_words(child)),
        ("", "dismissed" if child.dismissed else ""),
        ("Broker", child.error or ""),
    )
    return Content("\n").join([head, rows])


def _retry_words(child: ChildOrder) -> str:
    if cut_from(child.slice_number) is not None:
        return "sent in slices, after the broker refused the quantity"
    return "sent again by the user" if child.retry else ""


def _slice(copy: ChildOrder) -> str:
    """Return the state of one slice of a copy."""
    filled = fill_words(copy) if copy.filled else f"0/{copy.order.quantity}"
    return f"{copy.state} {filled} · order {copy.order_id or 'none'} · {copy.tag}"


def _times(copy: ChildOrder) -> str:
    """Return the times at which a copy was queued, sent, answered and last changed."""
    last = {CopyState.FILLED: "filled", CopyState.PARTIAL: "last fill"}.get(copy.state, str(copy.state))
    steps: tuple[tuple[str, datetime | None], ...] = (
        ("queued", copy.queued_at),
        ("sent", copy.sent_at),
        ("answered", copy.answered_at),
        (last, copy.changed_at),
    )
    return " · ".join(f"{name} {clock_ms(at)}" for name, at in steps if at is not None)


def _slippage(copy: ChildOrder, execution: Execution) -> str:
    if not copy.filled:
        return ""
    worse = slippage(copy, execution.price)
    return f"{worse.percent:+.2f}% ({rupees(worse.rupees)}) against the master's {money(execution.price)}"


def _later(before: datetime | None, after: datetime) -> str:
    """Return how much later one moment is than another."""
    return "" if before is None else f" · {(after - before).total_seconds():.1f} s later"


class StoryScreen(Drawer):
    """A drawer with the story of one master order, updated as it changes."""

    HEADING = "Order story"

    def __init__(self, key: OrderKey) -> None:
        """Show the order with this key."""
        super().__init__()
        self._key = key
        self._drawn_for: tuple[OrderView, tuple[FollowerView, ...]] | None = None

    def redraw(self) -> None:
        """Draw the story if it has changed."""
        snapshot = self.snapshot
        view = next((view for view in snapshot.orders if view.known.order.key == self._key), None)
        if view is None:
            self.show_gone("This order is no longer shown.")
        elif self._drawn_for is None or self._drawn_for[0] is not view or self._drawn_for[1] != snapshot.followers:
            self._drawn_for = (view, snapshot.followers)
            self.show_text(story(view, snapshot))
