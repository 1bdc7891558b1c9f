"""The tag of a copy: computed, never random."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.orders import ClientId, OrderKey, Tag
from copytui.domain.tags import copy_tag, is_own_tag

DAY = date(2026, 11, 20)
INPUTS: dict[str, Any] = {
    "day": DAY, "master": ClientId("M1"), "order": OrderKey("U1"), "filled": 1, "follower": ClientId("F1"),
    "slice_number": 0, "attempt": 0,
}  # fmt: skip
TEXT = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=40)


def tag(**others: Any) -> Tag:
    return copy_tag(**(INPUTS | others))


@given(st.dates(), st.tuples(TEXT, TEXT, TEXT), st.tuples(*[st.integers(0, 10**6)] * 3))
def test_a_tag_is_fifteen_capitals_and_digits_and_recognised_as_ours(
    day: date, names: tuple[str, str, str], numbers: tuple[int, int, int]
) -> None:
    (master, order, follower), (filled, slice_number, attempt) = names, numbers
    made = tag(
        day=day, master=master, order=order, filled=filled, follower=follower,
        slice_number=slice_number, attempt=attempt,
    )  # fmt: skip
    assert re.fullmatch("[A-Z0-9]{15}", made)
    assert is_own_tag(made)


def test_the_same_inputs_give_this_very_tag_on_any_machine() -> None:
    assert tag() == tag() == "CT1O0YTFDXI19Q8"


@pytest.mark.parametrize(
    "other",
    [
        {"day": DAY + timedelta(days=1)},
        {"master": ClientId("M2")},
        {"order": OrderKey("U2")},
        {"filled": 2},
        {"follower": ClientId("F2")},
        {"slice_number": 1},
        {"attempt": 1},
        {"master": ClientId("M1U1"), "order": OrderKey("")},
        {"filled": 0, "slice_number": 1},
    ],
)
def test_another_input_gives_another_tag(other: dict[str, Any]) -> None:
    assert tag(**other) != tag()


def test_all_copies_of_a_day_have_different_tags() -> None:
    tags = {tag(order=OrderKey(f"U{order}"), follower=ClientId(f"F{who}")) for order in range(100) for who in range(20)}
    assert len(tags) == 2000


def test_the_tag_of_another_copier_with_another_master_is_recognised_as_ours() -> None:
    assert is_own_tag(tag(master=ClientId("OTHER")))
    assert is_own_tag(f" {tag()} ")


@pytest.mark.parametrize("foreign", ["", "CT", "MYSTRATEGY", "XX1234567890123", "ct1234567890123", f"{tag()}0"])
def test_foreign_tags_are_not_ours(foreign: str) -> None:
    assert not is_own_tag(foreign)
