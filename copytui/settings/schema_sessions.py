"""The description of `[sessions]` in `copytui.toml`: when orders can trade, by market."""

from __future__ import annotations

from copytui.domain.sessions import AS_OF, SESSIONS, SOURCE, Market, SessionTable
from copytui.settings.checks import dates, session_or_empty, special_days
from copytui.settings.keys import Key, Section

SESSIONS_NAME = "sessions"

_MEANINGS = {
    Market.CASH: "shares that have no derivatives, of NSE and BSE",
    Market.CASH_WITH_DERIVATIVES: "those that have",
    Market.NFO: "derivatives of NSE",
    Market.BFO: "derivatives of BSE",
    Market.CDS: "currency derivatives of NSE",
    Market.MCX: "commodities of MCX and NSE, while the United States have summer time",
    Market.NCDEX: "commodities of NCDEX",
}


def _hours(name: str, meaning: str) -> Key[str]:
    return Key(SESSIONS_NAME, name, session_or_empty(), meaning, example=str(getattr(SESSIONS, name)))


WINTER = _hours("mcx_winter", "the same while they have standard time (November to March)")
HOURS: tuple[Key[str], ...] = (
    *(_hours(market, _MEANINGS[market]) for market in Market if market is not Market.NCDEX),
    WINTER,
    _hours(Market.NCDEX, _MEANINGS[Market.NCDEX]),
)
HOLIDAYS = Key(
    SESSIONS_NAME,
    "holidays",
    dates(),
    "days without trading, as the exchange lists them; copytui knows none by itself",
)
SPECIAL_DAYS = Key(
    SESSIONS_NAME,
    "special_days",
    special_days(),
    'days with trading on a weekend or a holiday, like "2026-11-08 18:00-19:00";\nwithout hours: as on every day',
)

SESSION_HOURS = Section(
    SESSIONS_NAME,
    (*HOURS, HOLIDAYS, SPECIAL_DAYS),
    SessionTable,
    about=(
        "When orders can trade, Indian time, Monday to Friday. Outside of these hours nothing is sent, because an "
        "order that reaches the broker after the close may become an order of the next day. What executes in an "
        'auction, or too late, is listed for your attention. "" turns the guard of a market off. The values below are '
        f"built in, as of {AS_OF.day} {AS_OF:%B %Y}, with Angel One's own root_url; with another root_url nothing is "
        f"guarded that is not named here. Source: {SOURCE}. Confirm them with your broker."
    ),
)
