"""The rows of the session's JSON log: copies, decisions and events (docs/reports.md, "The JSON log")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from copytui.domain.copies import ChildOrder, CopyName, CopyState, copy_name
from copytui.domain.copy_ledger import CopyEntry
from copytui.domain.decisions import DecidedExecution, Plan, Verdict
from copytui.domain.events import Event, EventKind, Level
from copytui.domain.executions import KnownOrder, Origin
from copytui.domain.orders import BookOrder, ClientId
from copytui.domain.reasons import Reason
from copytui.domain.statistics import is_success
from copytui.domain.text import stamp

STATUS = {state: str(state) for state in CopyState} | {CopyState.ASKED: "pending", CopyState.QUEUED: "pending"}
"""The contract's word for each state."""

Row = dict[str, object]

_OF_ORDERS = frozenset({EventKind.DECISION, EventKind.COPY, EventKind.APPROVAL})
"""What these events tell stands in the records and decisions already."""
_ALWAYS = frozenset({EventKind.SETTING, EventKind.RISK})
_GRAVE = frozenset({Level.WARN, Level.ERROR})


@dataclass(frozen=True, slots=True)
class MadeDecision:
    """A decision, made at `at`."""

    at: datetime
    decided: DecidedExecution


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A master order that ended at `at` with nothing executed."""

    at: datetime
    known: KnownOrder


LineSource = MadeDecision | Unfilled | ChildOrder | Event
"""What a line of `decisions` is made from; a child order is one that was dropped before it was sent."""


def is_manual(decided: DecidedExecution) -> bool:
    """Return whether the user closed positions (flatten): that is not an execution of the master."""
    return decided.execution.origin is Origin.MANUAL


def belongs_in_log(event: Event) -> bool:
    """Return whether an event has a line: changes of mode and rules, halts, and what went wrong beside the orders."""
    return event.kind in _ALWAYS or (event.kind not in _OF_ORDERS and event.level in _GRAVE)


def copy_record(entry: CopyEntry, decided: DecidedExecution | None, name: str) -> Row:
    """Return the log's record of one copy (docs/reports.md); the `master_` fields describe the master's order."""
    copy = entry.copy
    named = decided.execution.order.order_id if decided else copy.order_key
    if decided is not None and is_manual(decided):
        decided = None
    master = decided.execution.order if decided else None
    return {
        "timestamp": stamp(copy.created_at),
        "master_order_id": named,
        "symbol": copy.order.symbol,
        "exchange": copy.order.exchange,
        "transaction_type": copy.order.side,
        "order_type": copy.order.order_type,
        "product": copy.order.product,
        "master_quantity": decided.execution.quantity if decided else None,
        "quantity": copy.order.quantity,
        "price": float(copy.order.price),
        "follower_name": name,
        "follower_client_id": copy.follower,
        "dry_run": copy.dry_run,
        "success": is_success(copy),
        "status": STATUS[copy.state],
        "follower_order_id": copy.order_id,
        "filled_quantity": copy.filled,
        "average_price": float(copy.average_price),
        "latency_ms": copy.latency_ms,
        "attempts": copy.attempts,
        "error": copy.error,
        "order_tag": copy.tag,
        "master_order_type": master.order_type if master else None,
        "master_average_price": float(decided.execution.price) if decided else None,
        "replaces": entry.replaces,
        "replaced_by": entry.replaced_by,
    }


class DecisionLines:
    """Makes the lines of `decisions`, each once: what an approval leaves as it was is not written again."""

    def __init__(self, names: Mapping[ClientId, str]) -> None:
        """Name the followers by `names`."""
        self._names = names
        self._last: dict[int, tuple[Verdict, Reason | None, str]] = {}
        self._skipped: set[tuple[int, ClientId, bool, str]] = set()
        self._dropped: set[tuple[CopyName, str | None]] = set()
        self._unfilled: set[str] = set()

    def of(self, source: LineSource, decided: DecidedExecution | None) -> Iterator[Row]:
        """Yield the new lines for `source`; `decided` is the execution of a child order, None where not known."""
        match source:
            case MadeDecision(at, made):
                yield from self._decision(at, made)
            case Unfilled(at, known):
                yield from self._nothing_executed(at, known)
            case ChildOrder():
                yield from self._not_sent(source, decided)
            case Event():
                yield _event(source)

    def _decision(self, at: datetime, decided: DecidedExecution) -> Iterator[Row]:
        decision, order = decided.decision, decided.execution.order
        said = (decision.verdict, decision.reason, decision.sentence)
        if self._last.get(decided.id) != said:
            self._last[decided.id] = said
            yield _line(at, order, decision.verdict, decision.sentence, decision.reason)
        if decision.verdict not in (Verdict.COPY, Verdict.SIMULATE, Verdict.ASK):
            return
        for plan in decision.plans:
            if not plan.quantity and self._is_new(decided.id, plan):
                yield _line(at, order, Verdict.SKIP, plan.sentence, plan.reason) | {"follower_name": plan.name}

    def _is_new(self, execution: int, plan: Plan) -> bool:
        said = (execution, plan.follower, plan.exit is not None, plan.sentence)
        is_new = said not in self._skipped
        self._skipped.add(said)
        return is_new

    def _nothing_executed(self, at: datetime, known: KnownOrder) -> Iterator[Row]:
        order = known.order
        if order.key not in self._unfilled:
            self._unfilled.add(order.key)
            why = f"the order was {order.order_status}, and nothing of it has executed"
            yield _line(at, order, Verdict.SKIP, why, Reason.NOTHING_EXECUTED)

    def _not_sent(self, copy: ChildOrder, decided: DecidedExecution | None) -> Iterator[Row]:
        """Yield the line of a copy that was dropped before it was sent, once for all its slices.

        A declined copy has the line of its execution already.
        """
        if copy.queued_at is None and (decided is None or decided.decision.verdict is Verdict.SKIP):
            return
        named = (copy_name(copy), copy.error)
        if named in self._dropped:
            return
        self._dropped.add(named)
        yield {
            "timestamp": stamp(copy.changed_at), "kind": "decision",
            "master_order_id": decided.execution.order.order_id if decided else copy.order_key,
            "symbol": copy.order.symbol, "decision": Verdict.SKIP,
            "reason": copy.error or "dropped before it was sent", "code": None,
            "follower_name": self._names.get(copy.follower, copy.follower),
        }  # fmt: skip


def _line(at: datetime, order: BookOrder, decision: Verdict, reason: str, code: Reason | None) -> Row:
    return {
        "timestamp": stamp(at), "kind": "decision", "master_order_id": order.order_id, "symbol": order.symbol,
        "decision": decision, "reason": reason, "code": code,
    }  # fmt: skip


def _event(event: Event) -> Row:
    """Return an event as a line with the keys of a decision: its kind as `decision`, its text as `reason`."""
    return {
        "timestamp": stamp(event.at), "kind": "event", "master_order_id": None, "symbol": None,
        "decision": event.kind, "reason": event.text, "code": event.code, "level": event.level, "who": event.who,
    }  # fmt: skip
