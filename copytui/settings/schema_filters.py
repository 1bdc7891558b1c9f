"""The description of `[filters]` in `copytui.toml`: patterns, filter rules and order types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from copytui.domain.contracts import Right
from copytui.domain.filter_rules import FilterRule
from copytui.domain.filters import Filters
from copytui.domain.orders import Exchange, Product, Side
from copytui.settings.checks import Check, boolean, choice, is_symbol, symbols, underlying, whole
from copytui.settings.keys import Key, Section

FILTERS = "filters"
_DAYS = "expiry_within_days"
FILTER_RULE = "filters.rule"
"""The section that describes a rule; in a file, rules stand in the two lists of `[filters]`."""
EXAMPLE = '{underlying = "NIFTY", right = "CE", expiry_within_days = 7}'


def _asked(name: str, check: Check[object], meaning: str, unit: str = "") -> Key[object]:
    return Key(FILTER_RULE, name, check, meaning, unit=unit, live="`f`")


FILTER_RULE_KEYS: tuple[Key[object], ...] = (
    _asked("underlying", underlying(), "derivatives of this underlying, and of no other: NIFTY, SBIN"),
    _asked("right", choice(Right), "calls, puts or futures"),
    _asked(_DAYS, whole(0, 3650), "contracts that expire in so many days or sooner; 0: today", "days"),
    _asked("side", choice(Side), "what the master buys or sells"),
    _asked("product", choice(Product), "orders of this product"),
    _asked("segment", choice(Exchange), "orders of this exchange segment"),
)
FILTER_RULE_SECTION: dict[str, Key[object]] = {key.name: key for key in FILTER_RULE_KEYS}
"""The keys of one rule by name."""


def read_rule(table: Mapping[str, object]) -> FilterRule | None:
    """Return the rule of a table; None if it has no key, an unknown one, or a value that is not allowed."""
    given: dict[str, Any] = {
        name: FILTER_RULE_SECTION[name].check.parse(value) if name in FILTER_RULE_SECTION else None
        for name, value in table.items()
    }
    return FilterRule(**given) if given and None not in given.values() else None


_PAIR = re.compile(r"""\s*(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s,"'{}=]+))\s*""")


def typed_rule(text: str) -> FilterRule | str:
    """Return a rule that was typed as in the settings, with or without quotes; else what is wrong, in a sentence."""
    given: dict[str, object] = {}
    for part in text.strip().strip("{}").split(","):
        found = _PAIR.fullmatch(part)
        if found is None:
            return f"A rule is written like {EXAMPLE}."
        name, value = found[1], found[2] or found[3] or found[4] or ""
        key = FILTER_RULE_SECTION.get(name)
        if key is None:
            return f"{name} is not known: a rule has {', '.join(FILTER_RULE_SECTION)}."
        given[name] = int(value) if value.isascii() and value.isdigit() and name == _DAYS else value.upper()
        if key.check.parse(given[name]) is None:
            return f"{name} must be {key.check.allowed}."
    return read_rule(given) or f"A rule is written like {EXAMPLE}."


def _read(value: object) -> tuple[str | FilterRule, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    read = [
        read_rule(each) if isinstance(each, Mapping) else each.strip() if is_symbol(each) else None for each in value
    ]
    found = tuple(each for each in read if each is not None)
    return found if len(found) == len(value) else None


def _patterns_and_rules() -> Check[tuple[str | FilterRule, ...]]:
    """Accept a list of symbols, globs and rules."""
    plain = symbols()
    rule = {
        "type": "object",
        "properties": {key.name: {"description": key.meaning, **key.check.json} for key in FILTER_RULE_KEYS},
        "additionalProperties": False,
        "minProperties": 1,
    }
    return Check(
        plain.allowed,
        _read,
        kind="list of symbols, globs or rules",
        json={"type": "array", "items": {"anyOf": [plain.json["items"], rule]}},
    )


ALLOW = Key(
    FILTERS,
    "allow_symbols",
    _patterns_and_rules(),
    'empty: all. "NIFTY": that symbol, or derivatives of that underlying; globs: "BANK*", "*-EQ"',
    live="`f`",
)
BLOCK = Key(FILTERS, "block_symbols", _patterns_and_rules(), "wins over allow_symbols", live="`f`, `b`")
FILTER_LISTS = frozenset({ALLOW.path(), BLOCK.path()})

SYMBOL_FILTERS = Section(
    FILTERS,
    (
        ALLOW,
        BLOCK,
        Key(FILTERS, "market_orders", boolean(), "copy the master's market orders", live="`f`, `M`"),
        Key(FILTERS, "limit_orders", boolean(), "copy the master's limit orders", live="`f`, `L`"),
        Key(FILTERS, "stop_orders", boolean(), "copy the master's stop orders", live="`f`, `S`"),
    ),
    Filters,
    about=(
        "Which of the master's entries are copied; exits of copied positions always are. Changed live. Both lists also "
        f"take rules by meaning: {EXAMPLE}."
    ),
)
RULE_BY_MEANING = Section(
    FILTER_RULE,
    FILTER_RULE_KEYS,
    FilterRule,
    about=(
        f"A rule in allow_symbols or block_symbols, such as {EXAMPLE}: all of its keys must match. What a contract is "
        "comes from the order book, then from the instrument list, and from the text of its symbol last. A rule blocks "
        "what it might match, and allows only what it surely matches. Shares have no underlying, right and expiry. The "
        "keys: underlying, right, expiry_within_days, side, product and segment."
    ),
    template=True,
    title="A rule in `[filters]`",
)


def filters_as_settings(filters: Filters) -> dict[str, object]:
    """Return filters by dotted key, as the settings hold them."""
    return {
        ALLOW.path(): [each if isinstance(each, str) else each.as_settings() for each in filters.allow_list],
        BLOCK.path(): [each if isinstance(each, str) else each.as_settings() for each in filters.block_list],
        "filters.market_orders": filters.market_orders,
        "filters.limit_orders": filters.limit_orders,
        "filters.stop_orders": filters.stop_orders,
    }
