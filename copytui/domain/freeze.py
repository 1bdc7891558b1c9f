"""Freeze quantities beyond the built-in table: the exchange's file, and a refusal that names the freeze.

The text of a refusal is a hint of how to cut an order that provably does not exist, and nothing else: whether it does
exist is never read from a text.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from copytui.domain.orders import slices

MOST_SLICES = 20
"""More slices than this are not made on the word of a refusal."""

_UNDERLYING = re.compile(r"[A-Z0-9][A-Z0-9&_-]{0,39}")
_QUANTITY = re.compile(r"([0-9][0-9,]*)(?:\.0+)?")
_SYMBOL_COLUMN = "SYMBOL"
_QUANTITY_COLUMN = re.compile(r"FRZ|FREEZE")
_MOST_UNITS = 1_000_000_000
_NAMES_THE_FREEZE = re.compile(r"freez", re.IGNORECASE)
_NAMES_A_QUANTITY = re.compile(r"quantity|qty", re.IGNORECASE)
_NUMBER = re.compile(r"freez[^0-9]{0,40}([0-9][0-9,]*)", re.IGNORECASE)


class FreezeTable(NamedTuple):
    """What the exchange's file says, by underlying, and the lines that say nothing, each with its number."""

    quantities: Mapping[str, int]
    bad_lines: tuple[tuple[int, str], ...]


def read_freeze_table(text: str) -> FreezeTable:
    """Read NSE's `qtyfreeze.csv`: the columns SYMBOL and VOL_FRZ_QTY, with others or without, in any order.

    Without a header, the first underlying of a line and its last number count. Of two quantities for one underlying the
    smaller is kept: an order within it is within the other too.
    """
    quantities: dict[str, int] = {}
    bad_lines: list[tuple[int, str]] = []
    columns: tuple[int, int] | None = None
    for number, cells in _rows(text):
        if not any(cells):
            continue
        if not quantities and (header := _header(cells)) is not None:
            columns = header
        elif (found := _entry(cells, columns)) is None:
            bad_lines.append((number, ",".join(cells)))
        else:
            name, quantity = found
            quantities[name] = min(quantity, quantities.get(name, quantity))
    return FreezeTable(quantities, tuple(bad_lines))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text.splitlines())
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error:
        yield reader.line_num, ["?"]


def _header(cells: Sequence[str]) -> tuple[int, int] | None:
    """Return the columns of the underlying and the quantity, if a line is the header."""
    names = [cell.upper() for cell in cells]
    quantity = next((place for place, name in enumerate(names) if _QUANTITY_COLUMN.search(name)), None)
    return (names.index(_SYMBOL_COLUMN), quantity) if _SYMBOL_COLUMN in names and quantity is not None else None


def _entry(cells: Sequence[str], columns: tuple[int, int] | None) -> tuple[str, int] | None:
    if columns is not None:
        if max(columns) >= len(cells):
            return None
        name, text = cells[columns[0]], cells[columns[1]]
    else:
        name = next((cell for cell in cells if any(char.isalpha() for char in cell)), "")
        text = next((cell for cell in reversed(cells) if _QUANTITY.fullmatch(cell)), "")
    found = _QUANTITY.fullmatch(text)
    quantity = int(found[1].replace(",", "")) if found is not None else 0
    is_one = _UNDERLYING.fullmatch(name.upper()) is not None and 0 < quantity <= _MOST_UNITS
    return (name.upper(), quantity) if is_one else None


def names_the_freeze(text: str) -> bool:
    """Tell whether a refusal is about the freeze quantity."""
    return bool(_NAMES_THE_FREEZE.search(text) and _NAMES_A_QUANTITY.search(text))


def parts_after_refusal(quantity: int, lot: int, text: str) -> tuple[int, ...]:
    """Return how an order of `quantity` units is cut after a refusal that names the freeze; empty where it cannot be.

    By the number that the text names, where it can be one; else in halves. The parts are whole lots, but for the last
    one of a quantity that is not, and together they are `quantity`.
    """
    if lot <= 0 or quantity < 2 * lot:
        return ()
    halves = -(-(quantity // lot) // 2) * lot
    for named in _numbers(text):
        most = named // lot * lot
        if lot <= most < quantity and -(-quantity // most) <= MOST_SLICES:
            return slices(quantity, most)
    return slices(quantity, halves)


def _numbers(text: str) -> Iterable[int]:
    return (int(found.replace(",", "")) for found in _NUMBER.findall(text) if len(found) <= len(str(_MOST_UNITS)))
