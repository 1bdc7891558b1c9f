"""The description of every key of `copytui.toml`, in the order of the file.

The loader's checks, the example files, `docs/configuration.md` and the JSON Schema are generated from it; the defaults
are those of the model's fields with the same names. `schema_limits` has the sections that limit copying,
`schema_broker` those of the broker and the logs. After a change run `make settings`.
"""

from __future__ import annotations

from copytui.domain.executions import CopyOn
from copytui.domain.pre_existing import PreExisting
from copytui.domain.pricing import LimitAs, MarketAs, OrderRules, UnfilledAction
from copytui.domain.sizing import Sizing, SizingMode, SymbolRule
from copytui.settings.checks import (
    boolean,
    choice,
    decimal,
    ipv4_or_empty,
    seconds,
    symbols,
    whole,
)
from copytui.settings.keys import Key, Section
from copytui.settings.model import (
    FollowerSettings,
    MasterSettings,
    OpenAtStart,
    PositionSettings,
    Settings,
)
from copytui.settings.schema_broker import BROKER, LOGS
from copytui.settings.schema_filters import RULE_BY_MEANING, SYMBOL_FILTERS
from copytui.settings.schema_limits import FREEZE, QUANTITY, RISK, RUPEES, TRADING
from copytui.settings.schema_sessions import SESSION_HOURS

FOLLOWERS = "followers"
"""The section that holds `[followers.N]`."""
SIZING = "sizing"
RULES = "rules"
"""The name of the tables `[[sizing.rules]]` and `[[followers.N.rules]]`."""

_WAIT = "1000000"

DRY_RUN = Key(
    "",
    "dry_run",
    boolean(),
    "true: send nothing, only show and record | false: send real orders; without a terminal at once, on one it asks",
    detail=(
        "The screen never stores a change to false: on a terminal, a live run is confirmed at each start. "
        "Where there is no terminal to ask on, false is your written consent: "
        "it goes live at once, and says `LIVE by copytui.toml`."
    ),
    live="`d`",
)
MODE = Key(
    SIZING, "mode", choice(SizingMode), '"multiplier" | "fixed" | "capital" (follower\'s funds / master\'s funds)'
)
MULTIPLIER = Key(
    SIZING,
    "multiplier",
    decimal("0.0001", "1000"),
    'mode "multiplier": the master\'s quantity times this, in whole lots, rounded down',
    detail="A live change applies to every follower without a multiplier of its own.",
    live="`f`, the multiplier for all",
)
FIXED_QUANTITY = Key(SIZING, "fixed_quantity", QUANTITY, 'mode "fixed": this many units for every order', unit="units")
MAX_QUANTITY = Key(
    SIZING, "max_quantity", QUANTITY, "units per order, 0: no limit; a larger order is skipped, not cut", unit="units"
)
MAX_ORDER_VALUE = Key(
    SIZING,
    "max_order_value",
    RUPEES,
    "rupees per order, 0: no limit; a larger order is skipped, not cut",
    unit="rupees",
)
SIZING_KEYS: tuple[Key[object], ...] = (MODE, MULTIPLIER, FIXED_QUANTITY, MAX_QUANTITY, MAX_ORDER_VALUE)

RULE_SYMBOLS = Key("sizing.rules", "symbols", symbols(some=True), "as in [filters]")
RULE_KEYS: tuple[Key[object], ...] = (RULE_SYMBOLS, *SIZING_KEYS)

ENABLED = Key(FOLLOWERS, "enabled", boolean(), "false: this follower gets no copies")
SOURCE_ADDRESS = Key(
    FOLLOWERS,
    "source_address",
    ipv4_or_empty(),
    "local IPv4 that this account's orders leave from: Angel One takes orders only from the account's\n"
    "registered static IP",
)
REGISTERED_IP = Key(
    FOLLOWERS,
    "registered_ip",
    ipv4_or_empty(),
    "that static IP: with [broker] address_echo_url, copytui check compares it with the address that\n"
    "orders really leave from",
)
FOLLOWER_KEYS: tuple[Key[object], ...] = (ENABLED, SOURCE_ADDRESS, REGISTERED_IP, *SIZING_KEYS)

