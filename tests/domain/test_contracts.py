"""What a derivative is: from the row's fields, and from its symbol's text only where that leaves no doubt."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.contracts import (
    Contract,
    Right,
    from_row,
    from_text,
    is_past_by_text,
    merged,
    read_expiry,
    strike_words,
    underlying_of,
)

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
CASES = list(
    csv.DictReader(
        (Path(__file__).parents[1] / "cases/derivative-symbols.csv").read_text(encoding="utf-8").splitlines()
    )
)
NAMES = st.sampled_from(
    ["NIFTY", "NIFTYNXT50", "360ONE", "M&M", "BAJAJ-AUTO", "SENSEX", "SENSEX50", "BANKEX", "GUARGUM5", "MARICO"]
) | st.from_regex(r"[A-Z0-9&-]{0,6}[A-Z][A-Z0-9&-]{0,6}", fullmatch=True)  # fmt: skip
EXPIRIES = st.dates(date(2024, 1, 1), date(2031, 12, 31))
STRIKES = st.integers(1, 200_000).map(Decimal) | st.decimals("0.05", 9999, places=2).filter(lambda n: n >= 1)


def of(case: dict[str, str]) -> Contract | None:
    """Return the contract in a case's columns; None for a share."""
    if not case["underlying"]:
        return None
    strike = Decimal(case["strike"]) if case["strike"] else None
    return Contract(case["underlying"], date.fromisoformat(case["expiry"]), strike, Right(case["right"]))


def is_right_or_empty(said: Contract | None, truth: Contract) -> bool:
    facts = (said.underlying, said.expiry, said.strike, said.right) if said is not None else ()
    true = (truth.underlying, truth.expiry, truth.strike, truth.right)
    return all(fact in (None, so) for fact, so in zip(facts, true, strict=False))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['exchange']}:{case['symbol']}")
def test_a_rows_fields_say_what_it_is(case: dict[str, str]) -> None:
    is_option = case["right"] in ("CE", "PE")
    read = from_row(
        case["exchange"],
        case["symbol"],
        expiry=case["expirydate_of_row"],
        strike=Decimal(case["strike"] or -1),
        option_type=case["right"] if is_option else "",
        instrument_type="OPTSTK" if is_option else "FUTSTK" if case["right"] else "",
    )
    assert read == of(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['exchange']}:{case['symbol']}")
def test_the_expiry_alone_is_enough_to_read_the_rest_from_the_text(case: dict[str, str]) -> None:
    assert from_row(case["exchange"], case["symbol"], expiry=case["expirydate_of_row"]) == of(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['exchange']}:{case['symbol']}")
def test_the_text_says_nothing_wrong(case: dict[str, str]) -> None:
    said, truth = from_text(case["exchange"], case["symbol"]), of(case)
    if truth is None:
        assert said is None
        return
    assert is_right_or_empty(said, truth)
    assert said is not None
    assert said.underlying == truth.underlying, "filters and freeze quantities go by it"
    assert (said.expiry is None) is (case["exchange"] == "BFO" and "26DEC" in case["symbol"])


@given(
    st.sampled_from(["NFO", "BFO", "BFO weekly", "MCX", "CDS", "NCDEX"]),
    NAMES,
    EXPIRIES,
    STRIKES,
    st.sampled_from(Right),
)
def test_of_any_contract_the_text_is_right_or_says_nothing(
    written_as: str, name: str, expiry: date, strike: Decimal, right: Right
) -> None:
    month = f"{expiry:%y}{MONTHS[expiry.month - 1]}"
    dates = {"BFO": month, "BFO weekly": f"{expiry:%y}{'123456789OND'[expiry.month - 1]}{expiry:%d}"}
    tail = "FUT" if right is Right.FUT else f"{strike.normalize():f}{right}"
    exchange = written_as.split(maxsplit=1)[0]
    symbol = f"{name}{dates.get(written_as, f'{expiry:%d}{MONTHS[expiry.month - 1]}{expiry:%y}')}{tail}"
    truth = Contract(name, expiry, None if right is Right.FUT else strike, right)
    said = from_text(exchange, symbol)
    assert said is not None
    assert is_right_or_empty(said, truth)
    assert not is_past_by_text(exchange, symbol, expiry), "it is no earlier by any reading"
    fields = {"instrument_type": "FUTSTK"} if right is Right.FUT else {"option_type": str(right)}
    row = from_row(exchange, symbol, expiry=expiry.isoformat(), strike=truth.strike, **fields)
    assert row is not None
    assert is_right_or_empty(row, truth)
    assert row.expiry == expiry


@given(st.sampled_from(["NFO", "BFO", "NSE", "CDS"]), st.text(max_size=30), st.text(max_size=12))
def test_any_text_is_read_or_left(exchange: str, symbol: str, expiry: str) -> None:
    from_text(exchange, symbol)
    from_row(exchange, symbol, expiry=expiry, option_type=expiry, instrument_type=expiry)
    strike_words(exchange, symbol, None)


