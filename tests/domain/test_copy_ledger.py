"""The session's copies: slices joined, and a failed copy that a retry has made good counted once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from copytui.domain.copies import ChildOrder, CopyState, Resolution, copy_name
from copytui.domain.copy_ledger import CopyLedger
from copytui.domain.orders import ClientId, Tag
from copytui.domain.statistics import CopyCounts
from tests.builders import NOON, a_copy

S = CopyState


def a_part(number: int, state: CopyState, *, retry: int = 0, slices: int = 3, **more: object) -> ChildOrder:
    """Return slice `number` of a copy in three slices, or its retry."""
    whole = a_copy(id=1 + number + 10 * retry, state=state, retry=retry, slice_number=number, slices=slices)
    tag = Tag(f"CT{number}{retry}")
    changes: dict[str, object] = {"order": replace(whole.order, tag=tag)} | more
    if state is S.FAILED:
        changes |= {"resolution": Resolution.REFUSED, "error": "no funds"}
    if state is S.FILLED:
        changes |= {"filled": whole.order.quantity, "average_price": Decimal(100)}
    return replace(whole, **changes)  # type: ignore[arg-type]


def counts(ledger: CopyLedger) -> CopyCounts:
    return CopyCounts.of(ledger.states())


def taken(*orders: ChildOrder) -> CopyLedger:
    ledger = CopyLedger()
    for order in orders:
        ledger.take(order)
    return ledger


def links(ledger: CopyLedger) -> list[tuple[int, Tag | None, Tag | None]]:
    return [(name.retry, each.replaces, each.replaced_by) for name, each in sorted(ledger.entries().items())]


FAILED_SLICE = (a_part(0, S.FILLED), a_part(1, S.FAILED), a_part(2, S.FILLED))


def test_a_copy_is_one_however_its_slices_come() -> None:
    first, second = a_part(0, S.QUEUED, slices=2), a_part(1, S.QUEUED, slices=2)
    ledger = taken(first, second)
    (entry,) = ledger.take(replace(first, state=S.FILLED, filled=50, average_price=Decimal(100))).values()
    assert (entry.copy.id, entry.copy.state, entry.copy.filled, entry.copy.order.quantity) == (1, S.QUEUED, 50, 100)
    assert counts(ledger).total == 1


def test_slices_of_an_earlier_session_belong_to_the_copy_and_count_once_one_of_them_changes() -> None:
    ledger = CopyLedger()
    ledger.know(FAILED_SLICE)
    assert counts(ledger) == CopyCounts()
    (entry,) = ledger.take(replace(FAILED_SLICE[2], average_price=Decimal(101))).values()
    assert (entry.copy.state, entry.copy.filled, entry.copy.order.quantity) == (S.FAILED, 100, 150)
    assert counts(ledger) == CopyCounts(total=1, failed=1)


def test_a_successful_retry_counts_instead_of_the_copy_that_it_replaces() -> None:
    ledger = taken(*FAILED_SLICE, a_part(1, S.FILLED, retry=1))
    assert counts(ledger) == CopyCounts(total=1, success=1)
    assert links(ledger) == [(0, None, "CT11"), (1, "CT00", None)]


@pytest.mark.parametrize("order", permutations(range(4)))
def test_the_order_of_the_news_does_not_matter(order: tuple[int, ...]) -> None:
    news = (*FAILED_SLICE, a_part(1, S.FILLED, retry=1))
    ledger = taken(*(news[place] for place in order))
    assert counts(ledger) == CopyCounts(total=1, success=1)


@pytest.mark.parametrize("state", [S.QUEUED, S.SENDING, S.UNKNOWN, S.FAILED, S.REJECTED, S.SKIPPED])
def test_a_retry_that_has_not_succeeded_replaces_nothing(state: CopyState) -> None:
    ledger = taken(*FAILED_SLICE, a_part(1, state, retry=1))
    assert counts(ledger).failed == (2 if state in (S.FAILED, S.REJECTED) else 1)
    assert all(replaces is by is None for _retry, replaces, by in links(ledger))


def test_a_retry_that_is_rejected_after_all_gives_the_failure_back() -> None:
    ledger = taken(*FAILED_SLICE, a_part(1, S.ACCEPTED, retry=1))
    assert counts(ledger) == CopyCounts(total=1, success=1)
    changed = ledger.take(a_part(1, S.REJECTED, retry=1))
    assert counts(ledger) == CopyCounts(total=2, failed=2)
    assert [entry.replaced_by for entry in changed.values()] == [None, None]


def test_the_last_of_several_retries_replaces_all_that_failed_before() -> None:
    ledger = taken(*FAILED_SLICE, a_part(1, S.FAILED, retry=1), a_part(1, S.FILLED, retry=2))
    assert counts(ledger) == CopyCounts(total=1, success=1)
    assert links(ledger) == [(0, None, "CT12"), (1, None, "CT12"), (2, "CT11", None)]


def test_a_copy_of_which_two_slices_failed_is_not_replaced_by_the_retry_of_one() -> None:
    two = (a_part(0, S.FAILED), a_part(1, S.FAILED), a_part(2, S.FILLED))
    ledger = taken(*two, a_part(1, S.FILLED, retry=1))
    assert counts(ledger) == CopyCounts(total=2, success=1, failed=1)
    ledger.take(a_part(0, S.FILLED, retry=1))
    assert counts(ledger) == CopyCounts(total=1, success=1)


def test_a_slice_that_was_dropped_stays_missing_whatever_a_retry_does() -> None:
    dropped = (a_part(0, S.FAILED), a_part(1, S.SKIPPED, error="cancelled"), a_part(2, S.FILLED))
    ledger = taken(*dropped, a_part(0, S.FILLED, retry=1))
    assert counts(ledger) == CopyCounts(total=2, success=1, failed=1)


def test_copies_are_counted_by_follower_and_those_of_earlier_sessions_apart() -> None:
    ledger = CopyLedger(since=NOON)
    old = a_copy(id=1, state=S.FILLED, created_at=NOON - timedelta(seconds=1))
    ledger.take(old)
    ledger.take(a_copy(id=2, follower=ClientId("F2"), state=S.FAILED))
    assert ledger.states(old.follower) == {S.FILLED: 1}
    assert ledger.states(ClientId("F2")) == {S.FAILED: 1}
    assert ledger.followers() == (old.follower, "F2")
    assert ledger.earlier() == {S.FILLED: 1}


def test_its_own_copy_is_the_first_that_a_change_returns() -> None:
    ledger = taken(*FAILED_SLICE)
    retry = a_part(1, S.FILLED, retry=1)
    assert next(iter(ledger.take(retry))) == copy_name(retry)
