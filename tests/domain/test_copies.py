"""The life of a copy: the allowed moves, and no others."""

from __future__ import annotations

from itertools import product

import pytest

from copytui.domain.copies import (
    FINAL,
    LATE_NUMBERS,
    LIVE_AT_BROKER,
    MOVES,
    UNSETTLED,
    WAITING,
    CopyState,
    Resolution,
    move,
)
from copytui.domain.errors import IllegalMove
from tests.builders import a_copy, after

S = CopyState
PAIRS = list(product(CopyState, CopyState))
# The life of a child order once more, written as "from: to"; a book can show any later state at once.
BOOK = {S.OPEN, S.PARTIAL, S.FILLED, S.REJECTED, S.CANCELLED}
PICTURE = {
    S.ASKED: {S.QUEUED, S.SKIPPED, S.EXPIRED, S.SIMULATED},
    S.QUEUED: {S.SENDING, S.FAILED, S.SIMULATED, S.SKIPPED, S.ACCEPTED} | BOOK,
    S.SENDING: {S.QUEUED, S.FAILED, S.UNKNOWN, S.ACCEPTED} | BOOK,
    S.UNKNOWN: {S.FAILED, S.ACCEPTED} | BOOK,
    S.ACCEPTED: {S.FAILED} | BOOK,
    S.OPEN: {S.PARTIAL, S.FILLED, S.REJECTED, S.CANCELLED},
    S.PARTIAL: {S.FILLED, S.REJECTED, S.CANCELLED},
    S.CANCELLED: {S.FILLED},
}  # fmt: skip
ENDS = {S.SIMULATED, S.SKIPPED, S.EXPIRED, S.FILLED, S.REJECTED, S.FAILED}


def test_the_moves_are_those_of_the_diagram() -> None:
    assert {state: set(after_it) for state, after_it in MOVES.items() if after_it} == PICTURE


@pytest.mark.parametrize(("state", "to"), [(a, b) for a, b in PAIRS if b in PICTURE.get(a, ())])
def test_an_allowed_move_changes_the_state_and_the_time(state: CopyState, to: CopyState) -> None:
    how = Resolution.REFUSED if to is CopyState.FAILED else None
    moved = move(a_copy(state=state), to, after(3), filled=7, error="why", resolution=how)
    assert (moved.state, moved.changed_at, moved.filled, moved.error) == (to, after(3), 7, "why")


@pytest.mark.parametrize(("state", "to"), [(a, b) for a, b in PAIRS if a is not b and b not in PICTURE.get(a, ())])
def test_every_other_move_raises(state: CopyState, to: CopyState) -> None:
    with pytest.raises(IllegalMove):
        move(a_copy(state=state), to, after(3))


@pytest.mark.parametrize("state", sorted(ENDS - LATE_NUMBERS))
def test_a_final_state_allows_no_move_not_even_to_itself(state: CopyState) -> None:
    assert not MOVES[state]
    assert state in FINAL
    with pytest.raises(IllegalMove):
        move(a_copy(state=state), state, after(3))


@pytest.mark.parametrize("state", sorted((set(CopyState) - ENDS) | LATE_NUMBERS))
def test_an_unfinished_copy_can_be_updated_within_its_state(state: CopyState) -> None:
    assert move(a_copy(state=state), state, after(3), filled=7).filled == 7


@pytest.mark.parametrize("state", sorted({S.UNKNOWN, *LIVE_AT_BROKER, *FINAL}))
def test_what_may_exist_at_the_broker_can_never_be_sent_again(state: CopyState) -> None:
    reachable, todo = set[CopyState](), {state}
    while todo:
        reachable |= todo
        todo = {further for each in todo for further in MOVES[each]} - reachable
    assert not reachable & {S.QUEUED, S.SENDING}


def test_final_and_unsettled_divide_all_states() -> None:
    assert set(FINAL) == ENDS | {S.CANCELLED}
    assert set(CopyState) - FINAL == UNSETTLED
    assert set(UNSETTLED) == {S.SENDING, S.UNKNOWN, *WAITING, *LIVE_AT_BROKER}


def test_a_misspelt_field_is_no_change() -> None:
    with pytest.raises(TypeError):
        move(a_copy(), S.SENDING, after(3), fill=7)


def test_a_copy_is_named_by_its_orders_tag() -> None:
    copy = a_copy(id=7)
    assert copy.tag == copy.order.tag
    assert copy.tag != a_copy(id=8).tag