@pytest.mark.parametrize(
    ("exchange", "symbol", "said"),
    [
        ("NFO", "RELIANCE24NOVFUT", Contract("RELIANCE", None, None, Right.FUT)),
        ("NFO", "NIFTY31FEB2624000CE", Contract("NIFTY", None, None, Right.CE)),
        ("NFO", "NIFTY23FEB18000CE", Contract("NIFTY", None, None, Right.CE)),
        ("BFO", "SENSEX26DECFUT", Contract("SENSEX", None, None, Right.FUT)),
        ("BFO", "SENSEX2471180000CE", Contract("SENSEX", date(2024, 7, 11), Decimal(80000), Right.CE)),
        ("BFO", "SENSEX502471124000CE", Contract("SENSEX50", date(2024, 7, 11), Decimal(24000), Right.CE)),
        ("NFO", "RELIANCE", None),
        ("NFO", "", None),
        ("BSE", "PEACE", None),
        ("NSE", "SBIN-EQ", None),
    ],
)
def test_what_a_text_says(exchange: str, symbol: str, said: Contract | None) -> None:
    assert from_text(exchange, symbol) == said


def test_a_text_with_two_readings_says_what_they_agree_on() -> None:
    # ABC, 21 February 2022, strike 23445; or ABC2, 12 February 2022, strike 3445; or ABC22, 23 January 2022 ...
    symbol = "ABC2222123445CE"
    assert from_text("BFO", symbol) == Contract(None, None, None, Right.CE)
    assert from_row("BFO", symbol, expiry="12FEB2022") == Contract("ABC2", date(2022, 2, 12), Decimal(3445), Right.CE)
    assert from_text("BFO", "SENSEX2412261000CE") == Contract("SENSEX", date(2024, 1, 22), Decimal(61000), Right.CE)


@pytest.mark.parametrize("text", ["31DEC2026", " 31dec2026", "31-Dec-2026", "2026-12-31"])
def test_an_expiry_is_read_as_the_broker_writes_it(text: str) -> None:
    assert read_expiry(text) == date(2026, 12, 31)


@pytest.mark.parametrize(
    "text", ["", "null", "0", "-1", "31FEB2026", "01JAN1980", "31DEC26", "December", "31/12/2026", "31DEZ2026"]
)
def test_what_is_no_expiry_is_unknown(text: str) -> None:
    assert read_expiry(text) is None
    assert from_row("BFO", "360ONE26DEC1260CE", expiry=text) == Contract("360ONE", None, Decimal(1260), Right.CE)


def test_an_expiry_of_a_row_is_never_read_from_the_text() -> None:
    read = from_row("NFO", "NIFTY29DEC2626000CE", instrument_type="OPTIDX")
    assert read == Contract("NIFTY", None, Decimal(26000), Right.CE)


def test_the_list_answers_where_the_row_does_not() -> None:
    row = from_row("BFO", "RELIANCE31DEC261400CE")
    listed = from_row("BFO", "RELIANCE31DEC261400CE", expiry="31DEC2026", strike=Decimal(1400), name="RELIANCE")
    assert row is not None
    assert row.strike == 261400, "by the convention of BFO"
    assert merged(row, listed) == Contract("RELIANCE", date(2026, 12, 31), Decimal(1400), Right.CE)
    full = from_row("BFO", "SENSEX26DEC85000CE", expiry="31DEC2026")
    assert merged(full, from_row("BFO", "SENSEX26DEC85000CE", expiry="30DEC2026")) == full
    assert merged(None, listed) == merged(listed, None) == listed


def test_the_lists_name_is_used_where_the_symbol_is_of_another_make() -> None:
    assert underlying_of("NFO", "X", from_row("NFO", "STRANGE", name="nifty", expiry="29DEC2026")) == "NIFTY"


@pytest.mark.parametrize(
    ("exchange", "symbol", "known", "words"),
    [
        ("BFO", "SENSEX5026DEC26500CE", None, "26500CE"),
        ("BFO", "RELIANCE31DEC261400CE", Contract("RELIANCE", None, Decimal("1400.0"), Right.CE), "1400CE"),
        ("NFO", "VEDL29DEC26422.50PE", Contract("VEDL", None, Decimal("422.5"), Right.PE), "422.50PE"),
        ("NFO", "RELIANCE29DEC26FUT", None, ""),
        ("NFO", "NIFTY29DEC2626000CE", Contract("NIFTY", None, Decimal(31), Right.CE), ""),
        ("NSE", "SBIN-EQ", None, ""),
    ],
)
def test_the_strike_is_the_end_of_the_symbol(exchange: str, symbol: str, known: Contract | None, words: str) -> None:
    assert strike_words(exchange, symbol, known) == words


@pytest.mark.parametrize(
    ("exchange", "symbol", "last"),
    [
        ("NFO", "NIFTY24NOV2626000CE", date(2026, 11, 24)),
        ("BFO", "360ONE26DEC1260CE", date(2026, 12, 31)),
        ("BFO", "SENSEX26N1985000CE", date(2026, 11, 19)),
        ("BFO", "SENSEX26DECFUT", date(2026, 12, 31)),
    ],
)
def test_a_contract_is_past_by_its_text_after_the_last_day_that_it_can_mean(
    exchange: str, symbol: str, last: date
) -> None:
    assert not is_past_by_text(exchange, symbol, last)
    assert is_past_by_text(exchange, symbol, last + timedelta(days=1))


@pytest.mark.parametrize(("exchange", "symbol"), [("NSE", "SBIN-EQ"), ("NFO", "RELIANCE24NOVFUT"), ("NFO", "FOO")])
def test_what_has_no_date_is_never_past(exchange: str, symbol: str) -> None:
    assert not is_past_by_text(exchange, symbol, date(2040, 1, 1))
