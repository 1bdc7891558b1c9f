"""The attention list from plain facts: its order, its grouping, and what can be done about each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.attention import (
    ANSWERED_WITHIN,
    SETTLING,
    Act,
    AttentionItem,
    AttentionKind,
    attention_items,
)
from copytui.domain.attention_facts import (
    AttentionFacts,
    CopyInTrouble,
    FollowerFacts,
    OpenExecution,
)
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.drift import Cause, ComparedPosition
from copytui.domain.orders import ClientId, Exchange, OrderId, Product
from copytui.domain.positions import ExitFraction, Position, PositionKey, position_key
from copytui.domain.risk import OrphanedPosition
from copytui.domain.text import trading_day
from copytui.domain.unreadable import UnreadableOrder
from tests.builders import FOLLOWER, MASTER, NOON, a_copy, after, an_execution

K = AttentionKind
S = CopyState
NOW = after(600)
WHOLE = ExitFraction(50, 50)
ASHA = FollowerFacts(FOLLOWER, "Asha")


def an_open(
    number: int, verdict: Verdict = Verdict.MISSED, *, seconds: float = 0, is_exit: bool = False
) -> OpenExecution:
    execution = an_execution(executed_at=after(seconds), closes=WHOLE if is_exit else None)
    return OpenExecution(number, execution, verdict, "copying was paused")


def a_child(number: int, state: CopyState, seconds: float = 0, **fields: Any) -> ChildOrder:
    fields = {"created_at": after(seconds), "changed_at": after(seconds), "execution_id": number, **fields}
    return a_copy(id=number, state=state, **fields)


def an_orphan(symbol: str = "SBIN-EQ", units: int = 10, masters: int = 0) -> OrphanedPosition:
    return OrphanedPosition(FOLLOWER, PositionKey(Exchange.NSE, symbol, Product.INTRADAY), units, masters)


def an_unreadable(id_: str, *, is_exit: bool = False) -> UnreadableOrder:
    why = "producttype 'MTF' is unknown"
    return UnreadableOrder(id_, MASTER, "master", "BUY", "SBIN-EQ", why, NOON, NOON.date(), is_exit)


def listed(now: datetime = NOW, **facts: Any) -> tuple[AttentionItem, ...]:
    return attention_items(AttentionFacts(**{"followers": (ASHA,), "is_running": True, **facts}), now)


def ids(items: Sequence[AttentionItem]) -> list[str]:
    return [item.id for item in items]


def everything() -> dict[str, Any]:
    return {
        "executions": (
            an_open(1), an_open(2, is_exit=True), an_open(3, Verdict.ASK), an_open(4, Verdict.ASK, is_exit=True),
        ),
        "copies": (
            a_child(11, S.REJECTED, 5), a_child(12, S.FAILED, 6), a_child(13, S.UNKNOWN),
            a_child(14, S.FAILED, exit=WHOLE), a_child(15, S.UNKNOWN, exit=WHOLE), a_child(16, S.OPEN, exit=WHOLE),
        ),
        "orphans": (an_orphan(),),
        "followers": (
            replace(ASHA, halted_because="5 failures in a row", close_only="it has lost ₹5,000"),
            FollowerFacts(ClientId("F2"), "Ravi", ip_mismatch="198.51.100.9 is not registered"),
        ),
        "halted_because": "the file STOP was found",
        "unreadable": (an_unreadable("77"), an_unreadable("78", is_exit=True)),
    }  # fmt: skip


def test_exits_come_first_and_then_each_kind_in_turn() -> None:
    assert [(item.id, item.label) for item in listed(**everything())] == [
        ("#4", "exit approval"), ("m2", "exit missed"), ("row:78", "exit unreadable"), ("c15", "exit unknown"),
        ("c14", "exit failed"), ("c16", "exit unfilled"), ("F12345:NSE:SBIN-EQ:INTRADAY", "orphaned"),
        ("#3", "approval"), ("m1", "missed"), ("row:77", "unreadable"), ("c13", "unknown"), ("c11", "rejected"),
        ("c12", "failed"),
        ("halt", "halted"), ("F12345", "halted"), ("F2:ip-mismatch", "ip mismatch"),
        ("F12345:close-only", "close only"),
    ]  # fmt: skip


@given(st.randoms())
def test_the_order_of_the_facts_does_not_matter(random: Any) -> None:
    facts = everything()
    for name in ("executions", "copies"):
        random.shuffle(shuffled := list(facts[name]))
        facts[name] = shuffled
    assert listed(**facts) == listed(**everything())


def test_ids_are_unique_and_each_item_says_what_and_why() -> None:
    items = listed(**everything())
    assert len(set(ids(items))) == len(items)
    assert all(item.what and item.why and item.who for item in items)


def test_within_a_kind_the_oldest_comes_first() -> None:
    assert ids(listed(executions=(an_open(1, seconds=9), an_open(2, seconds=3), an_open(3, seconds=3)))) == [
        "m2", "m3", "m1",
    ]  # fmt: skip
    assert ids(listed(copies=(a_child(1, S.REJECTED, 9), a_child(2, S.FAILED, 3)))) == ["c2", "c1"]


def test_an_unreadable_order_says_which_and_why_and_can_be_dismissed() -> None:
    (item,) = listed(unreadable=(an_unreadable("77"),))
    assert (item.who, item.what, item.why) == ("master", "BUY SBIN-EQ order 77", "producttype 'MTF' is unknown")
    assert (item.acts, item.settling, item.since) == ((Act.DISMISS,), (Act.DISMISS,), NOON)
    assert "not copied" in item.hint


def test_orphaned_positions_stand_by_symbol() -> None:
    first, second = listed(orphans=(an_orphan("SBIN-EQ"), an_orphan("INFY-EQ", -10, masters=20)))
    assert (first.what, first.why) == ("10 INFY-EQ short intraday", "the master holds 20 INFY-EQ long")
    assert (second.what, second.why) == ("10 SBIN-EQ long intraday", "the master no longer holds any")
    assert (first.who, first.client, first.acts) == ("Asha", FOLLOWER, (Act.FLATTEN, Act.KEEP, Act.DETACH))


def slices(*states: CopyState, **fields: Any) -> tuple[ChildOrder, ...]:
    return tuple(
        a_child(20 + place, state, execution_id=7, slice_number=place, slices=len(states), **fields)
        for place, state in enumerate(states)
    )


def test_slices_in_the_same_trouble_are_one_item() -> None:
    (item,) = listed(copies=slices(S.FILLED, S.FAILED, S.REJECTED, S.FAILED))
    assert (item.id, item.kind) == ("c21", K.FAILED)
    assert isinstance(item.about, CopyInTrouble)
    assert [part.id for part in item.about.slices] == [21, 22, 23]
    assert item.about.copy.order.quantity == 3 * a_copy().order.quantity
    assert [item.id for item in listed(copies=slices(S.UNKNOWN, S.FAILED))] == ["c20", "c21"]


def test_a_child_order_that_is_given_twice_is_listed_once() -> None:
    lost = a_child(1, S.ACCEPTED, exit=WHOLE)
    (item,) = listed(copies=(lost, lost), missing={1})
    assert (item.label, item.acts) == ("exit unknown", (Act.NOT_PLACED,))


@pytest.mark.parametrize(("filled", "acts"), [(0, (Act.RETRY, Act.DISMISS)), (50, (Act.DISMISS,))])
def test_only_what_has_not_filled_can_be_retried(filled: int, acts: tuple[Act, ...]) -> None:
    (item,) = listed(copies=(a_child(1, S.REJECTED, filled=filled),))
    assert (item.acts, item.settling) == (acts, acts)
    assert item.why == "rejected; the broker gave no reason"


def test_a_dismissed_failure_and_everything_that_is_well_need_nobody() -> None:
    well = [state for state in CopyState if state not in (S.UNKNOWN, S.FAILED, S.REJECTED)]
    copies = (a_child(1, S.FAILED, dismissed=True), *(a_child(2 + n, state) for n, state in enumerate(well)))
    assert listed(copies=copies) == ()


def test_a_failure_and_a_working_exit_of_an_earlier_day_need_nobody_and_an_unknown_copy_does() -> None:
    copies = (a_child(1, S.FAILED), a_child(2, S.OPEN, exit=WHOLE), a_child(3, S.UNKNOWN))
    today, tomorrow = trading_day(NOW), trading_day(NOW + timedelta(days=1))
    assert ids(listed(copies=copies, day=today)) == ["c2", "c3", "c1"]
    assert ids(listed(copies=copies, day=tomorrow)) == ["c3"]


@pytest.mark.parametrize(("seconds", "count"), [(30, 0), (31, 1)])
def test_an_exit_needs_the_user_when_it_is_late(seconds: float, count: int) -> None:
    assert len(listed(after(seconds), copies=(a_child(1, S.OPEN, exit=WHOLE),))) == count
    assert listed(after(seconds), copies=(a_child(1, S.OPEN),)) == ()


def test_a_late_exit_can_be_flattened_while_something_is_held() -> None:
    copy = a_child(1, S.QUEUED, exit=WHOLE)
    holding = replace(ASHA, positions=((position_key(copy.order), 50),))
    (held,) = listed(copies=(copy,), followers=(holding,))
    (flat,) = listed(copies=(copy,), followers=(ASHA,))
    assert (held.acts, flat.acts) == ((Act.FLATTEN,), ())
    assert held.why == "it waits to be sent"


@pytest.mark.parametrize(("is_running", "count"), [(True, 0), (False, 1)])
def test_what_was_being_sent_is_cut_off_only_where_nobody_waits_for_the_answer(is_running: bool, count: int) -> None:
    sending = (a_child(1, S.SENDING),)
    assert listed(NOON + ANSWERED_WITHIN, copies=sending, is_running=is_running) == ()
    found = listed(NOON + ANSWERED_WITHIN + timedelta(seconds=1), copies=sending, is_running=is_running)
    assert [(item.kind, item.acts) for item in found] == [(K.UNKNOWN, ())] * count


def test_an_accepted_copy_that_no_order_book_shows_is_unknown() -> None:
    (item,) = listed(copies=(a_child(1, S.ACCEPTED, order_id=OrderId("X1")),), missing={1})
    assert (item.kind, item.why) == (K.UNKNOWN, "accepted (X1), but no order book has shown it since")


def test_a_disabled_follower_at_the_wrong_address_needs_nobody() -> None:
    assert listed(followers=(replace(ASHA, ip_mismatch="wrong", enabled=False),)) == ()


def test_foreign_text_is_one_printable_line() -> None:
    (item,) = listed(copies=(a_child(1, S.FAILED, error="AB4036\n\x1b[31m no margin"),))
    assert item.why.isprintable()


def test_only_some_acts_are_settled_by_a_command() -> None:
    for item in listed(**everything()):
        assert set(item.settling) == set(item.acts) & set(SETTLING)
        assert item.settling or item.hint


def out_of_step(there: int, expected: int, **fields: Any) -> ComparedPosition:
    """A position of the option in `a_copy`, out of step for ten minutes."""
    found = ComparedPosition(
        FOLLOWER, position_key(a_copy().order), 100, 100, there, Position(expected), Cause.BY_HAND, "closed by hand",
        NOON,
    )  # fmt: skip
    return replace(found, **fields)


def test_a_position_out_of_step_says_how_and_why() -> None:
    (item,) = listed(out_of_step=[out_of_step(40, 100)])
    assert (item.kind, item.label, item.who, item.since) == (K.OUT_OF_STEP, "out of step", "Asha", NOON)
    assert item.id == f"{FOLLOWER}:NFO:NIFTY28NOV2624000CE:INTRADAY"
    assert item.what == "40 long of NIFTY28NOV2624000CE intraday, expected 100 long"
    assert item.why == "by hand: closed by hand"
    assert (item.acts, item.settling) == ((Act.FLATTEN, Act.DETACH, Act.DISMISS), (Act.DETACH, Act.DISMISS))


def test_where_copying_has_nothing_there_is_nothing_to_close_or_give_away() -> None:
    (item,) = listed(out_of_step=[out_of_step(0, 100, copied=0)])
    assert (item.what.split(" of ")[0], item.acts) == ("none", (Act.DISMISS,))


@pytest.mark.parametrize(
    "other",
    [
        {"copies": [a_child(1, S.FAILED)]},
        {"copies": [a_child(1, S.UNKNOWN)]},
        {"orphans": [OrphanedPosition(FOLLOWER, position_key(a_copy().order), 100, 0)]},
        {"executions": [an_open(1)]},
    ],
    ids=["failed", "unknown", "orphaned", "missed"],
)
def test_a_position_that_another_item_is_about_is_listed_once(other: dict[str, Any]) -> None:
    assert K.OUT_OF_STEP not in {item.kind for item in listed(out_of_step=[out_of_step(40, 100)], **other)}


def test_more_than_expected_stands_with_the_exits() -> None:
    (item,) = listed(out_of_step=[out_of_step(100, 50)])
    assert item.is_exit
    assert not listed(out_of_step=[out_of_step(40, 100)])[0].is_exit
