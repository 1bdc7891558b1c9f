"""Going live and releasing a halt: only the exact word, typed where it belongs and in time, says yes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from rich.cells import cell_len

from copytui.domain.filters import Filters
from copytui.domain.orders import Exchange, Product
from copytui.domain.positions import PositionKey
from copytui.domain.risk import OrphanedPosition
from copytui.domain.sizing import Sizing, SymbolRule
from copytui.engine.commands import SetHalted
from copytui.tui.dialogs.confirmations import going_live, open_words, releasing_halt
from copytui.tui.dialogs.typed_word import TypedWord, TypedWordScreen
from tests.tui import snapshots
from tests.tui.dialog_host import WAITING, DialogHost, press
from tests.tui.fake import FakeFront, follower_id


def host(word: str = "LIVE") -> DialogHost:
    return asking(TypedWord("Sure?", ("one line",), word))


def asking(question: TypedWord) -> DialogHost:
    return DialogHost(FakeFront(snapshots.busy()), TypedWordScreen(question, lambda _: question))


async def test_the_exact_word_typed_in_the_field_says_yes() -> None:
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "shift+tab", *"LIVE", "enter")
        assert app.result is True


async def test_mashing_enter_says_no() -> None:
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, *["enter"] * 8)
        assert app.result is False


@pytest.mark.parametrize("keys", [["L", "I", "V", "E", "enter"], ["L", "I", "V", "E"], ["space", "d", "y"]])
async def test_typing_without_going_to_the_field_never_says_yes(keys: list[str]) -> None:
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, *keys)
        assert app.result is not True


async def test_a_word_typed_at_the_button_is_not_lost_in_silence() -> None:
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, *"LIVE")
        assert app.text("wrong") == "Not entered: press tab, then type LIVE."
        await press(pilot, "enter")
        assert app.result is WAITING
        assert app.text("wrong").startswith("Nothing was done. Press tab")
        for _ in range(50):  # Textual takes no second press of a button while it still shows the first
            if app.result is WAITING:
                await press(pilot, "enter")
                await pilot.pause(0.02)
        assert app.result is False
        assert app.said == ["Sure? closed: nothing was changed"]


async def test_closing_by_itself_is_said_and_makes_the_screen_deaf_for_a_moment() -> None:
    app = host()
    async with app.run_test(size=(80, 24)):
        app.wait(31)
        assert app.said == ["Sure? closed by itself: nothing was changed"]
        assert app.deaf_for > 0


@pytest.mark.parametrize("word", ["live", "LIVE ", "LIV", "LIVEE", "yes", ""])
async def test_any_other_word_does_nothing_and_says_so(word: str) -> None:
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "tab", *["space" if char == " " else char for char in word], "enter", "enter")
        assert app.result is WAITING
        assert app.text("wrong") == "That is not LIVE. Nothing was done."


async def test_escape_says_no_even_after_the_word_was_typed() -> None:
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "tab", *"LIVE", "escape")
        assert app.result is False


async def test_it_counts_down_and_closes_by_itself_with_a_no() -> None:
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        assert "closes by itself in 30 s" in app.text("left")
        app.wait(12.5)
        assert "closes by itself in 18 s" in app.text("left")
        app.wait(17.5)
        await pilot.pause()
        assert app.result is False


async def test_the_word_that_comes_after_the_time_is_over_says_no() -> None:
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "tab", *"LIVE")
        app.engine_client.now += 30
        await press(pilot, "enter")
        assert app.result is False


async def test_a_halt_goes_through_while_it_asks() -> None:
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "tab", "L", "ctrl+k")
        assert app.engine_client.submitted == [SetHalted(on=True)]
        assert app.result is WAITING


def test_going_live_lists_accounts_sizes_filters_limits_and_what_is_open() -> None:
    snapshot = snapshots.with_rules(snapshots.busy(), filters=Filters(block_symbols=("FINNIFTY",), market_orders=False))
    followers = (*snapshot.followers[:3], snapshots.a_follower(3, halted_because="5 failures", armed=False),
                 snapshots.a_follower(4, enabled=False, armed=False, queued=2))  # fmt: skip
    snapshot = replace(snapshot, followers=followers)
    engine_client = FakeFront(snapshot)
    sized = Sizing(multiplier=Decimal("2.0"), max_quantity=150)
    engine_client.settings = replace(
        engine_client.settings,
        followers=(replace(engine_client.settings.followers[0], sizing=sized), *engine_client.settings.followers[1:]),
    )
    question = going_live(engine_client, snapshot)
    text = "\n".join(question.lines)
    assert question.word == "LIVE"
    assert "REAL orders go to 4 accounts; 3 ready now" in text
    assert "Asha             F10001    x2, at most 150" in text
    assert "halted: 5 failures" in text
    assert "disabled" in text
    assert "all symbols, but not FINNIFTY · limit stop" in text
    assert "60 orders/min each · 20 orders/min in one symbol · no loss limit · halts after 5 failures" in whole(
        question
    )
    assert "1 unknown" in text
    assert "2 queued" in text
    assert "NOT required: orders are sent without asking" in text


def whole(question: TypedWord) -> str:
    """Return a question's lines as one, however they are wrapped."""
    return " ".join(" ".join(question.lines).split())


