"""The filters: what Enter applies, and the preview that follows each keystroke."""

from __future__ import annotations

from dataclasses import replace

from copytui.domain.executions import Origin
from copytui.domain.filters import Filters
from copytui.domain.orders import OrderType
from copytui.tui.screens.filters import FiltersScreen
from copytui.tui.screens.preview import preview, read_symbols
from tests.tui import pictures
from tests.tui.dialog_host import WAITING, DialogHost, press
from tests.tui.fake import FakeFront

SIZE = (80, 24)


def host(filters: Filters | None = None) -> DialogHost:
    picture = pictures.busy()
    return DialogHost(FakeFront(picture), FiltersScreen(filters or Filters(), picture.orders))


async def test_typed_symbols_are_applied_with_enter() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"SBIN", "comma", "space", *"NIFTY", "tab", *"INFY", "asterisk", "enter")
        assert app.result == Filters(allow_symbols=("SBIN", "NIFTY"), block_symbols=("INFY*",))


async def test_a_question_mark_can_be_typed() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"SBI", "question_mark", "enter")
        assert app.result == Filters(allow_symbols=("SBI?",))


async def test_space_turns_an_order_type_and_enter_there_applies_too() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "tab", "tab", "space", "tab", "tab", "space", "enter")
        assert app.result == Filters(market_orders=False, stop_orders=False)


async def test_escape_changes_nothing() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"SBIN", "tab", "tab", "space", "escape")
        assert app.result is None


async def test_enter_without_a_change_gives_the_same_filters() -> None:
    filters = Filters(allow_symbols=("sbin",), block_symbols=("NIFTY", "INFY"), limit_orders=False)
    app = host(filters)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter")
        assert app.result == filters


async def test_the_preview_follows_each_keystroke() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        assert app.text("summary") == "10 of today's 10 orders would pass · no change"
        await press(pilot, "tab", *"SBI")
        assert "10 of today's 10" in app.text("summary")
        await press(pilot, "N")
        assert app.text("summary") == "9 of today's 10 orders would pass · 1 decided otherwise than now"
        assert "no: blocked by SBIN" in app.screen_text()
        await press(pilot, "backspace", "tab", "space")
        assert "market orders are off" in app.screen_text()
        assert app.result is WAITING


async def test_the_size_is_shown_and_cannot_be_edited() -> None:
    app = host()
    async with app.run_test(size=SIZE):
        assert "x1 (set in copytui.toml)" in app.text("sizing")


async def test_an_empty_day_says_so() -> None:
    picture = pictures.quiet()
    app = DialogHost(FakeFront(picture), FiltersScreen(Filters(), picture.orders))
    async with app.run_test(size=SIZE):
        assert "No master order today yet" in app.text("summary")


def test_what_stops_an_order_is_the_domains_own_reason() -> None:
    edited = Filters(allow_symbols=("NIFTY",), block_symbols=("FINNIFTY",), market_orders=False)
    lines = preview(edited, Filters(), pictures.busy().orders).lines.plain.splitlines()
    assert [line.split("  ")[-1].strip() for line in lines[:5]] == [
        "passes", "no: not in the allow list", "no: blocked by FINNIFTY", "no: not in the allow list",
        "no: market orders are off",
    ]  # fmt: skip


def test_our_own_orders_are_not_previewed_and_stop_orders_are() -> None:
    view = pictures.busy().orders[0]
    own = replace(view, known=replace(view.known, origin=Origin.OWN))
    order = replace(view.known.order, order_type=OrderType.STOPLOSS_MARKET)
    stop = replace(view, known=replace(view.known, order=order))
    tried = preview(Filters(stop_orders=False), Filters(), (own, stop))
    assert (tried.passing, tried.total, tried.changed) == (0, 1, 1)
    assert "stop market" in tried.lines.plain


def test_patterns_are_read_between_commas_once_each() -> None:
    assert read_symbols(" NIFTY, ,sbin,,nifty , *CE") == ("NIFTY", "sbin", "*CE")
    assert read_symbols(" , ") == ()


def test_a_day_of_two_thousand_orders_is_counted_whole_and_listed_in_part() -> None:
    tried = preview(Filters(block_symbols=("NIFTY",)), Filters(), pictures.crowded(2000, 1).orders)
    assert (tried.passing, tried.total) == (0, 2000)
    assert "and 1800 older ones" in tried.lines.plain
