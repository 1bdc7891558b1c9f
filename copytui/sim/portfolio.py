"""Funds, positions and holdings, as the API writes them: strings."""

from __future__ import annotations

from typing import Any

from copytui.sim.books import AccountBook, Position
from copytui.sim.market import Market
from copytui.sim.money import rupee_text
from copytui.sim.risk import used_margin


def funds(book: AccountBook, market: Market) -> dict[str, str]:
    """Return the answer of getRMS."""
    used = used_margin(book)
    realised = sum(_profits(position, market)[0] for position in book.positions.values())
    unrealised = sum(_profits(position, market)[1] for position in book.positions.values())
    options = [p for p in book.positions.values() if p.instrument.is_option and p.net > 0]
    premium = sum(p.net * p.buy_value / p.bought for p in options)
    free = rupee_text(book.cash - used)
    return {
        "net": free,
        "availablecash": free,
        "availableintradaypayin": "0.0000",
        "availablelimitmargin": "0.0000",
        "collateral": "0.0000",
        "m2munrealized": rupee_text(unrealised),
        "m2mrealized": rupee_text(realised),
        "utiliseddebits": rupee_text(used),
        "utilisedspan": "0.0000",
        "utilisedoptionpremium": rupee_text(premium),
        "utilisedexposure": "0.0000",
        "utilisedpayout": "0.0000",
    }


def positions(book: AccountBook, market: Market) -> list[dict[str, str]]:
    """Return the rows of getPosition."""
    return [_position_row(position, market) for position in book.positions.values()]


def _profits(position: Position, market: Market) -> tuple[float, float]:
    """Realised and unrealised, in paise."""
    closed = min(position.bought, position.sold)
    buy = position.buy_value / position.bought if position.bought else 0.0
    sell = position.sell_value / position.sold if position.sold else 0.0
    average = buy if position.net > 0 else sell
    return closed * (sell - buy), position.net * (market.last(position.instrument) - average)


def _position_row(position: Position, market: Market) -> dict[str, str]:
    instrument = position.instrument
    buy = position.buy_value / position.bought if position.bought else 0.0
    sell = position.sell_value / position.sold if position.sold else 0.0
    realised, unrealised = _profits(position, market)
    average = buy if position.net > 0 else sell if position.net < 0 else 0.0
    net_value = position.sell_value - position.buy_value
    return {
        "exchange": instrument.exchange,
        "symboltoken": instrument.token,
        "producttype": position.product,
        "tradingsymbol": instrument.symbol,
        "symbolname": instrument.name,
        "instrumenttype": instrument.kind,
        "priceden": "1",
        "pricenum": "1",
        "genden": "1",
        "gennum": "1",
        "precision": "2",
        "multiplier": "-1",
        "boardlotsize": str(instrument.lot),
        "buyqty": str(position.bought),
        "sellqty": str(position.sold),
        "buyamount": rupee_text(position.buy_value),
        "sellamount": rupee_text(position.sell_value),
        "symbolgroup": "" if instrument.is_option else "EQ",
        "strikeprice": f"{instrument.strike}.0" if instrument.is_option else "-1",
        "optiontype": instrument.option,
        "expirydate": instrument.expiry,
        "lotsize": str(instrument.lot),
        "cfbuyqty": "0",
        "cfsellqty": "0",
        "cfbuyamount": "0.00",
        "cfsellamount": "0.00",
        "buyavgprice": rupee_text(buy),
        "sellavgprice": rupee_text(sell),
        "avgnetprice": rupee_text(average),
        "netvalue": rupee_text(net_value),
        "netqty": str(position.net),
        "totalbuyvalue": rupee_text(position.buy_value),
        "totalsellvalue": rupee_text(position.sell_value),
        "cfbuyavgprice": "0.00",
        "cfsellavgprice": "0.00",
        "totalbuyavgprice": rupee_text(buy),
        "totalsellavgprice": rupee_text(sell),
        "netprice": rupee_text(average),
        "ltp": rupee_text(market.last(instrument)),
        "close": rupee_text(instrument.base),
        "unrealised": rupee_text(unrealised),
        "realised": rupee_text(realised),
        "pnl": rupee_text(realised + unrealised),
    }


def holdings() -> list[dict[str, Any]] | None:
    """Return the rows of getHolding: nobody here holds anything overnight."""
    return None


def all_holdings() -> dict[str, Any]:
    """Return the answer of getAllHolding."""
    return {"holdings": None, "totalholding": None}
