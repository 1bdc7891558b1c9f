from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.broker.port import Profit, Quote
from copytui.broker.smartapi.account_parsing import parse_funds, parse_profit, parse_quote
from copytui.domain.errors import (
    BrokerError,
    BrokerRefused,
    BrokerTrouble,
    BrokerUnreachable,
    RateLimited,
    SessionExpired,
)
from copytui.domain.orders import Exchange
from tests.broker.conftest import HeldTime, MakeAccount, Script
from tests.broker.loopback import Ending, Loopback, Reply, gateway_no, http, no, ok

NO_PROFIT = Profit(Decimal(0), Decimal(0), 0)
JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["fetched", "unfetched", "ltp", "symbolToken", "realised", "unrealised", "netqty"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


def test_funds_are_read_from_text_and_none_when_malformed() -> None:
    funds = parse_funds({"availablecash": "1234.50", "net": None})
    assert (funds.available, funds.net) == (Decimal("1234.50"), None)
    assert parse_funds({"availablecash": "lots"}).available is None
    with pytest.raises(BrokerTrouble):
        parse_funds(None)


def fetched(**changes: Any) -> dict[str, Any]:
    whole = {"symbolToken": "3045", "ltp": 812.4, "lowerCircuit": 731.2, "upperCircuit": "893.65"}
    return {"fetched": [{"symbolToken": "1", "ltp": 1}, {**whole, **changes}], "unfetched": []}


@pytest.mark.parametrize(
    ("changes", "quote"),
    [
        ({}, Quote(Decimal("812.4"), Decimal("731.2"), Decimal("893.65"))),
        ({"ltp": "812.40"}, Quote(Decimal("812.40"), Decimal("731.2"), Decimal("893.65"))),
        ({"symbolToken": 3045}, Quote(Decimal("812.4"), Decimal("731.2"), Decimal("893.65"))),
        ({"lowerCircuit": None, "upperCircuit": 0}, Quote(Decimal("812.4"), None, None)),
        ({"lowerCircuit": "", "upperCircuit": "0.00"}, Quote(Decimal("812.4"), None, None)),
    ],
)
def test_a_quote_has_a_price_and_the_reported_circuits(changes: dict[str, Any], quote: Quote) -> None:
    assert parse_quote(fetched(**changes), "3045") == quote


@pytest.mark.parametrize(
    "data",
    [
        None, [], "quote", {}, {"fetched": None}, {"fetched": [None, 7]}, fetched(symbolToken="3046"),
        fetched(ltp=None), fetched(ltp=0), fetched(ltp=-1), fetched(ltp="dear"), fetched(ltp=float("nan")),
        fetched(lowerCircuit="low"), fetched(upperCircuit=True),
    ],
)  # fmt: skip
def test_an_unreadable_quote_raises(data: object) -> None:
    with pytest.raises(BrokerTrouble):
        parse_quote(data, "3045")


def test_a_token_without_a_quote_is_refused() -> None:
    missing = {"symbolToken": "3045", "message": "Symbol token not found", "errorCode": "AB4018"}
    with pytest.raises(BrokerRefused, match="no quote for token 3045") as refusal:
        parse_quote({"fetched": [], "unfetched": [missing]}, "3045")
    assert refusal.value.code == "AB4018"


def position(**changes: Any) -> dict[str, Any]:
    whole = {"tradingsymbol": "SBIN-EQ", "realised": "-120.50", "unrealised": "40.25", "netqty": "75"}
    return {name: value for name, value in {**whole, **changes}.items() if value is not ...}


def test_profit_is_the_total_over_all_positions() -> None:
    rows = [position(), position(realised="1000", unrealised="0.00", netqty="0"), position(netqty=-10, realised=0.5)]
    assert parse_profit(rows) == Profit(Decimal("880.00"), Decimal("80.50"), 2)


@pytest.mark.parametrize("data", [None, [], "", "null"])
def test_without_positions_there_is_no_profit(data: object) -> None:
    assert parse_profit(data) == NO_PROFIT


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "form"),
        (7, "form"),
        ([position(), None], "position 2 is not an object"),
        ([position(realised=None)], "position 1: realised is empty"),
        ([position(unrealised="")], "position 1: unrealised is empty"),
        ([position(realised=...)], "position 1: realised is empty"),
        ([position(), position(netqty="many")], "position 2: netqty"),
        ([position(unrealised="NaN")], "position 1: unrealised"),
    ],
)
def test_an_unreadable_figure_raises_and_is_never_guessed(data: object, words: str) -> None:
    with pytest.raises(BrokerTrouble, match=words):
        parse_profit(data)


@given(JSON)
def test_any_junk_gives_a_figure_or_a_typed_error(junk: object) -> None:
    for parse in (parse_funds, parse_profit, lambda data: parse_quote(data, "1")):
        try:
            parse(junk)
        except (BrokerTrouble, BrokerRefused):
            continue


# over the wire


async def test_a_quote_is_requested_in_full_mode_for_one_token(
    make_account: MakeAccount, script: Script, server: Loopback
) -> None:
    script.on("quote", ok(fetched()))
    account = make_account()
    await account.log_in()
    assert (await account.quote(Exchange.NFO, "3045")).last_price == Decimal("812.4")
    sent = server.requests[-1]
    assert (sent.method, sent.path) == ("POST", "/rest/secure/angelbroking/market/v1/quote")
    assert sent.fields == {"mode": "FULL", "exchangeTokens": {"NFO": ["3045"]}}


async def test_positions_are_read_once_per_second_and_quotes_ten_times(
    make_account: MakeAccount, script: Script, held: HeldTime
) -> None:
    script.on("quote", ok(fetched()))
    script.on("getPosition", ok([position()]))
    account = make_account()
    await account.log_in()
    begun = held.elapsed
    for _ in range(3):
        await account.profit()
    assert held.elapsed - begun == pytest.approx(2.2)
    begun = held.elapsed
    for _ in range(10):
        await account.quote(Exchange.NSE, "3045")
    assert held.elapsed == begun
    await account.quote(Exchange.NSE, "3045")
    assert held.elapsed - begun == pytest.approx(1.1)


@pytest.mark.parametrize("reply", [ok(None), ok([]), no("AB1016", "position not found")])
async def test_an_account_that_holds_nothing_has_no_profit(
    make_account: MakeAccount, script: Script, reply: Reply
) -> None:
    script.on("getPosition", reply)
    account = make_account()
    await account.log_in()
    assert await account.profit() == NO_PROFIT


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (http({"status": True}), BrokerTrouble),
        (http(b"<html>", 502), BrokerTrouble),
        (http(b"", 200), BrokerTrouble),
        (http(b"Access denied because of exceeding access rate", 403), RateLimited),
        (gateway_no("AG8001"), SessionExpired),
        (no("AB9100"), BrokerRefused),
        (Ending.RESET, BrokerUnreachable),
    ],
)
@pytest.mark.parametrize("call", ["quote", "getPosition"])
async def test_a_failed_read_raises_a_typed_error(
    make_account: MakeAccount, script: Script, call: str, reply: Reply, kind: type[BrokerError]
) -> None:
    script.on(call, reply)
    account = make_account()
    await account.log_in()
    with pytest.raises(kind):
        await (account.profit() if call == "getPosition" else account.quote(Exchange.NSE, "3045"))
    assert account.logged_in == (kind is not SessionExpired)
