from __future__ import annotations

import pytest

from copytui.sim import Exchange, ExchangeOptions, FaultName
from copytui.sim.control import FaultFlag, add_faults, parse_fault


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("2:placeOrder:timeout_after", FaultFlag("2", "placeOrder", FaultName.TIMEOUT_AFTER, 1)),
        ("master:getOrderBook:html_502:3", FaultFlag("master", "getOrderBook", FaultName.HTML_502, 3)),
        ("*:placeOrder:rate_text:*", FaultFlag("*", "placeOrder", FaultName.RATE_TEXT, None)),
    ],
)
def test_a_flag_gives_account_call_fault_and_times(text: str, flag: FaultFlag) -> None:
    assert parse_fault(text, followers=2) == flag


@pytest.mark.parametrize(
    "text", ["", "2:placeOrder", "x:placeOrder:slow", "2:placeOrder:sloww", "2:placeOrder:slow:x", "a:b:c:d:e"]
)
def test_a_malformed_flag_is_explained(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not|neither|no fault|no follower"):
        parse_fault(text, followers=2)


def test_a_fault_applies_to_its_own_account_only() -> None:
    exchange = Exchange(ExchangeOptions(followers=2, trading=False))
    add_faults(exchange, [parse_fault("2:placeOrder:slow", followers=2)])
    first, second = (account.client_id for account in exchange.followers)
    assert exchange.faults.take(first, "placeOrder") is None
    assert exchange.faults.take(second, "getOrderBook") is None
    fault = exchange.faults.take(second, "placeOrder")
    assert fault is not None
    assert fault.name is FaultName.SLOW
