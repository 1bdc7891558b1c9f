"""What an account holds as typed values: the rows of `getPosition` and `getHolding` (docs/smartapi.md, 2.8).

A row without a readable exchange, symbol, product or quantity becomes a `RowProblem`: what an account holds limits what
is sold, so no quantity is guessed. Any other figure that is missing or malformed is None, never 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeVar

from copytui.broker.port import Held, HeldPosition, Holding, RowProblem
from copytui.broker.smartapi.account_parsing import parse_profit, parse_rows
from copytui.broker.smartapi.parsing import RowError, decimal, read_choice, read_identifier, read_text
from copytui.broker.smartapi.redaction import clean
from copytui.domain.errors import BrokerTrouble
from copytui.domain.orders import Exchange, Product

R = TypeVar("R", HeldPosition, Holding)
Row = Mapping[str, object]

_SHARES: Final = (Exchange.NSE, Exchange.BSE)
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def parse_positions(data: object, server_time: datetime | None = None) -> Held:
    """Return the positions and the day's profit; raises BrokerTrouble if `data` is not a list."""
    positions, problems = _parse(
        parse_rows(data, "positions"), "position", parse_position, lambda row: (row.exchange, row.symbol, row.product)
    )
    try:
        profit, no_profit = parse_profit(data), ""
    except BrokerTrouble as error:
        profit, no_profit = None, str(error)
    return Held(positions, None, problems, server_time, profit, no_profit)


def parse_holdings(data: object, server_time: datetime | None = None) -> Held:
    """Return the holdings, from the data of either call (`getHolding`, `getAllHolding`).

    Raises BrokerTrouble if `data` is neither.
    """
    if isinstance(data, Mapping):
        if "holdings" not in data:
            raise BrokerTrouble("the holdings have an unknown format")
        data = data["holdings"]
    holdings, problems = _parse(
        parse_rows(data, "holdings"), "holding", parse_holding, lambda row: (row.exchange, row.symbol, row.product)
    )
    return Held(None, holdings, problems, server_time)


def _parse(
    rows: list[object], what: str, parse: Callable[[Row], R], key: Callable[[R], Hashable]
) -> tuple[tuple[R, ...], tuple[RowProblem, ...]]:
    """Return the rows that can be read and the problems; of two rows with one key, neither can be."""
    parsed: list[tuple[int, R]] = []
    problems: list[RowProblem] = []
    for number, row in enumerate(rows, start=1):
        try:
            parsed.append((number, parse(_object(row))))
        except RowError as error:
            problems.append(_problem(what, number, _symbol(row), str(error)))
    count = Counter(key(value) for _, value in parsed)
    for number, value in parsed:
        if count[key(value)] > 1:
            problems.append(_problem(what, number, value.symbol, "there are several rows of this symbol and product"))
    return tuple(value for _, value in parsed if count[key(value)] == 1), tuple(problems)


def _problem(what: str, number: int, symbol: str, why: str) -> RowProblem:
    name = f"{what} {number} ({symbol})" if symbol else f"{what} {number}"
    return RowProblem("", f"{name}: {why}", symbol=symbol)


def parse_position(row: Row) -> HeldPosition:
    """Return the position in `row`; raises RowError and nothing else."""
    exchange, symbol = _instrument(row)
    net = _whole(row, "netqty")
    if net is None:
        raise RowError("netqty is empty")
    strike, right = _figure(row, "strikeprice"), _word(row, "optiontype").upper()
    return HeldPosition(
        exchange=exchange,
        symbol=symbol,
        token=read_identifier(row, "symboltoken") or None,
        product=read_choice(row, "producttype", Product),
        net_quantity=net,
        # Shares trade in single units; a derivative's lot size must not be guessed.
        lot_size=_units(row, "lotsize") or (1 if exchange in _SHARES else 0),
        bought=_units(row, "buyqty"),
        sold=_units(row, "sellqty"),
        carried_bought=_units(row, "cfbuyqty"),
        carried_sold=_units(row, "cfsellqty"),
        average_price=_positive(row, "avgnetprice"),
        last_price=_positive(row, "ltp"),
        realised=_figure(row, "realised"),
        unrealised=_figure(row, "unrealised"),
        underlying=_word(row, "symbolname").upper(),
        instrument_type=_word(row, "instrumenttype").upper(),
        expiry=parse_expiry(row.get("expirydate")),
        strike=strike if strike is not None and strike > 0 else None,
        right=right if right in ("CE", "PE") else "",
    )


