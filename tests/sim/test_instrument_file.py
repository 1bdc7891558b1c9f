from __future__ import annotations

import json

from copytui.sim.instruments import INSTRUMENT_FILE_PATH, instrument_row
from tests.sim.helpers import HeldExchange, HttpCall, Serve


def test_the_instrument_list_is_served_publicly_at_the_brokers_path(serve: Serve, http_call: HttpCall) -> None:
    running = serve()
    status, headers, text = http_call(running.url, "GET", "/OpenAPI_File/files/OpenAPIScripMaster.json")
    assert INSTRUMENT_FILE_PATH == "/OpenAPI_File/files/OpenAPIScripMaster.json"
    assert (status, headers.get_content_type()) == (200, "application/json")
    rows = json.loads(text)
    assert len(rows) == len(running.exchange.market.instruments)
    assert all(isinstance(value, str) for row in rows for value in row.values())


def test_prices_are_in_paise_and_a_share_has_no_strike() -> None:
    instruments = HeldExchange().exchange.market.instruments
    share = next(i for i in instruments if i.symbol == "SBIN-EQ")
    assert instrument_row(share) == {
        "token": "3045", "symbol": "SBIN-EQ", "name": "SBIN", "expiry": "", "strike": "-1.000000", "lotsize": "1",
        "instrumenttype": "", "exch_seg": "NSE", "tick_size": "5.000000",
    }  # fmt: skip
    option = next(i for i in instruments if i.name == "NIFTY" and i.option == "PE")
    row = instrument_row(option)
    assert (row["strike"], row["lotsize"], row["tick_size"]) == (f"{option.strike * 100}.000000", "65", "5.000000")
    assert (row["instrumenttype"], row["exch_seg"], row["expiry"]) == ("OPTIDX", "NFO", option.expiry)
    assert len(row["expiry"]) == 9
