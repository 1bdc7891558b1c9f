"""The demo: the embedded exchange with a trading master, copied live by the real engine and SDK.

Needs no account, no `.env` and no network beyond loopback.
"""

from __future__ import annotations

import dataclasses
import tempfile
from decimal import Decimal
from pathlib import Path

from copytui.bootstrap import RunOptions
from copytui.cli.run_headless import run_headless
from copytui.domain.orders import ClientId
from copytui.domain.sizing import Sizing
from copytui.journal.archive import JOURNAL_FILE
from copytui.settings.model import BrokerSettings, Credentials, FollowerSettings, MasterSettings, Secret, Settings
from copytui.sim import ExchangeAccount, ExchangeOptions, RunningExchange, serve_in_thread
from copytui.sim.control import FaultFlag, add_faults

_MULTIPLIERS = ("1.0", "2.0", "1.0", "0.5")
_POLL_SECONDS = 1.5
_LOGIN_SPACING_SECONDS = 0.5

_BANNER = (
    "DEMO: an exchange inside this program; no account, no real orders, nothing leaves this machine.",
    "The master trades on its own. Stop with Ctrl-C.",
)


@dataclasses.dataclass(frozen=True, slots=True)
class DemoOptions:
    """Options of the demo: its exchange, the folder for its logs, its duration in seconds, and its display."""

    exchange: ExchangeOptions
    folder: Path
    duration: float | None = None
    as_json: bool = False
    headless: bool = False
    ascii_only: bool = False
    faults: tuple[FaultFlag, ...] = ()


def run_demo(demo: DemoOptions) -> int:
    """Run the demo; returns the exit code. Its journal is new each time and deleted at the end."""
    with serve_in_thread(demo.exchange) as running, tempfile.TemporaryDirectory(prefix="copytui-demo-") as journal:
        add_faults(running.exchange, list(demo.faults))
        options = RunOptions(
            duration=demo.duration,
            as_json=demo.as_json,
            publish=not demo.headless,
            journal=Path(journal) / JOURNAL_FILE,
            save_settings=False,
            banner=_BANNER,
            mode_words="mode: LIVE, on the demo's own exchange only",
        )
        settings = demo_settings(running, demo.folder)
        if demo.headless:
            return run_headless(settings, options)
        from copytui.cli.run import run_screen  # noqa: PLC0415  # headless needs no screen library
        from copytui.tui.demo_controls import ExchangeHands  # noqa: PLC0415

        return run_screen(settings, options, demo=ExchangeHands(running), ascii_only=demo.ascii_only)


def demo_settings(running: RunningExchange, folder: Path) -> Settings:
    """Return live settings for the accounts of a running exchange, with a different size for each follower."""
    exchange = running.exchange
    return Settings(
        folder=folder,
        master=MasterSettings(_credentials(exchange.master), poll_interval_seconds=_POLL_SECONDS),
        followers=tuple(
            FollowerSettings(
                number,
                account.name,
                _credentials(account),
                sizing=Sizing(multiplier=multiplier),
                shares_multiplier=multiplier == Sizing().multiplier,
            )
            for number, account in enumerate(exchange.followers, start=1)
            for multiplier in (Decimal(_MULTIPLIERS[(number - 1) % len(_MULTIPLIERS)]),)
        ),
        dry_run=False,
        broker=dataclasses.replace(
            BrokerSettings(), root_url=running.url, login_spacing_seconds=_LOGIN_SPACING_SECONDS, keep_sessions=False
        ),
        logs_directory=folder / "logs",
    )


def _credentials(account: ExchangeAccount) -> Credentials:
    return Credentials(
        ClientId(account.client_id), Secret(account.api_key), Secret(account.pin), Secret(account.totp_secret)
    )
