"""Copied, held and expected: what copying should have built, how far it is apart from that, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution, Decision, Plan, Verdict
from copytui.domain.drift import Cause, ComparedPosition, Detachment, DriftFacts, HeldUnits, compare
from copytui.domain.executions import Origin
from copytui.domain.orders import ClientId, OrderKey, Product, Side
from copytui.domain.positions import ExitFraction, position_id, position_key, read_position_id
from copytui.domain.reasons import Reason
from copytui.domain.sizing import Sizing
from tests.builders import FOLLOWER, TODAY, a_copy, a_decided, a_plan, after, an_execution, an_order, an_order_to_send

S = CopyState
V = Verdict
KEY = position_key(an_order())
HALF = ExitFraction(50, 100)
WHOLE = ExitFraction(100, 100)
DOUBLE = Sizing(multiplier=Decimal(2))
LATER = after(600)


def bought(number: int, quantity: int = 100, *, planned: int | None = None, **decision: Any) -> DecidedExecution:
    return _decided(number, Side.BUY, quantity, None, decision | {"planned": planned})


def sold(
    number: int, quantity: int, share: ExitFraction, *, planned: int | None = None, **decision: Any
) -> DecidedExecution:
    return _decided(number, Side.SELL, quantity, share, decision | {"planned": planned})


def _decided(
    number: int, side: Side, quantity: int, share: ExitFraction | None, more: dict[str, Any]
) -> DecidedExecution:
    order = an_order(
        key=OrderKey(f"U{number}"), side=side, quantity=quantity, filled=quantity, lot_size=more.pop("lot", 1)
    )
    execution = an_execution(order=order, closes=share, seen_at=after(number), origin=more.pop("origin", Origin.SEEN))
    reason, sentence = more.pop("plan_reason", None), "for a reason"
    planned = more.pop("planned")
    units = quantity if planned is None else planned
    decision = Decision(V.COPY, "copied to 1 follower", plans=(Plan(FOLLOWER, "Asha", units, reason, sentence, share),))
    return a_decided(id=number, execution=execution, decision=replace(decision, **more))


def child(number: int, state: CopyState = S.FILLED, units: int = 100, **fields: Any) -> ChildOrder:
    filled = {"filled": units} if state is S.FILLED else {}
    order = an_order_to_send(quantity=units, side=fields.pop("side", Side.BUY))
    made = {"created_at": after(number), "changed_at": after(number)}
    return a_copy(**({"id": number, "execution_id": number, "order": order, "state": state} | filled | made | fields))


def compared(
    executions: Sequence[DecidedExecution], copied: int, copies: Sequence[ChildOrder] = (), *, held: int | None = None,
    **more: Any,
) -> ComparedPosition:  # fmt: skip
    figure = None if held is None else HeldUnits(held, after(300))
    master = more.pop("master", 100)
    facts = DriftFacts(FOLLOWER, KEY, TODAY, copied, master, figure, executions, copies, **more)
    return compare(facts)


@pytest.mark.parametrize(
    ("executions", "expected"),
    [
        ([], 0),
        ([bought(1)], 100),
        ([bought(1, planned=50)], 50),
        ([bought(1), bought(2, 40)], 140),
        ([bought(1), sold(2, 50, HALF)], 50),
        ([bought(1, planned=50), sold(2, 50, HALF)], 25),
        ([bought(1), sold(2, 100, WHOLE)], 0),
        ([bought(1, planned=75, lot=50), sold(2, 50, HALF, lot=50)], 75),
        ([bought(1, planned=75, lot=50), sold(2, 50, HALF, lot=50), sold(3, 25, ExitFraction(25, 50), lot=50)], 25),
        ([bought(1), sold(2, 150, WHOLE, plans=(a_plan(quantity=100, exit=WHOLE), a_plan()))], -50),
        ([bought(1, planned=0, plan_reason=Reason.BELOW_ONE_LOT)], 0),
        ([bought(1, planned=0, plan_reason=Reason.OVER_MAX_QUANTITY)], 200),
        ([bought(1, verdict=V.SKIP, reason=Reason.SYMBOL, plans=())], 200),
        ([bought(1, verdict=V.MISSED, reason=Reason.PAUSED, plans=())], 200),
        ([bought(1, verdict=V.SIMULATE)], 0),
        ([bought(1, verdict=V.SKIP, reason=Reason.PRE_EXISTING, plans=(), origin=Origin.EARLIER)], 0),
        ([bought(1), sold(2, 100, WHOLE, origin=Origin.MANUAL)], 0),
    ],
)  # fmt: skip
def test_what_copying_should_have_built(executions: list[DecidedExecution], expected: int) -> None:
    assert compared(executions, expected, sizing=DOUBLE).expected == expected


def test_an_execution_for_others_only_builds_nothing_here() -> None:
    facts = DriftFacts(ClientId("F999"), KEY, TODAY, 0, 100, executions=[bought(1)], sizing=DOUBLE)
    assert compare(facts).expected == 0


def test_a_missed_entry_that_is_copied_late_counts_from_then_on() -> None:
    entry, half = bought(1, planned=50), sold(2, 50, HALF, planned=0)
    late = child(9, units=50, execution_id=1, created_at=after(90))
    assert compared([entry, half], 50, [late]).expected == 50


ENTRY = bought(1)
Why = tuple[Cause | None, str]


@pytest.mark.parametrize(
    ("executions", "copied", "copies", "held", "why"),
    [
        ([ENTRY], 100, [child(1)], 100, (None, "")),
        ([ENTRY], 100, [child(1)], None, (None, "")),
        ([ENTRY], 100, [child(1)], 40, (Cause.BY_HAND, "the account holds 40 of the 100 that copying built")),
        ([ENTRY], 100, [child(1)], 150, (Cause.BY_HAND, "the account holds 150, and copying built 100 of it")),
        ([ENTRY], 0, [child(1, S.REJECTED, error="no margin")], 0, (Cause.REJECTED, "no margin")),
        ([ENTRY], 0, [child(1, S.FAILED, error="AB1008")], 0, (Cause.REJECTED, "AB1008")),
        ([ENTRY], 40, [child(1, S.CANCELLED, filled=40)], 40, (Cause.UNFILLED, "40 of 100 filled")),
        ([ENTRY], 0, [child(1, S.OPEN)], 0, (Cause.UNFILLED, "is open, 0 of 100 filled")),
        ([ENTRY], 0, [child(1, S.UNKNOWN, error="no answer")], 0, (Cause.UNKNOWN, "may exist: no answer")),
        ([ENTRY], 30, [child(1, units=30)], 30, (Cause.SKIPPED, "30 of the 100 planned were sent")),
        ([ENTRY], 0, [child(1, S.SKIPPED, error="left out by the user")], 0, (Cause.SKIPPED, "left out by the user")),
        ([bought(1, verdict=V.SKIP, reason=Reason.SYMBOL, sentence="symbol blocked", plans=())], 0, [], 0,
         (Cause.SKIPPED, "symbol blocked")),
        ([bought(1, planned=0, plan_reason=Reason.DISABLED)], 0, [], 0, (Cause.SKIPPED, "for a reason")),
        ([bought(1, origin=Origin.EARLIER, sentence="the master had it before")], 0, [], 0,
         (Cause.PRE_EXISTING, "the master had it before")),
        ([ENTRY], 60, [child(1, S.FAILED), child(2, execution_id=1, retry=1)], 60, (Cause.BY_HAND, "fills")),
    ],
)  # fmt: skip
def test_the_cause_of_a_difference(
    executions: list[DecidedExecution], copied: int, copies: list[ChildOrder], held: int | None, why: Why
) -> None:  # fmt: skip
    found = compared(executions, copied, copies, held=held, sizing=DOUBLE)
    assert found.cause is why[0]
    assert why[1] in found.sentence


def test_shares_beyond_what_copying_built_are_the_owners_own() -> None:
    key = KEY._replace(product=Product.DELIVERY)
    order = an_order(product=Product.DELIVERY, lot_size=1, quantity=100, filled=100)
    entry = replace(ENTRY, execution=replace(ENTRY.execution, order=order))
    found = compare(DriftFacts(FOLLOWER, key, TODAY, 100, 100, HeldUnits(150, LATER), [entry]))
    assert (found.difference, found.cause, found.is_out_of_step(LATER)) == (50, Cause.PRE_EXISTING, False)


def test_a_figure_from_before_the_last_fill_proves_nothing() -> None:
    found = compared([ENTRY], 100, [child(1, changed_at=after(400))], held=0)
    assert (found.held, found.cause) == (None, None)


@pytest.mark.parametrize(
    ("found", "is_listed"),
    [
        (compared([ENTRY], 100, [child(1)], held=100), False),
        (compared([ENTRY], 100, [child(1)], held=40), True),
        (compared([ENTRY], 100, [child(1)], held=150), False),
        (compared([ENTRY], 100, [child(1)], held=40, master=0), False),
        (compared([ENTRY], 0, [child(1, S.REJECTED)], held=0), True),
        (compared([ENTRY], 0, [child(1, S.REJECTED, dismissed=True)], held=0), False),
        (compared([ENTRY], 0, [child(1, S.OPEN)], held=0), False),
        (compared([ENTRY], 30, [child(1, units=30)], held=30), False),
        (compared([bought(1, verdict=V.SKIP, reason=Reason.SYMBOL, plans=())], 0, sizing=DOUBLE), False),
        (compared([ENTRY, sold(2, 50, HALF, planned=0, plan_reason=Reason.DISABLED)], 100, [child(1)]), True),
        (compared([ENTRY, sold(2, 50, HALF, verdict=V.MISSED, reason=Reason.DISMISSED, plans=())], 100, [child(1)]),
         False),
    ],
)  # fmt: skip
def test_what_needs_the_user(found: ComparedPosition, is_listed: bool) -> None:
    assert found.is_out_of_step(LATER) is is_listed


def test_a_difference_is_listed_once_it_has_lasted() -> None:
    found = compared([ENTRY], 100, [child(1)], held=40)
    assert not found.is_out_of_step(after(300) + timedelta(seconds=9.9))
    assert found.is_out_of_step(after(300) + timedelta(seconds=10))


def test_what_was_detached_counts_no_longer() -> None:
    gone = Detachment(100, TODAY, after(50), execution=1, order=1)
    first = compared([ENTRY], 0, [child(1)], detached=gone)
    assert (first.expected, first.cause) == (0, Cause.DETACHED)
    assert "100 given to the account's owner at 12:00:50" in first.sentence
    second = compared([ENTRY, bought(2, 40)], 40, [child(1), child(2, units=40)], detached=gone)
    assert (second.expected, second.cause) == (40, Cause.DETACHED)
    third = compared([ENTRY, bought(60, 40)], 0, [child(1), child(60, S.REJECTED, 40)], detached=gone)
    assert (third.expected, third.cause) == (40, Cause.REJECTED)


def test_how_it_stood_when_the_day_began_is_where_it_goes_on_from() -> None:
    before = compared([ENTRY], 40, [child(1, S.CANCELLED, filled=40)])
    today = compared([sold(2, 50, HALF)], 20, [child(2, side=Side.SELL, units=20, exit=HALF)], carried=before)
    assert (today.expected, today.cause) == (50, Cause.UNFILLED)


@pytest.mark.parametrize("symbol", ["NIFTY28NOV2624000CE", "M&M-EQ", "ODD:NAME"])
def test_a_positions_id_can_be_read_back(symbol: str) -> None:
    key = KEY._replace(symbol=symbol)
    assert read_position_id(position_id(FOLLOWER, key)) == (FOLLOWER, key)


@pytest.mark.parametrize("text", ["", "F1", "F1:NFO", "F1:NFO:X", "F1:XXX:SBIN:INTRADAY", "F1:NSE:SBIN:NONE"])
def test_an_invalid_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # of three kinds, all said in the same words to the user
        read_position_id(text)
