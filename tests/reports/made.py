"""Past executions and copies, as statements for a journal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from copytui.domain.changes import Change, DayOpened, ExecutionDecided, MasterOrderSeen, OrderPlanned
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import Decision, Plan, Verdict
from copytui.domain.executions import KnownOrder, Origin
from copytui.domain.orders import ClientId, OrderId, OrderKey
from tests.builders import MASTER, NOON, a_copy, a_decided, a_tag, an_execution, an_order, an_order_to_send

ASHA, RAVI = ClientId("F100"), ClientId("F200")
NAMES = {ASHA: "Asha", RAVI: "Follower 2"}


def a_fill(**more: Any) -> dict[str, Any]:
    return {
        "state": CopyState.FILLED, "filled": 50, "average_price": Decimal("101.6"), "attempts": 1,
        "latency_ms": 84.0, "sent_at": NOON, "answered_at": NOON,
    } | more  # fmt: skip


def past(
    number: int,
    *,
    at: datetime = NOON,
    symbol: str = "NIFTY28NOV2624000CE",
    copies: dict[ClientId, dict[str, Any]] | None = None,
    verdict: Verdict = Verdict.COPY,
    **order: Any,
) -> list[Change]:
    """Execution `number` of master order `26…<number>`, with a copy for each follower in `copies`."""
    copies = {ASHA: a_fill()} if copies is None else copies
    fields = {"key": OrderKey(f"U{number}"), "order_id": OrderId(f"26112000000{number:04d}")} | order
    master = an_order(symbol=symbol, updated_at=at, **fields)
    plans = tuple(Plan(client, NAMES.get(client, client), 50) for client in copies)
    decision = Decision(verdict, f"copied to {len(plans)} followers", plans=plans)
    decided = a_decided(
        id=number, day=at.date(), execution=an_execution(order=master, seen_at=at + timedelta(seconds=1)),
        decision=decision, decided_at=at,
    )  # fmt: skip
    return [
        DayOpened(MASTER, at.date(), at),
        MasterOrderSeen(KnownOrder(master, Origin.SEEN, at, 50, 1), MASTER, at.date()),
        ExecutionDecided(decided),
        *(
            OrderPlanned(copy_of(number, part, client, more, at=at, symbol=symbol))
            for part, (client, more) in enumerate(copies.items())
        ),
    ]


def copy_of(
    number: int, part: int, client: ClientId, more: dict[str, Any], *, at: datetime = NOON,
    symbol: str = "NIFTY28NOV2624000CE",
) -> ChildOrder:  # fmt: skip
    """Copy 10 x `number` + `part` of execution `number`."""
    id_ = number * 10 + part
    order = an_order_to_send(symbol=symbol, tag=a_tag(id_, client))
    copy = a_copy(
        id=id_, execution_id=number, order_key=OrderKey(f"U{number}"), follower=client, order=order,
        created_at=at, changed_at=at, order_id=OrderId(f"{client}-{id_}"), queued_at=at,
    )  # fmt: skip
    return replace(copy, **more)


def day(number: int) -> datetime:
    """Noon of a day of November 2026."""
    return datetime.combine(date(2026, 11, number), NOON.timetz())
