"""Sessions: when an order can trade, by market."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.orders import Exchange
from copytui.domain.reasons import Reason
from copytui.domain.sessions import (
    ARRIVES_WITHIN,
    NO_SESSIONS,
    SESSIONS,
    Hours,
    Market,
    Session,
    SessionTable,
    SpecialDay,
    closed_word,
    is_winter,
    markets_of,
    read_session,
    read_special_day,
)
from copytui.domain.text import IST

FRIDAY = date(2026, 11, 20)
SUMMER = date(2026, 8, 14)
SUNDAY = date(2026, 11, 22)
OPEN, AUCTION, CLOSED = None, Reason.AUCTION, Reason.MARKET_CLOSED


def at(text: str, day: date = FRIDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), IST)


@pytest.mark.parametrize(
    ("market", "when", "reason"),
    [
        (Market.CASH, "09:14:59", AUCTION),
        (Market.CASH, "09:15:00", OPEN),
        (Market.CASH, "15:29:56", OPEN),
        (Market.CASH, "15:29:57", CLOSED),
        (Market.CASH, "15:30:00", CLOSED),
        (Market.CASH_WITH_DERIVATIVES, "15:14:56", OPEN),
        (Market.CASH_WITH_DERIVATIVES, "15:14:58", CLOSED),
        (Market.CASH_WITH_DERIVATIVES, "15:15:00", AUCTION),
        (Market.CASH_WITH_DERIVATIVES, "15:34:59", AUCTION),
        (Market.CASH_WITH_DERIVATIVES, "15:35:00", CLOSED),
        (Market.NFO, "15:35:00", OPEN),
        (Market.NFO, "15:40:00", CLOSED),
        (Market.BFO, "09:14:59", CLOSED),
        (Market.CDS, "09:00:00", OPEN),
        (Market.CDS, "17:00:00", CLOSED),
        (Market.MCX, "23:45:00", OPEN),
        (Market.MCX, "23:55:00", CLOSED),
        (Market.NFO, "00:00:00", CLOSED),
    ],
)
def test_the_built_in_table_says_when_each_market_trades(market: Market, when: str, reason: Reason | None) -> None:
    no = SESSIONS.closed((market,), at(when))
    assert (no and no.reason) == reason


def test_a_refusal_says_the_hours() -> None:
    def sentence(market: Market, when: str) -> str:
        no = SESSIONS.closed((market,), at(when))
        assert no is not None
        return no.sentence

    assert sentence(Market.NFO, "15:45") == "the market is closed: NFO trades from 09:15 to 15:40"
    assert sentence(Market.NFO, "15:39:58") == "the market is about to close: NFO trades from 09:15 to 15:40"
    assert (
        sentence(Market.CASH_WITH_DERIVATIVES, "15:20")
        == "an auction is on: shares with derivatives trade from 09:15 to 15:15"
    )


def test_the_hours_are_indian_whatever_the_zone_of_the_moment() -> None:
    utc = at("15:20").astimezone(tz=None).astimezone(datetime.fromisoformat("2026-01-01T00:00+00:00").tzinfo)
    assert SESSIONS.closed((Market.NFO,), utc) is None
    assert SESSIONS.closed((Market.CASH_WITH_DERIVATIVES,), utc) is not None


def test_nothing_trades_on_a_weekend_or_a_listed_holiday() -> None:
    table = SessionTable(nfo=SESSIONS.nfo, holidays=(FRIDAY,))
    weekend = table.closed((Market.NFO,), at("12:00", SUNDAY))
    holiday = table.closed((Market.NFO,), at("12:00"))
    assert weekend == (CLOSED, "the market is closed: it is Sunday")
    assert holiday == (CLOSED, "the market is closed: 20 Nov is among sessions.holidays")


def test_a_special_day_wins_over_weekend_and_holiday_with_its_own_hours() -> None:
    hours = Hours(time(18), time(19))
    table = SessionTable(
        nfo=SESSIONS.nfo, holidays=(FRIDAY,), special_days=(SpecialDay(SUNDAY, hours), SpecialDay(FRIDAY))
    )
    assert table.closed((Market.NFO,), at("18:30", SUNDAY)) is None
    assert table.closed((Market.NFO,), at("12:00", SUNDAY)) is not None
    assert table.closed((Market.NFO,), at("12:00", FRIDAY)) is None


def test_a_market_without_hours_is_never_closed() -> None:
    table = SessionTable(cash=SESSIONS.cash)
    assert table.guards
    assert table.closed((Market.NFO,), at("03:00", SUNDAY)) is None
    assert not NO_SESSIONS.guards
    assert all(NO_SESSIONS.closed((market,), at("03:00", SUNDAY)) is None for market in Market)


def test_a_share_of_unknown_kind_must_be_able_to_trade_in_both_markets() -> None:
    both = markets_of(Exchange.NSE)
    assert SESSIONS.closed(both, at("15:10")) is None
    no = SESSIONS.closed(both, at("15:20"))
    assert no is not None
    assert no.reason is Reason.AUCTION
    assert no.sentence.endswith("; it is not known whether this share has derivatives")
    assert SESSIONS.closed(markets_of(Exchange.NSE, has_derivatives=False), at("15:20")) is None
    assert SESSIONS.closed(markets_of(Exchange.BSE, has_derivatives=True), at("15:20")) is not None
    after = SESSIONS.closed(both, at("15:40"))
    assert after is not None
    assert "not known" not in after.sentence


def test_an_execution_is_of_an_auction_only_where_every_possible_market_was_in_one() -> None:
    unknown, share = markets_of(Exchange.NSE), markets_of(Exchange.NSE, has_derivatives=True)
    assert SESSIONS.executed_in_auction(share, at("15:29")) == (AUCTION, "it executed in an auction (15:15 to 15:35)")
    assert SESSIONS.executed_in_auction(unknown, at("15:29")) is None
    assert SESSIONS.executed_in_auction(unknown, at("09:08")) is not None
    assert SESSIONS.executed_in_auction(share, at("15:14")) is None
    assert SESSIONS.executed_in_auction(share, at("15:29", SUNDAY)) is None
    assert NO_SESSIONS.executed_in_auction(share, at("15:29")) is None


def test_mcx_closes_later_while_the_united_states_have_standard_time() -> None:
    assert SESSIONS.closed((Market.MCX,), at("23:45", SUMMER)) is not None
    assert SESSIONS.closed((Market.MCX,), at("23:15", SUMMER)) is None
    assert [is_winter(date(2026, 3, day)) for day in (7, 8)] == [True, False]
    assert [is_winter(date(2026, month, 1)) for month in (10, 11)] == [False, True]
    one = SessionTable(mcx=read_session("09:00-21:00"))
    assert one.closed((Market.MCX,), at("22:00")) is not None
    off = SessionTable(mcx_winter=read_session("09:00-21:00"))
    assert off.closed((Market.MCX,), at("22:00")) is None


@pytest.mark.parametrize("exchange", Exchange)
def test_every_exchange_has_a_market(exchange: Exchange) -> None:
    assert markets_of(exchange)


@pytest.mark.parametrize(
    "text",
    [
        "9:15-15:30", "09:15-24:00", "15:30-09:15", "09:15-09:15", "auction 09:00-09:15", "09:15", "", "closed",
        "09:15-15:30, 15:00-16:00", "09:15-15:30, auction 15:29-15:35", "09:15-15:30;16:00-17:00", "09:15-15:30,",
    ],
)  # fmt: skip
def test_other_texts_are_no_session(text: str) -> None:
    assert read_session(text) is None


@pytest.mark.parametrize("text", ["2026-13-01", "2026-11-08 19:00-18:00", "2026-11-08 18:00", "tomorrow", ""])
def test_other_texts_are_no_special_day(text: str) -> None:
    assert read_special_day(text) is None


def test_a_special_day_reads_as_it_is_written() -> None:
    for text in ("2026-11-08", "2026-11-08 18:00-19:00"):
        assert str(read_special_day(text)) == text


_MINUTES = st.lists(st.integers(0, 24 * 60 - 1), min_size=2, max_size=8, unique=True).map(sorted)


@given(_MINUTES, st.integers(0, 3))
def test_a_session_reads_as_it_is_written(minutes: list[int], auctions: int) -> None:
    times = [time(minute // 60, minute % 60) for minute in minutes]
    hours = [Hours(start, end) for start, end in zip(times[::2], times[1::2], strict=False)]
    session = Session(tuple(hours[: len(hours) - auctions]), tuple(hours[len(hours) - auctions :]))
    assert read_session(str(session)) == (session if session.trading else None)


@given(st.sampled_from(Market), st.integers(0, 24 * 3600 - 1))
def test_what_may_leave_arrives_while_the_market_trades(market: Market, second: int) -> None:
    moment = at("00:00") + timedelta(seconds=second)
    if SESSIONS.closed((market,), moment) is None:
        arrives = (moment + ARRIVES_WITHIN).astimezone(IST).time()
        session = SESSIONS.mcx_winter if market is Market.MCX else getattr(SESSIONS, market)
        assert session is not None
        assert any(hours.start <= arrives < hours.end for hours in session.trading)


@pytest.mark.parametrize(
    ("exchanges", "when", "word"),
    [
        ([Exchange.NSE, Exchange.NFO], "12:00", ""),
        ([Exchange.NSE, Exchange.NFO], "15:37", "NSE CLOSED"),
        ([Exchange.NSE, Exchange.NFO], "15:45", "CLOSED"),
        ([Exchange.NSE, Exchange.MCX], "15:45", "NSE CLOSED"),
        ([Exchange.NSE], "15:20", ""),
        ([], "12:00", ""),
        ([], "19:00", ""),
        ([], "03:00", "CLOSED"),
    ],
)
def test_the_screen_names_the_exchanges_that_are_closed(exchanges: list[Exchange], when: str, word: str) -> None:
    assert closed_word(SESSIONS, exchanges, at(when)) == word
    assert closed_word(NO_SESSIONS, exchanges, at(when)) == ""
