"""Positions and holdings as the broker sends them: real rows, missing figures and junk."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.broker.port import Call, Held, HeldPosition, Holding, Profit
from copytui.broker.smartapi.held_parsing import parse_expiry, parse_holdings, parse_positions
from copytui.domain.errors import BrokerError, BrokerRefused, BrokerTrouble, RateLimited, SessionExpired
from copytui.domain.orders import Exchange, Product
from copytui.domain.text import IST
from tests.broker.conftest import HeldTime, MakeAccount, Script
from tests.broker.loopback import Loopback, Reply, gateway_no, http, no, ok

POSITION: dict[str, Any] = {
    "exchange": "NFO", "symboltoken": "4242", "producttype": "CARRYFORWARD", "tradingsymbol": "NIFTY29DEC2626000CE",
    "symbolname": "NIFTY", "instrumenttype": "OPTIDX", "strikeprice": "26000", "optiontype": "CE",
    "expirydate": "29DEC2026", "lotsize": "75", "buyqty": "0", "sellqty": "0", "cfbuyqty": "75", "cfsellqty": "0",
    "netqty": "75", "avgnetprice": "100", "ltp": "104", "realised": "0", "unrealised": "300", "pnl": "300",
}  # fmt: skip
HOLDING: dict[str, Any] = {
    "tradingsymbol": "ITC-EQ", "exchange": "NSE", "symboltoken": "1660", "isin": "", "quantity": 100, "t1quantity": 0,
    "realisedquantity": 100, "authorisedquantity": 0, "product": "DELIVERY", "averageprice": 400.0, "ltp": 410.0,
    "close": 409.0, "profitandloss": 1000.0, "pnlpercentage": 2.5,
}  # fmt: skip
NAMES = sorted({*POSITION, *HOLDING, "collateralquantity", "holdings"})
JUNK = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8) | st.integers() | st.floats() | st.sampled_from(["NSE", "75"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=12,
)


def changed(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**row, **changes}.items() if value is not ...}


def the_position(**changes: Any) -> HeldPosition:
    held = parse_positions([changed(POSITION, **changes)])
    assert held.positions is not None, held
    assert held.problems == ()
    (position,) = held.positions
    return position


def the_holding(**changes: Any) -> Holding:
    held = parse_holdings([changed(HOLDING, **changes)])
    assert held.holdings is not None, held
    assert held.problems == ()
    (holding,) = held.holdings
    return holding


def test_a_position_carried_over_has_all_its_figures() -> None:
    position = the_position()
    assert position == HeldPosition(
        exchange=Exchange.NFO, symbol="NIFTY29DEC2626000CE", token="4242", product=Product.CARRYFORWARD,
        net_quantity=75, lot_size=75, bought=0, sold=0, carried_bought=75, carried_sold=0,
        average_price=Decimal(100), last_price=Decimal(104), realised=Decimal(0), unrealised=Decimal(300),
        underlying="NIFTY", instrument_type="OPTIDX", expiry=date(2026, 12, 29), strike=Decimal(26000), right="CE",
    )  # fmt: skip
    assert position.carried_quantity == 75


def test_one_answer_gives_the_positions_and_the_profit() -> None:
    held = parse_positions([POSITION, changed(POSITION, producttype="INTRADAY", netqty="-75", realised="-12.5")])
    assert held.profit == Profit(Decimal("-12.5"), Decimal(600), 2)
    assert [position.net_quantity for position in held.positions or ()] == [75, -75]
    assert (held.holdings, held.no_profit) == (None, "")


@pytest.mark.parametrize("data", [None, [], "", "null"])
def test_an_account_may_hold_nothing(data: object) -> None:
    assert parse_positions(data) == Held(positions=(), profit=Profit(Decimal(0), Decimal(0), 0))
    assert parse_holdings(data) == Held(holdings=())
    assert parse_holdings({"holdings": data, "totalholding": None}) == Held(holdings=())


@pytest.mark.parametrize("data", [{}, 7, True, "rows"])
def test_an_answer_of_another_form_is_trouble(data: object) -> None:
    for parse in (parse_positions, parse_holdings):
        with pytest.raises(BrokerTrouble, match="form"):
            parse(data)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"netqty": ...}, "netqty is empty"),
        ({"netqty": ""}, "netqty is empty"),
        ({"netqty": "many"}, "netqty: 'many' is not a number"),
        ({"netqty": "7.5"}, "netqty is not a whole number"),
        ({"netqty": True}, "netqty"),
        ({"netqty": float("nan")}, "netqty"),
        ({"exchange": "NYSE"}, "exchange"),
        ({"producttype": ""}, "producttype is empty"),
        ({"producttype": "GIFT"}, "producttype"),
    ],
)
def test_a_position_without_a_readable_quantity_or_name_is_a_problem_of_its_symbol(
    changes: dict[str, Any], words: str
) -> None:
    other = changed(POSITION, tradingsymbol="SBIN-EQ", exchange="NSE", lotsize="1")
    held = parse_positions([other, changed(POSITION, **changes)])
    assert [position.symbol for position in held.positions or ()] == ["SBIN-EQ"]
    (problem,) = held.problems
    assert (problem.order_id, problem.symbol) == ("", "NIFTY29DEC2626000CE")
    assert problem.sentence.startswith("position 2 (NIFTY29DEC2626000CE): ")
    assert words in problem.sentence


def test_a_row_without_a_symbol_may_be_of_any() -> None:
    held = parse_positions([None, changed(POSITION, tradingsymbol=None), POSITION])
    assert [(problem.symbol, problem.sentence) for problem in held.problems] == [
        ("", "position 1: the row is not an object"),
        ("", "position 2: tradingsymbol is empty"),
    ]
    assert held.profit is None
    assert held.no_profit == "position 1 is not an object"


def test_two_rows_of_one_position_are_both_unreadable() -> None:
    other = changed(POSITION, producttype="INTRADAY")
    held = parse_positions([POSITION, changed(POSITION, netqty="150"), other])
    assert [position.product for position in held.positions or ()] == [Product.INTRADAY]
    assert [problem.symbol for problem in held.problems] == [POSITION["tradingsymbol"]] * 2


def test_a_missing_figure_is_none_and_never_zero() -> None:
    unknown = the_position(**dict.fromkeys(
        ["buyqty", "sellqty", "cfbuyqty", "cfsellqty", "avgnetprice", "ltp", "realised", "unrealised", "expirydate",
         "strikeprice", "optiontype", "symbolname", "instrumenttype", "symboltoken", "lotsize"], ...,
    ))  # fmt: skip
    figures = (
        unknown.bought, unknown.sold, unknown.carried_bought, unknown.carried_sold, unknown.carried_quantity,
        unknown.average_price, unknown.last_price, unknown.realised, unknown.unrealised, unknown.expiry,
        unknown.strike, unknown.token,
    )  # fmt: skip
    assert set(figures) == {None}
    assert (unknown.net_quantity, unknown.lot_size, unknown.right, unknown.underlying) == (75, 0, "", "")
    assert the_position(buyqty="-3", ltp="dear", realised=[]).bought is None
    assert the_position(realised=[]).realised is None


def test_shares_have_neither_strike_nor_expiry_and_trade_in_single_units() -> None:
    share = the_position(
        exchange="NSE", tradingsymbol="SBIN-EQ", producttype="DELIVERY", strikeprice="-1", optiontype="",
        expirydate="", lotsize="", netqty="-40",
    )  # fmt: skip
    assert (share.strike, share.expiry, share.right, share.lot_size, share.net_quantity) == (None, None, "", 1, -40)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("29DEC2026", date(2026, 12, 29)), ("29-Dec-2026", date(2026, 12, 29)), (" 01jan2027 ", date(2027, 1, 1)),
        ("31FEB2026", None), ("29DEC26", None), ("", None), (None, None), (20261229, None), ("٢٩DEC2026", None),
    ],
)  # fmt: skip
def test_an_expiry_is_a_whole_date_or_none(text: object, day: date | None) -> None:
    assert parse_expiry(text) == day


@pytest.mark.parametrize(
    ("changes", "quantity", "unsettled"),
    [
        ({}, 100, 0),
        ({"realisedquantity": "60", "t1quantity": "40"}, 100, 40),
        ({"realisedquantity": 0, "t1quantity": 100, "quantity": 0}, 100, 100),
        ({"realisedquantity": 70, "quantity": 100, "collateralquantity": 30}, 70, 0),
        ({"realisedquantity": ...}, 100, 0),
        ({"realisedquantity": ..., "t1quantity": ...}, 100, None),
        ({"quantity": ..., "t1quantity": None}, 100, None),
    ],
)
def test_settled_and_unsettled_shares_can_be_sold(
    changes: dict[str, Any], quantity: int, unsettled: int | None
) -> None:
    holding = the_holding(**changes)
    assert (holding.quantity, holding.unsettled) == (quantity, unsettled)


@pytest.mark.parametrize(
    "changes",
    [
        {"realisedquantity": ..., "quantity": ...},
        {"realisedquantity": ..., "t1quantity": 40},
        {"realisedquantity": "", "collateralquantity": 30},
        {"realisedquantity": 60, "t1quantity": None},
        {"realisedquantity": -1},
        {"quantity": "many"},
        {"t1quantity": 0.5},
        {"exchange": ""},
    ],
)
def test_a_holding_whose_quantity_is_ambiguous_is_a_problem(changes: dict[str, Any]) -> None:
    held = parse_holdings([changed(HOLDING, **changes)])
    assert held.holdings == ()
    assert [problem.symbol for problem in held.problems] == ["ITC-EQ"]


def test_a_holding_has_its_cost_and_both_calls_give_the_same() -> None:
    assert the_holding(isin="ine154a01025", ltp=0) == Holding(
        exchange=Exchange.NSE, symbol="ITC-EQ", token="1660", product=Product.DELIVERY, quantity=100, unsettled=0,
        average_price=Decimal(400), last_price=None, isin="INE154A01025",
    )  # fmt: skip
    assert parse_holdings({"holdings": [HOLDING], "totalholding": {}}) == parse_holdings([HOLDING])


@given(st.one_of(JUNK, st.lists(st.dictionaries(st.sampled_from(NAMES), JUNK, max_size=22), max_size=3)))
def test_any_junk_gives_rows_problems_or_a_typed_error(junk: object) -> None:
    for parse in (parse_positions, parse_holdings):
        try:
            held = parse(junk)
        except BrokerTrouble:
            continue
        rows = junk["holdings"] if isinstance(junk, dict) else junk
        read = len(held.positions or ()) + len(held.holdings or ()) + len(held.problems)
        assert read == (len(rows) if isinstance(rows, list) else 0)


@given(st.sampled_from(sorted(POSITION)), JUNK)
def test_a_hostile_field_never_changes_the_quantity(name: str, junk: object) -> None:
    held = parse_positions([changed(POSITION, **{name: junk})])
    for position in held.positions or ():
        if name != "netqty":
            assert position.net_quantity == 75
    assert len(held.positions or ()) + len(held.problems) == 1


# over the wire


async def test_positions_and_profit_share_one_limit_and_holdings_have_their_own(
    make_account: MakeAccount, script: Script, held: HeldTime, server: Loopback
) -> None:
    script.on("getPosition", ok([POSITION]))
    script.on("getHolding", ok([HOLDING]))
    account = make_account()
    await account.log_in()
    begun = held.elapsed
    assert (await account.positions()).positions == (the_position(),)
    assert (await account.holdings()).holdings == (the_holding(),)
    assert held.elapsed == begun
    assert account.ready_in(Call.POSITIONS) == account.ready_in(Call.HOLDINGS) == pytest.approx(1.1)
    assert (await account.profit()).unrealised == 300
    assert held.elapsed - begun == pytest.approx(1.1)
    sent = [(request.method, request.path) for request in server.requests[-3:]]
    order, portfolio = "/rest/secure/angelbroking/order/v1/", "/rest/secure/angelbroking/portfolio/v1/"
    assert sent == [("GET", f"{order}getPosition"), ("GET", f"{portfolio}getHolding"), ("GET", f"{order}getPosition")]


async def test_an_answer_has_the_brokers_time(make_account: MakeAccount, script: Script) -> None:
    reply = http({"status": True, "data": [POSITION]}, 200, "Date: Mon, 23 Nov 2026 06:30:00 GMT")
    script.on("getPosition", reply)
    account = make_account()
    await account.log_in()
    at = (await account.positions()).server_time
    assert at == datetime(2026, 11, 23, 12, 0, tzinfo=IST)


@pytest.mark.parametrize("reply", [ok(None), ok([]), no("AB1015", "holding not found"), no("AB1016", "not found")])
async def test_no_rows_and_not_found_mean_nothing_held(make_account: MakeAccount, script: Script, reply: Reply) -> None:
    script.on("getPosition", reply)
    script.on("getHolding", reply)
    account = make_account()
    await account.log_in()
    assert (await account.positions()).positions == ()
    assert (await account.holdings()).holdings == ()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (http({"status": True}), BrokerTrouble),
        (http(b"<html>", 502), BrokerTrouble),
        (http(b"Access denied because of exceeding access rate", 403), RateLimited),
        (gateway_no("AG8001"), SessionExpired),
        (no("AB9100"), BrokerRefused),
    ],
)
async def test_a_failed_read_is_a_typed_error_and_never_an_empty_account(
    make_account: MakeAccount, script: Script, reply: Reply, kind: type[BrokerError]
) -> None:
    script.on("getPosition", reply)
    script.on("getHolding", reply)
    for call in ("positions", "holdings"):
        account = make_account()
        await account.log_in()
        with pytest.raises(kind):
            await getattr(account, call)()
