"""The settings in force, in a few readable lines without any secret."""

from __future__ import annotations

from decimal import Decimal

from copytui.domain.executions import CopyOn
from copytui.domain.filters import Filters
from copytui.domain.sizing import Sizing, SizingMode
from copytui.domain.translate import LimitAs, MarketAs, OrderRules, UnfilledAction
from copytui.settings.model import FollowerSettings, MasterSettings, OpenAtStart, RiskSettings, Settings

_DOT = " · "


def settings_in_force(settings: Settings) -> list[str]:
    """Return one line for each subject, the followers' one line each."""
    enabled = sum(follower.enabled for follower in settings.followers)
    return [
        f"mode: {'dry run, nothing is sent' if settings.dry_run else 'LIVE, orders are sent'}",
        f"confirmation: {_confirmation(settings)}",
        f"master: {_master(settings.master)}",
        *(["order feed: not in this version; the poll sees every order"] if settings.master.order_feed else []),
        f"followers: {enabled} of {len(settings.followers)} on",
        *(f"  {_follower(follower)}" for follower in settings.followers),
        f"filters: {_filters(settings.filters)}",
        f"prices: {_prices(settings.orders)}",
        f"limits: {_limits(settings.risk)}",
        f"broker: {settings.broker.root_url}",
        f"logs: {settings.logs_directory}",
    ]


def sizing_words(sizing: Sizing) -> str:
    """Say how much a follower gets."""
    match sizing.mode:
        case SizingMode.MULTIPLIER:
            words = [f"{_number(sizing.multiplier)} x the master's quantity"]
        case SizingMode.FIXED:
            words = [f"{sizing.fixed_quantity} units an order"]
        case SizingMode.CAPITAL:
            words = ["in proportion to funds"]
    if sizing.max_quantity:
        words.append(f"at most {sizing.max_quantity} units")
    if sizing.max_order_value:
        words.append(f"at most {_rupees(sizing.max_order_value)} an order")
    return _DOT.join(words)


def _confirmation(settings: Settings) -> str:
    if not settings.require_confirmation:
        return "off"
    return f"each order is asked for, and expires after {_number(settings.confirmation_timeout_seconds)} s"


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


def _follower(follower: FollowerSettings) -> str:
    words = [f"{follower.name} ({follower.client_id}): {sizing_words(follower.sizing) if follower.enabled else 'off'}"]
    if follower.source_address:
        words.append(f"from {follower.source_address}")
    if follower.credentials.proxy:
        words.append("through its proxy")
    return _DOT.join(words)


def _filters(filters: Filters) -> str:
    symbols = f"only {', '.join(filters.allow_symbols)}" if filters.allow_symbols else "all symbols"
    if filters.block_symbols:
        symbols += f" but {', '.join(filters.block_symbols)}"
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
    return _DOT.join(words)


def _limits(risk: RiskSettings) -> str:
    loss = f"daily loss {_rupees(risk.daily_loss_limit)}" if risk.daily_loss_limit else "no daily loss limit"
    failures = "1 failure" if risk.halt_after_failures == 1 else f"{risk.halt_after_failures} failures in a row"
    return _DOT.join((loss, f"{risk.max_orders_per_minute} orders a minute a follower", f"halted after {failures}"))


def _number(value: float | Decimal) -> str:
    text = f"{Decimal(repr(value)) if isinstance(value, float) else Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rupees(value: Decimal) -> str:
    return f"₹{value.normalize():,f}"
