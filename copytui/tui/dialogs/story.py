"""An order's whole story, in a drawer at the right."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution, Plan
from copytui.domain.executions import Execution, Origin
from copytui.domain.orders import OrderKey
from copytui.domain.statistics import slippage
from copytui.domain.text import clean, fill_words, money, order_words
from copytui.engine.snapshot import FollowerView, OrderView, Snapshot
from copytui.tui.dialogs.dialog import Drawer
from copytui.tui.dialogs.text import MUTED, asked_words, clock_ms, cut, fields, name_of, rupees, state_words
from copytui.tui.present.whole_copies import Copy, closing_words, wholes

_WIDTH = 66
_ORIGINS = {
    Origin.SEEN: "seen while copytui watched",
    Origin.BASELINE: "there before copytui started: never copied",
    Origin.OPEN_AT_START: "open when copytui started",
    Origin.BY_HAND: "closed by hand: no order of the master's",
    Origin.OWN: "sent by copytui itself: never copied",
}


def story(view: OrderView, snapshot: Snapshot) -> Content:
    """Tell the story: the order, each execution with its decision, and every follower's copy."""
    parts = [_order(view)]
    for decided in view.executions:
        parts.append(_execution(decided))
        copies = [copy for copy in view.copies if copy.execution_id == decided.id]
        parts += [_copy(whole, decided, snapshot) for whole in wholes(copies)]
        parts += [
            Content.assemble((cut(plan.name, 24), "bold"), f" {_nothing(plan, decided)}: {cut(plan.sentence, 200)}")
            for plan in decided.decision.plans
            if plan.quantity <= 0
        ]
    if not view.executions:
        parts.append(Content.styled("Nothing of it has been decided yet.", MUTED))
    return Content("\n\n").join(parts)


def _fields(*rows: tuple[str, str]) -> Content:
    return fields(rows, indent="  ", names=11, width=_WIDTH)


def _order(view: OrderView) -> Content:
    order = view.known.order
    head = f"{order.side} {order.quantity} {clean(order.symbol)}"
    average = f" @ {money(order.average_price)}" if order.average_price > 0 else ""
    rows = _fields(
        (
            "Order",
            f"{asked_words(order)} · {order.product.lower()} · {order.exchange} · lot {order.lot_size or 'unknown'}",
        ),
        ("Filled", f"{order.filled}/{order.quantity}{average}"),
        ("Status", order.status),
        ("Broker", order.text),
        ("Exchange", clock_ms(order.updated_at) if order.updated_at else "gave no time"),
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
        ("Executed", clock_ms(execution.executed_at) if execution.executed_at else "the exchange gave no time"),
        ("Seen", f"{clock_ms(execution.seen_at)}{_later(execution.executed_at, execution.seen_at)}"),
        ("Decided", f"{clock_ms(decided.decided_at)}{_later(execution.seen_at, decided.decided_at)}"),
        ("Decision", f"{decision.verdict}{reason}: {clean(decision.sentence)}"),
        ("", "" if decided.settled else "it waits for you"),
    )
    return Content.assemble((head, "bold underline"), "\n", rows)


def _nothing(plan: Plan, decided: DecidedExecution) -> str:
    """Say what a follower does not get; where the execution closes something, which part of it."""
    if decided.execution.closes is None:
        return "gets nothing"
    return "closes nothing" if plan.exit is not None else "opens nothing"


def _copy(whole: Copy, decided: DecidedExecution, snapshot: Snapshot) -> Content:
    copy, several = whole.copy, len(whole.slices) > 1
    name = name_of(snapshot, copy.follower)
    share = copy.exit
    closing = decided.execution.closes is not None or share is not None
    part = "" if share is None else f", as the master closed {share.closing} of {share.held}"
    head = Content.assemble(
        (cut(name, 24), "bold"), " ", (cut(copy.follower, 12), MUTED), "  ", state_words(copy),
        f"  {copy.filled}/{copy.order.quantity}",
        f" @ {money(copy.average_price)}" if copy.filled else "",
    )  # fmt: skip
    rows = _fields(
        ("Order", order_words(copy.order) + (" · dry run" if copy.dry_run else "")),
        ("Part", f"{whole.verb} {copy.order.quantity}{part}" if closing else ""),
        ("Sent", whole.slice_words),
        ("Times", _times(copy)),
        ("Latency", f"{copy.latency_ms:,.0f} ms from the decision to the answer" if copy.latency_ms else ""),
        ("Slippage", _slippage(copy, decided.execution)),
        ("Order id", "" if several else copy.order_id or ""),
        ("Tag", "" if several else copy.tag),
        *((f"Slice {number}", _slice(each)) for number, each in enumerate(whole.slices, start=1) if several),
        ("Attempts", f"{copy.attempts}" if copy.attempts > 1 else ""),
        ("Withdrawn", copy.cancel_reason or ""),
        ("By hand", "sent again" if copy.retry else ""),
        ("", "dismissed" if copy.dismissed else ""),
        ("Broker", copy.error or ""),
    )
    return Content("\n").join([head, rows])


def _slice(copy: ChildOrder) -> str:
    """Say what became of one of the orders that a copy is sent in."""
    filled = fill_words(copy) if copy.filled else f"0/{copy.order.quantity}"
    return f"{copy.state} {filled} · order {copy.order_id or 'none'} · {copy.tag}"


def _times(copy: ChildOrder) -> str:
    """Say when a copy was queued, sent, answered, and when it came to be as it is."""
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
    """Say how much later one moment is than another."""
    return "" if before is None else f" · {(after - before).total_seconds():.1f} s later"


class StoryScreen(Drawer):
    """Shows every time stamp, decision and follower of one master order, and goes on as they change."""

    HEADING = "The order's story"

    def __init__(self, key: OrderKey) -> None:
        """Tell the story of the order with that key."""
        super().__init__()
        self._key = key
        self._told: tuple[OrderView, tuple[FollowerView, ...]] | None = None

    def redraw(self) -> None:
        """Tell it anew when it has changed."""
        snapshot = self.snapshot
        view = next((view for view in snapshot.orders if view.known.order.key == self._key), None)
        if view is None:
            self.tell_gone("This order is not in the picture any more.")
        elif self._told is None or self._told[0] is not view or self._told[1] != snapshot.followers:
            self._told = (view, snapshot.followers)
            self.tell(story(view, snapshot))
