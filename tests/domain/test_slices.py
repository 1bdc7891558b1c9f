"""The slices of a copy, joined into the copy."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from copytui.domain.copies import NOTHING_LEFT, CopyState, by_copy, joined
from copytui.domain.positions import ExitFraction
from copytui.domain.statistics import is_success
from tests.builders import a_copy

S = CopyState


def parts(*states: tuple[CopyState, int, str]) -> list:  # type: ignore[type-arg]
    return [
        replace(
            a_copy(), id=number, slices=len(states), slice_number=number, state=state, filled=filled,
            average_price=Decimal(price),
        )
        for number, (state, filled, price) in enumerate(states)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        ((S.FILLED, S.FILLED), S.FILLED),
        ((S.FILLED, S.OPEN), S.PARTIAL),
        ((S.QUEUED, S.FILLED), S.QUEUED),
        ((S.FILLED, S.REJECTED), S.REJECTED),
        ((S.UNKNOWN, S.FILLED), S.UNKNOWN),
        ((S.SIMULATED, S.SIMULATED), S.SIMULATED),
        ((S.FILLED, S.SKIPPED), S.FAILED),
        ((S.FILLED, S.EXPIRED), S.FAILED),
        ((S.OPEN, S.FAILED), S.FAILED),
        ((S.CANCELLED, S.SKIPPED), S.FAILED),
        ((S.OPEN, S.REJECTED), S.REJECTED),
        ((S.QUEUED, S.FAILED), S.QUEUED),
        ((S.UNKNOWN, S.FAILED), S.UNKNOWN),
        ((S.SKIPPED, S.SKIPPED), S.SKIPPED),
        ((S.ACCEPTED, S.CANCELLED), S.ACCEPTED),
    ],
)
def test_the_whole_is_in_the_state_of_its_neediest_slice(states: tuple[CopyState, ...], whole: CopyState) -> None:
    assert joined(parts(*((state, 50 if state is S.FILLED else 0, "100") for state in states))).state is whole


def test_quantities_are_summed_and_the_price_is_averaged() -> None:
    whole = joined(parts((S.FILLED, 50, "100"), (S.PARTIAL, 25, "106"), (S.OPEN, 0, "0")))
    assert (whole.order.quantity, whole.filled, whole.average_price) == (150, 75, Decimal(102))


def test_the_quantity_is_the_planned_total_also_of_what_was_never_sent() -> None:
    whole = joined(parts((S.FILLED, 50, "100"), (S.SKIPPED, 0, "0"), (S.FAILED, 0, "0")))
    assert (whole.order.quantity, whole.filled, is_success(whole)) == (150, 50, False)


def test_a_slice_of_an_exit_with_nothing_left_to_close_is_not_missing() -> None:
    slices = parts((S.FILLED, 50, "100"), (S.SKIPPED, 0, "0"))
    exits = [replace(part, exit=ExitFraction(1, 1), error=NOTHING_LEFT) for part in slices]
    whole = joined(exits)
    assert (whole.order.quantity, whole.filled, whole.state) == (50, 50, S.FILLED)


def test_what_closes_and_what_opens_are_two_copies() -> None:
    close, open_ = replace(a_copy(), exit=ExitFraction(1, 1)), replace(a_copy(), id=2, slice_number=1000)
    assert list(by_copy([close, open_]).values()) == [[close], [open_]]
