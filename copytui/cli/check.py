"""`copytui check`: every configuration problem at once, then a real login of each account, in one table.

With `[broker] address_echo_url` it also shows the egress IP of each account: Angel One takes orders only from the IP
that is registered for the account, and registers an IP for one client only.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from copytui.broker.smartapi.account import SmartApiAccount
from copytui.broker.smartapi.login_limiter import LoginLimiter
from copytui.domain.errors import BadCredentials, BrokerError, BrokerUnreachable, RateLimited
from copytui.domain.orders import ClientId
from copytui.domain.text import clean, money
from copytui.settings.describe import settings_in_force
from copytui.settings.model import BrokerSettings, Credentials, FollowerSettings, MasterSettings, Settings

_CLOCK_TOLERANCE = timedelta(seconds=5)
_RATE_PAUSES = (1.2, 3.0)
_FINE = "✓"
_PIPE_COLUMNS = 160
_WAY = ("requests leave from",)
_WHOLE = ("account", "client", "login", "funds", "seen as", "registered")
"""The columns that are never wrapped."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Address:
    """The address that an account's requests leave from.

    `way` is the route in the settings. `found` is the answer of the echo page, '' where it was not asked or did not
    answer (`trouble` has the reason). `registered` is the registered address of the settings, '' where there is none.
    """

    way: str
    found: str = ""
    trouble: str = ""
    registered: str = ""

    @property
    def differs(self) -> bool:
        """Whether orders would leave from another address than the registered one."""
        return bool(self.found and self.registered) and self.found != self.registered


@dataclass(frozen=True, slots=True)
class AccountReport:
    """The findings about one account; `problems` is empty where it works."""

    role: str
    client_id: ClientId
    address: Address
    works: bool = True
    name: str = ""
    segments: str = ""
    funds: str = ""
    clock: str = ""
    problems: tuple[str, ...] = ()


def run_check(settings: Settings, *, offline: bool) -> int:
    """Print the settings in force and which accounts work; returns 0, 3 (the master fails) or 1."""
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    for line in settings_in_force(settings):
        console.print(Text(line))
    for warning in settings.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"))
    if offline:
        console.print(Text("the settings are valid; --offline: no login was tried"))
        return 0
    reports = asyncio.run(_check_all(settings, console))
    width = None if sys.stdout.isatty() else _PIPE_COLUMNS
    tables = Console(highlight=False, markup=False, emoji=False, width=width)
    asked = bool(settings.broker.address_echo_url)
    tables.print(_accounts(reports, with_way=not asked))
    if asked:
        tables.print(_addresses(reports))
    for report in reports:
        for problem in report.problems:
            console.print(Text(f"{report.role}: {problem}", style="bold red"))
    for warning in _address_warnings(reports):
        console.print(Text(f"warning: {warning}", style="yellow"))
    return _exit_code(reports)


def _exit_code(reports: list[AccountReport]) -> int:
    if reports[0].problems:
        return 3
    return 1 if any(report.problems for report in reports) else 0


def _address_warnings(reports: list[AccountReport]) -> list[str]:
    """Return a warning for each unknown address, and for each that several followers share; the master only reads."""
    warnings = [f"{report.role}: {report.address.trouble}" for report in reports if report.address.trouble]
    users: dict[str, list[str]] = {}
    for report in reports[1:]:
        if report.address.found:
            users.setdefault(report.address.found, []).append(report.role)
    for address, roles in users.items():
        if len(roles) > 1:
            warnings.append(
                f"{', '.join(roles[:-1])} and {roles[-1]} leave from the same address, {address}. Angel One maps one"
                " address to one client: give each a proxy or a source_address of its own"
            )
    return warnings


async def _check_all(settings: Settings, console: Console) -> list[AccountReport]:
    login_limiter = LoginLimiter(settings.broker.login_spacing_seconds)
    everyone: tuple[MasterSettings | FollowerSettings, ...] = (settings.master, *settings.followers)
    spacing = settings.broker.login_spacing_seconds
    console.print(Text(f"logging in to {len(everyone)} accounts, {spacing:g} s apart …"))
    return [await _check(each, settings.broker, login_limiter) for each in everyone]


