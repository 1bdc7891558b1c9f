"""What is right key by key and makes no sense together: hours and addresses; `sizes` does this for quantities."""

from __future__ import annotations

from collections.abc import Iterable

from copytui.settings.report import Report
from copytui.settings.schema import ADDRESS_ECHO, REGISTERED_IP, TRADING_END, TRADING_START
from copytui.settings.toml import FOLLOWERS
from copytui.settings.values import Values


def check_hours(values: Values, report: Report) -> None:
    """Refuse hours that end before they begin; two times of one form compare as text."""
    start, end = values.get(TRADING_START, ""), values.get(TRADING_END, "")
    if start and end and end <= start:
        path = TRADING_END.path()
        report.problem(f'{path} in {values.files[path]} is "{end}": it must be after {TRADING_START.path()}, "{start}"')


def check_addresses(values: Values, numbers: Iterable[int], report: Report) -> None:
    """Warn of registered addresses that nothing compares, and of one that several followers name as theirs."""
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
