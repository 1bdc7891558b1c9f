"""The settings in force, in a few readable lines without any secret."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit

from copytui.domain.executions import CopyOn
from copytui.domain.filters import Filters, TradingHours, Weekday
from copytui.domain.orders import AS_OF, QUANTITIES
from copytui.domain.pre_existing import PreExisting
from copytui.domain.pricing import LimitAs, MarketAs, OrderRules, UnfilledAction
from copytui.domain.sessions import AS_OF as AS_OF_SESSIONS
from copytui.domain.sessions import SESSIONS, Market, SessionTable
from copytui.domain.sizing import Sizing, SizingMode, SymbolRule
from copytui.settings.model import (
    BrokerSettings,
    FollowerSettings,
    MasterSettings,
    OpenAtStart,
    RiskSettings,
    Settings,
)

_DOT = " · "
_BEFORE = {
    PreExisting.ASK: "what reduces them is listed for your attention, not copied",
    PreExisting.SKIP: "what reduces them is not copied",
    PreExisting.COPY: "what reduces them is copied with the plain multiplier",
}


def settings_in_force(settings: Settings) -> list[str]:
    """Return one line per subject, and one per follower."""
    enabled = sum(follower.enabled for follower in settings.followers)
    rules, hours, freeze = settings.sizing.rules, _hours(settings.trading), _freeze(settings)
    return [
        f"mode: {'dry run, nothing is sent' if settings.dry_run else 'LIVE, orders are sent'}",
        f"confirmation: {_confirmation(settings)}",
        f"master: {_master(settings.master)}",
        *(["order feed: not in this version; the poll sees every order"] if settings.master.order_feed else []),
        f"positions from before: {_BEFORE[settings.positions.pre_existing]}",
        f"followers: {enabled} of {len(settings.followers)} enabled",
        *(f"  {_follower(follower, rules)}" for follower in settings.followers),
        *([f"rules for all: {'; '.join(map(_rule, rules))}"] if rules else []),
        f"filters: {_filters(settings.filters)}",
        *([f"entries: {hours}; exits always"] if hours else []),
        f"prices: {_prices(settings.orders)}",
        f"limits: {_limits(settings.risk)}",
        *([f"freeze quantities: {freeze}"] if freeze else []),
        f"broker: {_broker(settings.broker)}",
        f"sessions: {_sessions(settings.sessions)}",
        f"logs: {settings.logs_directory}",
    ]


def _sizing(sizing: Sizing) -> str:
    """Return how much a follower gets of a symbol that no rule names."""
    match sizing.mode:
        case SizingMode.MULTIPLIER:
            words = [f"{_number(sizing.multiplier)} x the master's quantity"]
        case SizingMode.FIXED:
            words = [f"{sizing.fixed_quantity} units per order"]
        case SizingMode.CAPITAL:
            words = ["in proportion to funds"]
    return _DOT.join([*words, *_caps(sizing.max_quantity, sizing.max_order_value)])


def _caps(quantity: int | None, value: Decimal | None) -> list[str]:
    words = []
    if quantity:
        words.append(f"at most {quantity} units")
    if value:
        words.append(f"at most {_rupees(value)} per order")
    return words


def _rule(rule: SymbolRule) -> str:
    """Return what a rule sets, without what it leaves to the rest of the sizing."""
    words = [f"mode {rule.mode}"] if rule.mode is not None else []
    if rule.multiplier is not None:
        words.append(f"{_number(rule.multiplier)} x the master's quantity")
    if rule.fixed_quantity:
        words.append(f"{rule.fixed_quantity} units per order")
    words += _caps(rule.max_quantity, rule.max_order_value)
    if 0 in (rule.max_quantity, rule.max_order_value):
        words.append("no cap on " + ("quantity" if rule.max_quantity == 0 else "value"))
    return f"{', '.join(rule.symbols)}: {', '.join(words) or 'as without a rule'}"


def _confirmation(settings: Settings) -> str:
    if not settings.require_confirmation:
        return "off"
    return f"every copy requires approval and expires after {_number(settings.confirmation_timeout_seconds)} s"


def _master(master: MasterSettings) -> str:
    copies = "orders when complete" if master.copy_on is CopyOn.COMPLETE else "each further fill"
    opened = "copied" if master.open_orders_at_start is OpenAtStart.COPY else "ignored"
    return _DOT.join(
        (
            master.client_id,
            f"copies {copies}",
            f"polled every {_number(master.poll_interval_seconds)} s",
            f"missed after {_number(master.max_order_age_seconds)} s",
            f"open at start: {opened}",
        )
    )


def _follower(follower: FollowerSettings, for_all: tuple[SymbolRule, ...]) -> str:
    words = [f"{follower.name} ({follower.client_id}): {_sizing(follower.sizing) if follower.enabled else 'disabled'}"]
    own = follower.sizing.rules[: len(follower.sizing.rules) - len(for_all)]
    if own and follower.enabled:
        words.append("; ".join(map(_rule, own)))
    if follower.source_address:
        words.append(f"from {follower.source_address}")
    if follower.registered_ip:
        words.append(f"registered for {follower.registered_ip}")
    if follower.credentials.proxy:
        words.append("through its proxy")
    return _DOT.join(words)


def _filters(filters: Filters) -> str:
    symbols = f"only {', '.join(filters.allowed)}" if filters.allowed else "all symbols"
    if filters.blocked:
        symbols += f" but {', '.join(filters.blocked)}"
    kinds = {"market": filters.market_orders, "limit": filters.limit_orders, "stop": filters.stop_orders}
    return symbols + _DOT + (" ".join(kind for kind, is_on in kinds.items() if is_on) or "no order type")


def _prices(rules: OrderRules) -> str:
    percent = rules.protection_percent
    market = "market orders as protected limits" if rules.market_as is MarketAs.PROTECTED else "market orders as market"
    limit = "limit orders at the master's price" if rules.limit_as is LimitAs.SAME else "limit orders protected too"
    protection = f"protection {_number(percent)} %" if percent else "protection by the exchanges' slabs"
    words = [market, limit, protection]
    if rules.unfilled_after_seconds and rules.unfilled_action is not UnfilledAction.LEAVE:
        words.append(f"{rules.unfilled_action} when unfilled after {_number(rules.unfilled_after_seconds)} s")
        if rules.unfilled_action is UnfilledAction.REPRICE:
            words[-1] += f", at most {rules.reprice_steps} times"
    return _DOT.join(words)


def _hours(hours: TradingHours) -> str:
    """Return when entries are copied; '' where that is always."""
    words = [f"from {hours.start:%H:%M}"] if hours.start else []
    if hours.end:
        words.append(f"until {hours.end:%H:%M}")
    if hours.days != frozenset(Weekday):
        words.append(f"on {', '.join(day for day in Weekday if day in hours.days)}")
    return " ".join(words)


def _limits(risk: RiskSettings) -> str:
    loss = f"daily loss {_rupees(risk.daily_loss_limit)}, then exits only" if risk.daily_loss_limit else ""
    failures = "1 failure" if risk.halt_after_failures == 1 else f"{risk.halt_after_failures} failures in a row"
    rate = f"{risk.max_orders_per_minute} orders per minute per follower"
    if risk.max_orders_per_symbol_per_minute:
        rate += f", {risk.max_orders_per_symbol_per_minute} in one symbol"
    words = [loss or "no daily loss limit", rate]
    if risk.max_open_positions:
        positions = "position" if risk.max_open_positions == 1 else "positions"
        words.append(f"at most {risk.max_open_positions} open {positions}")
    words.append("funds checked before entries" if risk.check_funds else "funds not checked")
    return _DOT.join([*words, f"halted after {failures}"])


def _freeze(settings: Settings) -> str:
    """Return what differs from the built-in table, and the file that it comes from; '' where nothing does."""
    file = settings.freeze_file
    known = {**QUANTITIES, **(file.quantities if file is not None else {})}
    changed = {name: units for name, units in settings.freeze_quantities.items() if known.get(name) != units}
    words = [f"{name} {quantity or 'no limit'}" for name, quantity in changed.items()]
    if file is not None:
        words.append(f"{len(file.quantities)} from {file.name} of {file.day:%d %b %Y}")
    return ", ".join([*words, f"the rest as of {AS_OF:%d %b %Y}"]) if words else ""


def _sessions(table: SessionTable) -> str:
    """Return what differs from the built-in hours, and what the user has listed of holidays and special days."""
    if not table.guards:
        return "none: orders leave at any hour"
    own = {market: hours for market in Market if (hours := getattr(table, market)) != getattr(SESSIONS, market)}
    words = [f"{market} {hours or 'not guarded'}" for market, hours in own.items()]
    rest = "the rest" if words else "the exchanges' hours"
    words += [f"{rest} as of {AS_OF_SESSIONS:%d %b %Y}"] if len(own) < len(Market) else []
    words.append(f"holidays: {', '.join(map(str, table.holidays)) or 'none known'}")
    if table.special_days:
        words.append(f"special days: {', '.join(map(str, table.special_days))}")
    return _DOT.join(words)


def _broker(broker: BrokerSettings) -> str:
    words = [broker.root_url]
    if not broker.instruments_url:
        words.append("no instrument list")
    if broker.address_echo_url:
        words.append(f"egress IPs checked with {urlsplit(broker.address_echo_url).hostname}")
    return _DOT.join(words)


def _number(value: float | Decimal) -> str:
    text = f"{Decimal(repr(value)) if isinstance(value, float) else Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rupees(value: Decimal) -> str:
    return f"₹{value.normalize():,f}"