async def _check(
    who: MasterSettings | FollowerSettings, broker: BrokerSettings, login_limiter: LoginLimiter
) -> AccountReport:
    follower = who if isinstance(who, FollowerSettings) else None
    role = follower.name if follower else "master"
    source_address = follower.source_address if follower else ""
    account = SmartApiAccount(who.credentials, broker, login_limiter=login_limiter, source_address=source_address)
    address = Address(_way(who.credentials, source_address), registered=follower.registered_ip if follower else "")
    try:
        address = await _with_egress_ip(address, account, broker.address_echo_url)
        profile = await _with_retries(account.log_in)
        funds = await _with_retries(account.funds)
        offset = account.clock_offset
        return AccountReport(
            role,
            who.client_id,
            address,
            name=clean(profile.name),
            segments=" ".join(profile.exchanges),
            funds="?" if funds.available is None else f"₹{money(funds.available)}",
            clock=_clock(offset),
            problems=tuple(filter(None, (_clock_problem(offset), _address_problem(address)))),
        )
    except BrokerError as error:
        problem = f"{clean(str(error)).rstrip('.')}. {what_to_do(error)}"
        problems = tuple(filter(None, (problem, _address_problem(address))))
        return AccountReport(role, who.client_id, address, works=False, problems=problems)
    finally:
        await account.log_out()
        await account.close()


def _way(credentials: Credentials, source_address: str) -> str:
    return "its proxy" if credentials.proxy else source_address or "this machine"


async def _with_egress_ip(address: Address, account: SmartApiAccount, echo_url: str) -> Address:
    """Return the address with the egress IP that the echo page answers; no answer is not a failure."""
    if not echo_url:
        return address
    try:
        return replace(address, found=await account.egress_ip(echo_url))
    except BrokerError as error:
        return replace(address, trouble=clean(str(error)))


def _address_problem(address: Address) -> str:
    if not address.differs:
        return ""
    return (
        f"is not armed: its orders would leave from {address.found}, registered is {address.registered}."
        " Correct its proxy or source_address, or register the address at the SmartAPI portal."
    )


async def _with_retries(call: Callable[[], Awaitable[T]]) -> T:
    """Make a call, and repeat it after a pause when the broker limits the rate; raises any BrokerError."""
    for pause in _RATE_PAUSES:
        try:
            return await call()
        except RateLimited:
            await asyncio.sleep(pause)
    return await call()


def what_to_do(error: BrokerError) -> str:
    """Return what the user can do about an account that does not work."""
    match error:
        case BadCredentials():
            return (
                "Compare API key, client id, PIN and TOTP secret with the SmartAPI portal and the Angel One app;"
                " do not keep retrying: the account gets locked."
            )
        case RateLimited():
            return "The broker limits the request rate: wait a minute and check again."
        case BrokerUnreachable():
            return "Check the network, the proxy or source address of this account, and [broker] root_url."
        case _:
            return "The fault is on the broker's side: check again in a few minutes, and look at Angel One's status."


def _clock(offset: timedelta | None) -> str:
    return "?" if offset is None else f"{offset.total_seconds():+.0f} s"


def _clock_problem(offset: timedelta | None) -> str:
    if offset is None or abs(offset) <= _CLOCK_TOLERANCE:
        return ""
    return (
        f"this machine's clock is {abs(offset.total_seconds()):.0f} s off the broker's."
        " TOTP codes and the age of orders depend on it: switch on network time (NTP)."
    )


def _accounts(reports: list[AccountReport], *, with_way: bool) -> Table:
    """Return the table of accounts; the route has a table of its own where addresses are known."""
    table = _table("account", "client", "login", "name", "segments", "funds", *_WAY[:with_way], "clock")
    for report in reports:
        table.add_row(
            Text(report.role),
            Text(report.client_id),
            Text(f"{_FINE} works", style="green") if report.works else Text("✗ failed", style="red"),
            *map(Text, (report.name, report.segments, report.funds, *(report.address.way,)[:with_way], report.clock)),
        )
    return table


def _addresses(reports: list[AccountReport]) -> Table:
    """Return the table of egress IPs, beside the registered ones."""
    table = _table("account", *_WAY, "seen as", "registered")
    for report in reports:
        address = report.address
        style = "red" if address.differs else ""
        cells = (report.role, address.way, address.found or "not known")
        table.add_row(*map(Text, cells), Text(address.registered or "-", style=style))
    return table


def _table(*headings: str) -> Table:
    table = Table(title=None)
    for heading in headings:
        table.add_column(heading, no_wrap=heading in _WHOLE, overflow="fold")
    return table