FILE: tuple[Section, ...] = (
    Section(
        "",
        (
            DRY_RUN,
            Key("", "require_confirmation", boolean(), "true: every copy requires approval", live="`c`"),
            Key(
                "",
                "confirmation_timeout_seconds",
                seconds("0", _WAIT, above=True),
                "no answer within this time: expired, not copied",
                unit="seconds",
            ),
        ),
        Settings,
    ),
    Section(
        "master",
        (
            Key(
                "master",
                "copy_on",
                choice(CopyOn),
                '"complete": when the order is final | "fill": each further fill as it comes',
            ),
            Key(
                "master",
                "poll_interval_seconds",
                seconds("1.1", "86400", because="the broker allows one request a second"),
                "how often the master's order book is read; at least 1.1: the broker allows one request per second",
                unit="seconds",
            ),
            Key(
                "master",
                "order_feed",
                boolean(),
                "order-update WebSocket beside the poll; no effect in this version: the poll sees every order",
            ),
            Key(
                "master",
                "max_order_age_seconds",
                seconds("0", _WAIT, above=True),
                'an execution seen later than this is "missed": stored and shown, never copied without approval',
                unit="seconds",
            ),
            Key(
                "master",
                "open_orders_at_start",
                choice(OpenAtStart),
                'orders still open at start that execute later: "copy" | "ignore"',
            ),
        ),
        MasterSettings,
    ),
    Section(
        "positions",
        (
            Key(
                "positions",
                "pre_existing",
                choice(PreExisting),
                "the master reduces what he had before copytui watched:\n"
                '"ask" (listed for your attention) | "skip" | "copy" (plain multiplier)',
            ),
            Key(
                "positions",
                "read_every_seconds",
                seconds("1.1", "3600", because="the broker allows one request a second"),
                "how often the accounts' held positions are read while there are any",
                unit="seconds",
            ),
        ),
        PositionSettings,
    ),
    SYMBOL_FILTERS,
    RULE_BY_MEANING,
    Section(
        SIZING,
        SIZING_KEYS,
        Sizing,
        about="How much each follower gets. [followers.N] below can override every key.",
    ),
    Section(
        "sizing.rules",
        RULE_KEYS,
        SymbolRule,
        about=(
            "Exceptions for some symbols: any of the five keys of [sizing]. The first rule that names a symbol "
            "applies, and it overrides the plain keys of [sizing] and of [followers.N]. A follower's own rules "
            "([[followers.N.rules]]) come before these."
        ),
        sample=(
            ("[[sizing.rules]]", ""),
            ('symbols = ["NIFTY", "BANK*"]', RULE_SYMBOLS.meaning),
            ("multiplier = 0.5", ""),
            ("max_quantity = 300", ""),
        ),
        template=True,
    ),
    Section(
        "orders",
        (
            Key(
                "orders",
                "market_as",
                choice(MarketAs),
                'Angel One bars MARKET from the API since April 2026: "protected" limit | "market"',
            ),
            Key("orders", "limit_as", choice(LimitAs), '"same": the master\'s price | "protected"'),
            Key(
                "orders",
                "protection_percent",
                decimal("0", "20"),
                "how far a protected limit may be from the master's price, up to 20;\n"
                "0: the exchanges' slabs by price: options under 10: 5 %, 100: 3 %, 500: 2 %, above: 1 %;\n"
                "all else under 100: 2 %, 500: 1 %, above: 0.5 %",
                unit="percent",
            ),
            Key("orders", "unfilled_after_seconds", seconds("0", _WAIT), "0: leave it working", unit="seconds"),
            Key(
                "orders",
                "unfilled_action",
                choice(UnfilledAction),
                'what happens to it after that time: "leave" | "cancel" | "reprice"',
            ),
            Key("orders", "reprice_steps", whole(1, 10), '"reprice": at most this many times, 1 to 10'),
        ),
        OrderRules,
        about="The prices of the followers' orders, and what happens to one that is not filled.",
    ),
    RISK,
    TRADING,
    FREEZE,
    Section(
        f"{FOLLOWERS}.N",
        FOLLOWER_KEYS,
        FollowerSettings,
        about=(
            "Overrides for FOLLOWER_1_* of .env: any key of [sizing], and these. A follower without such a section has "
            "the defaults."
        ),
        sample=(
            (f"[{FOLLOWERS}.1]", ""),
            ENABLED,
            ("multiplier = 0.5", ""),
            SOURCE_ADDRESS,
            REGISTERED_IP,
            ("[[followers.1.rules]]", "this follower's own rules; they come before [[sizing.rules]]"),
            ('symbols = ["BANKNIFTY"]', ""),
            ('mode = "fixed"', ""),
            ("fixed_quantity = 30", ""),
        ),
        template=True,
    ),
    BROKER,
    SESSION_HOURS,
    LOGS,
)

GLOBAL_KEYS: tuple[Key[object], ...] = tuple(key for section in FILE if not section.template for key in section.keys)

SECTIONS: dict[str, dict[str, Key[object]]] = {
    section.name: {key.name: key for key in section.keys} for section in FILE if section.keys and not section.template
}
"""The keys of each section by name; '' is the top of the file. `[followers.N]` and `[freeze_quantities]` are apart."""

FOLLOWER_SECTION: dict[str, Key[object]] = {key.name: key for key in FOLLOWER_KEYS}
"""The keys of `[followers.N]` by name."""

RULE_SECTION: dict[str, Key[object]] = {key.name: key for key in RULE_KEYS}
"""The keys of one table of `[[sizing.rules]]` or `[[followers.N.rules]]` by name."""
