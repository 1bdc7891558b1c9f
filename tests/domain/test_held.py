"""What an account certainly holds, by the broker's figures."""

from __future__ import annotations

import pytest

from copytui.domain.held import LAG_SECONDS, HeldFigures, proven_units, share_name
from copytui.domain.orders import Exchange, Product
from copytui.domain.positions import PositionKey

OPTION = PositionKey(Exchange.NFO, "NIFTY29DEC2626000CE", Product.CARRYFORWARD)
ITC = PositionKey(Exchange.NSE, "ITC-EQ", Product.DELIVERY)
ITC_BSE = PositionKey(Exchange.BSE, "ITC", Product.DELIVERY)
ITC_DAY = PositionKey(Exchange.NSE, "ITC-EQ", Product.INTRADAY)


@pytest.mark.parametrize(
    ("symbol", "name"),
    [("ITC-EQ", "ITC"), ("itc", "ITC"), ("BAJAJ-AUTO-EQ", "BAJAJ-AUTO"), ("BAJAJ-AUTO", "BAJAJ-AUTO"),
     ("SGBAUG28-GB", "SGBAUG28"), ("360ONE-BE", "360ONE")],
)  # fmt: skip
def test_a_share_has_one_name_on_both_exchanges(symbol: str, name: str) -> None:
    assert share_name(symbol) == name


@pytest.mark.parametrize(
    ("figures", "key", "units"),
    [
        (HeldFigures(0), OPTION, 0),
        (HeldFigures(0, {OPTION: -75}), OPTION, -75),
        (HeldFigures(0, unclear=frozenset({OPTION.symbol})), OPTION, None),
        (HeldFigures(0, {ITC: 10}), ITC, None),
        (HeldFigures(0, {ITC: 10}, {}), ITC, 10),
        (HeldFigures(0, {ITC: -40}, {"ITC": 100}), ITC, 60),
        (HeldFigures(0, {ITC_BSE: -40}, {"ITC": 100}), ITC, 60),
        (HeldFigures(0, {ITC_DAY: -40}, {"ITC": 100}), ITC, 100),
        (HeldFigures(0, {ITC: 40}, {"ITC": 100}), ITC_DAY, 0),
    ],
)
def test_delivery_shares_are_holdings_and_todays_trades_together(
    figures: HeldFigures, key: PositionKey, units: int | None
) -> None:
    assert figures.units(key) == units


def test_figures_that_may_lag_behind_the_last_fill_prove_nothing() -> None:
    figures = HeldFigures(100.0, {OPTION: 0})
    assert proven_units(None, OPTION, filled_at=None) is None
    assert proven_units(figures, OPTION, filled_at=None) == 0
    assert proven_units(figures, OPTION, filled_at=99.0) is None
    assert proven_units(figures, OPTION, filled_at=99.0, caught_up={OPTION}) == 0
    assert proven_units(figures, OPTION, filled_at=100.0 - LAG_SECONDS) == 0
