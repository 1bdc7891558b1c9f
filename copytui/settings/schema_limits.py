"""The description of the keys of `copytui.toml` that limit copying: risk, hours and freeze quantities."""

from __future__ import annotations

from copytui.domain.filters import TradingHours, Weekday
from copytui.domain.orders import AS_OF, QUANTITIES
from copytui.settings.checks import boolean, choices, decimal, file_or_empty, time_or_empty, whole
from copytui.settings.keys import Key, Section
from copytui.settings.model import RiskSettings, Settings

QUANTITY = whole(0, 1_000_000_000)
RUPEES = decimal("0", "1000000000000")

FREEZE_QUANTITIES = "freeze_quantities"
"""The section whose keys are underlyings."""
FREEZE_QUANTITY = QUANTITY

FREEZE_FILE = Key(
    FREEZE_QUANTITIES,
    "file",
    file_or_empty(),
    '"qtyfreeze.csv": NSE\'s file of them, also for the derivatives of shares; "": none',
)
"""It stands among the underlyings, in lower case."""

TRADING_START = Key(
    "trading", "start", time_or_empty(), '"09:20": Indian time, 24 hours; "": from the exchange\'s first trade'
)
TRADING_END = Key(
    "trading", "end", time_or_empty(), '"15:10": must be after start; "": until the exchange\'s last trade'
)

RISK = Section(
    "risk",
    (
        Key(
            "risk",
            "daily_loss_limit",
            RUPEES,
            "rupees per follower, 0: none; when reached, that follower takes exits only,\n"
            "until it is released manually or the next day begins",
            unit="rupees",
        ),
        Key("risk", "max_orders_per_minute", whole(1, 500), "per follower, at most 500"),
        Key(
            "risk",
            "max_orders_per_symbol_per_minute",
            whole(0, 500),
            "per follower and symbol: more looks like a runaway program; 0: no guard",
        ),
        Key(
            "risk",
            "max_open_positions",
            whole(0, 1_000_000),
            "per follower, 0: no limit; an entry that would open one more is skipped",
        ),
        Key(
            "risk",
            "check_funds",
            boolean(),
            "true: an entry that is paid in full (bought options, delivery) and not covered is skipped |\n"
            "false: the broker refuses it",
        ),
        Key("risk", "halt_after_failures", whole(1, 1_000_000), "this many failures in a row halt a follower"),
    ),
    RiskSettings,
    about="Limits per follower. Of these, only halt_after_failures holds back exits.",
)

TRADING = Section(
    "trading",
    (
        TRADING_START,
        TRADING_END,
        Key("trading", "days", choices(Weekday), "the days on which entries are copied"),
    ),
    TradingHours,
    about="Outside these hours entries are skipped; exits are always copied.",
)

FREEZE = Section(
    FREEZE_QUANTITIES,
    (),
    Settings,
    about=(
        "The largest order, in units, that the exchange takes for an underlying's derivatives. Larger orders are sent "
        f"in slices. 0: no limit. The values below are built in, of {AS_OF.day} {AS_OF:%B %Y}. Those of the file that "
        "you name (NSE's qtyfreeze.csv has the derivatives of shares too) come before them, and your own entries "
        "come first. The exchanges publish new values monthly: compare them monthly. An order that the broker "
        "refuses for the freeze quantity is sent again in slices, once."
    ),
    sample=(
        ('file = ""', FREEZE_FILE.meaning),
        *((f"{name} = {quantity}", "") for name, quantity in QUANTITIES.items()),
    ),
)
