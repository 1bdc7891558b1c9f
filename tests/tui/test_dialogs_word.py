"""Going live and releasing a halt: only the exact word, typed where it belongs and in time, says yes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from copytui.domain.filters import Filters
from copytui.domain.sizing import Sizing
from copytui.engine.commands import SetHalted
from copytui.tui.screens.typed_word import TypedWord, TypedWordScreen, going_live, open_words, releasing_halt
from tests.tui import pictures
from tests.tui.dialog_host import WAITING, DialogHost, press
from tests.tui.fake import FakeFront


def host(word: str = "LIVE") -> DialogHost:
    front = FakeFront(pictures.busy())
    return DialogHost(front, TypedWordScreen(TypedWord("Sure?", ("one line",), word)))


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
        app.front.now += 30
        await press(pilot, "enter")
        assert app.result is False


async def test_a_halt_goes_through_while_it_asks() -> None:
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "tab", "L", "ctrl+k")
        assert app.front.submitted == [SetHalted(on=True)]
        assert app.result is WAITING


def test_going_live_lists_accounts_sizes_filters_limits_and_what_is_open() -> None:
    picture = pictures.with_rules(pictures.busy(), filters=Filters(block_symbols=("FINNIFTY",), market_orders=False))
    followers = (*picture.followers[:3], pictures.a_follower(3, halted_because="5 failures", armed=False),
                 pictures.a_follower(4, enabled=False, armed=False, queued=2))  # fmt: skip
    picture = replace(picture, followers=followers)
    front = FakeFront(picture)
    sized = Sizing(multiplier=Decimal("2.0"), max_quantity=150)
    front.settings = replace(
        front.settings, followers=(replace(front.settings.followers[0], sizing=sized), *front.settings.followers[1:])
    )
    question = going_live(front, picture)
    text = "\n".join(question.lines)
    assert question.word == "LIVE"
    assert "REAL orders go to 5 accounts; 3 ready now" in text
    assert "Asha             F10001    x2, at most 150" in text
    assert "halted: 5 failures" in text
    assert "taken out" in text
    assert "all symbols, but not FINNIFTY · limit stop" in text
    assert "60 orders/min each · no loss limit · halts after 5 failures" in text
    assert "1 unknown" in text
    assert "2 queued" in text
    assert "WITHOUT asking you" in text


def test_going_live_says_what_holds_copies_back_all_the_same() -> None:
    picture = pictures.with_rules(
        replace(pictures.busy(), journal_trouble="disk full"), halted_because="by hand", paused=True,
        require_confirmation=True,
    )  # fmt: skip
    text = "\n".join(going_live(FakeFront(picture), picture).lines)
    assert "HALTED      by hand" in text
    assert "PAUSED" in text
    assert "disk full" in text
    assert "needs your yes" in text


def test_releasing_a_halt_says_why_it_was_and_what_follows() -> None:
    picture = replace(pictures.halted(), missed=pictures.missed().missed)
    picture = replace(picture, followers=(pictures.a_follower(0, queued=1), *picture.followers[1:]))
    question = releasing_halt(picture)
    text = "\n".join(question.lines)
    assert question.word == "RELEASE"
    assert "by hand" in text
    assert "LIVE: orders are sent" in text
    assert "2 executions" in text
    assert "1 copy goes out at once" in text


def test_nothing_open_is_said_in_a_word() -> None:
    assert open_words(pictures.quiet()) == "nothing"
