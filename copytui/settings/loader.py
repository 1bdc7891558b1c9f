"""`.env` + `copytui.toml` + `copytui.local.toml` -> one frozen `Settings`, or every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from pathlib import Path

from copytui.domain.errors import SettingsRefused
from copytui.domain.filters import Filters, TradingHours
from copytui.domain.orders import QUANTITIES
from copytui.domain.pricing import OrderRules
from copytui.settings import schema
from copytui.settings.accounts import Accounts, FollowerAccount, make_accounts
from copytui.settings.combinations import check_addresses, check_hours
from copytui.settings.credential_formats import FORMS
from copytui.settings.env import FileState, Variables, read_variables
from copytui.settings.live import LOCAL_FILE
from copytui.settings.model import (
    INSTRUMENTS_URL,
    BrokerSettings,
    Credentials,
    FollowerSettings,
    MasterSettings,
    RiskSettings,
    Settings,
)
from copytui.settings.report import Report
from copytui.settings.sizes import check_sizing, sizing_of
from copytui.settings.toml import FOLLOWERS, read_values
from copytui.settings.urls import is_angel_one
from copytui.settings.values import Values

CONFIG_FILE = "copytui.toml"
ENV_FILE = ".env"


def load_settings(
    *,
    config_file: Path | None,
    env_file: Path | None,
    folder: Path,
    environ: Mapping[str, str],
    strict_permissions: bool = False,
) -> Settings:
    """Read, check and join all settings; raises SettingsRefused with every problem of all files.

    Named files are looked for from `folder`, as a shell does; everything else lies beside `copytui.toml`.
    """
    report = Report()
    config = (folder / (config_file or CONFIG_FILE)).absolute()
    env = (folder / env_file).absolute() if env_file else config.parent / ENV_FILE
    accounts, numbers = _read_accounts(env, environ, report, named=env_file is not None, strict=strict_permissions)
    values = _read_both(config, report, named=config_file is not None)
    if numbers:
        _report_unknown_followers(values, numbers, env.name, report)
    check_sizing(values, numbers, report)
    check_hours(values, report)
    check_addresses(values, numbers, report)
    if report.problems or accounts.master is None:
        raise SettingsRefused(tuple(report.problems))
    return _settings(config.parent, accounts.master, accounts.followers, values, report)


def _read_accounts(
    env: Path, environ: Mapping[str, str], report: Report, *, named: bool, strict: bool
) -> tuple[Accounts, tuple[int, ...]]:
    """Return the accounts, and the number of each follower, also of those whose credentials are wrong."""
    variables = read_variables(env, environ, report, strict_permissions=strict)
    numbers = tuple(variables.followers)
    if variables.file_state is FileState.MISSING and (named or not _is_complete(variables)):
        report.problem(f"there is no {env}: run copytui init to write one, then fill in the accounts")
    if variables.file_state is not FileState.READ and not numbers and not variables.master:
        return Accounts(None, ()), ()  # nothing to say about accounts that could not even be named
    return make_accounts(variables, report), numbers


def _is_complete(variables: Variables) -> bool:
    accounts = [variables.master, *variables.followers.values()]
    return bool(variables.followers) and all(field in fields for fields in accounts for field in FORMS)


def _read_both(config: Path, report: Report, *, named: bool) -> Values:
    base = read_values(config, report)
    if base is None and named:
        report.problem(f"there is no {config}: name a file that exists, or leave --config out")
    local = read_values(config.parent / LOCAL_FILE, report) or Values()
    if local.given.get(schema.DRY_RUN.path()) is False:
        report.warn(f"dry_run = false in {LOCAL_FILE} is ignored: a live run is chosen anew each start")
        local = replace(local, given={key: value for key, value in local.given.items() if key != "dry_run"})
    return local.over(base or Values())


def _report_unknown_followers(values: Values, numbers: tuple[int, ...], env: str, report: Report) -> None:
    for number, file in values.follower_files.items():
        if number not in numbers:
            there = ", ".join(map(str, numbers))
            report.problem(f"[followers.{number}] in {file} has no FOLLOWER_{number}_* in {env}: there are {there}")


def _settings(
    folder: Path, master: Credentials, followers: tuple[FollowerAccount, ...], values: Values, report: Report
) -> Settings:
    plain = Settings(folder, MasterSettings(master), ())
    all_followers = tuple(_follower(follower, values) for follower in followers)
    if not any(follower.enabled for follower in all_followers):
        report.warn("every follower is switched off (enabled = false): nothing will be copied")
    return Settings(
        folder=folder,
        master=_master(master, values),
        followers=all_followers,
        dry_run=values.get(schema.DRY_RUN, plain.dry_run),
        require_confirmation=values.get(schema.REQUIRE_CONFIRMATION, plain.require_confirmation),
        confirmation_timeout_seconds=values.get(schema.CONFIRMATION_TIMEOUT, plain.confirmation_timeout_seconds),
        filters=_filters(values),
        sizing=sizing_of(values),
        orders=_orders(values),
        risk=_risk(values),
        trading=_trading(values),
        freeze_quantities=_freeze_quantities(values),
        broker=_broker(values),
        logs_directory=folder / values.get(schema.LOGS_DIRECTORY, str(plain.logs_directory)),
        warnings=tuple(report.warnings),
    )


def _master(credentials: Credentials, values: Values) -> MasterSettings:
    plain = MasterSettings(credentials)
    return MasterSettings(
        credentials=credentials,
        copy_on=values.get(schema.COPY_ON, plain.copy_on),
        poll_interval_seconds=values.get(schema.POLL_INTERVAL, plain.poll_interval_seconds),
        order_feed=values.get(schema.ORDER_FEED, plain.order_feed),
        max_order_age_seconds=values.get(schema.MAX_ORDER_AGE, plain.max_order_age_seconds),
        open_orders_at_start=values.get(schema.OPEN_AT_START, plain.open_orders_at_start),
    )


def _follower(follower: FollowerAccount, values: Values) -> FollowerSettings:
    section = f"{FOLLOWERS}.{follower.number}"
    plain = FollowerSettings(follower.number, follower.name, follower.credentials)
    return replace(
        plain,
        enabled=values.get(schema.ENABLED, plain.enabled, section),
        sizing=sizing_of(values, follower.number),
        shares_multiplier=not values.has(schema.MULTIPLIER.path(section)),
        source_address=values.get(schema.SOURCE_ADDRESS, plain.source_address, section),
        registered_ip=values.get(schema.REGISTERED_IP, plain.registered_ip, section),
    )


def _filters(values: Values) -> Filters:
    plain = Filters()
    return Filters(
        allow_symbols=values.get(schema.ALLOW_SYMBOLS, plain.allow_symbols),
        block_symbols=values.get(schema.BLOCK_SYMBOLS, plain.block_symbols),
        market_orders=values.get(schema.MARKET_ORDERS, plain.market_orders),
        limit_orders=values.get(schema.LIMIT_ORDERS, plain.limit_orders),
        stop_orders=values.get(schema.STOP_ORDERS, plain.stop_orders),
    )


def _orders(values: Values) -> OrderRules:
    plain = OrderRules()
    return OrderRules(
        market_as=values.get(schema.MARKET_AS, plain.market_as),
        limit_as=values.get(schema.LIMIT_AS, plain.limit_as),
        protection_percent=values.get(schema.PROTECTION_PERCENT, plain.protection_percent),
        unfilled_after_seconds=values.get(schema.UNFILLED_AFTER, plain.unfilled_after_seconds),
        unfilled_action=values.get(schema.UNFILLED_ACTION, plain.unfilled_action),
        reprice_steps=values.get(schema.REPRICE_STEPS, plain.reprice_steps),
    )


def _risk(values: Values) -> RiskSettings:
    plain = RiskSettings()
    return RiskSettings(
        daily_loss_limit=values.get(schema.DAILY_LOSS_LIMIT, plain.daily_loss_limit),
        max_orders_per_minute=values.get(schema.MAX_ORDERS_PER_MINUTE, plain.max_orders_per_minute),
        max_orders_per_symbol_per_minute=values.get(
            schema.MAX_ORDERS_PER_SYMBOL, plain.max_orders_per_symbol_per_minute
        ),
        max_open_positions=values.get(schema.MAX_OPEN_POSITIONS, plain.max_open_positions),
        check_funds=values.get(schema.CHECK_FUNDS, plain.check_funds),
        halt_after_failures=values.get(schema.HALT_AFTER_FAILURES, plain.halt_after_failures),
    )


def _trading(values: Values) -> TradingHours:
    start, end = values.get(schema.TRADING_START, ""), values.get(schema.TRADING_END, "")
    return TradingHours(
        start=time.fromisoformat(start) if start else None,
        end=time.fromisoformat(end) if end else None,
        days=values.get(schema.TRADING_DAYS, TradingHours().days),
    )


def _freeze_quantities(values: Values) -> dict[str, int]:
    """Return the user's quantities, laid over the exchanges'."""
    given = {
        name: quantity
        for name, value in values.names_under(schema.FREEZE_QUANTITIES).items()
        if (quantity := schema.FREEZE_QUANTITY.parse(value)) is not None
    }
    return {**QUANTITIES, **given}


def _broker(values: Values) -> BrokerSettings:
    plain = BrokerSettings()
    root_url = values.get(schema.ROOT_URL, plain.root_url)
    return BrokerSettings(
        root_url=root_url,
        order_feed_url=values.get(schema.ORDER_FEED_URL, plain.order_feed_url),
        login_spacing_seconds=values.get(schema.LOGIN_SPACING, plain.login_spacing_seconds),
        request_timeout_seconds=values.get(schema.REQUEST_TIMEOUT, plain.request_timeout_seconds),
        public_ip=values.get(schema.PUBLIC_IP, plain.public_ip),
        # A test or a demo against another server must never touch the network.
        instruments_url=values.get(schema.INSTRUMENTS, INSTRUMENTS_URL if is_angel_one(root_url) else ""),
        address_echo_url=values.get(schema.ADDRESS_ECHO, plain.address_echo_url),
    )
