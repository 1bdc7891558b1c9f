"""The settings in force, and the ones that this version cannot act upon."""

from __future__ import annotations

import pytest

from copytui.settings.describe import settings_in_force
from copytui.settings.unsupported import not_yet

from .folders import GOOD, SECRET, Folder


def test_the_settings_in_force_are_told_without_secrets(folder: Folder) -> None:
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
        "confirmation: each order is asked for, and expires after 60 s",
        "master: M100 · copies orders when complete · polled every 3 s · missed after 60 s · open at start: copied",
        "order feed: not in this version; the poll sees every order",
        "followers: 2 of 2 on",
        "  Follower 1 (F100): 1 x the master's quantity · at most ₹250,000.5 an order",
        "  Follower 2 (F200): 75 units an order · at most ₹250,000.5 an order · from 10.0.0.7 · through its proxy",
        "filters: all symbols but FINNIFTY · market limit stop",
        "prices: market orders as protected limits · limit orders at the master's price · protection 0.5 %",
        "limits: no daily loss limit · 60 orders a minute a follower · halted after 5 failures in a row",
        "broker: https://apiconnect.angelone.in",
        f"logs: {folder.path / 'logs'}",
    ]
    text = "\n".join(settings_in_force(settings))
    assert "canary" not in text
    assert SECRET not in text


def test_the_other_words_for_the_settings_in_force(folder: Folder) -> None:
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
        *("mode: LIVE", "confirmation: off", "each further fill", "open at start: ignored", "followers: 1 of 2 on"),
        *("Follower 1 (F100): in proportion to funds · at most 100 units", "Follower 2 (F200): off"),
        *("filters: only NIFTY, BANK* · no order type", "market orders as market", "limit orders protected too"),
        *("protection by the exchanges' slabs", "cancel when unfilled after 30 s"),
        *("daily loss ₹5,000 ", "halted after 1 failure"),
    ):
        assert part in text


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("", []),
        ("[orders]\nunfilled_after_seconds = 5", []),
        ('[orders]\nunfilled_action = "cancel"', []),
        ('[sizing]\nmode = "capital"', ['sizing.mode = "capital"']),
        ('[followers.2]\nmode = "capital"', ['followers.2.mode = "capital"']),
        ('[orders]\nunfilled_action = "reprice"\nunfilled_after_seconds = 5', ['orders.unfilled_action = "reprice"']),
        ("[risk]\ndaily_loss_limit = 0.5", ["risk.daily_loss_limit"]),
        ('[sizing]\nmode = "capital"\n[risk]\ndaily_loss_limit = 1', ["sizing.mode", "risk.daily_loss_limit"]),
    ],
)
def test_what_this_version_cannot_do_yet_is_said_and_not_ignored(folder: Folder, toml: str, said: list[str]) -> None:
    folder.toml(toml)
    sentences = not_yet(folder.load())
    assert len(sentences) == len(said)
    for sentence, start in zip(sentences, said, strict=True):
        assert sentence.startswith(start)
        assert "does not work in this version yet" in sentence
