"""Orders: what follows from their fields, and the exchange's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from copytui.domain.orders import Exchange, OrderStatus
from copytui.domain.text import clock_text, stamp, trading_day
from tests.builders import an_order


@pytest.mark.parametrize(
    ("exchange", "symbol", "instrument_type", "is_option"),
    [
        (Exchange.NFO, "NIFTY28NOV2426000CE", "OPTIDX", True),
        (Exchange.NFO, "NIFTY28NOV2426000PE", "", True),
        (Exchange.NFO, "NIFTY28NOV24FUT", "FUTIDX", False),
        (Exchange.NFO, "RELIANCE28NOV24FUT", "", False),
        (Exchange.NSE, "RELIANCE", "", False),
        (Exchange.BSE, "PEACE", "", False),
        (Exchange.MCX, "CRUDEOIL19DEC246000CE", "OPTFUT", True),
    ],
)
def test_an_option_is_known_by_its_type_or_its_symbol(
    exchange: Exchange, symbol: str, instrument_type: str, is_option: bool
) -> None:
    order = an_order(exchange=exchange, symbol=symbol, instrument_type=instrument_type)
    assert order.is_option is is_option


def test_only_a_working_order_is_not_final() -> None:
    assert [order_status for order_status in OrderStatus if not order_status.is_final] == [OrderStatus.WORKING]


def test_times_are_those_of_india_whatever_the_zone() -> None:
    moment = datetime(2026, 11, 19, 20, 0, 45, 123456, tzinfo=UTC)
    assert stamp(moment) == "2026-11-20T01:30:45.123+05:30"
    assert trading_day(moment) == date(2026, 11, 20)
    assert clock_text(moment) == "01:30:45"
