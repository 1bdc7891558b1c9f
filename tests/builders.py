"""Values of the domain with sensible fields; a test names only the ones that it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution, Decision, Plan, Verdict
from copytui.domain.executions import Execution, KnownOrder, Origin
from copytui.domain.orders import (
    BookOrder,
    ClientId,
    Duration,
    Exchange,
    OrderId,
    OrderKey,
    OrderStatus,
    OrderToSend,
    OrderType,
    Product,
    Side,
    Tag,
    Variety,
)
from copytui.domain.tags import copy_tag
from copytui.domain.text import IST

NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=IST)
TODAY = NOON.date()
MASTER = ClientId("M12345")
FOLLOWER = ClientId("F12345")


def after(seconds: float) -> datetime:
    """Return the moment so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def an_order(**overrides: Any) -> BookOrder:
    """Return a master's bought and filled option: 50 of a lot of 50 at 101.50; any field can be another."""
    order = BookOrder(
        key=OrderKey("U1"),
        order_id=OrderId("261120000012345"),
        exchange=Exchange.NFO,
        symbol="NIFTY28NOV2624000CE",
        token="43210",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        product=Product.INTRADAY,
        variety=Variety.NORMAL,
        duration=Duration.DAY,
        quantity=50,
        filled=50,
        lot_size=50,
        price=Decimal(102),
        trigger_price=Decimal(0),
        average_price=Decimal("101.5"),
        order_status=OrderStatus.COMPLETE,
        status="complete",
        text="",
        tag="",
        parent_id="",
        instrument_type="OPTIDX",
        updated_at=NOON,
    )
    return replace(order, **overrides)


def a_working_order(**overrides: Any) -> BookOrder:
    """Return the same order as it stands at the exchange, before anything of it is filled."""
    fields: dict[str, Any] = {
        "order_status": OrderStatus.WORKING, "status": "open", "filled": 0, "average_price": Decimal(0),
    }  # fmt: skip
    return an_order(**(fields | overrides))


def a_known(**overrides: Any) -> KnownOrder:
    """Return a master order that copytui saw come up and that gave its one execution."""
    return replace(
        KnownOrder(an_order(), Origin.SEEN, NOON, counted=50, executions=1, first_day=NOON.date()), **overrides
    )


def an_execution(**overrides: Any) -> Execution:
    """Return the execution of `an_order`; `order` can be another, and `quantity` follows it."""
    order: BookOrder = overrides.pop("order", None) or an_order()
    execution = Execution(order, Origin.SEEN, 1, order.filled, order.updated_at, NOON)
    return replace(execution, **overrides)


def a_tag(number: int = 1, follower: ClientId = FOLLOWER) -> Tag:
    """Return a tag such as copytui sends; another one for another number or follower."""
    return copy_tag(TODAY, MASTER, OrderKey(f"U{number}"), 1, follower)


def an_order_to_send(**overrides: Any) -> OrderToSend:
    """Return what a follower is sent for `an_order`."""
    order = OrderToSend(
        exchange=Exchange.NFO,
        symbol="NIFTY28NOV2624000CE",
        token="43210",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        product=Product.INTRADAY,
        quantity=50,
        price=Decimal(102),
        tag=a_tag(),
    )
    return replace(order, **overrides)


def a_copy(**overrides: Any) -> ChildOrder:
    """Return a copy that waits to be sent; its tag follows its id and follower unless `order` is given."""
    id_: int = overrides.get("id", 1)
    follower: ClientId = overrides.get("follower", FOLLOWER)
    copy = ChildOrder(
        id=id_,
        execution_id=1,
        order_key=OrderKey("U1"),
        follower=follower,
        order=an_order_to_send(tag=a_tag(id_, follower)),
        state=CopyState.QUEUED,
        created_at=NOON,
        changed_at=NOON,
    )
    return replace(copy, **overrides)


def a_plan(**overrides: Any) -> Plan:
    """Return the part of a follower that gets 50."""
    return replace(Plan(FOLLOWER, "Follower 1", 50), **overrides)


def a_decision(**overrides: Any) -> Decision:
    """Return the decision to copy to one follower."""
    return replace(Decision(Verdict.COPY, "copied to 1 follower", plans=(a_plan(),)), **overrides)


def a_decided(**overrides: Any) -> DecidedExecution:
    """Return an execution that was decided to be copied."""
    day: date = TODAY
    return replace(DecidedExecution(1, MASTER, day, an_execution(), a_decision(), NOON), **overrides)
