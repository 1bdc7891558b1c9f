"""Every key of `copytui.toml`: where it stands and what it may hold. Defaults are the model's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from copytui.domain.executions import CopyOn
from copytui.domain.filters import Weekday
from copytui.domain.pricing import LimitAs, MarketAs, UnfilledAction
from copytui.domain.sizing import SizingMode
from copytui.settings.model import INSTRUMENTS_URL, OpenAtStart
from copytui.settings.validation import (
    Check,
    boolean,
    choice,
    choices,
    decimal,
    feed_url,
    folder_name,
    ipv4_or_empty,
    origin,
    seconds,
    symbols,
    time_or_empty,
    web_address_or_empty,
    whole,
)

T_co = TypeVar("T_co", covariant=True)

_QUANTITY = whole(0, 1_000_000_000)
_RUPEES = decimal("0", "1000000000000")
_WAIT = "1000000"


@dataclass(frozen=True, slots=True)
class Key(Generic[T_co]):
    """One key of one section ('' is the top of the file)."""

    section: str
    name: str
    check: Check[T_co]

    def path(self, section: str | None = None) -> str:
        """Return the dotted name, in its own section or in another that takes the key too."""
        section = self.section if section is None else section
        return f"{section}.{self.name}" if section else self.name


DRY_RUN = Key("", "dry_run", boolean())
REQUIRE_CONFIRMATION = Key("", "require_confirmation", boolean())
CONFIRMATION_TIMEOUT = Key("", "confirmation_timeout_seconds", seconds("0", _WAIT, above=True))

COPY_ON = Key("master", "copy_on", choice(CopyOn))
POLL_INTERVAL = Key(
    "master", "poll_interval_seconds", seconds("1.1", "86400", because="the broker allows one request a second")
)
ORDER_FEED = Key("master", "order_feed", boolean())
MAX_ORDER_AGE = Key("master", "max_order_age_seconds", seconds("0", _WAIT, above=True))
OPEN_AT_START = Key("master", "open_orders_at_start", choice(OpenAtStart))

ALLOW_SYMBOLS = Key("filters", "allow_symbols", symbols())
BLOCK_SYMBOLS = Key("filters", "block_symbols", symbols())
MARKET_ORDERS = Key("filters", "market_orders", boolean())
LIMIT_ORDERS = Key("filters", "limit_orders", boolean())
STOP_ORDERS = Key("filters", "stop_orders", boolean())

MODE = Key("sizing", "mode", choice(SizingMode))
MULTIPLIER = Key("sizing", "multiplier", decimal("0.0001", "1000"))
FIXED_QUANTITY = Key("sizing", "fixed_quantity", _QUANTITY)
MAX_QUANTITY = Key("sizing", "max_quantity", _QUANTITY)
MAX_ORDER_VALUE = Key("sizing", "max_order_value", _RUPEES)

RULES = "rules"
"""The name of the tables `[[sizing.rules]]` and `[[followers.N.rules]]`."""
RULE_SYMBOLS = Key("sizing.rules", "symbols", symbols(some=True))

MARKET_AS = Key("orders", "market_as", choice(MarketAs))
LIMIT_AS = Key("orders", "limit_as", choice(LimitAs))
PROTECTION_PERCENT = Key("orders", "protection_percent", decimal("0", "20"))
UNFILLED_AFTER = Key("orders", "unfilled_after_seconds", seconds("0", _WAIT))
UNFILLED_ACTION = Key("orders", "unfilled_action", choice(UnfilledAction))
REPRICE_STEPS = Key("orders", "reprice_steps", whole(1, 10))

FREEZE_QUANTITIES = "freeze_quantities"
"""The section whose keys are underlyings."""
FREEZE_QUANTITY = _QUANTITY

DAILY_LOSS_LIMIT = Key("risk", "daily_loss_limit", _RUPEES)
MAX_ORDERS_PER_MINUTE = Key("risk", "max_orders_per_minute", whole(1, 500))
MAX_ORDERS_PER_SYMBOL = Key("risk", "max_orders_per_symbol_per_minute", whole(0, 500))
MAX_OPEN_POSITIONS = Key("risk", "max_open_positions", whole(0, 1_000_000))
CHECK_FUNDS = Key("risk", "check_funds", boolean())
HALT_AFTER_FAILURES = Key("risk", "halt_after_failures", whole(1, 1_000_000))

TRADING_START = Key("trading", "start", time_or_empty())
TRADING_END = Key("trading", "end", time_or_empty())
TRADING_DAYS = Key("trading", "days", choices(Weekday))

ENABLED = Key("followers", "enabled", boolean())
SOURCE_ADDRESS = Key("followers", "source_address", ipv4_or_empty())
REGISTERED_IP = Key("followers", "registered_ip", ipv4_or_empty())

ROOT_URL = Key("broker", "root_url", origin())
ORDER_FEED_URL = Key("broker", "order_feed_url", feed_url())
LOGIN_SPACING = Key("broker", "login_spacing_seconds", seconds("0", "3600"))
REQUEST_TIMEOUT = Key("broker", "request_timeout_seconds", seconds("1", "60"))
PUBLIC_IP = Key("broker", "public_ip", ipv4_or_empty())
ADDRESS_ECHO = Key("broker", "address_echo_url", web_address_or_empty("https://api.ipify.org"))
INSTRUMENTS = Key("broker", "instruments_url", web_address_or_empty(INSTRUMENTS_URL))

LOGS_DIRECTORY = Key("logs", "directory", folder_name())

SIZING_KEYS: tuple[Key[object], ...] = (MODE, MULTIPLIER, FIXED_QUANTITY, MAX_QUANTITY, MAX_ORDER_VALUE)
RULE_KEYS: tuple[Key[object], ...] = (RULE_SYMBOLS, *SIZING_KEYS)
FOLLOWER_KEYS: tuple[Key[object], ...] = (ENABLED, SOURCE_ADDRESS, REGISTERED_IP, *SIZING_KEYS)
GLOBAL_KEYS: tuple[Key[object], ...] = (
    *(DRY_RUN, REQUIRE_CONFIRMATION, CONFIRMATION_TIMEOUT),
    *(COPY_ON, POLL_INTERVAL, ORDER_FEED, MAX_ORDER_AGE, OPEN_AT_START),
    *(ALLOW_SYMBOLS, BLOCK_SYMBOLS, MARKET_ORDERS, LIMIT_ORDERS, STOP_ORDERS),
    *SIZING_KEYS,
    *(MARKET_AS, LIMIT_AS, PROTECTION_PERCENT, UNFILLED_AFTER, UNFILLED_ACTION, REPRICE_STEPS),
    *(DAILY_LOSS_LIMIT, MAX_ORDERS_PER_MINUTE, MAX_ORDERS_PER_SYMBOL, MAX_OPEN_POSITIONS, CHECK_FUNDS),
    HALT_AFTER_FAILURES,
    *(TRADING_START, TRADING_END, TRADING_DAYS),
    *(ROOT_URL, ORDER_FEED_URL, LOGIN_SPACING, REQUEST_TIMEOUT, PUBLIC_IP, ADDRESS_ECHO, INSTRUMENTS),
    LOGS_DIRECTORY,
)

SECTIONS: dict[str, dict[str, Key[object]]] = {}
"""The keys of each section by name; '' is the top of the file. `[followers.N]` and what has no fixed keys are apart."""
for _key in GLOBAL_KEYS:
    SECTIONS.setdefault(_key.section, {})[_key.name] = _key

FOLLOWER_SECTION: dict[str, Key[object]] = {key.name: key for key in FOLLOWER_KEYS}
"""The keys of `[followers.N]` by name."""

RULE_SECTION: dict[str, Key[object]] = {key.name: key for key in RULE_KEYS}
"""The keys of one table of `[[sizing.rules]]` or `[[followers.N.rules]]` by name."""