def parse_holding(row: Row) -> Holding:
    """Return the holding in `row`; raises RowError and nothing else."""
    exchange, symbol = _instrument(row)
    unsettled = _whole(row, "t1quantity")
    return Holding(
        exchange=exchange,
        symbol=symbol,
        token=read_identifier(row, "symboltoken") or None,
        product=read_choice(row, "product", Product, Product.DELIVERY),
        quantity=_saleable(row, unsettled),
        unsettled=unsettled,
        average_price=_positive(row, "averageprice"),
        last_price=_positive(row, "ltp"),
        isin=_word(row, "isin").upper(),
    )


def _saleable(row: Row, unsettled: int | None) -> int:
    """Return what can be sold; raises RowError.

    Whether `quantity` includes the unsettled and the pledged shares is not documented, so it counts only where
    `realisedquantity` is missing and nothing is unsettled or pledged.
    """
    settled, total, pledged = (_whole(row, field) for field in ("realisedquantity", "quantity", "collateralquantity"))
    for field, number in (("t1quantity", unsettled), ("realisedquantity", settled), ("quantity", total)):
        if number is not None and number < 0:
            raise RowError(f"{field} is negative")
    if settled is not None:
        if unsettled is None and total not in (None, settled):
            raise RowError("t1quantity is empty, and quantity is not realisedquantity")
        return settled + (unsettled or 0)
    if total is None:
        raise RowError("realisedquantity and quantity are empty")
    if unsettled or pledged:
        raise RowError("realisedquantity is empty, and some of the quantity is unsettled or pledged")
    return total


def parse_expiry(value: object) -> date | None:
    """Return the day written as `29DEC2026` or `29-Dec-2026`; None for anything else."""
    text = value.strip().upper().replace("-", "") if isinstance(value, str) else ""
    if len(text) != 9 or not text.isascii() or not (text[:2] + text[5:]).isdigit() or text[2:5] not in _MONTHS:
        return None
    try:
        return date(int(text[5:]), _MONTHS.index(text[2:5]) + 1, int(text[:2]))
    except ValueError:
        return None


def _object(row: object) -> Row:
    if not isinstance(row, Mapping):
        raise RowError("the row is not an object")
    return row


def _instrument(row: Row) -> tuple[Exchange, str]:
    symbol = read_text(row, "tradingsymbol", 64)
    if not symbol:
        raise RowError("tradingsymbol is empty")
    return read_choice(row, "exchange", Exchange), symbol


def _whole(row: Row, field: str) -> int | None:
    """Return a whole number of either sign, None if it is missing; raises RowError."""
    try:
        number = decimal(row.get(field))
    except RowError as error:
        raise RowError(f"{field}: {error}") from None
    if number is None:
        return None
    if number != int(number):
        raise RowError(f"{field} is not a whole number")
    return int(number)


def _figure(row: Row, field: str) -> Decimal | None:
    """Return a number, None if it is missing or malformed."""
    try:
        return decimal(row.get(field))
    except RowError:
        return None


def _positive(row: Row, field: str) -> Decimal | None:
    number = _figure(row, field)
    return number if number is not None and number > 0 else None


def _units(row: Row, field: str) -> int | None:
    number = _figure(row, field)
    return int(number) if number is not None and number >= 0 and number == int(number) else None


def _word(row: Row, field: str) -> str:
    value = row.get(field)
    return clean(value, 64) if isinstance(value, str) else ""


def _symbol(row: object) -> str:
    """Return the symbol of an unreadable row, or ''."""
    return _word(row, "tradingsymbol") if isinstance(row, Mapping) else ""
