"""The exchange's file of freeze quantities, and how an order is cut after a refusal that names the freeze."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.freeze import MOST_SLICES, names_the_freeze, parts_after_refusal, read_freeze_table

NSE = """\
SYMBOL    ,VOL_FRZ_QTY
NIFTY     ,1800
BANKNIFTY ,600
RELIANCE  ,"10,000"
M&M       ,7000.00
BAJAJ-AUTO,1500

"""


def test_the_exchanges_file_is_read_with_its_blanks_commas_and_decimals() -> None:
    table = read_freeze_table(NSE)
    assert table.quantities == {
        "NIFTY": 1800, "BANKNIFTY": 600, "RELIANCE": 10_000, "M&M": 7000, "BAJAJ-AUTO": 1500,
    }  # fmt: skip
    assert table.bad_lines == ()


@pytest.mark.parametrize(
    "text",
    [
        "S NO.,SYMBOL,VOL_FRZ_QTY\n1,NIFTY,1800\n2,SBIN,15000\n",
        "VOL_FRZ_QTY,SYMBOL\r\n1800,nifty\r\n15000,SBIN\r\n",
        "NIFTY,1800\nSBIN,15000\n",
        "Volume freeze quantities\nSymbol,Freeze Quantity\nNIFTY,1800\nSBIN,15000\n",
    ],
    ids=["numbered", "other order", "no header", "a title"],
)
def test_other_columns_and_no_header_do_no_harm(text: str) -> None:
    assert read_freeze_table(text).quantities == {"NIFTY": 1800, "SBIN": 15_000}


def test_a_line_that_names_no_quantity_is_given_with_its_number() -> None:
    table = read_freeze_table("SYMBOL,VOL_FRZ_QTY\nNIFTY,1800\nSBIN,many\nTCS,0\n,5\nINFY\n")
    assert table.quantities == {"NIFTY": 1800}
    assert table.bad_lines == ((3, "SBIN,many"), (4, "TCS,0"), (5, ",5"), (6, "INFY"))


def test_of_two_quantities_for_one_underlying_the_smaller_counts() -> None:
    assert read_freeze_table("SBIN,900\nSBIN,750\nSBIN,800\n").quantities == {"SBIN": 750}


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert all(quantity > 0 for quantity in read_freeze_table(text).quantities.values())


@pytest.mark.parametrize(
    "text",
    [
        "RMS:Rule: Quantity 3600 exceeds freeze quantity 1800 of NIFTY28NOV2624000CE",
        "RMS:Rule: Check freeze quantity for NSE FO",
        "17070 : Quantity Freeze",
        "order qty is above the FREEZE limit",
    ],
)
def test_a_refusal_for_the_freeze_is_known_by_its_words(text: str) -> None:
    assert names_the_freeze(text)


@pytest.mark.parametrize("text", ["", "Insufficient funds", "price freeze", "Quantity should be in multiples of 65"])
def test_other_refusals_are_not(text: str) -> None:
    assert not names_the_freeze(text)


@pytest.mark.parametrize(
    ("quantity", "lot", "text", "parts"),
    [
        (3600, 75, "Quantity 3600 exceeds freeze quantity 1800 of NIFTY28NOV2624000CE", (1800, 1800)),
        (4000, 65, "freeze quantity 1,800", (1755, 1755, 490)),
        (3600, 75, "RMS:Rule: Check freeze quantity for NSE FO", (1800, 1800)),
        (375, 75, "quantity freeze", (225, 150)),
        (3600, 75, "freeze quantity 5000", (1800, 1800)),
        (3600, 75, "freeze quantity 20 lots", (1800, 1800)),
        (150_000, 75, "freeze quantity 75", (75_000, 75_000)),
        (190, 75, "quantity freeze", (75, 75, 40)),
        (75, 75, "quantity freeze", ()),
        (100, 0, "quantity freeze", ()),
    ],
    ids=["named", "rounded", "halves", "odd halves", "too large", "in lots", "too many", "odd", "one lot", "no lot"],
)  # fmt: skip
def test_an_order_is_cut_by_the_number_that_is_named_or_in_halves(
    quantity: int, lot: int, text: str, parts: tuple[int, ...]
) -> None:
    assert parts_after_refusal(quantity, lot, text) == parts


@given(st.integers(1, 100_000), st.integers(0, 2_000), st.integers(0, 10**12), st.text(max_size=30))
def test_the_parts_are_never_more_than_the_whole_nor_too_many(quantity: int, lot: int, number: int, more: str) -> None:
    parts = parts_after_refusal(quantity, lot, f"{more} freeze quantity {number}")
    assert sum(parts) in (0, quantity)
    assert all(0 < part < quantity for part in parts)
    assert len(parts) <= MOST_SLICES
    assert all(part % lot == 0 for part in parts[:-1])
