"""`copytui check`: every configuration problem at once, then a real log-in of each account, in one table."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from copytui.broker.smartapi.account import SmartApiAccount
from copytui.broker.smartapi.session import LoginGate
from copytui.domain.errors import BadCredentials, BrokerError, BrokerUnreachable, RateLimited, SettingsRefused
from copytui.domain.orders import ClientId
from copytui.domain.wording import clean, money
from copytui.settings.describe import settings_in_force
from copytui.settings.model import BrokerSettings, Credentials, Settings
from copytui.settings.unsupported import not_yet

_CLOCK_TOLERANCE = timedelta(seconds=5)
_RATE_PAUSES = (1.2, 3.0)
_FINE = "✓"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AccountReport:
    """What was found about one account; `problem` is empty where it works."""

    role: str
    client_id: ClientId
    name: str = ""
    segments: str = ""
    funds: str = ""
    leaves_from: str = ""
    clock: str = ""
    problem: str = ""


def run_check(settings: Settings, *, offline: bool) -> int:
    """Print what is in force and what works; return 0, 3 (the master fails) or 1; raises SettingsRefused."""
    if unsupported := not_yet(settings):
        raise SettingsRefused(unsupported)
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    for line in settings_in_force(settings):
        console.print(Text(line))
    for warning in settings.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"))
    if offline:
        console.print(Text("the settings are fine; --offline: no account was logged in"))
        return 0
    reports = asyncio.run(_check_all(settings, console))
    Console(highlight=False, markup=False, emoji=False).print(_table(reports))
    for report in reports:
        if report.problem:
            console.print(Text(f"{report.role}: {report.problem}", style="bold red"))
    return _exit_code(reports)


def _exit_code(reports: list[AccountReport]) -> int:
    if reports[0].problem:
        return 3
    return 1 if any(report.problem for report in reports) else 0


async def _check_all(settings: Settings, console: Console) -> list[AccountReport]:
    gate = LoginGate(settings.broker.login_spacing_seconds)
    accounts = [("master", settings.master.credentials, "")] + [
        (follower.name, follower.credentials, follower.source_address) for follower in settings.followers
    ]
    spacing = settings.broker.login_spacing_seconds
    console.print(Text(f"logging in {len(accounts)} accounts, {spacing:g} s apart …"))
    return [await _check(*account, settings.broker, gate) for account in accounts]


async def _check(
    role: str, credentials: Credentials, source_address: str, broker: BrokerSettings, gate: LoginGate
) -> AccountReport:
    account = SmartApiAccount(credentials, broker, gate=gate, source_address=source_address)
    leaves_from = "its proxy" if credentials.proxy else source_address or "this machine"
    try:
        profile = await _patiently(account.log_in)
        funds = await _patiently(account.funds)
        offset = account.clock_offset
        return AccountReport(
            role,
            credentials.client_id,
            name=clean(profile.name),
            segments=" ".join(profile.exchanges),
            funds="?" if funds.available is None else f"₹{money(funds.available)}",
            leaves_from=leaves_from,
            clock=_clock(offset),
            problem=_clock_problem(offset),
        )
    except BrokerError as error:
        problem = f"{clean(str(error))}. {what_to_do(error)}"
        return AccountReport(role, credentials.client_id, leaves_from=leaves_from, problem=problem)
    finally:
        await account.log_out()
        await account.close()


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Make a call, with pauses when the broker wants fewer requests; raises any BrokerError."""
    for pause in _RATE_PAUSES:
        try:
            return await call()
        except RateLimited:
            await asyncio.sleep(pause)
    return await call()


def what_to_do(error: BrokerError) -> str:
    """Say what the user can do about an account that does not work."""
    match error:
        case BadCredentials():
            return (
                "Compare API key, client id, PIN and TOTP secret with the SmartAPI portal and the Angel One app;"
                " do not try again and again: the account gets locked."
            )
        case RateLimited():
            return "The broker wants fewer requests: wait a minute and check again."
        case BrokerUnreachable():
            return "Check the network, the proxy or source address of this account, and [broker] root_url."
        case _:
            return "This is the broker's side: check again in a few minutes, and look at Angel One's status."


def _clock(offset: timedelta | None) -> str:
    return "?" if offset is None else f"{offset.total_seconds():+.0f} s"


def _clock_problem(offset: timedelta | None) -> str:
    if offset is None or abs(offset) <= _CLOCK_TOLERANCE:
        return ""
    return (
        f"this machine's clock is {abs(offset.total_seconds()):.0f} s off the broker's."
        " TOTP codes and the age of orders depend on it: switch on network time (NTP)."
    )


def _table(reports: list[AccountReport]) -> Table:
    table = Table(title=None)
    for heading in ("account", "client", "log-in", "name", "segments", "funds", "requests leave from", "clock"):
        table.add_column(heading, no_wrap=heading in ("account", "client", "log-in", "funds"), overflow="fold")
    for report in reports:
        works = (
            Text("✗ failed", style="red")
            if report.problem and not report.name
            else Text(f"{_FINE} works", style="green")
        )
        table.add_row(
            Text(report.role),
            Text(report.client_id),
            works,
            *map(Text, (report.name, report.segments, report.funds, report.leaves_from, report.clock)),
        )
    return table
