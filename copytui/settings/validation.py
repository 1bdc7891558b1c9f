"""The checks of settings that are valid one by one and wrong together: followers, hours, addresses and sizing."""

from __future__ import annotations

from collections.abc import Iterable

from copytui.domain.sizing import Sizing, SizingMode, SymbolRule
from copytui.settings.build import own_rules, sizing_of, sizing_section
from copytui.settings.report import Report
from copytui.settings.schema import FIXED_QUANTITY, FOLLOWERS, MODE, MULTIPLIER, REGISTERED_IP, RULES
from copytui.settings.schema_broker import ADDRESS_ECHO
from copytui.settings.schema_limits import TRADING_END, TRADING_START
from copytui.settings.toml import Values


def check_together(values: Values, numbers: tuple[int, ...], env: str, report: Report) -> None:
    """Report what is wrong in combination; `numbers` are the followers that the file `env` names."""
    if numbers:
        _check_followers(values, numbers, env, report)
    _check_sizing(values, numbers, report)
    _check_hours(values, report)
    _check_addresses(values, numbers, report)


def _check_followers(values: Values, numbers: tuple[int, ...], env: str, report: Report) -> None:
    for number, file in values.follower_files.items():
        if number not in numbers:
            there = ", ".join(map(str, numbers))
            report.problem(f"[followers.{number}] in {file} has no FOLLOWER_{number}_* in {env}: there are {there}")


def _check_hours(values: Values, report: Report) -> None:
    """Refuse hours that end before they begin; two times in the same format compare as text."""
    start, end = values.get(TRADING_START, ""), values.get(TRADING_END, "")
    if start and end and end <= start:
        path = TRADING_END.path()
        report.problem(f'{path} in {values.files[path]} is "{end}": it must be after {TRADING_START.path()}, "{start}"')


def _check_addresses(values: Values, numbers: Iterable[int], report: Report) -> None:
    """Warn of registered addresses that nothing is compared with, and of one that several followers share."""
    paths = {REGISTERED_IP.path(f"{FOLLOWERS}.{number}"): number for number in numbers}
    given = {path: address for path in paths if (address := values.given.get(path))}
    if not values.has(ADDRESS_ECHO.path()) or values.given.get(ADDRESS_ECHO.path()) == "":
        for path in given:
            text = f"is compared with nothing: {ADDRESS_ECHO.path()} is not set"
            report.warn(f"{path} in {values.files[path]} {text}")
    for address in dict.fromkeys(given.values()):
        same = [path for path in given if given[path] == address]
        if len(same) > 1:
            report.warn(f"{' and '.join(same)} are the same: Angel One maps one address to one client")


def _check_sizing(values: Values, numbers: tuple[int, ...], report: Report) -> None:
    _check_one(values, None, report)
    _check_rules(values, None, tuple(sizing_of(values, number) for number in numbers or (None,)), report)
    for number in numbers:
        _check_one(values, number, report)
        _check_rules(values, number, (sizing_of(values, number),), report)


def _check_one(values: Values, number: int | None, report: Report) -> None:
    section = sizing_section(number)
    sizing = sizing_of(values, number)
    mode, quantity, multiplier = (key.path(section) for key in (MODE, FIXED_QUANTITY, MULTIPLIER))
    is_own = number is None or values.has(mode) or values.has(quantity)
    is_certain = not {mode, quantity, MODE.path(), FIXED_QUANTITY.path()} & values.refused
    if sizing.mode is SizingMode.FIXED:
        if sizing.fixed_quantity == 0 and is_own and is_certain:
            file = values.files.get(quantity) or values.files.get(mode) or values.files.get(MODE.path(), "")
            report.problem(f'{quantity} in {file} is 0: with mode = "fixed" it must be above 0')
    elif quantity in values.given and sizing.fixed_quantity and is_certain:
        report.warn(f'{quantity} in {values.files[quantity]} has no effect while the mode is "{sizing.mode}"')
    if number is not None and multiplier in values.given and sizing.mode is not SizingMode.MULTIPLIER and is_certain:
        report.warn(f'{multiplier} in {values.files[multiplier]} has no effect while the mode is "{sizing.mode}"')


def _check_rules(values: Values, number: int | None, sizings: tuple[Sizing, ...], report: Report) -> None:
    """Check each rule of one list, laid over the `sizings` of the followers that it applies to."""
    path = f"{sizing_section(number)}.{RULES}"
    quantities = {key.path(sizing_section(which)) for which in {None, number} for key in (MODE, FIXED_QUANTITY)}
    for index, rule in enumerate(own_rules(values, number), start=1):
        at = f"{path}[{index}]"
        if ({f"{at}.{MODE.name}", f"{at}.{FIXED_QUANTITY.name}"} | quantities) & values.refused:
            continue
        _check_rule(rule, at, values.files[path], sizings, report)


def _check_rule(rule: SymbolRule, at: str, file: str, sizings: tuple[Sizing, ...], report: Report) -> None:
    modes = {rule.mode or sizing.mode for sizing in sizings}
    mode = ", ".join(f'"{each}"' for each in sorted(modes))
    fixed = [sizing for sizing in sizings if (rule.mode or sizing.mode) is SizingMode.FIXED]
    says_how = rule.mode is not None or rule.fixed_quantity is not None
    if says_how and any(not _first(rule.fixed_quantity, sizing.fixed_quantity) for sizing in fixed):
        report.problem(f'{at}.{FIXED_QUANTITY.name} in {file} is 0: with mode = "fixed" it must be above 0')
    if rule.fixed_quantity and SizingMode.FIXED not in modes:
        report.warn(f"{at}.{FIXED_QUANTITY.name} in {file} has no effect while the mode is {mode}")
    if rule.multiplier is not None and SizingMode.MULTIPLIER not in modes:
        report.warn(f"{at}.{MULTIPLIER.name} in {file} has no effect while the mode is {mode}")


def _first(own: int | None, other: int) -> int:
    return other if own is None else own
