"""Checked values -> the dataclasses of the model. What no file gives has the default of the model's field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from typing import Any

from copytui.domain.filter_rules import FilterRule
from copytui.domain.filters import Filters, TradingHours
from copytui.domain.orders import QUANTITIES
from copytui.domain.pricing import OrderRules
from copytui.domain.sessions import NO_SESSIONS, SESSIONS, SessionTable, read_session
from copytui.domain.sizing import Sizing, SymbolRule
from copytui.settings.accounts import FollowerAccount
from copytui.settings.model import (
    INSTRUMENTS_URL,
    BrokerSettings,
    Credentials,
    FollowerSettings,
    FreezeFile,
    MasterSettings,
    PositionSettings,
    RiskSettings,
)
from copytui.settings.schema import (
    ENABLED,
    FOLLOWERS,
    MULTIPLIER,
    REGISTERED_IP,
    RULE_SECTION,
    RULES,
    SECTIONS,
    SIZING,
    SIZING_KEYS,
    SOURCE_ADDRESS,
)
from copytui.settings.schema_broker import INSTRUMENTS
from copytui.settings.schema_limits import FREEZE_QUANTITIES, FREEZE_QUANTITY
from copytui.settings.schema_sessions import HOLIDAYS, HOURS, SPECIAL_DAYS
from copytui.settings.toml import Values
from copytui.settings.urls import is_angel_one


def master_settings(credentials: Credentials, values: Values) -> MasterSettings:
    """Return `[master]`."""
    return MasterSettings(credentials, **values.fields(SECTIONS["master"].values()))


def follower_settings(follower: FollowerAccount, values: Values) -> FollowerSettings:
    """Return one follower, with what `[followers.N]` overrides."""
    section = sizing_section(follower.number)
    return FollowerSettings(
        follower.number,
        follower.name,
        follower.credentials,
        sizing=sizing_of(values, follower.number),
        shares_multiplier=not values.has(MULTIPLIER.path(section)),
        **values.fields((ENABLED, SOURCE_ADDRESS, REGISTERED_IP), section),
    )


def filters(values: Values) -> Filters:
    """Return `[filters]`."""
    given = values.fields(SECTIONS["filters"].values())
    for name in ("allow", "block"):
        listed = given.pop(f"{name}_symbols", ())
        given[f"{name}_symbols"] = tuple(each for each in listed if isinstance(each, str))
        given[f"{name}_rules"] = tuple(each for each in listed if isinstance(each, FilterRule))
    return Filters(**given)


def order_rules(values: Values) -> OrderRules:
    """Return `[orders]`."""
    return OrderRules(**values.fields(SECTIONS["orders"].values()))


def risk_settings(values: Values) -> RiskSettings:
    """Return `[risk]`."""
    return RiskSettings(**values.fields(SECTIONS["risk"].values()))


def position_settings(values: Values) -> PositionSettings:
    """Return `[positions]`."""
    return PositionSettings(**values.fields(SECTIONS["positions"].values()))


def trading_hours(values: Values) -> TradingHours:
    """Return `[trading]`; the empty text is no bound."""
    given = values.fields(SECTIONS["trading"].values())
    bounds = {name: time.fromisoformat(given[name]) for name in ("start", "end") if given.get(name)}
    return TradingHours(**bounds, days=given.get("days", TradingHours().days))


def freeze_quantities(values: Values, file: FreezeFile | None) -> dict[str, int]:
    """Return the exchanges' quantities, with those of the exchange's `file` and then the user's laid over them."""
    given = {
        name: quantity
        for name, value in values.names_under(FREEZE_QUANTITIES).items()
        if (quantity := FREEZE_QUANTITY.parse(value)) is not None
    }
    return {**QUANTITIES, **(file.quantities if file is not None else {}), **given}


def broker_settings(values: Values) -> BrokerSettings:
    """Return `[broker]`. The instrument list defaults to Angel One's own with Angel One's server only."""
    broker = BrokerSettings(**values.fields(SECTIONS["broker"].values()))
    # A test or a demo against another server must never touch the network.
    if INSTRUMENTS.path() not in values.given and is_angel_one(broker.root_url):
        return replace(broker, instruments_url=INSTRUMENTS_URL)
    return broker


def sessions(values: Values) -> SessionTable:
    """Return `[sessions]`, laid over the built-in table with Angel One's server only.

    A test or a demo against another server goes on at any hour.
    """
    base = SESSIONS if is_angel_one(broker_settings(values).root_url) else NO_SESSIONS
    given: dict[str, Any] = {name: read_session(text) for name, text in values.fields(HOURS).items()}
    return replace(base, **given, **values.fields((HOLIDAYS, SPECIAL_DAYS)))


def sizing_section(number: int | None) -> str:
    """Return the section that sizes one follower, or all of them."""
    return SIZING if number is None else f"{FOLLOWERS}.{number}"


def sizing_of(values: Values, number: int | None = None) -> Sizing:
    """Return the sizing of one follower, or the one for all; a follower's own rules come before those for all."""
    base = Sizing() if number is None else sizing_of(values)
    given = values.fields(SIZING_KEYS, sizing_section(number))
    return replace(base, **given, rules=own_rules(values, number) + base.rules)


def own_rules(values: Values, number: int | None) -> tuple[SymbolRule, ...]:
    """Return the rules of one section, without those for all."""
    return tuple(_rule(table) for table in values.tables(f"{sizing_section(number)}.{RULES}"))


def _rule(table: Mapping[str, object]) -> SymbolRule:
    """Return a rule; a key that is missing or invalid leaves its field unset."""
    given: dict[str, Any] = {name: RULE_SECTION[name].check.parse(value) for name, value in table.items()}
    return replace(SymbolRule(()), **given)