def asked_with(*sizings: Sizing, **risk: Any) -> TypedWord:
    """Ask whether to go live where the followers have these sizes."""
    snapshot = snapshots.quiet()
    engine_client = FakeFront(snapshot)
    followers = tuple(
        replace(follower, sizing=sizing)
        for follower, sizing in zip(engine_client.settings.followers, sizings, strict=True)
    )
    engine_client.settings = replace(
        engine_client.settings, followers=followers, risk=replace(engine_client.settings.risk, **risk)
    )
    return going_live(engine_client, snapshot)


LARGE = Sizing(max_quantity=123456789, max_order_value=Decimal(98765432109))


def test_limits_that_all_have_in_common_stand_once_and_whole() -> None:
    common = Sizing(max_quantity=300, max_order_value=Decimal(250000))
    question = asked_with(*[common] * 5)
    assert "Each gets   x1, at most 300, at most ₹2,50,000" in question.lines
    assert "  Ravi             F10002    ready" in question.lines
    assert whole(question).count("at most 300") == 1


def test_a_limit_of_ones_own_is_wrapped_and_never_cut() -> None:
    own = replace(LARGE, multiplier=Decimal("12.75"), rules=(SymbolRule(("SBIN",), max_quantity=5),))
    question = asked_with(own, *[LARGE] * 4)
    words = "at most 123456789, at most ₹98,76,54,32,109"
    assert f"Each gets x1, {words}, unless listed below" in whole(question)
    assert f"Asha F10001 x12.75, {words}, 1 rule by symbol · ready" in whole(question)
    assert all(cell_len(line) <= 72 for line in question.lines)
    assert "…" not in whole(question)


def test_limits_that_nobody_shares_stand_with_each_account() -> None:
    question = asked_with(*(Sizing(max_quantity=100 + number) for number in range(5)))
    assert "Each gets" not in whole(question)
    for number, name in enumerate(("Asha", "Ravi", "Meera", "Sara", "Kim")):
        assert f"{name} F{10001 + number} x1, at most {100 + number} · ready" in whole(question)


@pytest.mark.parametrize(
    ("risk", "words"),
    [
        ({"max_orders_per_symbol_per_minute": 20}, "60 orders/min each · 20 orders/min in one symbol · no loss limit"),
        ({"max_orders_per_symbol_per_minute": 0}, "60 orders/min each · no loss limit"),
        ({"max_open_positions": 3}, "in one symbol · at most 3 open positions · no loss limit"),
        (
            {"daily_loss_limit": Decimal(9876543210), "max_orders_per_minute": 400, "halt_after_failures": 1000000},
            "400 orders/min each · 20 orders/min in one symbol · loss limit ₹9,87,65,43,210 · halts after 1000000 fail",
        ),
    ],
)
def test_going_live_names_every_limit_of_all_accounts(risk: dict[str, Any], words: str) -> None:
    question = asked_with(*[Sizing()] * 5, **risk)
    assert words in whole(question)
    assert all(cell_len(line) <= 72 for line in question.lines)


async def test_the_limits_stand_whole_in_the_dialog_on_a_small_screen() -> None:
    app = asking(asked_with(*[LARGE] * 5))
    async with app.run_test(size=(80, 24)):
        assert "Each gets   x1, at most 123456789, at most ₹98,76,54,32,109" in app.text("text")
        region = app.dialog.query_one("#text").size
        assert region.width >= 72


def test_going_live_says_what_holds_copies_back_all_the_same() -> None:
    snapshot = snapshots.with_rules(
        replace(snapshots.busy(), journal_trouble="disk full"), halted_because="by hand", paused=True,
        require_confirmation=True,
    )  # fmt: skip
    text = "\n".join(going_live(FakeFront(snapshot), snapshot).lines)
    assert "HALTED      by hand" in text
    assert "PAUSED" in text
    assert "disk full" in text
    assert "Approval    required" in text


def test_both_questions_say_what_followers_hold_and_what_the_master_has_left_of_it() -> None:
    key = PositionKey(Exchange.NSE, "SBIN-EQ", Product.INTRADAY)
    short = PositionKey(Exchange.NSE, "INFY-EQ", Product.INTRADAY)
    held = (((key, 50), (short, -10)), ((key, 50),), ())
    followers = tuple(snapshots.a_follower(n, positions=positions) for n, positions in enumerate(held))
    orphaned = (OrphanedPosition(follower_id(0), key, 50, 0),)
    snapshot = replace(snapshots.halted(), followers=followers, orphaned=orphaned)
    for question in (going_live(FakeFront(snapshot), snapshot), releasing_halt(snapshot)):
        assert "Positions 3 copied in 2 accounts, 1 of them orphaned" in whole(question)
    nobody = tuple(replace(view, positions=()) for view in followers)
    assert "Positions" not in "\n".join(releasing_halt(replace(snapshot, followers=nobody, orphaned=())).lines)


def test_releasing_a_halt_says_why_it_was_and_what_follows() -> None:
    snapshot = replace(snapshots.halted(), missed=snapshots.missed().missed)
    snapshot = replace(snapshot, followers=(snapshots.a_follower(0, queued=1), *snapshot.followers[1:]))
    question = releasing_halt(snapshot)
    text = "\n".join(question.lines)
    assert question.word == "RELEASE"
    assert "by hand" in text
    assert "LIVE: orders are sent" in text
    assert "2 executions" in text
    assert "1 copy is sent at once" in text


def test_nothing_open_is_said_in_a_word() -> None:
    assert open_words(snapshots.quiet()) == "nothing"
