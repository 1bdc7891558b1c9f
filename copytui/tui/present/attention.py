"""The attention list of a snapshot, found by looking only into the orders that changed since the last one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from copytui.domain.attention import (
    AttentionItem,
    attention_items,
    is_exit_on_its_way,
    is_failed,
)
from copytui.domain.attention_facts import AttentionFacts, FollowerFacts, OpenExecution
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution, Verdict
from copytui.domain.orders import OrderKey
from copytui.engine.snapshot import FollowerView, OrderView, Snapshot


class Attention:
    """Turns snapshots into attention lists; the dialog shows the list that the mode bar counts."""

    def __init__(self) -> None:
        """Begin with no snapshot."""
        self._orders: Sequence[OrderView] = ()
        self._copies: tuple[ChildOrder, ...] = ()
        self._views: dict[OrderKey, tuple[OrderView, tuple[ChildOrder, ...]]] = {}
        self._snapshot: Snapshot | None = None
        self._facts = AttentionFacts()
        self._items: tuple[AttentionItem, ...] = ()
        self._late: frozenset[int] = frozenset()

    def items(self, snapshot: Snapshot | None, now: datetime) -> tuple[AttentionItem, ...]:
        """Return what needs the user at `now`, in order; nothing before the first snapshot."""
        if snapshot is None:
            return ()
        facts = self._facts
        if snapshot is not self._snapshot:
            self._look(snapshot.orders)
            self._snapshot, facts = snapshot, _facts(snapshot, self._copies)
        # While the facts stay the same, only an exit that becomes late changes the list.
        late = frozenset(copy.id for copy in self._copies if copy.is_late_exit(now))
        if late != self._late or facts != self._facts:
            self._facts, self._late, self._items = facts, late, attention_items(facts, now)
        return self._items

    def _look(self, orders: Sequence[OrderView]) -> None:
        if orders is self._orders:
            return
        before, self._views, self._orders = self._views, {}, orders
        for view in orders:
            key = view.known.order.key
            seen = before.get(key)
            self._views[key] = seen if seen is not None and seen[0] is view else (view, _candidates(view))
        self._copies = tuple(copy for _view, copies in self._views.values() for copy in copies)


def _candidates(view: OrderView) -> tuple[ChildOrder, ...]:
    """Return the day's child orders that may need the user."""
    return tuple(copy for copy in view.todays if is_failed(copy) or is_exit_on_its_way(copy))


def _facts(snapshot: Snapshot, copies: Sequence[ChildOrder]) -> AttentionFacts:
    return AttentionFacts(
        executions=(
            *(_open(decided, Verdict.ASK) for decided in _awaiting_approval(snapshot)),
            *(_open(decided, Verdict.MISSED) for decided in snapshot.missed),
        ),
        copies=(*snapshot.unknown, *copies),
        missing={copy.id for copy in snapshot.unknown if copy.state is CopyState.ACCEPTED},
        limited=snapshot.limited,
        withheld=snapshot.withheld,
        unreadable=snapshot.unreadable,
        orphans=snapshot.orphaned,
        out_of_step=snapshot.out_of_step,
        followers=[_follower(view) for view in snapshot.followers],
        halted_because=snapshot.rules.halted_because,
        clocks=snapshot.day_trouble,
        is_running=True,
    )


def _open(decided: DecidedExecution, verdict: Verdict) -> OpenExecution:
    return OpenExecution(decided.id, decided.execution, verdict, decided.decision.sentence)


def _awaiting_approval(snapshot: Snapshot) -> Iterator[DecidedExecution]:
    waiting = dict(snapshot.approvals)
    for view in snapshot.orders if waiting else ():
        for decided in view.executions:
            if decided.id in waiting:
                yield decided


def _follower(view: FollowerView) -> FollowerFacts:
    return FollowerFacts(
        view.client_id, view.name, view.enabled, view.halted_because, None, view.ip_mismatch, view.close_only,
        view.positions,
    )  # fmt: skip
