"""The settings in force, in words."""

from __future__ import annotations

from copytui.settings.describe import settings_in_force

from .folders import GOOD, SECRET, Folder


def test_the_settings_in_force_are_listed_without_secrets(folder: Folder) -> None:
    folder.env({**GOOD, "FOLLOWER_2_PROXY": "http://u:canary@h:1", "API_KEY": "canary"})
    folder.toml("""
require_confirmation = true
[filters]
block_symbols = ["FINNIFTY"]
[sizing]
max_order_value = 250000.5
[orders]
protection_percent = 0.50
[followers.2]
mode = "fixed"
fixed_quantity = 75
source_address = "10.0.0.7"
""")
    settings = folder.load()
    assert settings_in_force(settings) == [
        "mode: dry run, nothing is sent",
        "confirmation: every copy requires approval and expires after 60 s",
        "master: M100 · copies orders when complete · polled every 3 s · missed after 60 s · open at start: copied",
        "order feed: not in this version; the poll sees every order",
        "positions from before: what reduces them is listed for your attention, not copied",
        "followers: 2 of 2 enabled",
        "  Follower 1 (F100): 1 x the master's quantity · at most ₹250,000.5 per order",
        "  Follower 2 (F200): 75 units per order · at most ₹250,000.5 per order · from 10.0.0.7 · through its proxy",
        "filters: all symbols but FINNIFTY · market limit stop",
        "prices: market orders as protected limits · limit orders at the master's price · protection 0.5 %",
        (
            "limits: no daily loss limit · 60 orders per minute per follower, 20 in one symbol"
            " · funds checked before entries · halted after 5 failures in a row"
        ),
        "broker: https://apiconnect.angelone.in",
        "sessions: the exchanges' hours as of 03 Aug 2026 · holidays: none known",
        f"logs: {folder.path / 'logs'}",
    ]
    text = "\n".join(settings_in_force(settings))
    assert "canary" not in text
    assert SECRET not in text


def test_the_settings_in_force_that_are_not_defaults(folder: Folder) -> None:
    folder.toml("""
dry_run = false
[master]
copy_on = "fill"
open_orders_at_start = "ignore"
[filters]
allow_symbols = ["NIFTY", "BANK*"]
market_orders = false
limit_orders = false
stop_orders = false
[sizing]
mode = "capital"
max_quantity = 100
[orders]
market_as = "market"
limit_as = "protected"
unfilled_after_seconds = 30
unfilled_action = "cancel"
[risk]
daily_loss_limit = 5000
halt_after_failures = 1
[followers.2]
enabled = false
""")
    text = "\n".join(settings_in_force(folder.load()))
    for part in (
        *(
            "mode: LIVE",
            "confirmation: off",
            "each further fill",
            "open at start: ignored",
            "followers: 1 of 2 enabled",
        ),
        *("Follower 1 (F100): in proportion to funds · at most 100 units", "Follower 2 (F200): disabled"),
        *("filters: only NIFTY, BANK* · no order type", "market orders as market", "limit orders protected too"),
        *("protection by the exchanges' slabs", "cancel when unfilled after 30 s"),
        *("daily loss ₹5,000, then exits only", "halted after 1 failure"),
    ):
        assert part in text


def test_rules_hours_and_addresses_are_listed_where_they_are_set(folder: Folder) -> None:
    folder.toml("""
[[sizing.rules]]
symbols = ["NIFTY", "BANK*"]
multiplier = 0.5
max_quantity = 300
[[sizing.rules]]
symbols = ["SBIN"]
mode = "capital"
max_order_value = 0
[orders]
unfilled_after_seconds = 2.5
unfilled_action = "reprice"
reprice_steps = 4
[risk]
max_orders_per_symbol_per_minute = 0
max_open_positions = 3
check_funds = false
[trading]
start = "09:20"
end = "15:10"
days = ["fri", "mon"]
[freeze_quantities]
nifty = 3600
BANKEX = 0
RELIANCE = 10000
SENSEX = 1000
[followers.1]
registered_ip = "203.0.113.7"
[[followers.1.rules]]
symbols = ["INFY"]
mode = "fixed"
fixed_quantity = 5
[broker]
root_url = "http://127.0.0.1:8000"
address_echo_url = "https://api.ipify.org/?x=1"
""")
    lines = settings_in_force(folder.load())
    for line in (
        (
            "  Follower 1 (F100): 1 x the master's quantity · INFY: mode fixed, 5 units per order"
            " · registered for 203.0.113.7"
        ),
        "  Follower 2 (F200): 1 x the master's quantity",
        (
            "rules for all: NIFTY, BANK*: 0.5 x the master's quantity, at most 300 units;"
            " SBIN: mode capital, no cap on value"
        ),
        "entries: from 09:20 until 15:10 on mon, fri; exits always",
        (
            "limits: no daily loss limit · 60 orders per minute per follower · at most 3 open positions"
            " · funds not checked · halted after 5 failures in a row"
        ),
        "freeze quantities: NIFTY 3600, BANKEX no limit, RELIANCE 10000, the rest as of 01 Feb 2026",
        "broker: http://127.0.0.1:8000 · no instrument list · egress IPs checked with api.ipify.org",
    ):
        assert line in lines
    assert "reprice when unfilled after 2.5 s, at most 4 times" in "\n".join(lines)


def test_own_session_hours_are_listed_and_so_is_that_there_are_none(folder: Folder) -> None:
    def sessions(text: str) -> str:
        folder.toml(text)
        (line,) = (line for line in settings_in_force(folder.load()) if line.startswith("sessions: "))
        return line.removeprefix("sessions: ")

    own = 'nfo = "09:20-15:25"\ncds = ""\nholidays = ["2026-12-25"]\nspecial_days = ["2026-11-08 18:00-19:00"]\n'
    assert sessions(f"[sessions]\n{own}") == (
        "nfo 09:20-15:25 · cds not guarded · the rest as of 03 Aug 2026 · holidays: 2026-12-25"
        " · special days: 2026-11-08 18:00-19:00"
    )
    elsewhere = '[broker]\nroot_url = "http://127.0.0.1:9"\n'
    assert sessions(elsewhere) == "none: orders leave at any hour"
    assert sessions(f'{elsewhere}[sessions]\nnfo = "09:15-15:30"\n').startswith("cash not guarded · ")
