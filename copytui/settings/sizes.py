"""`[sizing]`, and `[sizing]` laid under each `[followers.N]`."""

from __future__ import annotations

from collections.abc import Iterable

from copytui.domain.sizing import Sizing, SizingMode
from copytui.settings.report import Report
from copytui.settings.schema import FIXED_QUANTITY, MAX_ORDER_VALUE, MAX_QUANTITY, MODE, MULTIPLIER
from copytui.settings.toml import FOLLOWERS
from copytui.settings.values import Values

_SIZING = "sizing"


def sizing_of(values: Values, number: int | None = None) -> Sizing:
    """Return the sizing of one follower, or the one for all."""
    base = Sizing() if number is None else sizing_of(values)
    section = _section(number)
    return Sizing(
        mode=values.get(MODE, base.mode, section),
        multiplier=values.get(MULTIPLIER, base.multiplier, section),
        fixed_quantity=values.get(FIXED_QUANTITY, base.fixed_quantity, section),
        max_quantity=values.get(MAX_QUANTITY, base.max_quantity, section),
        max_order_value=values.get(MAX_ORDER_VALUE, base.max_order_value, section),
    )


def check_sizing(values: Values, numbers: Iterable[int], report: Report) -> None:
    """Find what is right key by key and still makes no sense together."""
    _check_one(values, None, report)
    for number in numbers:
        _check_one(values, number, report)


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


def _section(number: int | None) -> str:
    return _SIZING if number is None else f"{FOLLOWERS}.{number}"
