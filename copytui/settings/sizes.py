"""`[sizing]` with its rules for some symbols, and both laid under each `[followers.N]`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from copytui.domain.sizing import Sizing, SizingMode, SymbolRule
from copytui.settings.report import Report
from copytui.settings.schema import (
    FIXED_QUANTITY,
    MAX_ORDER_VALUE,
    MAX_QUANTITY,
    MODE,
    MULTIPLIER,
    RULE_SYMBOLS,
    RULES,
    Key,
)
from copytui.settings.toml import FOLLOWERS, SIZING
from copytui.settings.values import Values

T = TypeVar("T")


def sizing_of(values: Values, number: int | None = None) -> Sizing:
    """Return the sizing of one follower, or the one for all; a follower's own rules come before those for all."""
    base = Sizing() if number is None else sizing_of(values)
    section = _section(number)
    return Sizing(
        mode=values.get(MODE, base.mode, section),
        multiplier=values.get(MULTIPLIER, base.multiplier, section),
        fixed_quantity=values.get(FIXED_QUANTITY, base.fixed_quantity, section),
        max_quantity=values.get(MAX_QUANTITY, base.max_quantity, section),
        max_order_value=values.get(MAX_ORDER_VALUE, base.max_order_value, section),
        rules=_own_rules(values, number) + base.rules,
    )


def check_sizing(values: Values, numbers: Iterable[int], report: Report) -> None:
    """Find what is right key by key and still makes no sense together."""
    numbers = tuple(numbers)
    _check_one(values, None, report)
    _check_rules(values, None, tuple(sizing_of(values, number) for number in numbers or (None,)), report)
    for number in numbers:
        _check_one(values, number, report)
        _check_rules(values, number, (sizing_of(values, number),), report)


def _check_one(values: Values, number: int | None, report: Report) -> None:
    section = _section(number)
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
    """Look at each rule of one list as it lies over the `sizings` of the followers that it is for."""
    path = f"{_section(number)}.{RULES}"
    quantities = {key.path(_section(which)) for which in {None, number} for key in (MODE, FIXED_QUANTITY)}
    for index, rule in enumerate(_own_rules(values, number), start=1):
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


def _own_rules(values: Values, number: int | None) -> tuple[SymbolRule, ...]:
    return tuple(_rule(table) for table in values.tables(f"{_section(number)}.{RULES}"))


def _rule(table: Mapping[str, object]) -> SymbolRule:
    """Return a rule; what its table lacks, or has wrongly, the rule does not say."""

    def said(key: Key[T]) -> T | None:
        return key.check.parse(table[key.name]) if key.name in table else None

    return SymbolRule(
        symbols=said(RULE_SYMBOLS) or (),
        mode=said(MODE),
        multiplier=said(MULTIPLIER),
        fixed_quantity=said(FIXED_QUANTITY),
        max_quantity=said(MAX_QUANTITY),
        max_order_value=said(MAX_ORDER_VALUE),
    )


def _first(own: int | None, other: int) -> int:
    return other if own is None else own


def _section(number: int | None) -> str:
    return SIZING if number is None else f"{FOLLOWERS}.{number}"
